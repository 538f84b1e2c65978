-- What a hold is kept for is fixed, as the rest of what was held.
CREATE OR REPLACE FUNCTION wallets_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.wallet_id, NEW.allowance_id, NEW.currency, NEW.amount, NEW.expires_at, NEW.counted_on, NEW.kept_for, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.wallet_id, OLD.allowance_id, OLD.currency, OLD.amount, OLD.expires_at, OLD.counted_on, OLD.kept_for, OLD.created_at)
       OR NEW.captured < OLD.captured OR NEW.released < OLD.released
       OR (OLD.status <> 'OPEN' AND (NEW.status, NEW.captured, NEW.released) IS DISTINCT FROM (OLD.status, OLD.captured, OLD.released)) THEN
        RAISE EXCEPTION 'hold %: what was held is fixed, and an ended hold has ended', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
