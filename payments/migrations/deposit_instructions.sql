-- Payers keep a reference and a virtual account for years: neither goes to another wallet.
CREATE OR REPLACE FUNCTION payments_deposit_instruction_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.customer_id, NEW.wallet_id, NEW.reference, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.customer_id, OLD.wallet_id, OLD.reference, OLD.created_at)
       OR (OLD.number_index <> '' AND NEW.number_index <> OLD.number_index) THEN
        RAISE EXCEPTION 'deposit instruction %: reference and virtual account stay with their wallet', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER deposit_instruction_is_guarded BEFORE UPDATE ON payments_depositinstruction
    FOR EACH ROW EXECUTE FUNCTION payments_deposit_instruction_guard();
CREATE OR REPLACE TRIGGER deposit_instruction_stays BEFORE DELETE OR TRUNCATE ON payments_depositinstruction
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
