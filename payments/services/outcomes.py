"""What the outside made of a payment: settled, failed, returned, disputed. Each outcome is booked once, however often it is told.

Every function locks the payment, and answers it unchanged when it stands there already; a provider that names another amount than was asked
for is refused (AmountDiffers) and nothing is booked.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F

from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money, in_words
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from payments import errors, events
from payments.choices import Direction, DisputeState, PaymentKind, PaymentStatus, Rail
from payments.models import Payment
from payments.policies import returns
from payments.services import (
    account_returns,
    dispute_rows,
    mandates,
    postings,
    rail_limits,
    recall_rows,
    recipes,
    steps,
)
from payments.services.postings import Booked
from payments.services.steps import Step
from payments.states import DISPUTE_WON, PAYMENT_MOVES
from wallets.services import custody

S = PaymentStatus
CHUNK = 500


@transaction.atomic
def settle(
    *,
    payment_id: UUID,
    amount: Money | None = None,
    provider_reference: str = "",
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> Payment:
    """The money is with the other side (out) or with us (in). Raises PaymentNotFound, IllegalMove, AmountDiffers."""
    payment = steps.locked(payment_id)
    if payment.status in {S.SETTLED, S.REFUNDED}:
        return payment
    if payment.status in {S.DISPUTED, S.RETURNED}:
        raise errors.NotInReview("A dispute or return ends by its own word: won, or redeemed.", status=payment.status)
    if payment.status not in {S.SUBMITTED, S.UNKNOWN}:  # the table has more: what stays in the book, and credits, settle at once
        check_move({}, payment.status, S.SETTLED)
    _check_amount(payment, amount)
    name(payment, provider_reference)
    if payment.direction == Direction.OUT:
        booked = Booked(postings.settled_out([payment], actor=actor, at=at)[0])
    else:
        booked = postings.came_in(payment, actor=actor, at=at)
    _take(payment, S.SETTLED, booked, reason=reason, actor=actor, at=at)
    _after_refund(payment, actor=actor, at=at)
    return payment


@transaction.atomic
def settle_many(*, payment_ids: Sequence[UUID], actor: Actor, at: datetime) -> int:
    """Settle payments of one partner, rail, currency and direction (a file that the bank has executed), all or none; answers how many were
    not settled yet.

    Raises what the books refuse, such as PeriodClosed.
    """
    rows = (
        Payment.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=payment_ids, status__in=[S.SUBMITTED, S.UNKNOWN])
        .order_by("pk")
    )
    payments = list(rows)
    if not payments:
        return 0
    if payments[0].direction == Direction.OUT:
        booked = [Booked(journal) for journal in postings.settled_out(payments, actor=actor, at=at)]
    else:
        booked = postings.all_came_in(payments, actor=actor, at=at)
    steps.take_many(
        [
            Step(payment=payment, to=S.SETTLED, journal_id=one.journal_id, details=one.details)
            for payment, one in zip(payments, booked, strict=True)
        ],
        actor=actor,
        at=at,
    )
    for payment in payments:
        _after_refund(payment, actor=actor, at=at)
    return len(payments)


@transaction.atomic
def fail(
    *,
    payment_id: UUID,
    reason_code: str,
    reason: str = "",
    is_inside: bool | None = None,
    provider_reference: str = "",
    actor: Actor,
    at: datetime,
) -> Payment:
    """It did not happen: what the wallet had given, fee included, is back, and the mandate's place is free again. A bank's own reason
    counts as a return of the external account. ``is_inside`` as of ``steps.Step``.

    Raises PaymentNotFound, IllegalMove.
    """
    payment = steps.locked(payment_id)
    if payment.status == S.FAILED:
        return payment
    check_move(PAYMENT_MOVES, S(payment.status), S.FAILED)
    rail_limits.give_back(payment)
    name(payment, provider_reference)
    booked = _undo(payment, actor=actor, at=at)
    _take(payment, S.FAILED, booked, reason_code=reason_code, reason=reason, is_inside=is_inside, actor=actor, at=at)
    if returns.is_known(payment.rail, reason_code):
        _learn(payment, reason_code, actor=actor, at=at)
    _give_place_back(payment, actor=actor, at=at)
    return payment


@transaction.atomic
def return_(
    *,
    payment_id: UUID,
    reason_code: str,
    reason: str = "",
    amount: Money | None = None,
    is_inside: bool | None = None,
    actor: Actor,
    at: datetime,
) -> Payment:
    """The bank sent it back (out), or took it back (in). What came in and is spent already becomes a receivable. The external account
    counts it, and is blocked, or the mandate revoked, when the reason says so. ``is_inside`` as of ``steps.Step``.

    Raises PaymentNotFound, IllegalMove (also for what stayed in the book: no bank has it), AmountDiffers: banks return the whole amount,
    whatever was refunded beside it.
    """
    payment = steps.locked(payment_id)
    if payment.status == S.RETURNED:
        return payment
    check_move({} if payment.rail == Rail.BOOK else PAYMENT_MOVES, S(payment.status), S.RETURNED)
    was_settled = payment.status in {S.SETTLED, S.DISPUTED, S.REFUNDED}
    is_disputed = payment.status == S.DISPUTED
    value = dispute_rows.under_way(payment) if is_disputed else Money(payment.amount - payment.returned, payment.currency)
    _check_amount(payment, amount, expected=value)
    if is_disputed:
        booked = None  # the dispute took the money already
    elif payment.direction == Direction.OUT:
        booked = postings.returned_out(payment, value, was_settled=was_settled, actor=actor, at=at)
        _give_back(payment, actor=actor, at=at)
    elif was_settled:
        booked = postings.returned_in(payment, value, actor=actor, at=at)
    else:
        booked = postings.not_collected(payment, actor=actor, at=at)
    if was_settled and not is_disputed:
        _count_returned(payment, value.amount)
    _take(payment, S.RETURNED, booked, reason_code=reason_code, reason=reason, is_inside=is_inside, actor=actor, at=at)
    if is_disputed:
        dispute_rows.end_for(payment, is_won=False, actor=actor, at=at)
    if payment.direction == Direction.OUT:
        recall_rows.money_came_back(payment, actor=actor, at=at)
    if payment.rail != Rail.CARD:
        _learn(payment, reason_code, actor=actor, at=at)
    if not was_settled:
        _give_place_back(payment, actor=actor, at=at)
    return payment


@transaction.atomic
def redeem(*, payment_id: UUID, reason_code: str = "", reason: str = "", actor: Actor, at: datetime) -> Payment:
    """A return was dishonoured, or contested and won: the money moves as if it had not been returned, and the return counts no longer
    against the external account. A mandate that it ended stays so: its holder has said no. Raises PaymentNotFound, IllegalMove.
    """
    payment = steps.locked(payment_id)
    if payment.status in {S.SETTLED, S.REFUNDED}:
        return payment
    if payment.status != S.RETURNED or not payment.returned:
        raise errors.NotInReview("Only a settled payment that was returned can be redeemed.", status=payment.status)
    if payment.disputes.filter(state=DisputeState.LOST).count() > 1:
        raise errors.NotInReview(
            "Several disputes of it were lost: settle it with the acquirer, and book that by hand.", status=payment.status
        )
    if payment.original_id is not None and steps.locked(payment.original_id).refundable < payment.amount:
        raise errors.NotInReview(
            "What it gave back was given back again since: settle it with the bank, and book that by hand.", status=payment.status
        )
    if payment.external_account_id is not None:
        account_returns.uncount_return(external_account_id=payment.external_account_id, payment_id=payment.pk, actor=actor, at=at)
    booked = postings.redeemed(payment, Money(payment.returned, payment.currency), actor=actor, at=at)
    _count_returned(payment, -payment.returned)
    _take(payment, _with_its_money_back(payment), booked, reason_code=reason_code, reason=reason, actor=actor, at=at)
    _after_refund(payment, actor=actor, at=at)
    return payment


@transaction.atomic
def dispute(
    *,
    payment_id: UUID,
    reason_code: str,
    reason: str = "",
    amount: Money | None = None,
    provider_id: str = "",
    due_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> Payment:
    """The cardholder disputes: the acquirer takes the money back at once, and waits for evidence until ``due_at``.

    ``amount`` (default: what is left after refunds) may be a part: that part alone is taken, and ``returned`` says how much; what a lost
    dispute left can be disputed again. Raises PaymentNotFound, IllegalMove, AmountDiffers for more than the payment, Invalid.
    """
    payment = steps.locked(payment_id)
    if payment.status == S.DISPUTED:
        return payment
    if payment.kind != PaymentKind.CARD_PAYMENT:
        raise Invalid("Only card payments are disputed; others are returned.", param="payment_id")
    check_move(PAYMENT_MOVES, S(payment.status), S.DISPUTED)
    value = Money(payment.refundable, payment.currency) if amount is None else amount
    if value.currency.code != payment.currency or not 0 < value.amount <= payment.amount - payment.returned:
        raise errors.AmountDiffers(
            f"At most {in_words(Money(payment.amount - payment.returned, payment.currency))} can be disputed.",
            expected=steps.plain(payment.amount - payment.returned, payment.currency),
        )
    booked = postings.returned_in(payment, value, kind=recipes.DISPUTE, actor=actor, at=at)
    _count_returned(payment, value.amount)
    _take(payment, S.DISPUTED, booked, reason_code=reason_code, reason=reason, actor=actor, at=at)
    dispute_rows.open_for(
        payment, amount=value, reason_code=reason_code, provider_id=provider_id, due_at=due_at, actor=actor, at=at
    )
    return payment


@transaction.atomic
def dispute_won(*, payment_id: UUID, reason: str = "", actor: Actor, at: datetime) -> Payment:
    """The dispute ends for the merchant: its money is back, and the payment stands as before it. Raises PaymentNotFound, IllegalMove."""
    payment = steps.locked(payment_id)
    if payment.status in {S.SETTLED, S.REFUNDED} and not payment.returned:
        return payment
    if payment.status != S.DISPUTED:
        check_move({}, payment.status, S.SETTLED)
    value = dispute_rows.under_way(payment)
    booked = postings.redeemed(payment, value, kind=recipes.DISPUTE_WON, actor=actor, at=at)
    _count_returned(payment, -value.amount)
    _take(payment, _with_its_money_back(payment), booked, reason_code=DISPUTE_WON, reason=reason, actor=actor, at=at)
    dispute_rows.end_for(payment, is_won=True, actor=actor, at=at)
    return payment


def dispute_lost(*, payment_id: UUID, reason: str = "", actor: Actor, at: datetime) -> Payment:
    """The dispute ends for the cardholder: the money stays away. Raises PaymentNotFound, IllegalMove."""
    with transaction.atomic():
        payment = steps.locked(payment_id)
        if payment.status not in {S.DISPUTED, S.RETURNED}:
            check_move({}, payment.status, S.RETURNED)
        payment = return_(payment_id=payment_id, reason_code="dispute.lost", reason=reason, actor=actor, at=at)
        dispute_rows.end_for(payment, is_won=False, actor=actor, at=at)
        return payment


def name(payment: Payment, provider_reference: str) -> None:
    """Keep what the provider calls the locked payment."""
    if provider_reference and payment.provider_reference != provider_reference:
        payment.provider_reference = provider_reference[:128]
        payment.save(update_fields=["provider_reference"])


def _undo(payment: Payment, *, actor: Actor, at: datetime) -> Booked | None:
    """Take back what the payment did so far; None when nothing was booked yet."""
    if payment.status in {S.SUBMITTED, S.UNKNOWN}:
        if payment.direction == Direction.OUT:
            return postings.failed(payment, actor=actor, at=at)
        return postings.not_collected(payment, actor=actor, at=at)
    if payment.status == S.HELD and payment.hold_id:
        custody.let_go(hold_id=payment.hold_id, at=at)
    return None


def _take(
    payment: Payment,
    to: PaymentStatus,
    booked: Booked | None,
    *,
    reason_code: str = "",
    reason: str = "",
    is_inside: bool | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    steps.take(
        payment,
        to,
        journal_id=booked.journal_id if booked else None,
        reason_code=reason_code,
        reason=reason,
        is_inside=is_inside,
        details=booked.details if booked else None,
        actor=actor,
        at=at,
    )


def _after_refund(refund: Payment, *, actor: Actor, at: datetime) -> None:
    """A refund that arrived counts on what it refunds, which is REFUNDED when nothing is left of it."""
    if refund.original_id is None:
        return
    original = steps.locked(refund.original_id)
    original.refunded += refund.amount
    original.save(update_fields=["refunded"])
    if original.refundable == 0 and original.status == S.SETTLED:
        steps.take(original, S.REFUNDED, reason_code="payment.refunded", actor=actor, at=at)
        return
    outbox.publish(
        type=events.PAYMENT_PARTLY_REFUNDED,
        partner_id=original.partner_id,
        subject=original.public_id,
        data=steps.facts(original),
        at=at,
    )


def _with_its_money_back(payment: Payment) -> PaymentStatus:
    """Where a payment stands that has back what was taken: an earlier dispute may have been lost, or refunds may have given all of it away
    before, or meanwhile.
    """
    if payment.returned:
        return S.RETURNED
    return S.REFUNDED if payment.refunded and not payment.refundable else S.SETTLED


def _give_back(refund: Payment, *, actor: Actor, at: datetime) -> None:
    """A refund that came back counts no longer on what it refunded."""
    if refund.original_id is None or refund.status != S.SETTLED:
        return
    original = steps.locked(refund.original_id)
    if original.status == S.REFUNDED:
        steps.take(original, S.SETTLED, reason_code="refund.returned", actor=actor, at=at)
    original.refunded -= refund.amount
    original.save(update_fields=["refunded"])


def _learn(payment: Payment, code: str, *, actor: Actor, at: datetime) -> None:
    """Let the external account count what came back, and end the mandate when the reason says that nobody gave it (any more)."""
    if payment.external_account_id is None or returns.says_nothing_of_the_account(payment.rail, code):
        return
    account_returns.count_return(
        external_account_id=payment.external_account_id,
        code=code,
        is_final=returns.ends_account(payment.rail, code),
        reference=payment.public_id,
        actor=actor,
        at=at,
    )
    mandate = payment.mandate
    if mandate is not None and mandate.ended_at is None and returns.ends_mandate(payment.rail, code):
        mandates.revoke(mandate_id=mandate.pk, reason=f"Returned with {code[:8]}", actor=actor, at=at)


def _give_place_back(payment: Payment, *, actor: Actor, at: datetime) -> None:
    if payment.mandate_id is not None:
        mandates.give_back(mandate_id=payment.mandate_id, reference=payment.public_id, actor=actor, at=at)


def _count_returned(payment: Payment, amount: Decimal) -> None:
    Payment.objects.filter(pk=payment.pk).update(returned=F("returned") + amount)
    payment.returned += amount


def _check_amount(payment: Payment, amount: Money | None, *, expected: Money | None = None) -> None:
    wanted = Money(payment.amount, payment.currency) if expected is None else expected
    if amount is not None and amount != wanted:
        raise errors.AmountDiffers(
            f"{in_words(wanted)} was expected, the provider says {in_words(amount)}.",
            expected=steps.plain(wanted.amount, payment.currency),
        )
