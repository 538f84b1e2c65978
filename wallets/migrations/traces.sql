-- When a customer's data are deleted, what partners wrote into rows that never change is emptied: these columns and nothing else, and only
-- once the key of everybody whom the row is about is destroyed (accounts/services/traces.py).
CREATE OR REPLACE FUNCTION wallets_are_erased(VARIADIC p_wallets uuid[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM unnest(p_wallets) AS wanted (id)
          LEFT JOIN wallets_wallet w ON w.id = wanted.id
          LEFT JOIN flowlet_vault_subjectkey k ON k.subject_id = w.customer_id AND k.erased_at IS NOT NULL
         WHERE k.subject_id IS NULL)
$$;

-- The argument is what stands in the columns afterwards.
CREATE OR REPLACE FUNCTION wallets_only_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_row jsonb := to_jsonb(OLD);
    v_wallets uuid[] := CASE TG_TABLE_NAME
        WHEN 'wallets_refund' THEN (SELECT ARRAY[t.source_id, t.target_id] FROM wallets_transfer t WHERE t.id = (v_row ->> 'transfer_id')::uuid)
        WHEN 'wallets_conversion' THEN ARRAY[(v_row ->> 'source_id')::uuid]
        ELSE ARRAY[(v_row ->> 'wallet_id')::uuid] END;
BEGIN
    IF to_jsonb(NEW) <> v_row || TG_ARGV[0]::jsonb OR NOT wallets_are_erased(VARIADIC v_wallets) THEN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER wallets_refund_is_append_only BEFORE DELETE OR TRUNCATE ON wallets_refund
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
CREATE OR REPLACE TRIGGER wallets_refund_only_forgets BEFORE UPDATE ON wallets_refund
    FOR EACH ROW EXECUTE FUNCTION wallets_only_forgets('{"reason": "", "external_id": "", "metadata": {}}');
CREATE OR REPLACE TRIGGER wallets_conversion_is_append_only BEFORE DELETE OR TRUNCATE ON wallets_conversion
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
CREATE OR REPLACE TRIGGER wallets_conversion_only_forgets BEFORE UPDATE ON wallets_conversion
    FOR EACH ROW EXECUTE FUNCTION wallets_only_forgets('{"description": "", "external_id": "", "metadata": {}}');
CREATE OR REPLACE TRIGGER wallets_topup_is_append_only BEFORE DELETE OR TRUNCATE ON wallets_topup
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();
CREATE OR REPLACE TRIGGER wallets_topup_only_forgets BEFORE UPDATE ON wallets_topup
    FOR EACH ROW EXECUTE FUNCTION wallets_only_forgets('{"external_id": "", "metadata": {}}');

-- A transfer's external id is as fixed as the rest of what was agreed, until then.
CREATE OR REPLACE FUNCTION wallets_transfer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.source_id, NEW.target_id, NEW.kind, NEW.currency, NEW.amount, NEW.hold_id, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.source_id, OLD.target_id, OLD.kind, OLD.currency, OLD.amount, OLD.hold_id, OLD.created_at)
       OR (NEW.external_id <> OLD.external_id AND NOT (NEW.external_id = '' AND wallets_are_erased(OLD.source_id, OLD.target_id)))
       OR NEW.captured < OLD.captured OR NEW.refunded < OLD.refunded
       OR (OLD.status <> 'AUTHORIZED' AND (NEW.status, NEW.captured) IS DISTINCT FROM (OLD.status, OLD.captured)) THEN
        RAISE EXCEPTION 'transfer %: what was agreed is fixed, and what has ended has ended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
