-- The table of payments/states.py; what came and why is fixed, and what has ended stays as it is.
CREATE OR REPLACE FUNCTION payments_suspense_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.payment_id, NEW.currency, NEW.came_by, NEW.cause, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.partner_id, OLD.payment_id, OLD.currency, OLD.came_by, OLD.cause, OLD.created_at)
       OR (OLD.state <> 'OPEN' AND (NEW.state, NEW.amount, NEW.wallet_id, NEW.journal_id, NEW.reason, NEW.ended_by, NEW.ended_at)
           IS DISTINCT FROM (OLD.state, OLD.amount, OLD.wallet_id, OLD.journal_id, OLD.reason, OLD.ended_by, OLD.ended_at)) THEN
        RAISE EXCEPTION 'suspense item %: what came, and how it ended, is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER suspense_item_is_guarded BEFORE UPDATE ON payments_suspenseitem
    FOR EACH ROW EXECUTE FUNCTION payments_suspense_guard();
CREATE OR REPLACE TRIGGER suspense_item_stays BEFORE DELETE OR TRUNCATE ON payments_suspenseitem
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
