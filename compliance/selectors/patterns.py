"""What no condition over one activity can say: fans, go-betweens, what passes through, what is shared; one statement for each measure.

Each is a SELECT of ``customer_id, partner_id, figures, activities`` about customers who were active on the day (``since`` to ``until``),
with amounts in US dollars and moments up to ``until``. Figures are texts, so that nobody makes floats of them. A measure says something
only above its floor: officers' thresholds lie above it (``compliance.selectors.vocabularies`` names the figures).
"""

from typing import Final

# Money between customers and others, or among customers; not what comes back, and not the customer's own.
_CREDIT = "a.direction = 'IN' AND NOT a.is_own AND a.worth > 0 AND a.kind NOT IN ('REFUND', 'RETURN', 'CHARGEBACK')"
_DEBIT = "a.direction = 'OUT' AND NOT a.is_own AND a.worth > 0 AND a.kind NOT IN ('REFUND', 'RETURN', 'CHARGEBACK')"
_MINE = "(%(partner)s::uuid IS NULL OR a.partner_id = %(partner)s::uuid)"


def _within(span: str) -> str:
    return f"a.happened_at >= %(until)s - interval '{span}' AND a.happened_at < %(until)s AND {_MINE}"


_IDS = "(array_agg(a.id ORDER BY a.happened_at DESC, a.id DESC))[1:60]"

# The business day is that of the partner's zone, so hours of the days around it belong to it.
_CASH = f"""
    SELECT a.customer_id, a.partner_id,
           jsonb_build_object('cash_in', coalesce(sum(a.worth) FILTER (WHERE a.direction = 'IN'), 0)::text,
                              'cash_out', coalesce(sum(a.worth) FILTER (WHERE a.direction = 'OUT'), 0)::text), {_IDS}
      FROM compliance_activity a JOIN accounts_partner p ON p.id = a.partner_id
     WHERE a.is_cash AND a.happened_at >= %(since)s - interval '14 hours' AND a.happened_at < %(until)s + interval '12 hours'
       AND (a.happened_at AT TIME ZONE p.time_zone)::date = %(day)s AND {_MINE}
     GROUP BY 1, 2 HAVING sum(a.worth) >= 3000
"""
_LINKED_CASH = f"""
    WITH near AS (
        SELECT a.* FROM compliance_activity a
         WHERE a.is_cash AND a.direction = 'IN' AND a.worth >= 8000 AND a.worth < 10000 AND {_within("3 days")}),
    who AS (SELECT DISTINCT customer_id, partner_id FROM near),
    link AS (
        SELECT w.customer_id, w.partner_id, b.device::text AS identifier FROM who w JOIN compliance_activity b
            ON b.customer_id = w.customer_id AND b.device IS NOT NULL AND b.happened_at >= %(until)s - interval '90 days'
           AND b.happened_at < %(until)s
        UNION SELECT w.customer_id, w.partner_id, 'phone ' || c.phone_index FROM who w JOIN accounts_customer c
            ON c.id = w.customer_id AND c.phone_index <> ''
        UNION SELECT w.customer_id, w.partner_id, 'mail ' || c.email_index FROM who w JOIN accounts_customer c
            ON c.id = w.customer_id AND c.email_index <> '')
    SELECT DISTINCT ON (1) (min(a.customer_id::text))::uuid, a.partner_id,
           jsonb_build_object('linked_customers', count(DISTINCT a.customer_id)::text, 'linked_cash_count', count(*)::text,
                              'linked_cash_sum', sum(a.worth)::text), {_IDS}
      FROM link l JOIN near a ON a.customer_id = l.customer_id
     GROUP BY a.partner_id, l.identifier
    HAVING count(DISTINCT a.customer_id) >= 2 AND count(*) >= 3 AND max(a.happened_at) >= %(since)s
     ORDER BY 1, count(*) DESC
"""
_SMALL = f"""
    WITH small AS (
        SELECT a.customer_id, a.partner_id, count(*) FILTER (WHERE a.worth >= 500 AND a.worth < 1000) AS few, count(*) AS many,
               sum(a.worth) AS total, min(a.happened_at) AS began, max(a.happened_at) AS ended, {_IDS} AS ids
          FROM compliance_activity a WHERE {_CREDIT} AND a.worth < 3000 AND a.worth >= 100 AND {_within("7 days")}
         GROUP BY 1, 2 HAVING count(*) >= 10 OR count(*) FILTER (WHERE a.worth >= 500 AND a.worth < 1000) >= 5)
    SELECT s.customer_id, s.partner_id,
           jsonb_build_object('small_credits', s.few::text, 'under_3000_credits', s.many::text,
                              'small_moved_percent', round(out.moved * 100 / s.total, 2)::text), s.ids || out.ids
      FROM small s CROSS JOIN LATERAL (
           SELECT sum(a.worth) AS moved, (array_agg(a.id ORDER BY a.happened_at DESC))[1:20] AS ids, max(a.happened_at) AS last
             FROM compliance_activity a WHERE a.customer_id = s.customer_id AND {_DEBIT} AND a.happened_at > s.began
              AND a.happened_at <= s.ended + interval '48 hours' AND a.happened_at < %(until)s) AS out
     WHERE out.moved * 100 >= s.total * 50 AND greatest(s.ended, out.last) >= %(since)s
"""
# One amount of each sender, so that a frame over the logarithm of amounts counts senders; ln(1.1) = 0.09531.
_FAN_IN = f"""
    WITH sender AS (
        SELECT a.customer_id, a.partner_id, a.counterparty, max(a.worth) AS worth, bool_or(a.is_new_counterparty) AS is_new,
               max(a.happened_at) AS last, (array_agg(a.id ORDER BY a.worth DESC))[1] AS id
          FROM compliance_activity a WHERE {_CREDIT} AND a.counterparty IS NOT NULL AND a.worth >= 100 AND {_within("7 days")}
         GROUP BY 1, 2, 3),
    many AS (SELECT customer_id FROM sender GROUP BY 1 HAVING count(*) >= 4 AND max(last) >= %(since)s),
    framed AS (
        SELECT s.customer_id, s.partner_id, s.worth, count(*) OVER f AS n, sum(s.worth) OVER f AS total,
               count(*) FILTER (WHERE s.is_new) OVER f AS fresh, array_agg(s.id) OVER f AS ids
          FROM sender s JOIN many USING (customer_id)
        WINDOW f AS (PARTITION BY s.customer_id ORDER BY ln(s.worth) RANGE BETWEEN CURRENT ROW AND 0.09532 FOLLOWING)),
    best AS (SELECT DISTINCT ON (customer_id) * FROM framed WHERE n >= 4 ORDER BY customer_id, n DESC, total DESC)
    SELECT b.customer_id, b.partner_id,
           jsonb_build_object('fan_in', b.n::text, 'fan_in_sum', b.total::text, 'fan_in_new', b.fresh::text,
                              'usual_senders', (before.n / 4)::text), b.ids[1:60]
      FROM best b CROSS JOIN LATERAL (
           SELECT count(DISTINCT a.counterparty) AS n FROM compliance_activity a WHERE a.customer_id = b.customer_id AND {_CREDIT}
              AND a.happened_at >= %(until)s - interval '35 days' AND a.happened_at < %(until)s - interval '7 days') AS before
"""
_GATHER_SCATTER = f"""
    WITH scattered AS (
        SELECT a.customer_id, a.partner_id, count(DISTINCT a.counterparty) AS n, sum(a.worth) AS total, max(a.happened_at) AS last,
               {_IDS} AS ids
          FROM compliance_activity a WHERE {_DEBIT} AND a.is_new_counterparty AND {_within("10 days")}
         GROUP BY 1, 2 HAVING count(DISTINCT a.counterparty) >= 4)
    SELECT s.customer_id, s.partner_id,
           jsonb_build_object('gathered_from', g.n::text, 'gathered_sum', g.total::text, 'scattered_to', s.n::text,
                              'scattered_sum', s.total::text), (s.ids[1:30] || g.ids)[1:60]
      FROM scattered s CROSS JOIN LATERAL (
           SELECT count(DISTINCT a.counterparty) AS n, sum(a.worth) AS total, max(a.happened_at) AS last, {_IDS} AS ids
             FROM compliance_activity a WHERE a.customer_id = s.customer_id AND {_CREDIT} AND {_within("10 days")}) AS g
     WHERE g.n >= 4 AND greatest(s.last, g.last) >= %(since)s
"""
_GO_BETWEENS = f"""
    WITH receiver AS (
        SELECT a.customer_id FROM compliance_activity a WHERE {_CREDIT} AND a.is_new_counterparty AND {_within("10 days")}
         GROUP BY 1 HAVING count(DISTINCT a.counterparty) >= 4 AND max(a.happened_at) >= %(since)s),
    middle AS (
        SELECT a.customer_id AS taker, a.partner_id, a.counterparty AS through, a.id, a.worth, a.happened_at
          FROM compliance_activity a JOIN receiver USING (customer_id)
         WHERE {_CREDIT} AND a.counterparty IS NOT NULL AND {_within("10 days")}),
    chain AS (
        SELECT m.taker, m.partner_id, a.counterparty AS giver, m.through, m.id, m.worth, m.happened_at, a.id AS first
          FROM middle m JOIN compliance_activity a ON a.customer_id = m.through AND a.happened_at <= m.happened_at
         WHERE {_CREDIT} AND a.counterparty <> m.taker AND a.worth >= m.worth / 2 AND {_within("10 days")})
    SELECT DISTINCT ON (c.taker) c.taker, c.partner_id,
           jsonb_build_object('go_betweens', count(DISTINCT c.through)::text, 'go_betweens_sum', sum(c.worth)::text),
           (array_agg(DISTINCT c.id) || array_agg(DISTINCT c.first))[1:60]
      FROM chain c GROUP BY c.taker, c.partner_id, c.giver HAVING count(DISTINCT c.through) >= 4
     ORDER BY c.taker, count(DISTINCT c.through) DESC
"""
# The balance is all that ever came in less all that went out, own money too. "Back" is the lowest after money left in the span: what comes
# afterwards takes nothing of it away. Of several spans one that passes by the numbers of the library comes first, so that none hides it.
# Materialized, or a customer's whole history is read once for each credit.
_PASSED = f"""
    WITH credit AS (
        SELECT a.customer_id, a.partner_id, a.happened_at FROM compliance_activity a
         WHERE {_CREDIT} AND a.worth >= 3000 AND {_within("72 hours")}),
    span AS (SELECT c.*, w.hours FROM credit c CROSS JOIN (VALUES (24), (72)) AS w(hours)),
    flow AS (
        SELECT s.customer_id, s.partner_id, s.hours, s.happened_at AS began, f.* FROM span s CROSS JOIN LATERAL (
            SELECT sum(a.worth) FILTER (WHERE {_CREDIT} AND a.worth >= 3000) AS came, sum(a.worth) FILTER (WHERE {_DEBIT}) AS went,
                   max(a.happened_at) FILTER (WHERE {_DEBIT}) AS last, {_IDS} AS ids
              FROM compliance_activity a
             WHERE a.customer_id = s.customer_id AND a.happened_at >= s.happened_at AND a.happened_at < %(until)s
               AND a.happened_at <= s.happened_at + make_interval(hours => s.hours)) AS f
         WHERE f.went * 100 >= f.came * 50 AND f.last >= %(since)s),
    balance AS MATERIALIZED (
        SELECT c.customer_id, b.happened_at, b.held FROM (SELECT DISTINCT customer_id FROM flow) AS c CROSS JOIN LATERAL (
            SELECT a.happened_at, a.direction,
                   sum(CASE a.direction WHEN 'IN' THEN a.worth ELSE -a.worth END) OVER (ORDER BY a.happened_at) AS held
              FROM compliance_activity a WHERE a.customer_id = c.customer_id AND a.happened_at < %(until)s) AS b
         WHERE b.direction = 'OUT' AND b.happened_at >= %(until)s - interval '72 hours'),
    back AS MATERIALIZED (
        SELECT f.customer_id, f.hours, f.began, greatest(min(b.held), 0) AS kept
          FROM flow f JOIN balance b ON b.customer_id = f.customer_id AND b.happened_at >= f.began
           AND b.happened_at <= f.began + make_interval(hours => f.hours)
         GROUP BY 1, 2, 3),
    best AS (
        SELECT DISTINCT ON (f.customer_id, f.hours) f.*, k.kept FROM flow f JOIN back k USING (customer_id, hours, began)
         CROSS JOIN LATERAL (SELECT f.went * 100 >= f.came * 80 AND k.kept * 100 <= f.came * 10 AS passes) AS p
         ORDER BY f.customer_id, f.hours, p.passes DESC, CASE WHEN p.passes THEN f.came ELSE least(f.went, f.came) END DESC, f.came)
    SELECT customer_id, partner_id,
           jsonb_strip_nulls(jsonb_build_object(
               'passed_credits', max(came) FILTER (WHERE hours = 24)::text,
               'passed_percent', max(round(least(went * 100 / came, 100), 2)) FILTER (WHERE hours = 24)::text,
               'kept_percent', max(round(kept * 100 / came, 2)) FILTER (WHERE hours = 24)::text,
               'passed_credits_72', max(came) FILTER (WHERE hours = 72)::text,
               'passed_percent_72', max(round(least(went * 100 / came, 100), 2)) FILTER (WHERE hours = 72)::text,
               'kept_percent_72', max(round(kept * 100 / came, 2)) FILTER (WHERE hours = 72)::text)),
           ((array_agg(ids::text ORDER BY hours DESC))[1])::bigint[]
      FROM best GROUP BY 1, 2
"""
_SENDERS = f"""
    SELECT a.customer_id, a.partner_id, jsonb_build_object('senders', count(DISTINCT a.counterparty)::text), {_IDS}
      FROM accounts_customer c JOIN compliance_activity a ON a.customer_id = c.id
     WHERE c.created_at >= %(until)s - interval '60 days' AND {_CREDIT} AND {_within("30 days")}
       AND EXISTS (SELECT FROM compliance_activity t WHERE t.customer_id = c.id AND t.happened_at >= %(since)s
                      AND t.happened_at < %(until)s)
     GROUP BY 1, 2 HAVING count(DISTINCT a.counterparty) >= 3
"""
# A group is told of through its first member who was active on the day.
_SHARING = f"""
    WITH today AS (
        SELECT DISTINCT a.customer_id, a.partner_id, a.device FROM compliance_activity a
         WHERE a.happened_at >= %(since)s AND a.happened_at < %(until)s AND {_MINE}),
    member AS (
        SELECT DISTINCT a.partner_id, a.device::text AS identifier, a.customer_id FROM compliance_activity a
         WHERE a.device IN (SELECT device FROM today) AND {_within("90 days")}
        UNION ALL SELECT c.partner_id, 'phone ' || c.phone_index, c.id FROM accounts_customer c
         WHERE c.phone_index IN (SELECT o.phone_index FROM accounts_customer o JOIN today ON today.customer_id = o.id
                                  WHERE o.phone_index <> '')
        UNION ALL SELECT c.partner_id, 'mail ' || c.email_index, c.id FROM accounts_customer c
         WHERE c.email_index IN (SELECT o.email_index FROM accounts_customer o JOIN today ON today.customer_id = o.id
                                  WHERE o.email_index <> '')
        UNION ALL SELECT m.partner_id, 'address ' || m.index, m.customer_id FROM compliance_identitymark m
         WHERE m.kind = 'ADDRESS' AND (m.partner_id, m.index) IN (
               SELECT o.partner_id, o.index FROM compliance_identitymark o JOIN today USING (customer_id) WHERE o.kind = 'ADDRESS')
        UNION ALL SELECT e.partner_id, 'bank ' || e.fingerprint, e.customer_id FROM payments_externalaccount e
         WHERE e.relation = 'OWN' AND e.status <> 'CLOSED' AND e.fingerprint IN (
               SELECT o.fingerprint FROM payments_externalaccount o JOIN today USING (customer_id)
                WHERE o.relation = 'OWN' AND o.fingerprint <> '')),
    shared AS (
        SELECT partner_id, identifier, array_agg(DISTINCT customer_id::text) AS members FROM member
         GROUP BY 1, 2 HAVING count(DISTINCT customer_id) >= 2)
    SELECT DISTINCT ON (1) t.first, s.partner_id,
           jsonb_build_object('sharing_customers', cardinality(s.members)::text, 'sharing_members', to_jsonb(s.members[1:60])),
           '{{}}'::bigint[]
      FROM shared s CROSS JOIN LATERAL (
           SELECT today.customer_id AS first FROM today WHERE today.customer_id::text = ANY(s.members) ORDER BY 1 LIMIT 1) AS t
     ORDER BY 1, cardinality(s.members) DESC
"""
# Money leaves a funnel at one place: of several others the one where most left counts alone. A place is one however it is written.
_PLACE = "lower(btrim(a.location))"
_FUNNEL = f"""
    WITH paid_in AS (
        SELECT a.customer_id, a.partner_id, array_agg(DISTINCT {_PLACE}) AS places, sum(a.worth) AS total,
               max(a.happened_at) AS last, {_IDS} AS ids
          FROM compliance_activity a WHERE a.is_cash AND a.direction = 'IN' AND {_PLACE} <> '' AND {_within("7 days")}
         GROUP BY 1, 2 HAVING count(DISTINCT {_PLACE}) >= 2 AND sum(a.worth) > 0)
    SELECT p.customer_id, p.partner_id,
           jsonb_build_object('cash_locations', cardinality(p.places)::text, 'cash_located_sum', p.total::text,
                              'elsewhere_percent', round(out.total * 100 / p.total, 2)::text), (p.ids || out.ids)[1:60]
      FROM paid_in p CROSS JOIN LATERAL (
           SELECT sum(a.worth) AS total, max(a.happened_at) AS last, {_IDS} AS ids FROM compliance_activity a
            WHERE a.customer_id = p.customer_id AND a.direction = 'OUT' AND {_PLACE} <> '' AND {_PLACE} <> ALL(p.places)
              AND {_within("7 days")}
            GROUP BY {_PLACE} ORDER BY sum(a.worth) DESC NULLS LAST, {_PLACE} LIMIT 1) AS out
     WHERE out.total > 0 AND greatest(p.last, out.last) >= %(since)s
"""
_SPIKE = f"""
    WITH week AS (
        SELECT a.customer_id, a.partner_id, sum(a.worth) AS total, {_IDS} AS ids FROM compliance_activity a
         WHERE NOT a.is_own AND {_within("7 days")} GROUP BY 1, 2 HAVING sum(a.worth) >= 2000 AND max(a.happened_at) >= %(since)s)
    SELECT w.customer_id, w.partner_id,
           jsonb_build_object('week_sum', w.total::text, 'usual_week', round(b.mean, 2)::text, 'weeks_active', b.active::text,
                              'deviations', round((w.total - b.mean) / greatest(b.spread, b.mean / 10, 50), 2)::text), w.ids
      FROM week w CROSS JOIN LATERAL (
           SELECT sum(total) / 12 AS mean, count(*) AS active,
                  sqrt(greatest(sum(total * total) / 12 - (sum(total) / 12) * (sum(total) / 12), 0)) AS spread
             FROM (SELECT floor(extract(epoch FROM %(until)s - interval '7 days' - a.happened_at) / 604800) AS number,
                          sum(a.worth) AS total
                     FROM compliance_activity a WHERE a.customer_id = w.customer_id AND NOT a.is_own
                      AND a.happened_at < %(until)s - interval '7 days' AND a.happened_at >= %(until)s - interval '91 days'
                    GROUP BY 1) AS weeks) AS b
     WHERE b.active >= 4 AND w.total > b.mean + 2 * greatest(b.spread, b.mean / 10, 50)
"""
_PEERS = f"""
    WITH month AS (
        SELECT a.customer_id, a.partner_id, sum(a.worth) AS total, max(a.happened_at) AS last FROM compliance_activity a
         WHERE NOT a.is_own AND {_within("30 days")} GROUP BY 1, 2),
    ranked AS (
        SELECT m.*, s.segment, percent_rank() OVER (PARTITION BY m.partner_id, s.segment ORDER BY m.total) AS rank
          FROM month m JOIN accounts_customer c ON c.id = m.customer_id
          LEFT JOIN compliance_customerprofile p ON p.customer_id = m.customer_id
         CROSS JOIN LATERAL (SELECT coalesce(NULLIF(p.segment, ''), c.kind) AS segment) AS s),
    segment AS (
        SELECT partner_id, segment, count(*) AS peers, percentile_disc(0.5) WITHIN GROUP (ORDER BY total) AS median
          FROM ranked GROUP BY 1, 2 HAVING count(*) >= 20)
    SELECT r.customer_id, r.partner_id,
           jsonb_build_object('month_sum', r.total::text, 'peer_percent', round(r.rank::numeric * 100, 2)::text,
                              'peer_median', g.median::text, 'peers', g.peers::text),
           (SELECT {_IDS} FROM compliance_activity a WHERE a.customer_id = r.customer_id AND {_within("30 days")})
      FROM ranked r JOIN segment g USING (partner_id, segment)
     WHERE r.rank >= 0.95 AND r.total >= g.median * 3 AND r.last >= %(since)s
"""

MEASURES: Final[dict[str, str]] = {
    "cash": _CASH,
    "linked_cash": _LINKED_CASH,
    "small": _SMALL,
    "fan_in": _FAN_IN,
    "gather_scatter": _GATHER_SCATTER,
    "go_betweens": _GO_BETWEENS,
    "passed": _PASSED,
    "senders": _SENDERS,
    "sharing": _SHARING,
    "funnel": _FUNNEL,
    "spike": _SPIKE,
    "peers": _PEERS,
}
# Payments that can be legs of a ring: between two parties who both send and receive, of 500 US dollars or more, in 30 days.
LEGS: Final = f"""
    SELECT a.id, a.partner_id::text, CASE a.direction WHEN 'OUT' THEN a.customer_id ELSE a.counterparty END::text,
           CASE a.direction WHEN 'OUT' THEN a.counterparty ELSE a.customer_id END::text, (a.worth * 100)::bigint,
           a.happened_at >= %(since)s, a.customer_id::text
      FROM compliance_activity a
     WHERE NOT a.is_own AND a.worth >= 500 AND a.counterparty IS NOT NULL AND a.kind NOT IN ('REFUND', 'RETURN', 'CHARGEBACK')
       AND (a.direction = 'OUT' OR a.rail <> 'book') AND {_within("30 days")}
"""
