"""The way of a new payment to its yes or no: deciders are asked, above the threshold a second person, and then its money is held."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.models import Partner
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from flowlet.decisions import facts as fact_sheets
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome
from flowlet.decisions.services import decisions
from payments.choices import Direction, PaymentStatus, Rail
from payments.models import Payment
from payments.policies import cutoffs
from payments.policies import payments as policies
from payments.services import postings, rail_limits, steps
from payments.services.steps import Step
from wallets.services import custody

POINT = policies.POINT


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """What deciders are told before money is held. Amounts are decimals in text, in ``currency``."""

    payment_id: str
    partner_id: str
    mode: str
    customer_id: str
    wallet_id: str
    target_wallet_id: str
    external_account_id: str
    kind: str
    rail: str
    direction: str
    amount: str
    currency: str
    description: str = fact_sheets.personal()
    country: str
    at: str


def declare() -> None:
    """Make the point known at which payments ask."""
    registry.point(POINT, facts=PaymentFacts)


def decide(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """Ask the deciders about a locked, new payment and go on from their verdict."""
    verdict = decisions.decide(
        point=POINT,
        facts=facts_of(payment, at=at),
        subject=payment.public_id,
        partner_id=payment.partner_id,
        person_id=payment.customer_id,
        at=at,
    )
    payment.verdict_id = verdict.pk
    said = verdict.reasons[0] if verdict.reasons else {"code": "", "text": ""}
    if verdict.outcome == Outcome.BLOCK:
        _to(payment, PaymentStatus.REJECTED, said["code"], said["text"], actor=actor, at=at)
    elif verdict.outcome == Outcome.REVIEW:
        rail_limits.check_single(payment, at=at)
        _to(payment, PaymentStatus.REVIEW, said["code"], said["text"], actor=actor, at=at)
    else:
        after_verdict(payment, actor=actor, at=at)


def after_verdict(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """Nobody objects: a second person is asked above the threshold, else it is approved."""
    threshold = settings.PAYMENT_APPROVAL_ABOVE.get(payment.currency)
    if threshold is not None and payment.amount > threshold and payment.direction == Direction.OUT:
        rail_limits.check_single(payment, at=at)
        why = f"Payments above {threshold} {payment.currency} need a second person."
        _to(payment, PaymentStatus.APPROVAL, "payment.above_threshold", why, actor=actor, at=at)
        return
    approved(payment, actor=actor, at=at)


def approved(payment: Payment, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """The yes is there: count it against the limits of the rail's day, hold the money if it goes out, and say when it leaves. What stays
    in the book is done at once.
    """
    window = cutoffs.next_cutoff(payment.rail, at, same_day=payment.same_day)
    payment.cutoff_at, payment.value_on = window.cutoff_at, window.value_on
    rail_limits.count(payment, on=window.processing_on, at=at)
    if payment.direction != Direction.OUT:
        custody.check_standing(partner_id=payment.partner_id, wallet_id=payment.wallet_id, at=at)
    onward = [Step(payment=payment, to=PaymentStatus.APPROVED, reason=reason)]
    if payment.direction == Direction.OUT:
        payment.hold = custody.keep(
            partner_id=payment.partner_id,
            wallet_id=payment.wallet_id,
            target_id=payment.target_wallet_id,
            amount=Money(payment.total, payment.currency),
            kept_for=payment.public_id,
            actor=actor,
            at=at,
        )
        onward.append(Step(payment=payment, to=PaymentStatus.HELD))
    steps.take_first(onward, actor=actor, at=at)
    if payment.rail == Rail.BOOK:
        journal_id = postings.sent([payment], actor=actor, at=at)[0]
        steps.take(payment, PaymentStatus.SETTLED, journal_id=journal_id, actor=actor, at=at)


def or_fail(payment: Payment, work: Callable[[], None], *, actor: Actor, at: datetime) -> None:
    """Do the work, which nobody waits for; what the wallet refuses becomes the payment's end instead of an error."""
    before = (payment.status, payment.moves_made)
    try:
        with transaction.atomic():
            work()
    except DomainError as refusal:
        payment.refresh_from_db(fields=["status", "moves_made", "hold", "cutoff_at", "value_on", "counted_on", "verdict_id"])
        assert (payment.status, payment.moves_made) == before  # noqa: S101 - the savepoint took it back
        waited = payment.status in {PaymentStatus.REVIEW, PaymentStatus.APPROVAL}
        to = PaymentStatus.REJECTED if waited else PaymentStatus.FAILED
        steps.take(payment, to, reason_code=refusal.code, reason=refusal.message, is_inside=False, actor=actor, at=at)


def facts_of(payment: Payment, *, at: datetime) -> PaymentFacts:
    """What deciders are told."""
    account = payment.external_account
    return PaymentFacts(
        payment_id=payment.public_id,
        partner_id=ids.public_id(Partner.PREFIX, payment.partner_id),
        mode=payment.partner.mode,
        customer_id=ids.public_id("cus", payment.customer_id) if payment.customer_id else "",
        wallet_id=ids.public_id("wal", payment.wallet_id) if payment.wallet_id else "",
        target_wallet_id=ids.public_id("wal", payment.target_wallet_id) if payment.target_wallet_id else "",
        external_account_id=account.public_id if account else "",
        kind=payment.kind,
        rail=payment.rail,
        direction=payment.direction,
        amount=str(payment.amount),
        currency=payment.currency,
        description=payment.description,
        country=account.country if account else "",
        at=at.isoformat(),
    )


def _to(payment: Payment, to: PaymentStatus, code: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """Take the first move; what a verdict says stays inside."""
    step = Step(payment=payment, to=to, reason_code=code, reason=reason, is_inside=to != PaymentStatus.APPROVAL or None)
    steps.take_first([step], actor=actor, at=at)
