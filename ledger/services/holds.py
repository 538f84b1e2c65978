"""Held balances of STRICT accounts: changed without moving money, and accounts locked in order."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection

from ledger.services.journals import BalanceAfter, HoldChange
from ledger.services.refusals import translated


def change(*, book_id: int, changes: Sequence[HoldChange]) -> dict[int, BalanceAfter]:
    """Hold more, or less, of each account; answers the balances after it. Holding needs an open account, releasing does not.

    The accounts are locked, lowest key first. Raises InsufficientFunds, HoldExceeded, AccountFrozen, AccountClosed, AccountNotFound, Busy.
    """
    total: dict[int, Decimal] = {}
    for one in changes:
        total[one.account_id] = total.get(one.account_id, Decimal(0)) + one.delta
    accounts = sorted(total)
    with translated(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, posted, held, seq FROM ledger_hold(%s, %s::bigint[], %s::numeric[])",
            [book_id, accounts, [total[account] for account in accounts]],
        )
        return {account: BalanceAfter(posted, held, seq) for account, posted, held, seq in cursor.fetchall()}


def lock(*, book_id: int, account_ids: Iterable[int]) -> dict[int, tuple[Decimal, Decimal]]:
    """Lock STRICT accounts until the transaction ends, lowest key first; answers (posted, held) of each."""
    with translated(), connection.cursor() as cursor:
        cursor.execute("SELECT account_id, posted, held FROM ledger_lock(%s, %s::bigint[])", [book_id, sorted(set(account_ids))])
        return {account: (posted, held) for account, posted, held in cursor.fetchall()}
