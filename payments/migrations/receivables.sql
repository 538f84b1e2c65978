-- The table of payments/states.py; who owes in which currency is fixed, what was owed and recovered only grows, what has ended stays.
CREATE OR REPLACE FUNCTION payments_receivable_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.customer_id, NEW.currency, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.customer_id, OLD.currency, OLD.created_at)
       OR NEW.owed < OLD.owed OR NEW.recovered < OLD.recovered
       OR (OLD.state <> 'OPEN' AND (NEW.state, NEW.owed, NEW.recovered, NEW.payment_id, NEW.reason, NEW.ended_by, NEW.ended_at)
           IS DISTINCT FROM (OLD.state, OLD.owed, OLD.recovered, OLD.payment_id, OLD.reason, OLD.ended_by, OLD.ended_at)) THEN
        RAISE EXCEPTION 'receivable %: who owes, and how it ended, is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER receivable_is_guarded BEFORE UPDATE ON payments_receivable
    FOR EACH ROW EXECUTE FUNCTION payments_receivable_guard();
CREATE OR REPLACE TRIGGER receivable_stays BEFORE DELETE OR TRUNCATE ON payments_receivable
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
