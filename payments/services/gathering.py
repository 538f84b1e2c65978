"""What is ready goes into files: gathered by partner, rail, currency, direction and cut-off, booked, and written, in one transaction each.

So a payment is in no file or in exactly one, whatever dies in between. ``settlement`` releases and delivers what was gathered here.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.choices import CustomerStatus, PartnerStatus
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from payments import errors
from payments.choices import Direction, PaymentStatus, Rail
from payments.models import Batch, Payment
from payments.policies import cutoffs, kinds
from payments.services import batch_rows, counterparties, files, mandates, numbers, outcomes, postings, steps
from payments.services.steps import Step
from wallets.choices import WalletStatus

_log = structlog.get_logger("payments.gathering")
S = PaymentStatus
Group = tuple[UUID, str, str, str, date]
FILE_RAILS = tuple(rail for rail, rules in kinds.RAILS.items() if rules.has_files)
READY = {Direction.OUT: S.HELD, Direction.IN: S.APPROVED}
READY_ROWS = Q(direction=Direction.OUT, status=S.HELD) | Q(direction=Direction.IN, status=S.APPROVED)
GRACE = timedelta(minutes=30)  # a run may be this late for its cut-off, our shortest lead; what is later goes with the next
_WITH = ("wallet__account", "external_account", "mandate", "original")
_TRACES = """
UPDATE payments_payment p SET batch_id = %s, trace = t.trace, provider = %s
  FROM unnest(%s::uuid[], %s::text[]) AS t(id, trace) WHERE p.id = t.id"""


def ready(*, at: datetime, rail: Rail | None = None, partner_id: UUID | None = None, early: bool = False) -> QuerySet[Payment]:
    """What waits to be put into a file; only what is past its cut-off unless ``early``."""
    rows = Payment.objects.filter(READY_ROWS, rail__in=FILE_RAILS, batch=None)
    return of(rows if early else rows.filter(cutoff_at__lte=at), rail, partner_id)


def due_groups(*, at: datetime, rail: Rail | None = None, partner_id: UUID | None = None, early: bool = False) -> list[Group]:
    """(partner, rail, currency, direction, value day) of what is ready to go, in that order."""
    rows = ready(at=at, rail=rail, partner_id=partner_id, early=early)
    found = set(rows.values_list("partner_id", "rail", "currency", "direction", "value_on").distinct())
    return sorted(found)


@transaction.atomic
def roll_over(*, at: datetime) -> int:
    """Give payments that missed their cut-off (nobody ran, or their wallet was frozen) the next one; answers how many."""
    moved = 0
    late = Payment.objects.filter(
        status__in=READY.values(), rail__in=FILE_RAILS, batch=None, cutoff_at__lt=at - GRACE, wallet__status=WalletStatus.OPEN
    )
    for rail, same_day in late.values_list("rail", "same_day").distinct():
        window = cutoffs.next_cutoff(rail, at, same_day=same_day)
        # What another run is gathering is locked: it goes with the file that it is in.
        free = late.filter(rail=rail, same_day=same_day).select_for_update(no_key=True, of=("self",), skip_locked=True)
        rows = Payment.objects.filter(pk__in=free.values("pk"))
        moved += rows.update(cutoff_at=window.cutoff_at, value_on=window.value_on)
    return moved


@transaction.atomic
def gather(group: Group, *, at: datetime, actor: Actor, early: bool = False) -> Batch | None:
    """One batch of what one file carries of the group's next cut-off, booked and with its file built; None when nothing is left.

    Payments whose wallet or customer was frozen meanwhile stay where they are. One that cannot be sent any more (its external account was
    blocked or closed, or corrected to what the rail does not carry, or its mandate revoked) fails, and does not hold up the others. Two
    runs at once take different payments.
    """
    while found := _ready(group, at=at, early=early):
        found = files.fitting(group[1], _with_places(_usable(found, at=at, actor=actor), at=at, actor=actor))
        if not found:
            continue
        try:
            with transaction.atomic():
                return _gathered(group, found, at=at, actor=actor)
        except DomainError:
            if not _put_aside(found, at=at, actor=actor):
                raise
    return None


def _ready(group: Group, *, at: datetime, early: bool) -> list[Payment]:
    """The group's payments of the earliest cut-off, locked, as many as one file carries at most."""
    partner_id, rail, currency, direction, value_on = group
    rows = Payment.objects.filter(
        partner_id=partner_id,
        rail=rail,
        currency=currency,
        direction=direction,
        value_on=value_on,
        status=READY[Direction(direction)],
        batch=None,
        partner__status=PartnerStatus.ACTIVE,
        wallet__status=WalletStatus.OPEN,
        customer__status=CustomerStatus.ACTIVE,
    ).select_for_update(no_key=True, of=("self",), skip_locked=True)
    if not early:
        rows = rows.filter(cutoff_at__lte=at)
    first = rows.order_by("cutoff_at", "pk").first()
    if first is None:
        return []
    rows = rows.filter(cutoff_at=first.cutoff_at, same_day=first.same_day)
    return list(rows.select_related(*_WITH).order_by("pk")[: files.LARGEST[Rail(rail)]])


def _usable(found: Sequence[Payment], *, at: datetime, actor: Actor) -> list[Payment]:
    """Those whose external account can still be used; the others fail."""
    usable = []
    for payment in found:
        try:
            counterparties.check_still_usable(payment)
        except counterparties.NOT_USABLE as refusal:
            _fail(payment, refusal, at=at, actor=actor)
        else:
            usable.append(payment)
    return usable


def _with_places(found: Sequence[Payment], *, at: datetime, actor: Actor) -> list[Payment]:
    """Let collections take their places in their mandates; those whose mandate allows none fail. Mandates are locked in one order."""
    left = set()
    for payment in sorted(found, key=lambda one: (str(one.mandate_id), one.is_final, one.pk)):
        if payment.mandate_id is None:
            continue
        try:
            mandates.next_sequence(
                mandate_id=payment.mandate_id,
                reference=payment.public_id,
                on=payment.value_on,
                is_final=payment.is_final,
                actor=actor,
                at=at,
            )
        except errors.MandateNotActive as refusal:
            _fail(payment, refusal, at=at, actor=actor)
            left.add(payment.pk)
    return [payment for payment in found if payment.pk not in left]


def _put_aside(found: Sequence[Payment], *, at: datetime, actor: Actor) -> int:
    """Fail those of locked payments that no file can carry; answers how many."""
    failed = 0
    for payment in Payment.objects.filter(pk__in=[one.pk for one in found]).select_related(*_WITH).order_by("pk"):
        try:
            files.check(payment, at=at)
        except (errors.ExternalAccountUnfit, errors.UnfitForRail) as refusal:
            _fail(payment, refusal, at=at, actor=actor)
            failed += 1
    return failed


def _fail(payment: Payment, refusal: DomainError, *, at: datetime, actor: Actor) -> None:
    _log.warning("payment cannot be sent", payment=payment.public_id, code=refusal.code)
    outcomes.fail(payment_id=payment.pk, reason_code=refusal.code, reason=refusal.message, is_inside=False, actor=actor, at=at)


def _gathered(group: Group, found: Sequence[Payment], *, at: datetime, actor: Actor) -> Batch:
    partner_id, rail, currency, direction, value_on = group
    total = sum((payment.amount for payment in found), start=found[0].amount * 0)
    threshold = settings.FILE_TWO_PEOPLE_ABOVE.get(currency)
    batch = Batch(
        id=ids.uuid7(),
        partner_id=partner_id,
        rail=rail,
        direction=direction,
        currency=currency,
        number=numbers.file_number(),
        cutoff_at=found[0].cutoff_at or at,
        value_on=value_on,
        count=len(found),
        total=total,
        needs_two=threshold is not None and total > threshold,
        created_at=at.astimezone(UTC),  # files tell it, and are written again from the stored row
    )
    batch.save(force_insert=True)
    traces = files.traces(rail, numbers.traces(len(found)))
    for payment, trace in zip(found, traces, strict=True):
        payment.batch, payment.trace, payment.provider = batch, trace, files.provider_of(rail)
    _write_traces(found)
    book = postings.sent if direction == Direction.OUT else postings.expected
    journals = book(found, actor=actor, at=at)
    steps.take_many(
        [
            Step(payment=payment, to=S.SUBMITTED, journal_id=journal, details={"batch": batch.public_id})
            for payment, journal in zip(found, journals, strict=True)
        ],
        actor=actor,
        at=at,
    )
    batch_rows.keep_built(batch, files.build(batch, found), actor=actor, at=at)
    return batch


def of(rows: QuerySet, rail: Rail | None, partner_id: UUID | None) -> QuerySet:
    """Those of one rail, and of one partner, where they are named."""
    if rail is not None:
        rows = rows.filter(rail=rail)
    return rows if partner_id is None else rows.filter(partner_id=partner_id)


def _write_traces(found: Iterable[Payment]) -> None:
    rows = list(found)
    with connection.cursor() as cursor:
        cursor.execute(
            _TRACES,
            [rows[0].batch_id, rows[0].provider, [row.pk for row in rows], [row.trace for row in rows]],
        )
