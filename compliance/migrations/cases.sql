-- A closed alert may still be gathered by a case; nothing else of it changes.
CREATE OR REPLACE FUNCTION compliance_alert_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'case_id' IS DISTINCT FROM to_jsonb(OLD) - 'case_id' THEN
        RAISE EXCEPTION 'alert %: a decision is final', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER alert_is_guarded BEFORE UPDATE ON compliance_alert
    FOR EACH ROW WHEN (OLD.state <> 'CLOSED') EXECUTE FUNCTION compliance_alert_guard();
CREATE OR REPLACE TRIGGER closed_alert_is_guarded BEFORE UPDATE ON compliance_alert
    FOR EACH ROW WHEN (OLD.state = 'CLOSED') EXECUTE FUNCTION compliance_alert_is_final();

-- A case moves as the table of states says; what was decided is final; what was proposed is what is confirmed.
CREATE OR REPLACE FUNCTION compliance_case_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CLOSED' AND to_jsonb(NEW) - 'sealed' IS DISTINCT FROM to_jsonb(OLD) - 'sealed' THEN
        RAISE EXCEPTION 'case %: a decision is final', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.partner_id, NEW.opened_at, NEW.opened_by) IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.opened_at, OLD.opened_by) THEN
        RAISE EXCEPTION 'case %: what it is stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT NEW.state = ANY (CASE OLD.state
        WHEN 'OPEN' THEN '{ESCALATED,PROPOSED,CLOSED}'::text[]
        WHEN 'ESCALATED' THEN '{OPEN,PROPOSED,CLOSED}'
        WHEN 'PROPOSED' THEN '{OPEN,CLOSED}'
        ELSE '{}' END) THEN
        RAISE EXCEPTION 'case %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'PROPOSED' AND NEW.state IN ('PROPOSED', 'CLOSED')
       AND (NEW.outcome, NEW.words, NEW.decided_by, NEW.decided_at) IS DISTINCT FROM (OLD.outcome, OLD.words, OLD.decided_by, OLD.decided_at) THEN
        RAISE EXCEPTION 'case %: what was proposed stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.checked_by <> '' AND OLD.state NOT IN ('PROPOSED', 'CLOSED') THEN
        RAISE EXCEPTION 'case %: checked without being proposed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER case_is_guarded BEFORE UPDATE ON compliance_case FOR EACH ROW EXECUTE FUNCTION compliance_case_guard();
CREATE OR REPLACE FUNCTION compliance_case_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'OPEN' THEN
        RAISE EXCEPTION 'case %: begins open', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER case_begins_open BEFORE INSERT ON compliance_case FOR EACH ROW EXECUTE FUNCTION compliance_case_begins();
CREATE OR REPLACE TRIGGER case_stays BEFORE DELETE OR TRUNCATE ON compliance_case FOR EACH STATEMENT EXECUTE FUNCTION compliance_alerts_stay();

-- Notes and files stay as they were added: only the key under which they are sealed may change.
CREATE OR REPLACE FUNCTION compliance_added_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR to_jsonb(NEW) - 'sealed' IS DISTINCT FROM to_jsonb(OLD) - 'sealed' THEN
        RAISE EXCEPTION '%: what was added is kept, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER note_is_guarded BEFORE UPDATE ON compliance_worknote FOR EACH ROW EXECUTE FUNCTION compliance_added_stays();
CREATE OR REPLACE TRIGGER note_stays BEFORE DELETE OR TRUNCATE ON compliance_worknote FOR EACH STATEMENT EXECUTE FUNCTION compliance_added_stays();
CREATE OR REPLACE TRIGGER file_is_guarded BEFORE UPDATE ON compliance_workfile FOR EACH ROW EXECUTE FUNCTION compliance_added_stays();
CREATE OR REPLACE TRIGGER file_stays BEFORE DELETE OR TRUNCATE ON compliance_workfile FOR EACH STATEMENT EXECUTE FUNCTION compliance_added_stays();
