-- What the services promise about external accounts and mandates is refused here for everybody.

-- Rows that payments refer to stay.
CREATE FUNCTION payments_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never removed: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER external_account_stays BEFORE DELETE OR TRUNCATE ON payments_externalaccount FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
CREATE TRIGGER account_verification_stays BEFORE DELETE OR TRUNCATE ON payments_accountverification FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
CREATE TRIGGER mandate_stays BEFORE DELETE OR TRUNCATE ON payments_mandate FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
CREATE TRIGGER mandate_use_stays BEFORE DELETE OR TRUNCATE ON payments_mandateuse FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();

CREATE FUNCTION payments_external_account_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.customer_id, NEW.kind, NEW.relation, NEW.currency, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.customer_id, OLD.kind, OLD.relation, OLD.currency, OLD.created_at)
       OR (OLD.status = 'CLOSED' AND (NEW.status, NEW.verification) IS DISTINCT FROM (OLD.status, OLD.verification))
       OR (OLD.verification = 'VERIFIED' AND NEW.verification <> 'VERIFIED') THEN
        RAISE EXCEPTION 'external account %: customer, kind and currency are fixed, closed is closed, verified is verified', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER external_account_is_guarded BEFORE UPDATE ON payments_externalaccount FOR EACH ROW EXECUTE FUNCTION payments_external_account_guard();

CREATE FUNCTION payments_account_verification_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.external_account_id, NEW.method, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.external_account_id, OLD.method, OLD.created_at)
       OR OLD.status <> 'PENDING' OR NEW.tries_left > OLD.tries_left THEN
        RAISE EXCEPTION 'account verification %: what has ended has ended, and tries are never given back', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_verification_is_guarded BEFORE UPDATE ON payments_accountverification FOR EACH ROW EXECUTE FUNCTION payments_account_verification_guard();

CREATE FUNCTION payments_mandate_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM payments_externalaccount a
          WHERE a.id = NEW.external_account_id AND a.customer_id = NEW.customer_id AND a.partner_id = NEW.partner_id
            AND a.relation = 'OWN' AND a.kind = CASE WHEN NEW.scheme = 'ACH' THEN 'US_BANK' ELSE 'IBAN' END;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'mandate %: the account is not a bank account of the customer''s own that the scheme reaches', NEW.id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.partner_id, NEW.customer_id, NEW.external_account_id, NEW.scheme, NEW.kind, NEW.reference, NEW.reference_key,
        NEW.creditor_id, NEW.authorization, NEW.signed_on, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.partner_id, OLD.customer_id, OLD.external_account_id, OLD.scheme, OLD.kind, OLD.reference, OLD.reference_key,
        OLD.creditor_id, OLD.authorization, OLD.signed_on, OLD.created_at)
       OR (OLD.status IN ('REVOKED', 'EXPIRED') AND NEW.status <> OLD.status) THEN
        RAISE EXCEPTION 'mandate %: what was signed is fixed, and what has ended has ended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mandate_is_guarded BEFORE INSERT OR UPDATE ON payments_mandate FOR EACH ROW EXECUTE FUNCTION payments_mandate_guard();

CREATE FUNCTION payments_mandate_use_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.mandate_id, NEW.reference, NEW.sequence, NEW.used_on, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.mandate_id, OLD.reference, OLD.sequence, OLD.used_on, OLD.created_at)
       OR OLD.rejected_at IS NOT NULL THEN
        RAISE EXCEPTION 'collection % of a mandate: its place is fixed, and is given back once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mandate_use_is_guarded BEFORE UPDATE ON payments_mandateuse FOR EACH ROW EXECUTE FUNCTION payments_mandate_use_guard();
