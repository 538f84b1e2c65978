-- The table of compliance/states.py. What a report says changes in a draft only; what two people decided and what left stays as it was.
CREATE SEQUENCE IF NOT EXISTS compliance_report_number AS bigint;
CREATE OR REPLACE FUNCTION compliance_report_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.reference, NEW.drafted_by, NEW.created_at, NEW.prior_id)
       IS DISTINCT FROM (OLD.id, OLD.kind, OLD.reference, OLD.drafted_by, OLD.created_at, OLD.prior_id) THEN
        RAISE EXCEPTION 'report %: what it is stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT NEW.state = ANY (CASE OLD.state
        WHEN 'DRAFT' THEN '{PROPOSED,WITHDRAWN}'::text[]
        WHEN 'PROPOSED' THEN '{DRAFT,APPROVED}'
        WHEN 'APPROVED' THEN '{DRAFT,FILED}'
        WHEN 'FILED' THEN '{ACCEPTED,REJECTED}'
        WHEN 'REJECTED' THEN '{DRAFT}'
        ELSE '{}' END) THEN
        RAISE EXCEPTION 'report %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    -- A rotation of keys seals the same text anew: version and state stay.
    IF OLD.state <> 'DRAFT' AND (NEW.version, NEW.counted_from, NEW.has_suspect, NEW.due_on, NEW.rule)
       IS DISTINCT FROM (OLD.version, OLD.counted_from, OLD.has_suspect, OLD.due_on, OLD.rule) THEN
        RAISE EXCEPTION 'report %: only a draft is changed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.approved_by IS DISTINCT FROM OLD.approved_by AND NEW.approved_by <> '' AND (OLD.state, NEW.state) <> ('PROPOSED', 'APPROVED') THEN
        RAISE EXCEPTION 'report %: approved without being proposed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.proposed_by IS DISTINCT FROM OLD.proposed_by AND NEW.proposed_by <> '' AND (OLD.state, NEW.state) <> ('DRAFT', 'PROPOSED') THEN
        RAISE EXCEPTION 'report %: proposed by somebody else afterwards', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER report_is_guarded BEFORE UPDATE ON compliance_report FOR EACH ROW EXECUTE FUNCTION compliance_report_guard();

CREATE OR REPLACE FUNCTION compliance_report_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'DRAFT' OR NEW.proposed_by <> '' OR NEW.approved_by <> '' THEN
        RAISE EXCEPTION 'report %: begins as a draft', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER report_begins_as_a_draft BEFORE INSERT ON compliance_report
    FOR EACH ROW EXECUTE FUNCTION compliance_report_begins();

CREATE OR REPLACE FUNCTION compliance_report_batch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.file_name, NEW.reports_count, NEW.total, NEW.schema, NEW.digest, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.file_name, OLD.reports_count, OLD.total, OLD.schema, OLD.digest, OLD.created_by, OLD.created_at)
       OR (OLD.answered_at IS NOT NULL AND (NEW.status, NEW.answered_at) IS DISTINCT FROM (OLD.status, OLD.answered_at)) THEN
        RAISE EXCEPTION 'report batch %: what was filed and answered is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER report_batch_is_guarded BEFORE UPDATE ON compliance_reportbatch
    FOR EACH ROW EXECUTE FUNCTION compliance_report_batch_guard();

CREATE OR REPLACE FUNCTION compliance_reports_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: reports are kept, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER report_stays BEFORE DELETE OR TRUNCATE ON compliance_report
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_reports_stay();
CREATE OR REPLACE TRIGGER report_batch_stays BEFORE DELETE OR TRUNCATE ON compliance_reportbatch
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_reports_stay();

-- A report stays with the case it was made for.
CREATE TRIGGER report_keeps_its_case BEFORE UPDATE OF case_id ON compliance_report FOR EACH ROW
    WHEN (NEW.case_id IS DISTINCT FROM OLD.case_id) EXECUTE FUNCTION compliance_reports_stay();
