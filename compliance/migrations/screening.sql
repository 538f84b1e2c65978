-- Hits stay, and take the steps of compliance.states.HIT_MOVES alone; what was decided changes only together with the state.
CREATE OR REPLACE FUNCTION compliance_hit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.subject_id, NEW.watchlist_id, NEW.entry, NEW.found_at) IS DISTINCT FROM
       (OLD.id, OLD.subject_id, OLD.watchlist_id, OLD.entry, OLD.found_at) THEN
        RAISE EXCEPTION 'hit %: whom and what it is of is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        IF (NEW.decided_on, NEW.decided_by, NEW.approved_by, NEW.decided_at, NEW.reason, NEW.expires_at, NEW.list_kind) IS DISTINCT FROM
           (OLD.decided_on, OLD.decided_by, OLD.approved_by, OLD.decided_at, OLD.reason, OLD.expires_at, OLD.list_kind) THEN
            RAISE EXCEPTION 'hit %: what was decided is fixed', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NOT ((OLD.state = 'OPEN' AND NEW.state IN ('CLEARED', 'CONFIRMED', 'LAPSED')) OR NEW.state = 'OPEN') THEN
        RAISE EXCEPTION 'hit %: % does not become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER hit_is_guarded BEFORE UPDATE ON compliance_hit FOR EACH ROW EXECUTE FUNCTION compliance_hit_guard();

CREATE OR REPLACE FUNCTION compliance_hits_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: what was screened is kept, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER hit_stays BEFORE DELETE OR TRUNCATE ON compliance_hit
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_hits_stay();
CREATE OR REPLACE TRIGGER screening_run_stays BEFORE DELETE OR TRUNCATE ON compliance_screeningrun
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_hits_stay();
CREATE OR REPLACE TRIGGER screening_subject_stays BEFORE DELETE OR TRUNCATE ON compliance_screeningsubject
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_hits_stay();
