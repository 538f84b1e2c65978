-- The table of payments/states.py; what was asked and what was sent are fixed.
CREATE OR REPLACE FUNCTION payments_recall_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.payment_id, NEW.direction, NEW.reason_code, NEW.case_id, NEW.currency, NEW.amount, NEW.item_id,
        NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.partner_id, OLD.payment_id, OLD.direction, OLD.reason_code, OLD.case_id, OLD.currency, OLD.amount, OLD.item_id,
        OLD.created_by, OLD.created_at)
       OR (OLD.digest <> '' AND NEW.digest <> OLD.digest) OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at) THEN
        RAISE EXCEPTION 'recall %: what was asked and sent is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT NEW.state = ANY (CASE OLD.state
        WHEN 'REQUESTED' THEN '{SENT,ACCEPTED}'::text[]
        WHEN 'SENT' THEN '{ACCEPTED,REFUSED,LAPSED}'
        WHEN 'RECEIVED' THEN '{ACCEPTED,REFUSED}'
        WHEN 'LAPSED' THEN '{ACCEPTED,REFUSED}'
        WHEN 'REFUSED' THEN '{ACCEPTED}'
        ELSE '{}' END) THEN
        RAISE EXCEPTION 'recall %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER recall_is_guarded BEFORE UPDATE ON payments_recall FOR EACH ROW EXECUTE FUNCTION payments_recall_guard();
CREATE OR REPLACE TRIGGER recall_stays BEFORE DELETE OR TRUNCATE ON payments_recall
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
