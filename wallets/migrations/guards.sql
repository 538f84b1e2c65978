-- What the services promise is refused here for everybody.

-- Rows that money refers to stay.
CREATE FUNCTION wallets_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never removed: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER wallet_stays BEFORE DELETE OR TRUNCATE ON wallets_wallet FOR EACH STATEMENT EXECUTE FUNCTION wallets_refuse_removal();
CREATE TRIGGER allowance_stays BEFORE DELETE OR TRUNCATE ON wallets_allowance FOR EACH STATEMENT EXECUTE FUNCTION wallets_refuse_removal();
CREATE TRIGGER hold_stays BEFORE DELETE OR TRUNCATE ON wallets_hold FOR EACH STATEMENT EXECUTE FUNCTION wallets_refuse_removal();
CREATE TRIGGER transfer_stays BEFORE DELETE OR TRUNCATE ON wallets_transfer FOR EACH STATEMENT EXECUTE FUNCTION wallets_refuse_removal();

CREATE FUNCTION wallets_wallet_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.customer_id, NEW.account_id, NEW.allowance_id, NEW.currency, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.customer_id, OLD.account_id, OLD.allowance_id, OLD.currency, OLD.created_at)
       OR (OLD.status = 'CLOSED' AND NEW.status <> 'CLOSED') THEN
        RAISE EXCEPTION 'wallet %: owner, account and currency are fixed, and closed is closed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wallet_is_guarded BEFORE UPDATE ON wallets_wallet FOR EACH ROW EXECUTE FUNCTION wallets_wallet_guard();

CREATE FUNCTION wallets_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.wallet_id, NEW.allowance_id, NEW.currency, NEW.amount, NEW.expires_at, NEW.counted_on, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.wallet_id, OLD.allowance_id, OLD.currency, OLD.amount, OLD.expires_at, OLD.counted_on, OLD.created_at)
       OR NEW.captured < OLD.captured OR NEW.released < OLD.released
       OR (OLD.status <> 'OPEN' AND (NEW.status, NEW.captured, NEW.released) IS DISTINCT FROM (OLD.status, OLD.captured, OLD.released)) THEN
        RAISE EXCEPTION 'hold %: what was held is fixed, and an ended hold has ended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_is_guarded BEFORE UPDATE ON wallets_hold FOR EACH ROW EXECUTE FUNCTION wallets_hold_guard();

CREATE FUNCTION wallets_transfer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.source_id, NEW.target_id, NEW.kind, NEW.currency, NEW.amount, NEW.hold_id, NEW.external_id, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.source_id, OLD.target_id, OLD.kind, OLD.currency, OLD.amount, OLD.hold_id, OLD.external_id, OLD.created_at)
       OR NEW.captured < OLD.captured OR NEW.refunded < OLD.refunded
       OR (OLD.status <> 'AUTHORIZED' AND (NEW.status, NEW.captured) IS DISTINCT FROM (OLD.status, OLD.captured)) THEN
        RAISE EXCEPTION 'transfer %: what was agreed is fixed, and what has ended has ended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfer_is_guarded BEFORE UPDATE ON wallets_transfer FOR EACH ROW EXECUTE FUNCTION wallets_transfer_guard();

-- At commit: a transfer's refunds add up to what it says was refunded.
CREATE FUNCTION wallets_check_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_transfer uuid := CASE TG_TABLE_NAME WHEN 'wallets_refund' THEN (to_jsonb(NEW) ->> 'transfer_id')::uuid ELSE NEW.id END;
BEGIN
    IF (SELECT refunded FROM wallets_transfer WHERE id = v_transfer)
       <> (SELECT coalesce(sum(amount), 0) FROM wallets_refund WHERE transfer_id = v_transfer) THEN
        RAISE EXCEPTION 'the refunds of transfer % do not add up', v_transfer USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refunds_add_up AFTER INSERT ON wallets_refund
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wallets_check_refunds();
CREATE CONSTRAINT TRIGGER refunded_is_the_sum AFTER INSERT OR UPDATE OF refunded ON wallets_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.refunded <> 0) EXECUTE FUNCTION wallets_check_refunds();
