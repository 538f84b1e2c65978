-- What the maker asked for is what the checker saw, and a decision is taken once.
CREATE FUNCTION flowlet_approvals_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'approvals are kept: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'PENDING' THEN
        RAISE EXCEPTION 'approval % has been decided: a decision is final', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.id, OLD.kind, OLD.subject, OLD.partner_id, OLD.payload, OLD.reason, OLD.is_exclusive, OLD.maker_kind, OLD.maker_id,
        OLD.maker_label, OLD.created_at, OLD.expires_at)
       IS DISTINCT FROM
       (NEW.id, NEW.kind, NEW.subject, NEW.partner_id, NEW.payload, NEW.reason, NEW.is_exclusive, NEW.maker_kind, NEW.maker_id,
        NEW.maker_label, NEW.created_at, NEW.expires_at) THEN
        RAISE EXCEPTION 'approval %: what was asked for never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER approval_decision_is_final BEFORE UPDATE OR DELETE ON flowlet_approvals_approval
    FOR EACH ROW EXECUTE FUNCTION flowlet_approvals_guard();
CREATE TRIGGER approval_is_kept BEFORE TRUNCATE ON flowlet_approvals_approval
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_approvals_guard();
