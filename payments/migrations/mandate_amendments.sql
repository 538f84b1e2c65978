-- What was signed changes by an amendment only, which keeps what was so before; an amendment never changes but for who carries it.
CREATE OR REPLACE FUNCTION payments_mandate_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.external_account_id <> OLD.external_account_id THEN
        PERFORM 1 FROM payments_externalaccount a
          WHERE a.id = NEW.external_account_id AND a.customer_id = NEW.customer_id AND a.partner_id = NEW.partner_id
            AND a.relation = 'OWN' AND a.kind = CASE WHEN NEW.scheme = 'ACH' THEN 'US_BANK' ELSE 'IBAN' END;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'mandate %: the account is not a bank account of the customer''s own that the scheme reaches', NEW.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.partner_id, NEW.customer_id, NEW.scheme, NEW.kind, NEW.authorization, NEW.signed_on, NEW.notice_days, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.partner_id, OLD.customer_id, OLD.scheme, OLD.kind, OLD.authorization, OLD.signed_on, OLD.notice_days, OLD.created_at)
       OR (OLD.status IN ('REVOKED', 'EXPIRED') AND NEW.status <> OLD.status)
       OR (NEW.external_account_id, NEW.reference, NEW.reference_key, NEW.creditor_id)
          IS DISTINCT FROM (OLD.external_account_id, OLD.reference, OLD.reference_key, OLD.creditor_id)
          AND NOT EXISTS (SELECT FROM payments_mandateamendment a WHERE a.mandate_id = OLD.id AND a.amended_at = NEW.updated_at
              AND a.former_reference IN (OLD.reference, CASE WHEN NEW.reference = OLD.reference THEN '' END)
              AND a.former_creditor_id IN (OLD.creditor_id, CASE WHEN NEW.creditor_id = OLD.creditor_id THEN '' END)
              AND (a.former_account_id = OLD.external_account_id
                   OR a.former_account_id IS NULL AND NEW.external_account_id = OLD.external_account_id)) THEN
        RAISE EXCEPTION 'mandate %: what was signed is fixed, and what has ended has ended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION payments_mandate_amendment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.mandate_id, NEW.former_reference, NEW.former_creditor_id, NEW.former_account_id, NEW.is_for_bank, NEW.amended_by,
        NEW.amended_at)
       IS DISTINCT FROM (OLD.id, OLD.mandate_id, OLD.former_reference, OLD.former_creditor_id, OLD.former_account_id, OLD.is_for_bank,
        OLD.amended_by, OLD.amended_at) THEN
        RAISE EXCEPTION 'amendment %: what was so before is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER mandate_amendment_is_guarded BEFORE UPDATE ON payments_mandateamendment
    FOR EACH ROW EXECUTE FUNCTION payments_mandate_amendment_guard();
CREATE OR REPLACE TRIGGER mandate_amendment_stays BEFORE DELETE OR TRUNCATE ON payments_mandateamendment
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
