"""A payment that is asked about, as the facts of an activity that it is not yet."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from moneyed import Money

from compliance.selectors import round_amounts
from compliance.selectors.vocabularies import ACTIVITY, USD
from flowlet.core.errors import DomainError
from flowlet.rules import registry
from flowlet.rules.vocabulary import Facts
from ledger.selectors import rates

CENT: Final = Decimal("0.01")
# As compliance.services.activities takes payments in.
_STATEMENT = """
    SELECT p.customer_id::text, p.wallet_id::text, p.direction, p.kind, p.rail,
           coalesce(t.customer_id, CASE WHEN e.fingerprint <> '' THEN md5(p.partner_id::text || e.fingerprint)::uuid ELSE e.id END)::text,
           coalesce(e.relation = 'OWN' OR t.customer_id = p.customer_id, FALSE), NULLIF(e.country, ''),
           t.id IS NOT NULL OR coalesce(cardinality(e.owner_indexes) > 0 AND e.fingerprint <> '', FALSE),
           substring(upper(btrim(p.metadata->>'ip_country')) FROM '^[A-Z]{2}$'), NULLIF(left(p.metadata->>'location', 40), ''),
           coalesce(lower(p.metadata->>'cash') = 'true', FALSE),
           c.created_at, c.kyc_tier, c.kind, c.country, f.expected_monthly, NULLIF(f.segment, ''), coalesce(r.is_exposed, FALSE),
           coalesce(r.band IN ('HIGH', 'PROHIBITED'), FALSE), l.per_transaction, l.currency
      FROM payments_payment p JOIN accounts_customer c ON c.id = p.customer_id
      LEFT JOIN wallets_wallet t ON t.id = p.target_wallet_id
      LEFT JOIN payments_externalaccount e ON e.id = p.external_account_id
      LEFT JOIN compliance_customerprofile f ON f.customer_id = p.customer_id
      LEFT JOIN compliance_customerrisk r ON r.customer_id = p.customer_id
      LEFT JOIN wallets_tierlimit l ON l.tier = c.kyc_tier AND l.currency = p.currency
     WHERE p.id = %s
"""
# fmt: off
_NAMES = (
    "customer", "wallet", "direction", "kind", "rail", "counterparty", "is_own", "country", "names_parties", "ip_country", "location",
    "is_cash", "opened", "tier", "customer_kind", "residence", "expected_monthly", "segment", "is_pep", "is_high_risk",
    "tier_limit", "tier_currency",
)
# fmt: on


def sheet(*, payment_id: UUID, amount: Decimal, currency: str, at: datetime) -> Facts:
    """The facts of the payment and its customer. Windows count what was before it."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [payment_id])
        found: dict[str, Any] = dict(zip(_NAMES, cursor.fetchone(), strict=True))
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM compliance_activity WHERE customer_id = %s AND counterparty = %s AND direction = %s),"
            " (SELECT max(happened_at) FROM compliance_activity WHERE customer_id = %s AND happened_at <= %s)",
            [found["customer"], found["counterparty"], found["direction"], found["customer"], at],
        )
        is_new, previous = cursor.fetchone()
    limit, limit_currency = found.pop("tier_limit"), found.pop("tier_currency")
    expected = found.pop("expected_monthly")
    worth = _worth(amount, currency, at)
    return registry.find(ACTIVITY).sheet(
        found
        | {
            "at": at,
            "amount": Money(amount, currency),
            "worth": worth,
            "is_round": round_amounts.is_round(amount, worth.amount if worth else None),
            "tier_limit": Money(limit, limit_currency) if limit is not None else None,
            "expected_monthly": Money(expected, USD) if expected is not None else None,
            "is_new_counterparty": is_new and found["counterparty"] is not None,
            "previous": previous,
        }
    )


def _worth(amount: Decimal, currency: str, at: datetime) -> Money | None:
    if currency == USD:
        return Money(amount, USD)
    try:
        worth = amount * rates.rate(base=currency, quote=USD, on=at.astimezone(UTC).date())
        return Money(worth.quantize(CENT, ROUND_HALF_UP), USD)  # as activities are filled in
    except DomainError:
        return None
