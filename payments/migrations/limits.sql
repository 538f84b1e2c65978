-- Limits per rail: which count, what is used of them, and counting without a race. Rerunnable.

-- What limits a partner at a moment: for each rail, direction, currency and kind the partner's own, else everybody's.
CREATE OR REPLACE FUNCTION payments_limits_in_force(p_partner uuid, p_at timestamptz)
RETURNS SETOF payments_raillimit LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (n.rail, n.direction, n.currency, n.kind) n.*
      FROM (SELECT DISTINCT ON (l.rail, l.direction, l.currency, l.kind, l.partner_id) l.*
              FROM payments_raillimit l
             WHERE (l.partner_id = p_partner OR l.partner_id IS NULL) AND l.valid_from <= p_at
             ORDER BY l.rail, l.direction, l.currency, l.kind, l.partner_id, l.valid_from DESC, l.id DESC) n
     WHERE NOT n.is_withdrawn
     ORDER BY n.rail, n.direction, n.currency, n.kind, n.partner_id NULLS LAST
$$;

-- What is used on a day and in its month, of one kind or ('') of all, by a partner and by a customer (who may be NULL).
CREATE OR REPLACE FUNCTION payments_limits_used(
    p_partner uuid, p_customer uuid, p_rail text, p_direction text, p_currency text, p_kind text, p_day date,
    OUT customer_daily numeric, OUT customer_monthly numeric, OUT customer_daily_count bigint,
    OUT partner_daily numeric, OUT partner_monthly numeric, OUT partner_daily_count bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_first date := date_trunc('month', p_day::timestamp)::date;
    v_next date := (date_trunc('month', p_day::timestamp) + interval '1 month')::date;
BEGIN
    SELECT coalesce(sum(u.used) FILTER (WHERE u.day = p_day), 0), coalesce(sum(u.used), 0),
           coalesce(sum(u.count) FILTER (WHERE u.day = p_day), 0)
      INTO customer_daily, customer_monthly, customer_daily_count
      FROM payments_customerrailusage u
     WHERE u.customer_id = p_customer AND u.rail = p_rail AND u.direction = p_direction AND u.currency = p_currency
       AND u.day >= v_first AND u.day < v_next AND (p_kind = '' OR u.kind = p_kind);
    SELECT coalesce(sum(u.used) FILTER (WHERE u.day = p_day), 0), coalesce(sum(u.used), 0),
           coalesce(sum(u.count) FILTER (WHERE u.day = p_day), 0)
      INTO partner_daily, partner_monthly, partner_daily_count
      FROM payments_partnerrailusage u
     WHERE u.partner_id = p_partner AND u.rail = p_rail AND u.direction = p_direction AND u.currency = p_currency
       AND u.day >= v_first AND u.day < v_next AND (p_kind = '' OR u.kind = p_kind);
END $$;

-- Counts a payment, and answers what limits it with what is used, itself included. Two payments of one customer, and of one partner where
-- something limits all of them together, count one after the other: each sees what those before it used.
-- Rows are locked partner's share first, then customer's; both before any wallet's allowance (payments_uncount_limits keeps the order).
CREATE OR REPLACE FUNCTION payments_count_limits(
    p_partner uuid, p_customer uuid, p_rail text, p_direction text, p_currency text, p_kind text, p_amount numeric, p_day date,
    p_at timestamptz)
RETURNS TABLE (limit_id uuid, kind text, minimum numeric, maximum numeric,
    customer_daily numeric, customer_monthly numeric, customer_daily_count integer,
    partner_daily numeric, partner_monthly numeric, partner_daily_count integer,
    used_customer_daily numeric, used_customer_monthly numeric, used_customer_daily_count bigint,
    used_partner_daily numeric, used_partner_monthly numeric, used_partner_daily_count bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_limits payments_raillimit[];
    v_where text := concat_ws('.', p_rail, p_direction, p_currency);
    v_together boolean;
BEGIN
    SELECT array_agg(l ORDER BY l.kind), bool_or(num_nonnulls(l.partner_daily, l.partner_monthly, l.partner_daily_count) > 0)
      INTO v_limits, v_together
      FROM payments_limits_in_force(p_partner, p_at) l
     WHERE l.rail = p_rail AND l.direction = p_direction AND l.currency = p_currency AND l.kind IN ('', p_kind);
    IF v_together THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('.', 'payments.limits', p_partner, v_where), 0));
    END IF;
    IF v_limits IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('.', 'payments.limits', p_customer, v_where), 0));
    END IF;
    INSERT INTO payments_partnerrailusage AS u (partner_id, rail, direction, currency, day, kind, share, used, count)
    VALUES (p_partner, p_rail, p_direction, p_currency, p_day, p_kind, get_byte(uuid_send(p_customer), 15) & 63, p_amount, 1)
        ON CONFLICT (partner_id, rail, direction, currency, day, kind, share)
        DO UPDATE SET used = u.used + excluded.used, count = u.count + 1;
    INSERT INTO payments_customerrailusage AS u (customer_id, rail, direction, currency, day, kind, used, count)
    VALUES (p_customer, p_rail, p_direction, p_currency, p_day, p_kind, p_amount, 1)
        ON CONFLICT (customer_id, rail, direction, currency, day, kind) DO UPDATE SET used = u.used + excluded.used, count = u.count + 1;
    IF v_limits IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT l.id, l.kind::text, l.minimum, l.maximum, l.customer_daily, l.customer_monthly, l.customer_daily_count,
           l.partner_daily, l.partner_monthly, l.partner_daily_count,
           n.customer_daily, n.customer_monthly, n.customer_daily_count, n.partner_daily, n.partner_monthly, n.partner_daily_count
      FROM unnest(v_limits) l
     CROSS JOIN LATERAL payments_limits_used(p_partner, p_customer, p_rail, p_direction, p_currency, l.kind, p_day) n;
END $$;

-- Gives back what a payment used that failed or was canceled.
CREATE OR REPLACE FUNCTION payments_uncount_limits(p_payment uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p payments_payment;
BEGIN
    SELECT * INTO p FROM payments_payment WHERE id = p_payment;
    UPDATE payments_partnerrailusage u SET used = u.used - p.amount, count = u.count - 1
     WHERE u.partner_id = p.partner_id AND u.rail = p.rail AND u.direction = p.direction AND u.currency = p.currency
       AND u.day = p.counted_on AND u.kind = p.kind AND u.share = get_byte(uuid_send(p.customer_id), 15) & 63;
    UPDATE payments_customerrailusage u SET used = u.used - p.amount, count = u.count - 1
     WHERE u.customer_id = p.customer_id AND u.rail = p.rail AND u.direction = p.direction AND u.currency = p.currency
       AND u.day = p.counted_on AND u.kind = p.kind;
END $$;
