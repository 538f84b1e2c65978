-- The books protect themselves: what the posting functions promise is refused here for everybody, the schema's owner included.

CREATE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_xid bigint := pg_current_xact_id()::text::bigint;
    bad record;
BEGIN
    -- The journal and the account are looked up in subqueries, which can only be index probes: a join planned while the tables are small (and kept
    -- by the session) would merge with the whole index and cost more with every journal.
    SELECT e.journal_id, e.currency, sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) AS gap INTO bad
      FROM added e
     GROUP BY e.journal_id, e.currency
    HAVING sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) <> 0
        OR NOT bool_and(coalesce(e.posted_xid = v_xid AND (
               SELECT j.posted_xid = v_xid AND j.effective_on = e.effective_on AND j.posted_at = e.posted_at AND (
                      SELECT a.book_id = j.book_id AND a.currency = e.currency AND a.status = 'OPEN'
                             AND (a.mode = 'STRICT') = (e.seq IS NOT NULL AND e.balance_after IS NOT NULL)
                        FROM ledger_account a WHERE a.id = e.account_id)
                 FROM ledger_journal j WHERE j.id = e.journal_id), false))
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF bad.gap <> 0 THEN
        RAISE EXCEPTION 'journal % does not balance in %', bad.journal_id, bad.currency USING ERRCODE = 'FL006',
            DETAIL = json_build_object('currency', bad.currency, 'debits_less_credits', bad.gap::text)::text;
    END IF;
    SELECT e.journal_id, e.account_id,
           CASE WHEN j.id IS NULL OR j.posted_xid <> v_xid THEN 'its journal is not of this transaction'
                WHEN j.effective_on <> e.effective_on OR j.posted_at <> e.posted_at OR e.posted_xid <> v_xid THEN 'it differs from its journal'
                WHEN a.id IS NULL OR a.book_id <> j.book_id THEN 'its account is not in the book'
                WHEN a.currency <> e.currency THEN 'its account has another currency'
                WHEN a.status <> 'OPEN' THEN 'its account is not open'
                WHEN (a.mode = 'STRICT') <> (e.seq IS NOT NULL AND e.balance_after IS NOT NULL) THEN 'its running balance does not fit its account'
           END AS reason INTO bad
      FROM added e LEFT JOIN ledger_journal j ON j.id = e.journal_id LEFT JOIN ledger_account a ON a.id = e.account_id
     ORDER BY 3 NULLS LAST LIMIT 1;
    RAISE EXCEPTION 'entry of journal % on account % refused: %', bad.journal_id, bad.account_id, bad.reason USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER entries_are_checked AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries();

-- At commit: a journal has exactly the legs it announced (so none is added later either), its period is open, and a reversal mirrors its
-- original. A day that is not over anywhere on earth cannot lie in a closed period (a period is closed only after its end), so it is not looked up.
CREATE FUNCTION ledger_check_journal() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF (SELECT count(*) FROM public.ledger_entry WHERE journal_id = NEW.id) <> NEW.leg_count THEN
        RAISE EXCEPTION 'journal % has not the % legs it announced', NEW.id, NEW.leg_count USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.effective_on < (NEW.posted_at + interval '14 hours')::date
       AND EXISTS (SELECT FROM public.ledger_book WHERE id = NEW.book_id AND NEW.effective_on <= closed_through) THEN
        RAISE EXCEPTION 'the period of % is closed', NEW.effective_on USING ERRCODE = 'FL008';
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM public.ledger_journal WHERE id = NEW.reverses_id AND book_id = NEW.book_id AND reverses_id IS NULL AND leg_count = NEW.leg_count)
           OR EXISTS (SELECT account_id, ordinal, side, amount FROM public.ledger_entry WHERE journal_id = NEW.id
                      EXCEPT
                      SELECT account_id, ordinal, CASE side WHEN 'DEBIT' THEN 'CREDIT' ELSE 'DEBIT' END, amount FROM public.ledger_entry WHERE journal_id = NEW.reverses_id)
        THEN
            RAISE EXCEPTION 'journal % is not the mirror of %', NEW.id, NEW.reverses_id USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER journal_has_its_legs AFTER INSERT ON ledger_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_journal();

-- Accounts: what is fixed stays fixed; a STRICT account gets its balance row; status and floor are carried over under the row's lock.
CREATE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

CREATE TRIGGER account_is_guarded AFTER INSERT OR UPDATE OR DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_guard();

-- Books: the zone decides what a day is, so it is fixed; what is closed stays closed. Closing waits for the postings under way.
CREATE FUNCTION ledger_book_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

CREATE TRIGGER book_is_guarded BEFORE UPDATE ON ledger_book FOR EACH ROW EXECUTE FUNCTION ledger_book_guard();

-- Periods do not overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE ledger_period ADD CONSTRAINT periods_do_not_overlap
    EXCLUDE USING gist (book_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&);
