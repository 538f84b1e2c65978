"""A book to measure in: customers' STRICT accounts with money, and busy DEFERRED accounts, all made by the services."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from moneyed import Money

from flowlet.core import actors, clock

ACTOR = actors.system("benchmark")
FUNDS = Decimal(1_000_000)


@dataclass(frozen=True)
class Bench:
    """Keys of the book, its STRICT accounts and its busy DEFERRED account."""

    book_id: int
    strict: list[int]
    busy: int


def make(accounts: int, *, opened_days_ago: int = 400) -> Bench:
    """A book with ``accounts`` STRICT accounts in USD at floor zero, funded out of the busy account in journals of a thousand legs."""
    from accounts.services import partners
    from ledger.choices import AccountMode
    from ledger.models import Account, ChartLine
    from ledger.services import accounts as ledger_accounts
    from ledger.services import books, charts, journals
    from ledger.services.journals import Leg

    at = clock.now()
    pair = partners.create(name="Benchmark", country="US", actor=ACTOR, at=at)
    opened_on = datetime.now(UTC).date() - timedelta(days=opened_days_ago)
    book = books.create(partner=pair.sandbox, actor=ACTOR, at=at, opened_on=opened_on)
    cash = ledger_accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency="USD", actor=ACTOR, at=at)
    line = ChartLine.objects.get(book=book, code=charts.CUSTOMER_WALLETS)
    Account.objects.bulk_create(
        Account(
            book=book,
            line=line,
            code=f"wallet-{number}",
            name="Wallet",
            normal_side=line.normal_side,
            currency="USD",
            mode=AccountMode.STRICT,
            floor=Decimal(0),
            created_at=at,
        )
        for number in range(accounts)
    )
    strict = list(Account.objects.filter(book=book, line=line).order_by("id").values_list("id", flat=True))
    for start in range(0, len(strict), 1000):
        part = strict[start : start + 1000]
        legs = [
            Leg(cash.pk, "DEBIT", Money(FUNDS * len(part), "USD")),
            *[Leg(key, "CREDIT", Money(FUNDS, "USD")) for key in part],
        ]
        journals.post(book_id=book.pk, legs=legs, kind="funding", actor=ACTOR)
    return Bench(book.pk, strict, cash.pk)


def amount(dice: random.Random) -> Money:
    """One cent to fifty dollars."""
    return Money(Decimal(dice.randint(1, 5000)) / 100, "USD")
