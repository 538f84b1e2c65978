-- Statements and matches protect themselves: what the services promise is refused here for everybody. These functions see thousands of rows in one
-- statement and few in the next, so their plans are made anew each time. They count instead of asking EXISTS: for a first row only, the planner would
-- join the changed rows (which have no index) by nested loops.

-- A statement has the lines it announced when its transaction ends; a proof leads from its opening to its closing and continues the one before it.
CREATE OR REPLACE FUNCTION ledger_check_statement() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_count bigint;
    v_sum numeric;
    v_previous record;
BEGIN
    SELECT count(*), coalesce(sum(amount), 0) INTO v_count, v_sum FROM ledger_statementline WHERE statement_id = NEW.id;
    IF v_count <> NEW.line_count THEN
        RAISE EXCEPTION 'statement % has % lines and announced %', NEW.id, v_count, NEW.line_count USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT NEW.is_proof THEN
        RETURN NULL;
    END IF;
    IF NEW.opening + v_sum <> NEW.closing THEN
        RAISE EXCEPTION 'statement % does not lead from % to %', NEW.id, NEW.opening, NEW.closing USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.previous_id IS NOT NULL THEN
        SELECT bank_account_id, closing, to_on INTO v_previous FROM ledger_bankstatement WHERE id = NEW.previous_id AND is_proof;
        IF (v_previous.bank_account_id, v_previous.closing) IS DISTINCT FROM (NEW.bank_account_id, NEW.opening) OR v_previous.to_on > NEW.from_on THEN
            RAISE EXCEPTION 'statement % does not continue %', NEW.id, NEW.previous_id USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER statement_adds_up AFTER INSERT ON ledger_bankstatement DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_statement();

-- Lines come with their statement, in its transaction, and are never added to an older one.
CREATE OR REPLACE FUNCTION ledger_check_lines() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT DISTINCT statement_id FROM added) a LEFT JOIN ledger_bankstatement s ON s.id = a.statement_id
         WHERE s.recorded_xid IS DISTINCT FROM pg_current_xact_id()::text::bigint) > 0 THEN
        RAISE EXCEPTION 'a line comes with its statement or not at all' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER lines_come_with_their_statement AFTER INSERT ON ledger_statementline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_lines();

-- An item says what its line or entry says.
CREATE OR REPLACE FUNCTION ledger_check_new_items() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF (SELECT count(*) FROM added i LEFT JOIN ledger_statementline l ON l.id = i.line_id LEFT JOIN ledger_bankstatement s ON s.id = l.statement_id
         WHERE i.side = 'THEIRS' AND (l.amount, l.booked_on, s.bank_account_id, s.is_proof) IS DISTINCT FROM (i.amount, i.dated_on, i.bank_account_id, true)) > 0
    OR (SELECT count(*) FROM added i LEFT JOIN ledger_entry e ON e.account_id = i.account_id AND e.id = i.entry_id
               LEFT JOIN ledger_bankaccountmember m ON m.account_id = i.account_id
         WHERE i.side = 'OURS' AND (CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END, e.effective_on, e.journal_id, m.bank_account_id)
               IS DISTINCT FROM (i.amount, i.dated_on, i.journal_id, i.bank_account_id)) > 0 THEN
        RAISE EXCEPTION 'an item differs from its line or entry' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (SELECT count(*) FROM added WHERE match_id IS NOT NULL) > 0 THEN
        RAISE EXCEPTION 'an item is new before it is matched' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER items_fit_what_they_stand_for AFTER INSERT ON ledger_reconciliationitem
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_new_items();

-- What an item stands for is fixed, and the two sides of a match that stands have the same sum.
CREATE OR REPLACE FUNCTION ledger_check_items() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF (SELECT count(*) FROM after a JOIN before b USING (id)
         WHERE (a.bank_account_id, a.side, a.line_id, a.account_id, a.entry_id, a.journal_id, a.amount, a.dated_on)
               IS DISTINCT FROM (b.bank_account_id, b.side, b.line_id, b.account_id, b.entry_id, b.journal_id, b.amount, b.dated_on)) > 0 THEN
        RAISE EXCEPTION 'what an item stands for is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (SELECT count(*) FROM (
            SELECT FROM (SELECT match_id FROM after WHERE match_id IS NOT NULL UNION SELECT match_id FROM before WHERE match_id IS NOT NULL) m
                   JOIN ledger_reconciliationitem i USING (match_id)
             WHERE i.state IN ('MATCHED', 'MATCHED_WITH_DIFFERENCE', 'WRITTEN_OFF')
             GROUP BY match_id HAVING sum(CASE i.side WHEN 'OURS' THEN i.amount ELSE -i.amount END) <> 0) torn) > 0 THEN
        RAISE EXCEPTION 'a match whose two sides differ' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER items_stay_what_they_are AFTER UPDATE ON ledger_reconciliationitem
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_items();
CREATE TRIGGER items_are_never_deleted BEFORE DELETE OR TRUNCATE ON ledger_reconciliationitem
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
