-- What the services promise of quotes and conversions is refused here for everybody.

-- A conversion is between wallets of its customer, in its currencies; and where it took a quote, it is that quote's, in time.
CREATE FUNCTION wallets_conversion_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM wallets_wallet w WHERE w.id = NEW.source_id
                      AND (w.partner_id, w.customer_id, w.currency) = (NEW.partner_id, NEW.customer_id, NEW.sell_currency))
       OR NOT EXISTS (SELECT FROM wallets_wallet w WHERE w.id = NEW.target_id
                      AND (w.partner_id, w.customer_id, w.currency) = (NEW.partner_id, NEW.customer_id, NEW.buy_currency)) THEN
        RAISE EXCEPTION 'conversion %: its wallets are not its customer''s in its currencies', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.quote_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM wallets_fxquote q WHERE q.id = NEW.quote_id AND NEW.created_at < q.expires_at
           AND (q.partner_id, q.customer_id, q.sell_currency, q.sell_amount, q.buy_currency, q.buy_amount, q.market_amount)
             = (NEW.partner_id, NEW.customer_id, NEW.sell_currency, NEW.sell_amount, NEW.buy_currency, NEW.buy_amount, NEW.market_amount)
    ) THEN
        RAISE EXCEPTION 'conversion %: it is not what its quote promised', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER conversion_is_guarded BEFORE INSERT ON wallets_conversion FOR EACH ROW EXECUTE FUNCTION wallets_conversion_guard();
