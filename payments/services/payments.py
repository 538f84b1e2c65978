"""Payments: asked for, released, approved, canceled, expired. ``deciding`` has the way to their yes or no; what becomes of them outside is
in ``sending``, ``settlement`` and ``outcomes``.
"""

import logging
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.choices import Mode
from accounts.models import Partner
from flowlet.core import ids
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from payments import errors
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail, RefundMethod
from payments.models import Payment, Recurring
from payments.policies import kinds, references, return_urls, reversals
from payments.policies import payments as policies
from payments.providers.openbanking.vocabulary import Visitor
from payments.services import (
    authentications,
    authorisations,
    counterparties,
    deciding,
    fee_schedules,
    files,
    gateways,
    postings,
    rail_limits,
    steps,
)
from payments.states import CANCELABLE
from wallets.services import custody
from wallets.services import wallets as wallet_services
from wallets.services.names import checked_external_id, unique_external_id

_log = logging.getLogger(__name__)
LONGEST_SCHEDULE = timedelta(days=366)
LONGEST_WAIT = timedelta(days=14)


@transaction.atomic
def create(
    *,
    partner_id: UUID,
    kind: PaymentKind,
    rail: Rail,
    amount: Money,
    wallet_id: UUID,
    target_wallet_id: UUID | None = None,
    external_account_id: UUID | None = None,
    mandate_id: UUID | None = None,
    description: str = "",
    purpose: str = "",
    same_day: bool = False,
    is_final: bool = False,
    notified_on: date | None = None,
    scheduled_on: date | None = None,
    bank: str = "",
    visitor: Visitor | None = None,
    return_url: str = "",
    authentication_id: UUID | None = None,
    series: Recurring | None = None,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Payment:
    """A new payment, decided at once unless it is scheduled: held and waiting for its rail, in review, waiting for approval, or rejected.
    ``authentication_id`` is a challenge that its customer passed for it, ``series`` what makes it by itself.
    The payer of a card payment comes back to ``return_url`` when their bank wants to see them; without it that is a no.

    Raises KindNotOnRail, RailNotConfigured, CurrencyNotOnRail, AmountOutsideRail, WalletMissing, ExternalAccountMissing,
    ExternalAccountUnfit, -Pending, -Blocked, -Closed, NotDebitable, ReverificationNeeded, UnfitForRail, MandateMissing, MandateNotActive,
    NotTheLast, NoticeMissing, NoticeTooShort, ScheduleOutOfRange, BankNotOffered, DuplicateExternalId, BelowRailMinimum, RailLimitExceeded,
    AuthenticationRequired, AuthenticationUnfit, and of wallets: WalletNotFound, standing, limits, InsufficientFunds. Nothing is written
    then.
    """
    kind, rail = PaymentKind(kind), Rail(rail)
    if kind == PaymentKind.REFUND:
        raise Invalid("Refund a payment by its own refunds.", param="kind")
    direction = kinds.direction_of(kind, rail)
    kinds.check_can_be_asked_for(kind, rail)
    partner = Partner.objects.only("mode", "time_zone").get(pk=partner_id)
    gateways.check(rail, partner=partner)
    sandbox = partner.mode == Mode.SANDBOX
    payer_bank = authorisations.check(rail, bank, visitor, sandbox=sandbox, currency=amount.currency.code)
    if same_day and rail != Rail.ACH:
        raise Invalid("Only ACH knows the same day; the other rails are as fast as they are.", param="same_day")
    return_url = return_urls.checked(return_url, kind=kind)
    kinds.check_amount(rail, amount, same_day=same_day)
    wallet = wallet_services.get(wallet_id, partner_id=partner_id)
    if wallet.currency != amount.currency.code:
        raise Invalid(f"The wallet is in {wallet.currency}.", param="amount.currency")
    target = counterparties.target(target_wallet_id, rail=rail, kind=kind, wallet=wallet)
    account = counterparties.account(external_account_id, rail=rail, kind=kind, direction=direction, wallet=wallet)
    mandate = counterparties.mandate(mandate_id, kind=kind, account=account, on=at.date())
    due_at = _due_at(scheduled_on, zone=partner.time_zone, at=at)
    counterparties.check_collection(mandate, rail=rail, is_final=is_final, notified_on=notified_on, due_at=due_at, at=at)
    fee = fee_schedules.fee_for(partner_id=partner_id, rail=rail, kind=kind, amount=amount, at=at)
    if direction == Direction.IN and fee.amount >= amount.amount:
        raise errors.FeeAboveAmount(param="amount", fee=steps.plain(fee.amount, wallet.currency))
    payment = Payment(
        id=ids.uuid7(),
        partner=partner,
        customer_id=wallet.customer_id,
        wallet=wallet,
        target_wallet=target,
        external_account=account,
        mandate=mandate,
        kind=kind,
        rail=rail,
        direction=direction,
        currency=wallet.currency,
        amount=amount.amount,
        fee=fee.amount,
        reference=references.new(),
        description=checked_description(description),
        purpose=purpose,
        same_day=same_day,
        due_at=due_at,
        is_final=is_final,
        notified_on=notified_on,
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
    )
    files.check(payment, at=at)
    if payment.due_at is not None:
        rail_limits.check_single(payment, at=payment.due_at)
    write(payment, actor=actor, at=at)
    authentications.settle(payment, challenge_id=authentication_id, series=series, actor=actor, at=at)
    if payer_bank is not None and visitor is not None:
        authorisations.begin(payment, payer_bank, visitor, at=at)
    if return_url:
        authorisations.begin_card(payment, return_url, at=at)
    if payment.due_at is None:
        deciding.decide(payment, actor=actor, at=at)
    return payment


@transaction.atomic
def refund(
    *,
    payment_id: UUID,
    partner_id: UUID | None = None,
    amount: Money | None = None,
    method: RefundMethod = RefundMethod.AUTO,
    description: str = "",
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Payment:
    """Give back a settled payment that came in, all that is left of it (default) or a part, the way it came; a payment of its own,
    which pays no fee. Of a card payment that was lost to a dispute in part, the rest can be given back.

    A SEPA collection is reversed where that is possible, else given back by credit transfer; ``method`` says which it has to be. Raises
    PaymentNotFound, NotRefundable, RefundTooLarge, NotReversible, ReversalTooLate, ExternalAccountMissing, and what ``create`` raises
    for outgoing payments.
    """
    original = steps.locked(payment_id, partner_id=partner_id)
    policies.check_is_refundable(original)
    if postings.suspended(original):
        raise errors.NotRefundable("Its money is in suspense, not on the wallet; return it instead.", status=original.status)
    if amount is not None and amount.currency.code != original.currency:
        raise Invalid(f"The payment is in {original.currency}.", param="amount.currency")
    under_way = sum(
        (one.amount for one in Payment.objects.filter(original=original, status__in=UNDER_WAY).only("amount")),
        start=0 * original.amount,
    )
    left = original.refundable - under_way
    asked = Money(left, original.currency) if amount is None else amount
    if asked.amount > left or left <= 0:
        raise errors.RefundTooLarge(param="amount", left=steps.plain(max(left, 0 * left), original.currency))
    rail = _way_back(original, asked, RefundMethod(method), at=at)
    if original.external_account_id is None:
        raise errors.ExternalAccountMissing("It is not known where the money came from; pay it out as a withdrawal.")
    payment = Payment(
        id=ids.uuid7(),
        partner=original.partner,
        customer_id=original.customer_id,
        wallet=original.wallet,
        external_account_id=original.external_account_id,
        original=original,
        kind=PaymentKind.REFUND,
        rail=rail,
        direction=kinds.direction_of(PaymentKind.REFUND, rail),
        currency=original.currency,
        amount=asked.amount,
        reference=references.new(),
        description=checked_description(description),
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
    )
    kinds.check_amount(rail, asked)
    counterparties.check_still_usable(payment)
    files.check(payment, at=at)
    write(payment, actor=actor, at=at)
    deciding.decide(payment, actor=actor, at=at)
    return payment


def _way_back(original: Payment, asked: Money, method: RefundMethod, *, at: datetime) -> Rail:
    """The rail of a refund. Raises NotReversible, ReversalTooLate, Invalid."""
    if original.rail != Rail.SEPA_DD and method != RefundMethod.AUTO:
        raise Invalid("Only a SEPA collection has two ways back; others go back the way they came.", param="method")
    if original.rail == Rail.SEPA_DD and method != RefundMethod.CREDIT_TRANSFER:
        try:
            reversals.check_can_reverse(original, amount=asked, at=at)
            return Rail.SEPA_DD
        except (errors.NotReversible, errors.ReversalTooLate):
            if method == RefundMethod.REVERSAL:
                raise
    return {Rail.SEPA_DD: Rail.SEPA_CT, Rail.OPEN_BANKING: Rail.SEPA_CT}.get(Rail(original.rail), Rail(original.rail))


UNDER_WAY = [
    PaymentStatus.CREATED,
    PaymentStatus.REVIEW,
    PaymentStatus.APPROVAL,
    PaymentStatus.APPROVED,
    PaymentStatus.HELD,
    PaymentStatus.SUBMITTED,
    PaymentStatus.UNKNOWN,
]


def write(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """Write a new payment and the first row of its timeline. Raises DuplicateExternalId."""
    payment.created_at = payment.updated_at = at
    payment.created_by = str(actor)
    payment.moves_made = 1
    with unique_external_id(Payment, partner_id=payment.partner_id, external_id=payment.external_id):
        payment.save(force_insert=True)
    steps.begin([payment], actor=actor, at=at)


@transaction.atomic
def release(*, payment_id: UUID, reason: str, actor: Actor, at: datetime) -> Payment:
    """Say that a payment in review may go on; it does when another person approves it.

    Raises PaymentNotFound, NotInReview, and what an upper app wants to be decided first.
    """
    payment = steps.locked(payment_id)
    policies.check_can_release(payment, actor)
    payment.released_by = str(actor)
    payment.save(update_fields=["released_by"])
    steps.take(payment, PaymentStatus.APPROVAL, reason_code="payment.released", reason=reason, is_inside=True, actor=actor, at=at)
    return payment


@transaction.atomic
def approve(*, payment_id: UUID, reason: str = "", actor: Actor, at: datetime) -> Payment:
    """The second person's yes. It fails, and says why, if the money is no longer there.

    Raises PaymentNotFound, NotInReview, FourEyesRequired, and what an upper app wants to be decided first; constraints
    ``payment_is_approved_by_another``, ``payment_is_released_by_two``.
    """
    payment = steps.locked(payment_id)
    policies.check_can_approve(payment, actor)
    payment.approved_by = str(actor)
    payment.save(update_fields=["approved_by"])
    deciding.or_fail(payment, lambda: deciding.approved(payment, reason=reason, actor=actor, at=at), actor=actor, at=at)
    return payment


@transaction.atomic
def reject(*, payment_id: UUID, reason: str, reason_code: str = "payment.rejected", actor: Actor, at: datetime) -> Payment:
    """Refuse a payment in review or waiting for approval. Raises PaymentNotFound, NotInReview."""
    payment = steps.locked(payment_id)
    if payment.status not in {PaymentStatus.REVIEW, PaymentStatus.APPROVAL}:
        raise errors.NotInReview(status=payment.status)
    steps.take(payment, PaymentStatus.REJECTED, reason_code=reason_code, reason=reason, actor=actor, at=at)
    return payment


@transaction.atomic
def cancel(*, payment_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Payment:
    """Take a payment back that has not left; what was held is free again. Raises PaymentNotFound, NotCancelable."""
    payment = steps.locked(payment_id, partner_id=partner_id)
    if payment.status not in CANCELABLE:
        raise errors.NotCancelable(f"The payment is {payment.get_status_display().lower()}.", status=payment.status)
    _free(payment, at=at)
    steps.take(payment, PaymentStatus.CANCELED, reason_code="payment.canceled", reason=reason, actor=actor, at=at)
    return payment


def expire_waiting(*, at: datetime, limit: int = 500, actor: Actor) -> int:
    """End payments that have waited for a person for fourteen days, each in a transaction of its own; answers how many."""
    waiting = Payment.objects.filter(status__in=[PaymentStatus.REVIEW, PaymentStatus.APPROVAL], updated_at__lte=at - LONGEST_WAIT)
    done = 0
    for payment_id in list(waiting.order_by("updated_at").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            payment = steps.locked(payment_id)
            if payment.status in {PaymentStatus.REVIEW, PaymentStatus.APPROVAL}:
                steps.take(
                    payment,
                    PaymentStatus.EXPIRED,
                    reason_code="payment.expired",
                    reason=f"Nobody decided within {LONGEST_WAIT.days} days.",
                    actor=actor,
                    at=at,
                )
                done += 1
    return done


def release_due(*, at: datetime, limit: int = 500, actor: Actor) -> int:
    """Decide scheduled payments whose time has come, each in a transaction of its own; answers how many."""
    due = Payment.objects.filter(status=PaymentStatus.CREATED, due_at__lte=at).order_by("due_at").values_list("pk", flat=True)
    done = 0
    for payment_id in list(due[:limit]):
        try:
            done += _decide_due(payment_id, at=at, actor=actor)
        except Exception:  # a fault in one is not the others'; it is tried again by the next run
            _log.exception("payment %s could not be decided", ids.public_id(Payment.PREFIX, payment_id))
    return done


@transaction.atomic
def _decide_due(payment_id: UUID, *, at: datetime, actor: Actor) -> bool:
    payment = steps.locked(payment_id)
    if payment.status != PaymentStatus.CREATED or payment.due_at is None:
        return False
    payment.due_at = None
    payment.save(update_fields=["due_at"])
    deciding.or_fail(payment, lambda: deciding.decide(payment, actor=actor, at=at), actor=actor, at=at)
    return True


def get(payment_id: UUID, *, partner_id: UUID | None = None) -> Payment:
    """The payment, of this partner if one is named. Raises PaymentNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = Payment.objects.filter(pk=payment_id, **scope).select_related("external_account").first()
    if found is None:
        raise errors.PaymentNotFound(f"There is no payment {ids.public_id(Payment.PREFIX, payment_id)}.")
    return found


def checked_description(text: str) -> str:
    """The description. Raises Invalid when it is too long for the rails (140) or holds control characters."""
    if len(text) > 140 or (text and not text.isprintable()):
        raise Invalid("A description has at most 140 printable characters.", param="description")
    return text


def _free(payment: Payment, *, at: datetime) -> None:
    rail_limits.give_back(payment)
    if payment.status == PaymentStatus.HELD and payment.hold_id:
        custody.let_go(hold_id=payment.hold_id, at=at)


def _due_at(scheduled_on: date | None, *, zone: str, at: datetime) -> datetime | None:
    """Midnight of the day in the partner's zone; None for a payment of today."""
    if scheduled_on is None:
        return None
    due = datetime.combine(scheduled_on, time(0), tzinfo=ZoneInfo(zone))
    if not at < due <= at + LONGEST_SCHEDULE:
        raise errors.ScheduleOutOfRange(param="scheduled_on")
    return due
