-- What an alert is stays as it is, its priority only rises, it moves as the table of states says, and what was decided is final.
CREATE OR REPLACE FUNCTION compliance_alert_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CLOSED' THEN
        RAISE EXCEPTION 'alert %: a decision is final', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.partner_id, NEW.customer_id, NEW.kind, NEW.scenario, NEW.opened_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.customer_id, OLD.kind, OLD.scenario, OLD.opened_at) THEN
        RAISE EXCEPTION 'alert %: what it is stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.priority < OLD.priority OR NEW.evidence_count < OLD.evidence_count THEN
        RAISE EXCEPTION 'alert %: priority and evidence only grow', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT NEW.state = ANY (CASE OLD.state
        WHEN 'OPEN' THEN '{IN_REVIEW,ESCALATED,PROPOSED,CLOSED}'::text[]
        WHEN 'IN_REVIEW' THEN '{OPEN,ESCALATED,PROPOSED,CLOSED}'
        WHEN 'ESCALATED' THEN '{IN_REVIEW,PROPOSED,CLOSED}'
        WHEN 'PROPOSED' THEN '{IN_REVIEW,CLOSED}'
        ELSE '{}' END) THEN
        RAISE EXCEPTION 'alert %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    -- Who closes what was proposed closes just that.
    IF OLD.state = 'PROPOSED' AND NEW.state IN ('PROPOSED', 'CLOSED')
       AND (NEW.disposition, NEW.reason_code, NEW.words, NEW.decided_by, NEW.decided_at)
       IS DISTINCT FROM (OLD.disposition, OLD.reason_code, OLD.words, OLD.decided_by, OLD.decided_at) THEN
        RAISE EXCEPTION 'alert %: what was proposed stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.checked_by <> '' AND OLD.state <> 'PROPOSED' THEN
        RAISE EXCEPTION 'alert %: checked without being proposed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER alert_is_guarded BEFORE UPDATE ON compliance_alert FOR EACH ROW EXECUTE FUNCTION compliance_alert_guard();

CREATE OR REPLACE FUNCTION compliance_alert_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'OPEN' THEN
        RAISE EXCEPTION 'alert %: begins open', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER alert_begins_open BEFORE INSERT ON compliance_alert
    FOR EACH ROW EXECUTE FUNCTION compliance_alert_begins();

CREATE OR REPLACE FUNCTION compliance_alerts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: alerts are kept, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER alert_stays BEFORE DELETE OR TRUNCATE ON compliance_alert
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_alerts_stay();
