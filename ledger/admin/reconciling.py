"""What the pages of reconciliation share: words and colours of states, cells of items, the picture of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from flowlet.backoffice import cells, filters
from flowlet.core.money import Money
from ledger.choices import BreakState, ItemSide, ItemState, MatchState
from ledger.models import BankAccount, Journal, ReconciliationItem, StatementLine

STATE_TONES = {
    ItemState.MATCHED: "good",
    ItemState.MATCHED_WITH_DIFFERENCE: "good",
    ItemState.WRITTEN_OFF: "neutral",
    ItemState.EXPLAINED: "info",
    ItemState.SUGGESTED: "info",
    ItemState.AMBIGUOUS: "warn",
    ItemState.UNMATCHED_OURS: "bad",
    ItemState.UNMATCHED_THEIRS: "bad",
}
BREAK_TONES = {BreakState.OPEN: "bad", BreakState.EXPLAINED: "info", BreakState.CLOSED: "neutral"}
MATCH_TONES = {MatchState.LIVE: "good", MatchState.SUGGESTED: "info", MatchState.UNDONE: "neutral"}
ORDER = tuple(STATE_TONES)


class BankAccountFilter(filters.ByRow):
    """One bank account."""

    title, parameter_name, column = "bank account", "bank_account", "bank_account_id"
    model, order = BankAccount, ("code",)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """By its public id."""
        chosen = self.value()
        if not chosen:
            return queryset
        found = next((pk for pk, public_id in self._keys() if public_id == chosen), None)
        return queryset.none() if found is None else queryset.filter(bank_account_id=found)

    def _keys(self) -> list[tuple[int, str]]:
        return [(row.pk, row.public_id) for row in BankAccount.objects.order_by(*self.order)[: self.offered]]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: what it counts, how much, from where to where in percent."""

    label: str
    count: int
    tone: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the picture: a side of a day."""

    label: str
    total: int
    done: int
    segments: Sequence[Segment]

    @property
    def percent(self) -> int:
        """How much of it is settled; not 100 before all of it is."""
        return 100 if self.done == self.total else min(99, round(100 * self.done / self.total))


def bar(label: str, counts: Mapping[str, int]) -> Bar:
    """The states of some items as one bar, settled ones first."""
    total = sum(counts.values())
    segments, left = [], 0.0
    for state in ORDER:
        count = counts.get(state, 0)
        if count:
            width = 100 * count / total
            segments.append(Segment(str(state.label), count, STATE_TONES[state], round(left, 3), round(width, 3)))
            left += width
    done = sum(counts.get(state, 0) for state in (ItemState.MATCHED, ItemState.MATCHED_WITH_DIFFERENCE, ItemState.WRITTEN_OFF))
    return Bar(label, total, done, segments)


def bars(states: Mapping[tuple[str, str], int]) -> list[Bar]:
    """Both sides; a side without items has no bar."""
    found = []
    for side in (ItemSide.THEIRS, ItemSide.OURS):
        counts = {state: count for (where, state), count in states.items() if where == side}
        if counts:
            found.append(bar(str(side.label), counts))
    return found


def state_badge(item: ReconciliationItem) -> Any:
    """The item's state in its colour."""
    return cells.badge(item.get_state_display(), STATE_TONES[ItemState(item.state)])


def source_link(item: ReconciliationItem) -> Any:
    """To the bank's line, or to our journal."""
    if item.line_id is not None:
        line = StatementLine(pk=item.line_id)
        return cells.link(line, "line")
    journal = Journal(pk=item.journal_id)
    return cells.link(journal, "journal")


def said(item: ReconciliationItem) -> str:
    """What else is known of it: the bank's masked party and code, or our journal's kind and text, or its cause."""
    if item.line is not None:
        words = [item.line.party_hint, item.line.code, "reversal" if item.line.is_reversal else ""]
    else:
        words = [item.journal.kind.rpartition(".")[2].replace("_", " "), item.journal.text]
    return " · ".join(word for word in words if word)


def figure(item: ReconciliationItem, currency: str) -> Any:
    """The signed amount."""
    return cells.money(Money(item.amount, currency))


def rows_of(items: Sequence[ReconciliationItem], currency: str) -> list[tuple[Any, ...]]:
    """Items for a table: day, where, reference, what is said, amount, state."""
    return [
        (
            item.dated_on,
            cells.badge("bank", "info") if item.line_id is not None else cells.badge("books", "neutral"),
            source_link(item),
            item.reference,
            said(item),
            figure(item, currency),
            state_badge(item),
        )
        for item in items
    ]


COLUMNS = ("Day", "Side", "Source", "Reference", "Text", "Amount", "State")
