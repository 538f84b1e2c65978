-- The books protect themselves: what the posting functions promise is refused here for everybody, the schema's owner included.

-- Entries: they balance per journal and currency, and fit their journal, which is of this transaction, and their account.
CREATE OR REPLACE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_xid bigint := pg_current_xact_id()::text::bigint;
    bad record;
BEGIN
    -- The journal and the account are looked up in subqueries, which can only be index probes: a join planned while the tables are small (and kept
    -- by the session) would merge with the whole index and cost more with every journal.
    IF NOT EXISTS (
        SELECT FROM added e
         GROUP BY e.journal_id, e.currency
        HAVING sum(CASE e.side WHEN 'DEBIT' THEN e.amount WHEN 'CREDIT' THEN -e.amount ELSE 'NaN' END) <> 0
            OR NOT bool_and(coalesce(e.amount > 0 AND e.posted_xid = v_xid AND (
                   SELECT j.posted_xid = v_xid AND j.effective_on = e.effective_on AND j.posted_at = e.posted_at AND e.ordinal BETWEEN 1 AND j.leg_count AND (
                          SELECT a.book_id = j.book_id AND a.currency = e.currency AND a.status = 'OPEN'
                                 AND (a.mode = 'STRICT') = (e.seq IS NOT NULL AND e.balance_after IS NOT NULL)
                            FROM ledger_account a WHERE a.id = e.account_id)
                     FROM ledger_journal j WHERE j.id = e.journal_id), false)))
    THEN
        RETURN NULL;
    END IF;
    -- What the posting functions leave to this guard: accounts that are DEFERRED or did not move.
    FOR bad IN
        SELECT e.account_id, e.currency, e.amount, j.book_id
          FROM added e JOIN ledger_journal j ON j.id = e.journal_id LEFT JOIN ledger_account a ON a.id = e.account_id
         WHERE a.id IS NULL OR a.book_id <> j.book_id OR a.currency <> e.currency OR a.status <> 'OPEN' OR (a.mode = 'STRICT' AND e.seq IS NULL)
         ORDER BY e.account_id LIMIT 1
    LOOP
        PERFORM ledger_refuse(bad.book_id, bad.account_id, bad.currency, bad.amount);
    END LOOP;
    FOR bad IN
        SELECT e.journal_id, e.currency, sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) AS gap
          FROM added e GROUP BY 1, 2 HAVING sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) <> 0 LIMIT 1
    LOOP
        RAISE EXCEPTION 'journal % does not balance in %', bad.journal_id, bad.currency USING ERRCODE = 'FL006',
            DETAIL = json_build_object('currency', bad.currency, 'debits_less_credits', bad.gap::text)::text;
    END LOOP;
    SELECT e.journal_id, e.account_id,
           CASE WHEN e.side NOT IN ('DEBIT', 'CREDIT') OR e.amount <= 0 THEN 'it is not a positive debit or credit'
                WHEN j.id IS NULL OR j.posted_xid <> v_xid THEN 'its journal is not of this transaction'
                WHEN j.effective_on <> e.effective_on OR j.posted_at <> e.posted_at OR e.posted_xid <> v_xid THEN 'it differs from its journal'
                WHEN e.ordinal NOT BETWEEN 1 AND j.leg_count THEN 'its journal has not announced it'
                WHEN (a.mode = 'STRICT') <> (e.seq IS NOT NULL AND e.balance_after IS NOT NULL) THEN 'its running balance does not fit its account'
           END AS reason INTO bad
      FROM added e LEFT JOIN ledger_journal j ON j.id = e.journal_id LEFT JOIN ledger_account a ON a.id = e.account_id
     ORDER BY 3 NULLS LAST LIMIT 1;
    RAISE EXCEPTION 'entry of journal % on account % refused: %', bad.journal_id, bad.account_id, bad.reason USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER entries_are_checked AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries();

-- Journals: each has the legs it announced, at the end of the statement that brings it (so both come in one). None can be added later, since
-- ordinals are taken and the guard above refuses those that were not announced. Its period is open, and a reversal mirrors its original. A day that
-- is not over anywhere on earth cannot lie in a closed period (a period is closed only after its end), so it is not looked up.
CREATE OR REPLACE FUNCTION ledger_check_journals() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    bad record;
BEGIN
    IF NOT EXISTS (
        SELECT FROM added j
         WHERE (SELECT count(*) FROM ledger_entry e WHERE e.journal_id = j.id) <> j.leg_count OR j.leg_count < 2
            OR j.reverses_id IS NOT NULL OR j.effective_on < (j.posted_at + interval '14 hours')::date)
    THEN
        RETURN NULL;
    END IF;
    FOR bad IN SELECT j.* FROM added j WHERE (SELECT count(*) FROM ledger_entry e WHERE e.journal_id = j.id) <> j.leg_count OR j.leg_count < 2 LOOP
        RAISE EXCEPTION 'journal % has not the % legs it announced', bad.id, bad.leg_count USING ERRCODE = 'restrict_violation';
    END LOOP;
    FOR bad IN SELECT j.* FROM added j WHERE j.effective_on <= (SELECT o.closed_through FROM ledger_book o WHERE o.id = j.book_id) LOOP
        RAISE EXCEPTION 'the period of % is closed', bad.effective_on USING ERRCODE = 'FL008';
    END LOOP;
    FOR bad IN
        SELECT j.* FROM added j
         WHERE j.reverses_id IS NOT NULL AND (
               NOT EXISTS (SELECT FROM ledger_journal o
                            WHERE o.id = j.reverses_id AND o.book_id = j.book_id AND o.reverses_id IS NULL AND o.leg_count = j.leg_count)
               OR EXISTS (SELECT account_id, ordinal, side, amount FROM ledger_entry WHERE journal_id = j.id
                          EXCEPT
                          SELECT account_id, ordinal, CASE side WHEN 'DEBIT' THEN 'CREDIT' ELSE 'DEBIT' END, amount
                            FROM ledger_entry WHERE journal_id = j.reverses_id))
    LOOP
        RAISE EXCEPTION 'journal % is not the mirror of %', bad.id, bad.reverses_id USING ERRCODE = 'restrict_violation';
    END LOOP;
    RETURN NULL;
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
