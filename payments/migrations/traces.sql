-- When a customer's data are deleted, what was written of the customer is emptied: these columns and nothing else, and only once the key of
-- everybody whom the row is about is destroyed (payments/services/traces.py).
CREATE OR REPLACE FUNCTION payments_is_erased(p_customer uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM flowlet_vault_subjectkey k WHERE k.subject_id = p_customer AND k.erased_at IS NOT NULL)
$$;

-- A step of a payment loses its reason. A payment between two customers is about both.
CREATE OR REPLACE FUNCTION payments_move_only_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) <> to_jsonb(OLD) || '{"reason": ""}' OR NOT EXISTS (
        SELECT FROM payments_payment p LEFT JOIN wallets_wallet w ON w.id = p.target_wallet_id
         WHERE p.id = OLD.payment_id AND (p.customer_id IS NULL OR payments_is_erased(p.customer_id))
           AND (w.customer_id IS NULL OR payments_is_erased(w.customer_id)) AND num_nonnulls(p.customer_id, w.customer_id) > 0) THEN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER payments_move_is_append_only BEFORE DELETE OR TRUNCATE ON payments_move
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
CREATE OR REPLACE TRIGGER payments_move_only_forgets BEFORE UPDATE ON payments_move
    FOR EACH ROW EXECUTE FUNCTION payments_move_only_forgets();

-- The partner's own name of a mandate becomes the digits of its key, here and in its amendments.
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
                   OR a.former_account_id IS NULL AND NEW.external_account_id = OLD.external_account_id))
          AND NOT ((NEW.external_account_id, NEW.creditor_id, NEW.reference, NEW.reference_key)
                   = (OLD.external_account_id, OLD.creditor_id, replace(OLD.id::text, '-', ''), upper(replace(OLD.id::text, '-', '')))
                   AND payments_is_erased(OLD.customer_id)) THEN
        RAISE EXCEPTION 'mandate %: what was signed is fixed, and what has ended has ended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION payments_mandate_amendment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.mandate_id, NEW.former_creditor_id, NEW.former_account_id, NEW.is_for_bank, NEW.amended_by, NEW.amended_at)
       IS DISTINCT FROM (OLD.id, OLD.mandate_id, OLD.former_creditor_id, OLD.former_account_id, OLD.is_for_bank, OLD.amended_by,
        OLD.amended_at)
       OR NEW.former_reference <> OLD.former_reference AND NOT (
           NEW.former_reference = replace(OLD.mandate_id::text, '-', '') AND OLD.former_reference <> ''
           AND EXISTS (SELECT FROM payments_mandate m WHERE m.id = OLD.mandate_id AND payments_is_erased(m.customer_id))) THEN
        RAISE EXCEPTION 'amendment %: what was so before is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- A message that was built stays, until it goes; the digest of what was sent stays.
CREATE OR REPLACE FUNCTION payments_recall_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.payment_id, NEW.direction, NEW.reason_code, NEW.case_id, NEW.currency, NEW.amount, NEW.item_id,
        NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.partner_id, OLD.payment_id, OLD.direction, OLD.reason_code, OLD.case_id, OLD.currency, OLD.amount, OLD.item_id,
        OLD.created_by, OLD.created_at)
       OR (OLD.digest <> '' AND NEW.digest <> OLD.digest) OR (OLD.digest = '' AND NEW.digest <> '' AND NEW.sealed IS NULL)
       OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at)
       OR (OLD.sealed IS NOT NULL AND NEW.sealed IS NULL AND NOT EXISTS (
           SELECT FROM payments_payment p WHERE p.id = OLD.payment_id AND payments_is_erased(p.customer_id))) THEN
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

-- Only erasure takes a message from beside its digest: a recall does not begin without it.
CREATE OR REPLACE FUNCTION payments_recall_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.digest <> '' AND NEW.sealed IS NULL THEN
        RAISE EXCEPTION 'recall %: a digest, and nothing that it is of', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER recall_begins_with_its_message BEFORE INSERT ON payments_recall
    FOR EACH ROW EXECUTE FUNCTION payments_recall_begins();
