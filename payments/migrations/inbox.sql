-- What a provider told us stays as it was told; only what became of it is written, once.
CREATE OR REPLACE FUNCTION payments_inbound_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.provider, NEW.event_id, NEW.kind, NEW.about, NEW.is_live, NEW.happened_at, NEW.received_at, NEW.proof, NEW.digest)
       IS DISTINCT FROM
       (OLD.id, OLD.provider, OLD.event_id, OLD.kind, OLD.about, OLD.is_live, OLD.happened_at, OLD.received_at, OLD.proof, OLD.digest)
       OR (OLD.status IN ('HANDLED', 'IGNORED') AND (NEW.status, NEW.handled_at) IS DISTINCT FROM (OLD.status, OLD.handled_at))
       OR (OLD.sealed IS NULL AND NEW.sealed IS NOT NULL) THEN
        RAISE EXCEPTION 'inbound event %: what was told is fixed, and handled is handled', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER inbound_event_is_guarded BEFORE UPDATE ON payments_inboundevent
    FOR EACH ROW EXECUTE FUNCTION payments_inbound_event_guard();
CREATE OR REPLACE TRIGGER inbound_event_stays BEFORE DELETE OR TRUNCATE ON payments_inboundevent
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
