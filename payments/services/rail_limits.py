"""Limits per rail: counted with the money, given back by what fails, and changed by two people through ``flowlet.approvals``.

Counting takes the partner's and the customer's rows before a wallet's allowance, and giving back does the same, so that neither waits for
the other in a circle.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from flowlet.approvals.models import Approval
from flowlet.core.actors import Actor
from payments import errors, events
from payments.choices import Direction, PaymentKind, Rail
from payments.models import Payment, RailLimit
from payments.models.rail_limit import FIGURES
from payments.policies import rail_limits as policies
from payments.policies.rail_limits import Counted, RailLimits
from payments.selectors import rail_limits as selectors
from payments.services.terms import Terms

CHANGE = "payments.limit_change"
TERMS = Terms(
    change=CHANGE,
    fact=events.LIMITS_CHANGED,
    rows=RailLimit,
    scope=("rail", "direction", "kind", "currency"),
    name="limits",
    content="limits",
)
_COUNT = "SELECT * FROM payments_count_limits(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


def count(payment: Payment, *, on: date, at: datetime) -> None:
    """Count a payment against the limits of the rail's business day ``on``; the caller saves ``counted_on``. One round trip.

    Refunds and fees do not count. Raises BelowRailMinimum, RailLimitExceeded: the caller's transaction takes the counting back.
    """
    if payment.kind not in policies.KINDS:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            [
                payment.partner_id,
                payment.customer_id,
                payment.rail,
                payment.direction,
                payment.currency,
                payment.kind,
                payment.amount,
                on,
                at,
            ],
        )
        rows = [Counted(*row) for row in cursor.fetchall()]
    policies.check_counted(payment, rows, day=on)
    payment.counted_on = on


def give_back(payment: Payment) -> None:
    """A counted payment fails or is canceled: its part of the limits is free again. Once per payment, before its money is let go."""
    if payment.counted_on is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT payments_uncount_limits(%s)", [payment.pk])


def check_single(payment: Payment, *, at: datetime) -> None:
    """Refuse now what would be refused whenever it is counted, for a payment that waits. Raises BelowRailMinimum, RailLimitExceeded."""
    if payment.kind in policies.KINDS:
        found = selectors.for_payment(
            partner_id=payment.partner_id,
            rail=payment.rail,
            direction=payment.direction,
            currency=payment.currency,
            kind=payment.kind,
            at=at,
        )
        policies.check_single(payment, found)


def request_change(
    *,
    partner_id: UUID | None,
    rail: str,
    direction: str,
    kind: str = "",
    currency: str,
    limits: RailLimits | None,
    valid_from: datetime | None = None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for other limits from ``valid_from`` on (or from the approval on, where that is later); another person approves.

    ``partner_id=None`` means all partners, each for itself, an empty kind all of them together, ``limits=None`` that there are none of its
    own any more. Raises MalformedRailLimits, UnknownCurrency, RailLimitsUnchanged, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    policies.check(limits or RailLimits(maximum=0), rail=rail, direction=direction, kind=kind, currency=currency)
    scope = {"partner_id": partner_id, "rail": rail, "direction": direction, "kind": kind, "currency": currency}
    if _figures(TERMS.standing(scope, at=max(at, valid_from or at))) == limits:
        raise errors.RailLimitsUnchanged()
    wanted = None if limits is None else limits.as_json(currency)
    return TERMS.submit(scope, wanted=wanted, valid_from=valid_from, reason=reason, actor=actor, at=at)


@transaction.atomic
def execute_change(*, approval: Approval, actor: Actor, at: datetime) -> RailLimit:
    """Carry an approved request out: the next payment is counted against the new limits, what was used before included."""
    wanted = approval.payload["limits"]
    limits = RailLimits() if wanted is None else policies.from_json(wanted)
    figures = {name: getattr(limits, name) for name in FIGURES}
    return TERMS.execute(approval, values={**figures, "is_withdrawn": wanted is None}, as_json=as_json, actor=actor, at=at)


def as_json(row: RailLimit) -> dict[str, Any]:
    """For the audit and for events."""
    return {
        "id": row.public_id,
        "rail": row.rail,
        "direction": row.direction,
        "kind": row.kind or None,
        "currency": row.currency,
        "valid_from": row.valid_from.isoformat(),
        "is_withdrawn": row.is_withdrawn,
        **policies.of_row(row).as_json(row.currency),
    }


def describe_change(approval: Approval) -> dict[str, str]:
    """What the checker sees: old and new side by side."""
    payload = approval.payload
    currency = payload["currency"]
    new = None if payload["limits"] is None else policies.from_json(payload["limits"])
    return {
        "Partner": payload["partner"] or "all, each for itself",
        "Rail": Rail(payload["rail"]).label,
        "Direction": Direction(payload["direction"]).label,
        "Kind": PaymentKind(payload["kind"]).label if payload["kind"] else "all together",
        "Currency": currency,
        "From": payload["valid_from"] or "the approval on",
        "Limits": f"{in_words(_figures(TERMS.before(approval)), currency)} → {in_words(new, currency)}",
    }


def in_words(limits: RailLimits | None, currency: str) -> str:
    """As an officer reads them."""
    return "none of its own" if limits is None else policies.in_words(limits, currency)


def _figures(row: RailLimit | None) -> RailLimits | None:
    return None if row is None or row.is_withdrawn else policies.of_row(row)
