"""What the bank's statement proves of payments: the settling journal was matched with a line."""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from ledger.models import Journal
from payments.models import Move, Payment


def prove(*, journals: Iterable[str], booked_on: str) -> int:
    """Remember that the bank booked the payments of these journals (public ids) on the day; answers how many. Safe to repeat."""
    if not booked_on:
        return 0
    return _of(journals).update(reconciled_on=date.fromisoformat(booked_on))


def withdraw(*, journals: Iterable[str]) -> int:
    """The match was taken back. Safe to repeat."""
    return _of(journals).update(reconciled_on=None)


def _of(journals: Iterable[str]) -> QuerySet[Payment]:
    """Payments whose newest journal that touches the bank is among them: what was settled and then returned is proven by its return."""
    keys = [Journal.key(name) for name in journals]
    return Payment.objects.filter(pk__in=Move.objects.filter(journal_id__in=keys).values("payment_id"), journal_id__in=keys)
