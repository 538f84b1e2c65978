"""Questions about reconciliation: what is open, what a day proves, what is missing for it.

Amounts are signed as the bank account's owner sees them: money on the account is positive, which in the books is debits less credits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from flowlet.core import crypto, money
from ledger.choices import OPEN_STATES, BreakState, ItemSide
from ledger.models import Account, BankAccount, BankAccountMember, BankStatement, Break, ReconciliationItem, StatementLine
from ledger.selectors import balances

ZERO = Decimal(0)
SATURDAY = 5
AGES = ((1, "0 to 1 day"), (5, "2 to 5 days"), (10, "6 to 10 days"), (30, "11 to 30 days"))
OLDEST = "over 30 days"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the bank and the books say of one bank account at the end of a day.

    ``difference`` (bank less books) has to be what is open: ``open_theirs`` less ``open_ours`` and the ``opening_difference``, and
    nothing ``unexplained``. ``missing`` says in words what keeps the day from being proven.
    """

    bank_account: BankAccount
    on: date
    statement: BankStatement | None
    bank_balance: Decimal | None
    books_balance: Decimal
    open_theirs: Decimal
    open_ours: Decimal
    opening_difference: Decimal
    breaks_open: int
    breaks_without_owner: int
    missing: tuple[str, ...]

    @property
    def has_statement(self) -> bool:
        """Whether the bank has said what lay on the account at the end of the day."""
        return self.bank_balance is not None

    @property
    def difference(self) -> Decimal | None:
        """Bank less books."""
        return None if self.bank_balance is None else self.bank_balance - self.books_balance

    @property
    def unexplained(self) -> Decimal | None:
        """What no open item explains; anything but zero is a fault or a run that is due."""
        return (
            None if self.difference is None else self.difference - (self.open_theirs - self.open_ours + self.opening_difference)
        )

    @property
    def is_proven(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@lru_cache(maxsize=4096)
def counterparty_key(*, account: str = "", name: str = "") -> str:
    """How a counterparty is compared: a keyed digest of its account, or of its name where there is none.

    Products put it into a journal's metadata as ``counterparty``, so that no personal data lie in the books.
    """
    plain = "".join(account.split()).upper() or " ".join(name.split()).upper()
    return crypto.blind_index(plain, purpose="ledger.counterparty") if plain else ""


def of_account(*, account: Account) -> BankAccount | None:
    """The bank account on which an account's money lies, or None when it is not reconciled."""
    return BankAccount.objects.filter(members__account=account).first()


def of_book(*, book_id: int) -> QuerySet[BankAccount]:
    """The bank accounts on which money of a book lies."""
    return BankAccount.objects.filter(members__account__book_id=book_id).distinct()


def owned_by_book(*, book_id: int) -> QuerySet[BankAccount]:
    """The bank accounts that no other book has money on: what its partner may see of them is its own."""
    others = BankAccountMember.objects.exclude(account__book_id=book_id).values("bank_account_id")
    return of_book(book_id=book_id).exclude(pk__in=others)


def newest_statement(*, bank_account: BankAccount, until: date | None = None) -> BankStatement | None:
    """The last statement that proves something (of days up to ``until``)."""
    found = BankStatement.objects.filter(bank_account=bank_account, is_proof=True)
    if until is not None:
        found = found.filter(from_on__lte=until)
    return found.order_by("-to_on", "-recorded_at", "-id").first()


def open_items(*, bank_account: BankAccount) -> QuerySet[ReconciliationItem]:
    """What is not settled."""
    return ReconciliationItem.objects.filter(bank_account=bank_account, state__in=OPEN_STATES)


def open_breaks(*, bank_account: BankAccount | None = None) -> QuerySet[Break]:
    """Breaks that are not closed, those due first at the top."""
    found = Break.objects.exclude(state=BreakState.CLOSED).order_by("due_on", "id")
    return found if bank_account is None else found.filter(bank_account=bank_account)


def age_bucket(*, opened_on: date, today: date) -> str:
    """How long a break has been there, as the queue shows it."""
    days = (today - opened_on).days
    return next((label for most, label in AGES if days <= most), OLDEST)


def states_of_day(*, bank_account: BankAccount, first: date, last: date) -> dict[tuple[str, str], int]:
    """How many items of the days are in each state: ``{(side, state): count}``."""
    found = ReconciliationItem.objects.filter(bank_account=bank_account, dated_on__gte=first, dated_on__lte=last)
    return {(row["side"], row["state"]): row["n"] for row in found.values("side", "state").annotate(n=Count("id")).order_by()}


def bank_balance(*, bank_account: BankAccount, on: date) -> tuple[BankStatement | None, Decimal | None]:
    """The statement that covers the day and the balance at its end; without one (None, None).

    Between two statements the closing balance of the first stands: the next one opened with it.
    """
    statement = newest_statement(bank_account=bank_account, until=on)
    if statement is None or statement.closing is None:
        return None, None
    if statement.to_on <= on:
        is_covered = statement.to_on == on or BankStatement.objects.filter(previous=statement).exists()
        return (statement, statement.closing) if is_covered else (None, None)
    moved = StatementLine.objects.filter(statement=statement, booked_on__lte=on).aggregate(sum=Sum("amount"))["sum"]
    return statement, (statement.opening or ZERO) + (moved or ZERO)


def is_statement_expected(*, bank_account: BankAccount, on: date) -> bool:
    """Whether the bank gives a statement for the day; bank holidays are the caller's knowledge."""
    return bank_account.has_weekend_statements or on.weekday() < SATURDAY


def proof(*, bank_account: BankAccount, on: date, is_banking_day: bool | None = None) -> Proof:
    """What the day proves, and what is missing. ``is_banking_day`` False: no statement is expected (default: not on weekends)."""
    statement, at_bank = bank_balance(bank_account=bank_account, on=on)
    expected = is_statement_expected(bank_account=bank_account, on=on) if is_banking_day is None else is_banking_day
    if at_bank is None and not expected:
        # No bookings where the bank is closed: the last statement still says what lies there.
        last = newest_statement(bank_account=bank_account, until=on)
        if last is not None:
            statement, at_bank = last, last.closing
    members = list(BankAccountMember.objects.filter(bank_account=bank_account))
    totals = balances.as_of(account_ids=[member.account_id for member in members], on=on)
    in_books = sum((total.debits - total.credits for total in totals.values()), ZERO)
    sums = _open_sums(bank_account, on)
    breaks = open_breaks(bank_account=bank_account).filter(dated_on__lte=on)
    figures = breaks.aggregate(
        open=Count("id", filter=Q(state=BreakState.OPEN)),
        unowned=Count("id", filter=Q(state=BreakState.OPEN, owner=None)),
    )
    opening_difference = _opening_difference(bank_account, members)
    found = Proof(
        bank_account=bank_account,
        on=on,
        statement=statement,
        bank_balance=at_bank,
        books_balance=in_books,
        open_theirs=sums[ItemSide.THEIRS],
        open_ours=sums[ItemSide.OURS],
        opening_difference=opening_difference,
        breaks_open=figures["open"],
        breaks_without_owner=figures["unowned"],
        missing=(),
    )
    return _judged(found, _without_break(bank_account, on))


def _judged(found: Proof, without_break: int) -> Proof:
    missing = []
    if not found.has_statement:
        missing.append(f"There is no statement for {found.on}.")
    if found.unexplained:
        currency = found.bank_account.currency
        missing.append(f"{money.to_text(found.unexplained, currency)} {currency} are explained by nothing: reconcile again.")
    if without_break:
        missing.append(_counted(without_break, "line of the bank has", "lines of the bank have") + " not been reconciled yet.")
    if found.breaks_without_owner:
        missing.append(_counted(found.breaks_without_owner, "break has", "breaks have") + " no owner.")
    return Proof(**{**{name: getattr(found, name) for name in Proof.__slots__}, "missing": tuple(missing)})


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _open_sums(bank_account: BankAccount, on: date) -> dict[str, Decimal]:
    """The sums of what was open at the end of the day: not settled at all, or only together with something later."""
    mine = ReconciliationItem.objects.filter(bank_account=bank_account)
    later = mine.filter(dated_on__gt=on, match__isnull=False).exclude(state__in=OPEN_STATES).values("match_id")
    sums = dict.fromkeys(ItemSide.values, ZERO)
    for then in (mine.filter(state__in=OPEN_STATES), mine.filter(match_id__in=later).exclude(state__in=OPEN_STATES)):
        for row in then.filter(dated_on__lte=on).values("side").annotate(sum=Sum("amount")).order_by():
            sums[row["side"]] += row["sum"]
    return sums


def _without_break(bank_account: BankAccount, on: date) -> int:
    """Lines that are open and nobody has been told of."""
    told = Break.objects.filter(item=OuterRef("pk")).exclude(state=BreakState.CLOSED)
    lines = open_items(bank_account=bank_account).filter(side=ItemSide.THEIRS, dated_on__lte=on)
    return lines.filter(~Exists(told)).count()


def _opening_difference(bank_account: BankAccount, members: Iterable[BankAccountMember]) -> Decimal:
    first = BankStatement.objects.filter(bank_account=bank_account, is_proof=True, previous=None).first()
    return ZERO if first is None else (first.opening or ZERO) - sum((member.opening for member in members), ZERO)


def opening_difference(*, bank_account: BankAccount) -> Decimal:
    """By how much the bank's first opening balance exceeds what the books had before the first day."""
    return _opening_difference(bank_account, BankAccountMember.objects.filter(bank_account=bank_account))


def proofs(*, on: date, book_id: int | None = None, is_banking_day: bool | None = None) -> list[Proof]:
    """The proof of every bank account (of a book) that is reconciled by then."""
    accounts = (
        BankAccount.objects.filter(starts_on__lte=on) if book_id is None else of_book(book_id=book_id).filter(starts_on__lte=on)
    )
    return [proof(bank_account=account, on=on, is_banking_day=is_banking_day) for account in accounts]


def candidates_of(*, item: ReconciliationItem) -> list[ReconciliationItem]:
    """What an ambiguous item could belong to, or what its suggestion puts beside it."""
    keys = item.candidates
    if item.match_id is not None:
        keys = ReconciliationItem.objects.filter(match_id=item.match_id).exclude(pk=item.pk).values_list("pk", flat=True)
    return list(ReconciliationItem.objects.filter(pk__in=keys).select_related("line", "journal").order_by("dated_on", "id"))


def states_by_day(*, bank_account: BankAccount, first: date, last: date) -> dict[date, dict[str, int]]:
    """How many items of each day are in each state, for the days that have any."""
    found = ReconciliationItem.objects.filter(bank_account=bank_account, dated_on__gte=first, dated_on__lte=last)
    days: dict[date, dict[str, int]] = {}
    for row in found.values("dated_on", "state").annotate(n=Count("id")).order_by():
        days.setdefault(row["dated_on"], {})[row["state"]] = row["n"]
    return days
