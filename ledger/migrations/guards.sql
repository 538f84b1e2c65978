-- The books protect themselves: what the posting functions promise is refused here for everybody, the schema's owner included.

-- A journal and its legs come in one statement. The guard on entries lets in only legs that a journal of this transaction has announced. The guard on
-- journals then looks at each new journal with its legs: as many as announced, in balance, fitting journal, account and period, the mirror of what they
-- reverse. None can be added later, since ordinals are unique within a journal and those announced are taken.
CREATE OR REPLACE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    -- The journal is looked up in a subquery, which can only be an index probe: a join planned while the tables are small (and kept by the session)
    -- would merge with the whole index and cost more with every journal. So in the next guard.
    PERFORM FROM added e
      WHERE (SELECT j.posted_xid = txid_current() AND e.ordinal BETWEEN 1 AND j.leg_count FROM ledger_journal j WHERE j.id = e.journal_id) IS NOT TRUE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT e.journal_id, e.account_id,
           CASE WHEN j.posted_xid = txid_current() THEN 'its journal has not announced it' ELSE 'its journal is not of this transaction' END AS reason
      INTO bad FROM added e LEFT JOIN ledger_journal j ON j.id = e.journal_id
     WHERE (j.posted_xid = txid_current() AND e.ordinal BETWEEN 1 AND j.leg_count) IS NOT TRUE LIMIT 1;
    RAISE EXCEPTION 'entry of journal % on account % refused: %', bad.journal_id, bad.account_id, bad.reason USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER entries_are_checked AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries();

-- Two queries clear what is right, and only that: NaN is no zero, whatever is added to it, and what cannot be told is not true. The first answers for
-- journals in one currency that reverse nothing, the second, which costs more, for any. What neither clears goes to ledger_refuse_journals, which raises
-- what is wrong. A leg of a reversal is compared with the one in its place; since ordinals are unique, as many legs are as many places.
CREATE OR REPLACE FUNCTION ledger_check_journals() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    doubted uuid[];
BEGIN
    PERFORM FROM added j
      WHERE (j.posted_xid = txid_current() AND j.leg_count >= 2 AND j.reverses_id IS NULL
             AND (SELECT j.effective_on > o.closed_through FROM ledger_book o WHERE o.id = j.book_id) IS NOT FALSE
             AND (SELECT count(*) = j.leg_count AND min(e.currency) = max(e.currency)
                         AND sum(CASE WHEN e.amount > 0 AND e.effective_on = j.effective_on AND e.posted_at = j.posted_at AND e.posted_xid = j.posted_xid
                                       AND (SELECT a.book_id = j.book_id AND a.currency = e.currency AND a.status = 'OPEN'
                                                   AND (a.mode = 'STRICT') = (e.seq IS NOT NULL AND e.balance_after IS NOT NULL)
                                              FROM ledger_account a WHERE a.id = e.account_id)
                                      THEN CASE e.side WHEN 'DEBIT' THEN e.amount WHEN 'CREDIT' THEN -e.amount ELSE 'NaN' END
                                      ELSE 'NaN' END) = 0
                    FROM ledger_entry e WHERE e.journal_id = j.id)) IS NOT TRUE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(j.id) INTO doubted FROM added j
     WHERE (j.posted_xid = txid_current() AND j.leg_count >= 2
            AND (SELECT j.effective_on > o.closed_through FROM ledger_book o WHERE o.id = j.book_id) IS NOT FALSE
            AND (j.reverses_id IS NULL
                 OR (SELECT o.book_id = j.book_id AND o.reverses_id IS NULL AND o.leg_count = j.leg_count FROM ledger_journal o WHERE o.id = j.reverses_id))
            AND (SELECT sum(m.legs) = j.leg_count AND bool_and(m.gap = 0)
                   FROM (SELECT count(*) AS legs,
                                sum(CASE WHEN e.amount > 0 AND e.effective_on = j.effective_on AND e.posted_at = j.posted_at AND e.posted_xid = j.posted_xid
                                          AND (SELECT a.book_id = j.book_id AND a.currency = e.currency AND a.status = 'OPEN'
                                                      AND (a.mode = 'STRICT') = (e.seq IS NOT NULL AND e.balance_after IS NOT NULL)
                                                 FROM ledger_account a WHERE a.id = e.account_id)
                                          AND (j.reverses_id IS NULL
                                               OR (SELECT o.account_id = e.account_id AND o.amount = e.amount
                                                          AND e.side = CASE o.side WHEN 'DEBIT' THEN 'CREDIT' ELSE 'DEBIT' END
                                                     FROM ledger_entry o WHERE o.journal_id = j.reverses_id AND o.ordinal = e.ordinal))
                                         THEN CASE e.side WHEN 'DEBIT' THEN e.amount WHEN 'CREDIT' THEN -e.amount ELSE 'NaN' END
                                         ELSE 'NaN' END) AS gap
                           FROM ledger_entry e WHERE e.journal_id = j.id GROUP BY e.currency) m)) IS NOT TRUE;
    IF doubted IS NOT NULL THEN
        PERFORM ledger_refuse_journals(doubted);
    END IF;
    RETURN NULL;
END $$;

-- Raises what is wrong with journals of this transaction: an account that cannot take its leg first, then a gap, then the rest.
CREATE OR REPLACE FUNCTION ledger_refuse_journals(p_journals uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_xid bigint := txid_current();
    bad record;
BEGIN
    FOR bad IN
        SELECT e.account_id, e.currency, e.amount, j.book_id
          FROM ledger_journal j JOIN ledger_entry e ON e.journal_id = j.id LEFT JOIN ledger_account a ON a.id = e.account_id
         WHERE j.id = ANY (p_journals)
           AND (a.book_id = j.book_id AND a.currency = e.currency AND a.status = 'OPEN' AND (a.mode <> 'STRICT' OR e.seq IS NOT NULL)) IS NOT TRUE
         ORDER BY e.account_id LIMIT 1
    LOOP
        PERFORM ledger_refuse(bad.book_id, bad.account_id, bad.currency, bad.amount);
    END LOOP;
    FOR bad IN
        SELECT e.journal_id, e.currency, sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) AS gap
          FROM ledger_entry e WHERE e.journal_id = ANY (p_journals) GROUP BY 1, 2 HAVING sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) <> 0 LIMIT 1
    LOOP
        RAISE EXCEPTION 'journal % does not balance in %', bad.journal_id, bad.currency USING ERRCODE = 'FL006',
            DETAIL = json_build_object('currency', bad.currency, 'debits_less_credits', bad.gap::text)::text;
    END LOOP;
    FOR bad IN
        SELECT x.* FROM (
            SELECT e.journal_id, e.account_id,
                   CASE WHEN (e.side IN ('DEBIT', 'CREDIT') AND e.amount > 0 AND e.amount <> 'NaN') IS NOT TRUE THEN 'it is not a positive debit or credit'
                        WHEN j.posted_xid <> v_xid THEN 'its journal is not of this transaction'
                        WHEN j.effective_on <> e.effective_on OR j.posted_at <> e.posted_at OR e.posted_xid <> v_xid THEN 'it differs from its journal'
                        WHEN (a.mode = 'STRICT') <> (e.seq IS NOT NULL AND e.balance_after IS NOT NULL) THEN 'its running balance does not fit its account'
                   END AS reason
              FROM ledger_journal j JOIN ledger_entry e ON e.journal_id = j.id JOIN ledger_account a ON a.id = e.account_id
             WHERE j.id = ANY (p_journals)) x
         WHERE x.reason IS NOT NULL LIMIT 1
    LOOP
        RAISE EXCEPTION 'entry of journal % on account % refused: %', bad.journal_id, bad.account_id, bad.reason USING ERRCODE = 'restrict_violation';
    END LOOP;
    FOR bad IN
        SELECT j.* FROM ledger_journal j
         WHERE j.id = ANY (p_journals) AND ((SELECT count(*) FROM ledger_entry e WHERE e.journal_id = j.id) <> j.leg_count OR j.leg_count < 2)
    LOOP
        RAISE EXCEPTION 'journal % has not the % legs it announced', bad.id, bad.leg_count USING ERRCODE = 'restrict_violation';
    END LOOP;
    FOR bad IN
        SELECT j.* FROM ledger_journal j
         WHERE j.id = ANY (p_journals) AND j.effective_on <= (SELECT o.closed_through FROM ledger_book o WHERE o.id = j.book_id)
    LOOP
        RAISE EXCEPTION 'the period of % is closed', bad.effective_on USING ERRCODE = 'FL008';
    END LOOP;
    FOR bad IN
        SELECT j.* FROM ledger_journal j
         WHERE j.id = ANY (p_journals) AND j.reverses_id IS NOT NULL AND (
               NOT EXISTS (SELECT FROM ledger_journal o
                            WHERE o.id = j.reverses_id AND o.book_id = j.book_id AND o.reverses_id IS NULL AND o.leg_count = j.leg_count)
               OR EXISTS (SELECT account_id, ordinal, side, amount FROM ledger_entry WHERE journal_id = j.id
                          EXCEPT
                          SELECT account_id, ordinal, CASE side WHEN 'DEBIT' THEN 'CREDIT' ELSE 'DEBIT' END, amount
                            FROM ledger_entry WHERE journal_id = j.reverses_id))
    LOOP
        RAISE EXCEPTION 'journal % is not the mirror of %', bad.id, bad.reverses_id USING ERRCODE = 'restrict_violation';
    END LOOP;
END $$;

DROP TRIGGER IF EXISTS journal_has_its_legs ON ledger_journal;
DROP FUNCTION IF EXISTS ledger_check_journal();
CREATE TRIGGER journal_has_its_legs AFTER INSERT ON ledger_journal
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_journals();

-- Accounts: what is fixed stays fixed; a STRICT account gets its balance row; status and floor are carried over under the row's lock.
CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_balance numeric;
    v_held numeric;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'accounts are closed, never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM ledger_chartline WHERE id = NEW.line_id AND book_id = NEW.book_id AND normal_side = NEW.normal_side) THEN
            RAISE EXCEPTION 'account % does not fit its chart line', NEW.code USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.mode = 'STRICT' THEN
            INSERT INTO ledger_balance (account_id, book_id, sign, currency, status, floor, posted, held, seq)
            VALUES (NEW.id, NEW.book_id, CASE NEW.normal_side WHEN 'DEBIT' THEN 1 ELSE -1 END, NEW.currency, NEW.status, NEW.floor, 0, 0, 0);
        END IF;
        RETURN NULL;
    END IF;
    IF (NEW.id, NEW.uid, NEW.book_id, NEW.line_id, NEW.code, NEW.normal_side, NEW.currency, NEW.mode, NEW.owner)
       IS DISTINCT FROM (OLD.id, OLD.uid, OLD.book_id, OLD.line_id, OLD.code, OLD.normal_side, OLD.currency, OLD.mode, OLD.owner) THEN
        RAISE EXCEPTION 'account %: only name, floor, status and metadata may change', OLD.code USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'CLOSED' AND NEW.status <> 'CLOSED' THEN
        RAISE EXCEPTION 'account % is closed for good', OLD.code USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.mode = 'STRICT' AND (NEW.status, NEW.floor) IS DISTINCT FROM (OLD.status, OLD.floor) THEN
        UPDATE ledger_balance SET status = NEW.status, floor = NEW.floor WHERE account_id = NEW.id RETURNING posted, held INTO v_balance, v_held;
    END IF;
    IF NEW.status = 'CLOSED' AND OLD.status <> 'CLOSED' THEN
        IF NEW.mode = 'DEFERRED' THEN
            PERFORM pg_advisory_xact_lock(7301, NEW.book_id::int);   -- waits for the postings under way
            SELECT coalesce(sum(CASE side WHEN 'DEBIT' THEN amount ELSE -amount END), 0), 0 INTO v_balance, v_held
              FROM ledger_entry WHERE account_id = NEW.id;
        END IF;
        IF v_balance <> 0 OR v_held <> 0 THEN
            RAISE EXCEPTION 'account % is not empty', OLD.code USING ERRCODE = 'FL012', DETAIL = json_build_object('account_id', NEW.id)::text;
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER account_is_guarded AFTER INSERT OR UPDATE OR DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_guard();

-- Books: the zone decides what a day is, so it is fixed; what is closed stays closed. Closing waits for the postings under way.
CREATE OR REPLACE FUNCTION ledger_book_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.uid, NEW.partner_id, NEW.time_zone) IS DISTINCT FROM (OLD.id, OLD.uid, OLD.partner_id, OLD.time_zone)
       OR NEW.closed_through < OLD.closed_through OR (NEW.closed_through IS NULL AND OLD.closed_through IS NOT NULL) THEN
        RAISE EXCEPTION 'the book''s partner, zone and closed days are fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF greatest(NEW.closed_through, NEW.soft_closed_through) >= (clock_timestamp() AT TIME ZONE NEW.time_zone)::date THEN
        RAISE EXCEPTION 'only days that are over can be closed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.closed_through, NEW.soft_closed_through) IS DISTINCT FROM (OLD.closed_through, OLD.soft_closed_through) THEN
        PERFORM pg_advisory_xact_lock(7301, NEW.id::int);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER book_is_guarded BEFORE UPDATE ON ledger_book FOR EACH ROW EXECUTE FUNCTION ledger_book_guard();

-- Periods do not overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE ledger_period DROP CONSTRAINT IF EXISTS periods_do_not_overlap;
ALTER TABLE ledger_period ADD CONSTRAINT periods_do_not_overlap
    EXCLUDE USING gist (book_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&);
