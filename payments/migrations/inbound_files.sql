-- What a bank's file said stays as it was said; what became of an item is written until it is done with.
CREATE OR REPLACE FUNCTION payments_inbound_file_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.name, NEW.format, NEW.digest, NEW.size, NEW.written_on, NEW.count, NEW.received_by, NEW.received_at)
       IS DISTINCT FROM
       (OLD.id, OLD.name, OLD.format, OLD.digest, OLD.size, OLD.written_on, OLD.count, OLD.received_by, OLD.received_at) THEN
        RAISE EXCEPTION 'inbound file %: what was received is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER inbound_file_is_guarded BEFORE UPDATE ON payments_inboundfile
    FOR EACH ROW EXECUTE FUNCTION payments_inbound_file_guard();
CREATE OR REPLACE TRIGGER inbound_file_stays BEFORE DELETE OR TRUNCATE ON payments_inboundfile
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();

CREATE OR REPLACE FUNCTION payments_inbound_item_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.file_id, NEW.ordinal, NEW.kind, NEW.code, NEW.cause, NEW.reference, NEW.names, NEW.amount, NEW.currency) IS DISTINCT FROM
       (OLD.id, OLD.file_id, OLD.ordinal, OLD.kind, OLD.code, OLD.cause, OLD.reference, OLD.names, OLD.amount, OLD.currency)
       OR OLD.state IN ('HANDLED', 'CLOSED') OR (NEW.state = 'PENDING' AND OLD.state <> 'PENDING') THEN
        RAISE EXCEPTION 'inbound item %: what was said is fixed, and what is done with is done with', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER inbound_item_is_guarded BEFORE UPDATE ON payments_inbounditem
    FOR EACH ROW EXECUTE FUNCTION payments_inbound_item_guard();
CREATE OR REPLACE TRIGGER inbound_item_stays BEFORE DELETE OR TRUNCATE ON payments_inbounditem
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
