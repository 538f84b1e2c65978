"""Who in a batch cannot be posted, found out under the locks before anything is written.

Used where each item stands on its own: the accounts are locked, the items are tried in order on paper, and only those that pass are
handed to the posting function, which checks everything again.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from flowlet.core.errors import DomainError
from ledger import errors
from ledger.models import Account, Journal
from ledger.services.refusals import translated

if TYPE_CHECKING:
    from ledger.services.journals import NewJournal


def refusals(
    *, book_id: int, items: Sequence["NewJournal"], known: Mapping[int, DomainError], adjusting: bool
) -> dict[int, DomainError]:
    """The refusals by position, those in ``known`` left out. Locks the STRICT accounts of all other items, lowest key first."""
    todo = {number: item for number, item in enumerate(items) if number not in known}
    days = _Days(book_id, adjusting)
    accounts = _locked(book_id, {leg.account_id for item in todo.values() for leg in item.legs})
    taken = set(
        Journal.objects.filter(
            book_id=book_id, external_id__in=[i.external_id for i in todo.values() if i.external_id]
        ).values_list("external_id", flat=True)
    )
    reversed_already = set(
        Journal.objects.filter(reverses__in=[i.reverses for i in todo.values() if i.reverses]).values_list(
            "reverses_id", flat=True
        )
    )
    found: dict[int, DomainError] = {}
    for number, item in todo.items():
        try:
            days.check(item.effective_on)
            if item.external_id and item.external_id in taken:
                raise errors.DuplicateExternalId(f"{item.external_id!r} is taken.", param="external_id")
            if item.reverses and item.reverses in reversed_already:
                raise errors.AlreadyReversed
            _apply(item, accounts)
        except DomainError as refusal:
            found[number] = refusal
        else:
            taken.add(item.external_id)
            reversed_already.add(item.reverses)
    return found


def _locked(book_id: int, account_ids: set[int]) -> dict[int, dict[str, Any]]:
    with translated(), connection.cursor() as cursor:
        cursor.execute("SELECT account_id, posted, held FROM ledger_lock(%s, %s)", [book_id, sorted(account_ids)])
        balances = {row[0]: row[1:] for row in cursor.fetchall()}
    accounts = {}
    for row in Account.objects.filter(pk__in=account_ids, book_id=book_id).values(
        "id", "status", "currency", "normal_side", "floor", "mode"
    ):
        posted, held = balances.get(row["id"], (None, None))
        accounts[row["id"]] = row | {"posted": posted, "held": held}
    return accounts


def _apply(item: "NewJournal", accounts: dict[int, dict[str, Any]]) -> None:
    changes: dict[int, Decimal] = {}
    for leg in item.legs:
        account = accounts.get(leg.account_id)
        if account is None:
            raise errors.AccountNotFound(account_id=leg.account_id)
        if account["status"] == "FROZEN":
            raise errors.AccountFrozen(account_id=leg.account_id)
        if account["status"] == "CLOSED":
            raise errors.AccountClosed(account_id=leg.account_id)
        if account["currency"] != leg.amount.currency.code:
            raise errors.CurrencyMismatch(f"The account is in {account['currency']}.", account_id=leg.account_id)
        if account["mode"] == "STRICT":
            amount = leg.amount.amount if leg.side == account["normal_side"] else -leg.amount.amount
            changes[leg.account_id] = changes.get(leg.account_id, Decimal(0)) + amount
    for account_id, change in changes.items():
        account = accounts[account_id]
        available = account["posted"] - account["held"]
        if account["floor"] is not None and available + change < account["floor"]:
            raise errors.InsufficientFunds(
                f"{available - account['floor']} {account['currency']} is available, {-change} is needed.",
                account_id=account_id,
                available=str(available - account["floor"]),
                needed=str(-change),
                currency=account["currency"],
            )
    for account_id, change in changes.items():
        accounts[account_id]["posted"] += change


class _Days:
    """The days the book takes, each looked up once."""

    def __init__(self, book_id: int, adjusting: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (clock_timestamp() AT TIME ZONE time_zone)::date, opened_on, closed_through, soft_closed_through"
                " FROM ledger_book WHERE id = %s",
                [book_id],
            )
            row = cursor.fetchone()
        if row is None:
            raise errors.BookNotFound
        self.today, self.opened_on, closed, soft = row
        self.closed_through = max(filter(None, [closed, None if adjusting else soft]), default=None)

    def check(self, day: date | None) -> None:
        wanted = day or self.today
        if not self.opened_on <= wanted <= self.today:
            raise errors.EffectiveDayOutOfRange(f"Use a day from {self.opened_on} to {self.today}.", param="effective_on")
        if self.closed_through and wanted <= self.closed_through:
            raise errors.PeriodClosed(f"The books are closed through {self.closed_through}.", param="effective_on")
