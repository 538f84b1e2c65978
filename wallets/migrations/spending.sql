-- The first step of everything that sends or holds: lock the allowance, read the standing of all who take part, count the usage.
--
-- One function, because the statements inside keep their plans and each sees what was committed before it, so that what is read after the
-- lock is current. It decides nothing: wallets/services/spending.py does, with what it answers.
--
-- p_amount NULL locks and reads without counting. Where holds of the allowance have lapsed by p_at, has_lapsed is true and nothing is counted:
-- the caller ends them and asks again.
CREATE FUNCTION wallets_spend(
    p_partner uuid, p_source uuid, p_target uuid, p_amount numeric, p_at timestamptz,
    OUT book_id bigint, OUT partner_status text, OUT day date, OUT has_lapsed boolean, OUT allowance_id bigint,
    OUT source_account bigint, OUT source_currency text, OUT source_status text, OUT source_customer_status text,
    OUT target_account bigint, OUT target_currency text, OUT target_status text, OUT target_customer_status text, OUT target_lapsed numeric,
    OUT tier text, OUT tier_transaction numeric, OUT tier_daily numeric, OUT tier_monthly numeric,
    OUT wallet_transaction numeric, OUT wallet_daily numeric, OUT wallet_monthly numeric,
    OUT used_daily numeric, OUT used_monthly numeric, OUT wallet_used_daily numeric, OUT wallet_used_monthly numeric)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    v_source_customer uuid;
    v_target_customer uuid;
    v_month date;
    v_next date;
BEGIN
    SELECT w.account_id, w.currency, w.customer_id, w.allowance_id INTO source_account, source_currency, v_source_customer, allowance_id
      FROM wallets_wallet w WHERE w.id = p_source AND w.partner_id = p_partner;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM wallets_allowance a WHERE a.id = allowance_id FOR NO KEY UPDATE;
    IF p_target IS NOT NULL THEN
        SELECT w.account_id, w.currency, w.status, w.customer_id,
               (SELECT coalesce(sum(h.amount - h.captured - h.released), 0) FROM wallets_hold h
                 WHERE h.wallet_id = p_target AND h.status = 'OPEN' AND h.expires_at <= p_at)
          INTO target_account, target_currency, target_status, v_target_customer, target_lapsed
          FROM wallets_wallet w WHERE w.id = p_target AND w.partner_id = p_partner;
    END IF;
    -- Shared, so that a customer is not frozen between this look and the posting.
    SELECT c.status, c.kyc_tier INTO source_customer_status, tier FROM accounts_customer c WHERE c.id = v_source_customer FOR SHARE;
    IF v_target_customer IS NULL OR v_target_customer = v_source_customer THEN
        target_customer_status := CASE WHEN v_target_customer IS NOT NULL THEN source_customer_status END;
    ELSE
        SELECT c.status INTO target_customer_status FROM accounts_customer c WHERE c.id = v_target_customer FOR SHARE;
    END IF;
    SELECT b.id, p.status, (p_at AT TIME ZONE b.time_zone)::date, w.status, w.limit_per_transaction, w.limit_daily, w.limit_monthly,
           l.per_transaction, l.daily, l.monthly,
           EXISTS (SELECT FROM wallets_hold h WHERE h.allowance_id = w.allowance_id AND h.status = 'OPEN' AND h.expires_at <= p_at)
      INTO book_id, partner_status, day, source_status, wallet_transaction, wallet_daily, wallet_monthly,
           tier_transaction, tier_daily, tier_monthly, has_lapsed
      FROM wallets_wallet w
      JOIN accounts_partner p ON p.id = w.partner_id
      JOIN ledger_book b ON b.partner_id = w.partner_id
      LEFT JOIN wallets_tierlimit l ON l.tier = wallets_spend.tier AND l.currency = w.currency
     WHERE w.id = p_source;
    IF has_lapsed OR p_amount IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO wallets_usage AS u (allowance_id, day, wallet_id, used) VALUES (allowance_id, day, p_source, p_amount)
        ON CONFLICT (allowance_id, day, wallet_id) DO UPDATE SET used = u.used + excluded.used;
    v_month := date_trunc('month', day::timestamp)::date;
    v_next := (v_month + interval '1 month')::date;
    SELECT sum(u.used) FILTER (WHERE u.day = wallets_spend.day), sum(u.used),
           sum(u.used) FILTER (WHERE u.day = wallets_spend.day AND u.wallet_id = p_source), sum(u.used) FILTER (WHERE u.wallet_id = p_source)
      INTO used_daily, used_monthly, wallet_used_daily, wallet_used_monthly
      FROM wallets_usage u WHERE u.allowance_id = wallets_spend.allowance_id AND u.day >= v_month AND u.day < v_next;
END $$;
