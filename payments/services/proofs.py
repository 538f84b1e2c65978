"""What the bank's statement proves of payments: the settling journal was matched with a line.

News of matches may come late, again, and in any order, so what stands is asked of the ledger (``standing``, ``unproven``).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet

from ledger.choices import MatchState
from ledger.models import Journal, Match, ReconciliationItem
from payments.models import Move, Payment


def standing(matches: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of the told matches that have not been taken back since."""
    told = {Match.key(match["id"]): match for match in matches}
    live = Match.objects.filter(pk__in=told, state=MatchState.LIVE).values_list("pk", flat=True)
    return [told[key] for key in live]


def unproven(journals: Iterable[str]) -> list[str]:
    """Those of the journals (public ids) that no match proves."""
    told = {Journal.key(name): name for name in journals}
    items = ReconciliationItem.objects.filter(journal_id__in=told, match__state=MatchState.LIVE)
    proven = set(items.values_list("journal_id", flat=True))
    return [name for key, name in told.items() if key not in proven]


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
