"""Balances now, on any day, and as they were recorded at any moment.

All of it comes from the snapshots plus the tail (``migrations/snapshots.sql``), so the cost does not grow with the age of the
book. Figures are
total debits and credits; ``Totals.natural`` gives the balance in an account's normal direction.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from flowlet.db.transactions import one_snapshot
from ledger import errors
from ledger.choices import Side
from ledger.models import Balance

SETTLE_SECONDS = 2.0
ZERO = Decimal(0)
_settled: ContextVar[datetime | None] = ContextVar("settled", default=None)


@dataclass(frozen=True, slots=True)
class Totals:
    """Total debits and credits of an account, in its currency."""

    debits: Decimal = ZERO
    credits: Decimal = ZERO

    def natural(self, side: str) -> Decimal:
        """The balance of an account that grows on ``side``."""
        return self.debits - self.credits if side == Side.DEBIT else self.credits - self.debits


@dataclass(frozen=True, slots=True)
class LineTotal:
    """Total debits and credits of all accounts of a chart line in one currency."""

    line_id: int
    currency: str
    debits: Decimal
    credits: Decimal

    def natural(self, side: str) -> Decimal:
        """The balance of a line that grows on ``side``."""
        return self.debits - self.credits if side == Side.DEBIT else self.credits - self.debits


@contextmanager
def one_picture(recorded_at: datetime | None = None) -> Iterator[None]:
    """Balances and entries read inside are of one snapshot, so that they fit together while others post.

    The moment is settled before: within a snapshot it could not become so. Raises BeyondHorizon.
    """
    _settle(recorded_at)
    with one_snapshot():
        token = _settled.set(recorded_at)
        try:
            yield
        finally:
            _settled.reset(token)


def as_of(*, account_ids: Iterable[int], on: date | None = None, recorded_at: datetime | None = None) -> dict[int, Totals]:
    """Totals of accounts: effective up to and including ``on`` (default: all), as recorded at ``recorded_at`` (default: now).

    Raises BeyondHorizon when that moment is in the future or not settled yet.
    """
    keys = list(account_ids)
    if not keys:
        return {}
    _settle(recorded_at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, debits, credits FROM ledger_account_totals(%s, %s, %s)", [keys, on, recorded_at])
        return {account_id: Totals(debits, credits) for account_id, debits, credits in cursor.fetchall()}


def line_totals(*, book_id: int, on: date | None = None, recorded_at: datetime | None = None) -> list[LineTotal]:
    """Totals of every chart line and currency of a book that ever moved; days and moments as in ``as_of``."""
    _settle(recorded_at)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line_id, currency, debits, credits FROM ledger_line_totals(%s, %s, %s)", [book_id, on, recorded_at]
        )
        return [LineTotal(*row) for row in cursor.fetchall()]


def current(*, account_ids: Iterable[int]) -> dict[int, Balance]:
    """The balance rows (posted, held, seq) of STRICT accounts, in one consistent read."""
    return Balance.objects.in_bulk(list(account_ids))


def _settle(moment: datetime | None) -> None:
    """Wait a moment for open transactions that may still record something before ``moment``, then refuse.

    Settled means: a mark lies at or after the moment and everything before the mark is finished. Without such a mark we draw
    a transaction
    id ourselves and wait until all below it are finished; within a transaction that has written already, only the marks can tell.
    """
    if moment is None or moment == _settled.get():
        return
    deadline = time.monotonic() + SETTLE_SECONDS
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s <= clock_timestamp(), ledger_is_settled(%s)", [moment, moment])
        is_past, is_settled = cursor.fetchone()
        if not is_past:
            raise errors.BeyondHorizon("The moment lies in the future of the database's clock.", param="recorded_at")
        if is_settled:
            return
        cursor.execute("SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_current_xact_id()::text::bigint END")
        ours = cursor.fetchone()[0]
        while True:
            cursor.execute(
                "SELECT ledger_is_settled(%s) OR coalesce(pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= %s, false)",
                [moment, ours],
            )
            if cursor.fetchone()[0]:
                return
            if time.monotonic() > deadline:
                raise errors.BeyondHorizon(param="recorded_at")
            time.sleep(0.05)
