"""Closing a business day in the background: somebody asks, a worker does it, the day's row says how far it is and how it ended.

A request is a row and an event, so a lost task is found again (``waiting``). A run belongs to one task; the same task handed out again,
because its worker died, takes its own run over, and so does anybody once the run has not got on for longer than a task may take.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.selectors import staff
from flowlet.audit.services import log
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from ledger.models import Book
from payments import errors, events
from payments.choices import Closing
from payments.models import BusinessDay
from payments.policies import days as policies
from payments.services import days
from payments.states import CLOSING_MOVES

LOST = timedelta(minutes=1)


@transaction.atomic
def ask(*, book_id: int, day: date, actor: Actor, at: datetime) -> BusinessDay:
    """Have the worker close the day. Raises DayNotOver, DayNotReady when it is closed, DayBeingClosed."""
    book = Book.objects.select_related("partner").get(pk=book_id)
    days.check_is_over(book, day, at=at)
    BusinessDay.objects.get_or_create(book=book, day=day, defaults={"created_at": at, "updated_at": at})
    row = BusinessDay.objects.select_for_update(of=("self",)).select_related("book__partner").get(book=book, day=day)
    policies.check_can_ask_to_close(row, at=at)
    check_move(CLOSING_MOVES, Closing(row.closing), Closing.ASKED)
    row.closing, row.closing_step, row.closing_claim, row.failure = Closing.ASKED, "", "", ""
    row.closing_asked_by, row.closing_moved_at, row.updated_at = str(actor), at, at
    row.save()
    log.record(action=events.DAY_CLOSING_ASKED, actor=actor, at=at, target=row.public_id, partner_id=book.partner_id)
    data = {"id": row.public_id, "book_id": book.public_id, "day": str(row.day)}
    outbox.publish(type=events.DAY_CLOSING_ASKED, partner_id=None, subject=row.public_id, data=data, at=at)
    return row


def run(*, day_id: UUID, claim: str, at: datetime) -> BusinessDay | None:
    """Do what was asked for, in the name of who asked; None when there is nothing to do, or another has it. Not inside a transaction.

    ``claim`` names the caller, such as the worker's task. What is missing, or broke it, is on the row afterwards; what broke it is
    raised as well.
    """
    with transaction.atomic():
        row = BusinessDay.objects.select_for_update(of=("self",)).filter(pk=day_id).first()
        if row is None or not _may_take(row, claim, at):
            return None
        row.closing_claim = claim[:64]
        days.get_on(row, Closing.RUNNING, at=at)
        actor = _actor(row.closing_asked_by)
    try:
        return days.close(book_id=row.book_id, day=row.day, actor=actor, at=at)
    except errors.DayNotReady:
        return BusinessDay.objects.get(pk=day_id)


def waiting(*, at: datetime) -> list[UUID]:
    """Days that somebody asked to close and that nobody does: their task was lost, or its worker died."""
    lost = Q(closing=Closing.ASKED, closing_moved_at__lte=at - LOST)
    dead = Q(closing=Closing.RUNNING, closing_moved_at__lte=at - policies.STALE) & ~Q(closing_claim="")
    return list(BusinessDay.objects.filter(lost | dead).order_by("closing_moved_at").values_list("pk", flat=True))


def _may_take(row: BusinessDay, claim: str, at: datetime) -> bool:
    if row.closing == Closing.ASKED:
        return True
    return row.closing == Closing.RUNNING and (row.closing_claim == claim or policies.is_stale(row, at=at))


def _actor(asked_by: str) -> Actor:
    """Who asked, as the services are told."""
    kind, _, name = asked_by.partition(":")
    if kind != ActorKind.STAFF:
        return actors.system("close_day")
    user = staff.behind([asked_by]).get(asked_by)
    return Actor(kind=ActorKind.STAFF, id=name, label=user.role_labels if user else "")
