"""Fee schedules: what a payment costs, and changes by two people through ``flowlet.approvals``."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flowlet.approvals.models import Approval
from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from payments import errors, events
from payments.choices import PaymentKind, Rail
from payments.models import FeeSchedule
from payments.policies import fees
from payments.policies.fees import FeeBreakdown, Fees
from payments.selectors import fee_schedules
from payments.services.terms import Terms

CHANGE = "payments.fee_change"
TERMS = Terms(
    change=CHANGE,
    fact=events.FEES_CHANGED,
    rows=FeeSchedule,
    scope=("rail", "kind", "currency"),
    name="fees",
    content="terms",
)
# A refund pays no fee, and a fee pays none for itself.
KINDS = tuple(kind for kind in PaymentKind if kind not in {PaymentKind.REFUND, PaymentKind.FEE})


def breakdown_for(*, partner_id: UUID, rail: str, kind: str, amount: Money, at: datetime) -> FeeBreakdown | None:
    """What a payment costs at the moment ``at``, and how that comes about; None where no schedule counts. One query at most."""
    if kind not in KINDS:
        return None
    found = fee_schedules.schedule_for(partner_id=partner_id, rail=rail, kind=kind, currency=amount.currency.code, at=at)
    return None if found is None else fees.fee(fees_of(found), amount)


def fee_for(*, partner_id: UUID, rail: str, kind: str, amount: Money, at: datetime) -> Money:
    """What a payment costs at the moment ``at``, in its own currency; zero where no schedule counts. One query at most."""
    found = breakdown_for(partner_id=partner_id, rail=rail, kind=kind, amount=amount, at=at)
    return money.zero(amount.currency.code) if found is None else found.total


def fees_of(row: FeeSchedule) -> Fees:
    """The terms of a schedule that has some."""
    return fees.from_json(row.terms, currency=row.currency)


def request_change(
    *,
    partner_id: UUID | None,
    rail: str = "",
    kind: str = "",
    currency: str,
    terms: Fees | None,
    valid_from: datetime | None = None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for other fees from ``valid_from`` on (or from the approval on, where that is later); another person approves.

    ``partner_id=None`` means all partners, an empty rail or kind all of them, ``terms=None`` that the more general fees count again.
    Raises MalformedFees, UnknownCurrency, FeesUnchanged, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    money.exponent(currency)
    if rail and rail not in Rail.values:
        raise errors.MalformedFees(f"Use {', '.join(Rail.values)}.", param="rail")
    if kind and kind not in KINDS:
        raise errors.MalformedFees(f"Use {', '.join(KINDS)}.", param="kind")
    if terms is not None and terms.currency != currency:
        raise errors.MalformedFees("The terms are of another currency.", param="currency")
    scope = {"partner_id": partner_id, "rail": rail, "kind": kind, "currency": currency}
    wanted = None if terms is None else fees.to_json(terms)
    if _terms(TERMS.standing(scope, at=max(at, valid_from or at))) == wanted:
        raise errors.FeesUnchanged()
    return TERMS.submit(scope, wanted=wanted, valid_from=valid_from, reason=reason, actor=actor, at=at)


@transaction.atomic
def execute_change(*, approval: Approval, actor: Actor, at: datetime) -> FeeSchedule:
    """Carry an approved request out: payments made from then on cost what it says. Fees are never changed backwards."""
    return TERMS.execute(approval, values={"terms": approval.payload["terms"]}, as_json=as_json, actor=actor, at=at)


def as_json(row: FeeSchedule) -> dict[str, Any]:
    """For the audit and for partners."""
    return {
        "id": row.public_id,
        "rail": row.rail or None,
        "kind": row.kind or None,
        "currency": row.currency,
        "valid_from": row.valid_from.isoformat(),
        "terms": row.terms,
    }


def describe_change(approval: Approval) -> dict[str, str]:
    """What the checker sees: old and new side by side."""
    payload = approval.payload
    currency = payload["currency"]
    current = _terms(TERMS.before(approval))
    return {
        "Partner": payload["partner"] or "all",
        "Rail": Rail(payload["rail"]).label if payload["rail"] else "all",
        "Kind": PaymentKind(payload["kind"]).label if payload["kind"] else "all",
        "Currency": currency,
        "From": payload["valid_from"] or "the approval on",
        "Fees": f"{in_words(current, currency)} → {in_words(payload['terms'], currency)}",
    }


def in_words(terms: dict[str, Any] | None, currency: str) -> str:
    """The terms as an officer reads them."""
    return "as the more general fees" if terms is None else fees.describe(fees.from_json(terms, currency=currency))


def _terms(row: FeeSchedule | None) -> dict[str, Any] | None:
    return None if row is None else row.terms
