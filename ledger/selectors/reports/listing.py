"""The shape of reports that list entries: accounts with opening balance, entries and closing balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ledger.models import Account, Book
from ledger.selectors import entries
from ledger.selectors.entries import Booked, Page, Place


@dataclass(frozen=True, slots=True)
class Section:
    """One account from ``first`` to ``last``: opening + debits and credits = closing, in its normal direction."""

    account: Account
    first: date
    last: date
    opening: Decimal
    debits: Decimal
    credits: Decimal
    closing: Decimal
    recorded_at: datetime | None = None

    @property
    def foots(self) -> bool:
        """Whether opening and movements make the closing balance."""
        moved = self.debits - self.credits
        return self.opening + (moved if self.account.normal_side == "DEBIT" else -moved) == self.closing

    def entries(self) -> Iterator[Booked]:
        """The entries, oldest first, with the balance after each; read page by page."""
        return entries.walk(
            account=self.account, first=self.first, last=self.last, recorded_at=self.recorded_at, opening=self.opening
        )

    def page(self, *, limit: int, after: Place | None = None) -> Page:
        """Up to ``limit`` of the entries, after a place."""
        if not (self.debits or self.credits):
            return Page(self.opening, (), False)
        return entries.page(
            account=self.account,
            first=self.first,
            last=self.last,
            after=after,
            limit=limit,
            recorded_at=self.recorded_at,
            opening=self.opening,
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """A finished list: ``sections`` are walked once, entries within them are read as they are walked."""

    name: str
    title: str
    book: Book
    first: date
    last: date
    sections: list[Section]
    has_more: bool = False
    recorded_at: datetime | None = None

    @property
    def foots(self) -> bool:
        """Whether every section does."""
        return all(section.foots for section in self.sections)
