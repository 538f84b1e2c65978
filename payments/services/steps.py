"""One step of a payment: allowed by the table, written in the timeline, told to audit and outbox, all in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from flowlet.audit.services import log
from flowlet.audit.services.log import NewRecord
from flowlet.core import ids, money
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.states import IllegalMove, check_move
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from payments import errors, events
from payments.choices import Direction, PaymentStatus
from payments.models import Move, Payment
from payments.policies import disclosure
from payments.services import authorisation_rows
from payments.states import ENDED, PAYMENT_MOVES, STAYS
from wallets.models import Wallet

S = PaymentStatus
SETTLED_OR_ENDED = ENDED | {S.SETTLED, S.RETURNED}
LONGEST_CODE = 40  # some codes of providers are longer, and a refusal is booked all the same
_UPDATE = """
UPDATE payments_payment p SET status = %s, moves_made = p.moves_made + 1, updated_at = %s, ask_at = %s,
       journal_id = coalesce(s.journal_id, p.journal_id), reason_code = s.reason_code, reason = s.reason, reason_is_inside = s.is_inside,
       settled_at = CASE WHEN %s = 'SETTLED' THEN coalesce(p.settled_at, %s) ELSE p.settled_at END
  FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::boolean[]) AS s(id, journal_id, reason_code, reason, is_inside)
 WHERE p.id = s.id"""

_UPDATE_FIRST = """
UPDATE payments_payment SET status = %s, moves_made = moves_made + 1, updated_at = %s, reason_code = %s, reason = %s, reason_is_inside = %s,
       verdict_id = %s, hold_id = %s, cutoff_at = %s, value_on = %s, counted_on = %s WHERE id = %s"""


_UPDATE_STAYING = """
UPDATE payments_payment SET moves_made = moves_made + 1, updated_at = %s, journal_id = %s, wallet_id = %s, customer_id = %s WHERE id = %s"""


@dataclass(slots=True, kw_only=True)
class Step:
    """Where one locked payment goes. ``journal_id`` is the journal that the move posted; ``details`` hold no personal data.

    ``is_inside`` says that the reason is not for the partner (``policies.disclosure``); None: when a member of the staff gives it.
    """

    payment: Payment
    to: PaymentStatus
    journal_id: UUID | None = None
    reason_code: str = ""
    reason: str = ""
    is_inside: bool | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def locked(payment_id: UUID, *, partner_id: UUID | None = None) -> Payment:
    """The payment with its row locked, of this partner if one is named. Raises PaymentNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = (
        Payment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("wallet__account", "target_wallet__account")
        .filter(pk=payment_id, **scope)
        .first()
    )
    if found is None:
        raise errors.PaymentNotFound(f"There is no payment {ids.public_id(Payment.PREFIX, payment_id)}.")
    return found


def take(
    payment: Payment,
    to: PaymentStatus,
    *,
    journal_id: UUID | None = None,
    reason_code: str = "",
    reason: str = "",
    is_inside: bool | None = None,
    details: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
    ask_at: datetime | None = None,
) -> None:
    """Move one locked payment; see ``take_many``. What was kept for its payer goes when it has settled or ended."""
    step = Step(
        payment=payment,
        to=to,
        journal_id=journal_id,
        reason_code=reason_code,
        reason=reason,
        is_inside=is_inside,
        details=details or {},
    )
    take_many([step], actor=actor, at=at, ask_at=ask_at)
    _forget(payment, at=at)


def take_many(steps: Sequence[Step], *, actor: Actor, at: datetime, ask_at: datetime | None = None) -> None:
    """Move locked payments to one state. Raises IllegalMove for the first that may not go there; nothing is written then.

    ``ask_at`` is when the provider is asked about them next (None: never, until somebody sets it).
    """
    if not steps:
        return
    to = steps[0].to
    for step in steps:
        check_move(PAYMENT_MOVES, PaymentStatus(step.payment.status), to)
    made = [_made(step, actor=actor, at=at, ask_at=ask_at) for step in steps]
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE,
            [
                to,
                at,
                ask_at,
                to,
                at,
                [step.payment.pk for step in steps],
                [step.journal_id for step in steps],
                [step.reason_code[:LONGEST_CODE] for step in steps],
                [step.reason[:500] for step in steps],
                [step.payment.reason_is_inside for step in steps],
            ],
        )
    _write(made, actor=actor, at=at)


def take_first(steps: Sequence[Step], *, actor: Actor, at: datetime) -> None:
    """Take one locked payment, of which nothing was sent yet, on in several moves, and keep its verdict, hold, cut-off and days.

    Raises IllegalMove for the first move that may not be made.
    """
    made = []
    for step in steps:
        payment = step.payment
        check_move(PAYMENT_MOVES, PaymentStatus(payment.status), step.to)
        made.append(_made(step, actor=actor, at=at, ask_at=None))
        kept = [payment.verdict_id, payment.hold_id, payment.cutoff_at, payment.value_on, payment.counted_on]
        with connection.cursor() as cursor:
            cursor.execute(
                _UPDATE_FIRST, [step.to, at, payment.reason_code, payment.reason, payment.reason_is_inside, *kept, payment.pk]
            )
    _write(made, actor=actor, at=at)
    _forget(steps[-1].payment, at=at)


def _forget(payment: Payment, *, at: datetime) -> None:
    if payment.status in SETTLED_OR_ENDED:
        authorisation_rows.end_for(payment, at=at)


def assign(
    payment: Payment,
    wallet: Wallet,
    *,
    journal_id: UUID,
    reason: str,
    details: Mapping[str, Any],
    kept: Mapping[str, Any],
    actor: Actor,
    at: datetime,
) -> None:
    """A step of a locked payment that changes no state: its money lay in suspense, and the journal has assigned it to the wallet. Money
    that came in is the wallet's from now on; money that went out and came back stays a payment of the wallet that it had left. ``kept``
    stands with the step alone, and is told to nobody.

    The row of suspense was ended before: the database asks for it. Raises IllegalMove where no such money can be.
    """
    if payment.status not in STAYS:
        raise IllegalMove(f"Nothing of a payment that is {payment.status} is in suspense.", current=str(payment.status))
    if payment.direction == Direction.IN:
        payment.wallet, payment.customer_id = wallet, wallet.customer_id
    payment.moves_made, payment.updated_at, payment.journal_id = payment.moves_made + 1, at, journal_id
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_STAYING, [at, journal_id, payment.wallet_id, payment.customer_id, payment.pk])
    Move.objects.create(
        payment=payment,
        ordinal=payment.moves_made,
        came_from=payment.status,
        went_to=payment.status,
        at=at,
        actor=str(actor),
        reason_code=events.PAYMENT_ASSIGNED,
        reason=reason[:500],
        reason_is_inside=True,  # an officer's word
        journal_id=journal_id,
        details={**details, **kept},
    )
    data = {**facts(payment), "assigned": dict(details)}
    told = {"partner_id": payment.partner_id, "at": at}
    log.record(action=events.PAYMENT_ASSIGNED, target=payment.public_id, reason=reason[:500], after=data, actor=actor, **told)
    outbox.publish(type=events.PAYMENT_ASSIGNED, subject=payment.public_id, data=data, **told)


def begin(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """Write the first row of the timelines of new payments, whose rows are there, and tell of them."""
    _write(
        [_Made(step, "", facts(step.payment)) for step in (Step(payment=one, to=S.CREATED) for one in payments)],
        actor=actor,
        at=at,
    )


@dataclass(slots=True)
class _Made:
    """A move that was made, with what events say of the payment after it."""

    step: Step
    came_from: str
    facts: dict[str, Any]
    ordinal: int = 1
    is_inside: bool = False


def _made(step: Step, *, actor: Actor, at: datetime, ask_at: datetime | None) -> _Made:
    """Make the move in the payment at hand."""
    payment, before = step.payment, step.payment.status
    payment.status, payment.moves_made, payment.updated_at, payment.ask_at = step.to, payment.moves_made + 1, at, ask_at
    payment.journal_id = step.journal_id or payment.journal_id
    payment.reason_code, payment.reason = step.reason_code[:LONGEST_CODE], step.reason[:500]
    payment.reason_is_inside = actor.kind == ActorKind.STAFF if step.is_inside is None else step.is_inside
    if step.to == S.SETTLED:
        payment.settled_at = payment.settled_at or at
    return _Made(step, before, facts(payment), payment.moves_made, payment.reason_is_inside)


def _write(made: Sequence[_Made], *, actor: Actor, at: datetime) -> None:
    """Write moves into the timeline, and tell audit and outbox of them, in their order."""
    Move.objects.bulk_create(
        Move(
            payment=one.step.payment,
            ordinal=one.ordinal,
            came_from=one.came_from,
            went_to=one.step.to,
            at=at,
            actor=str(actor),
            reason_code=one.step.reason_code[:LONGEST_CODE],
            reason=one.step.reason[:500],
            reason_is_inside=one.is_inside,
            journal_id=one.step.journal_id,
            details=dict(one.step.details),
        )
        for one in made
    )
    log.record_many(
        [
            NewRecord(
                action=events.PAYMENT[one.step.to],
                target=one.step.payment.public_id,
                partner_id=one.step.payment.partner_id,
                reason=one.step.reason[:500],
                before={"status": str(one.came_from)} if one.came_from else None,
                after=one.facts,
            )
            for one in made
        ],
        actor=actor,
        at=at,
    )
    outbox.publish_many(
        [
            NewEvent(
                type=events.PAYMENT[one.step.to],
                partner_id=one.step.payment.partner_id,
                subject=one.step.payment.public_id,
                data=one.facts,
                at=at,
            )
            for one in made
        ]
    )


def facts(payment: Payment) -> dict[str, Any]:
    """What events say of a payment."""
    currency = payment.currency
    return {
        "id": payment.public_id,
        "kind": payment.kind,
        "rail": payment.rail,
        "direction": payment.direction,
        "status": str(payment.status),
        "wallet_id": ids.public_id("wal", payment.wallet_id) if payment.wallet_id else None,
        "external_account_id": ids.public_id("eac", payment.external_account_id) if payment.external_account_id else None,
        "amount": plain(payment.amount, currency),
        "fee": plain(payment.fee, currency),
        "refunded": plain(payment.refunded, currency),
        "returned": plain(payment.returned, currency),
        "reference": payment.reference,
        "reason_code": disclosure.code(payment, payment.status),
        "external_id": payment.external_id or None,
    }


def plain(amount: Any, currency: str) -> dict[str, str]:
    """Money as events write it."""
    return {"amount": money.to_text(amount, currency), "currency": currency}
