"""What ``verify_ledger`` reads aloud of wallets: holds against the books, transfers and conversions
against their journals, usage against both."""

from collections.abc import Iterator

from django.db import connection

from flowlet.core import ids
from ledger.services import verification
from wallets.models import Conversion, Transfer, Wallet
from wallets.selectors.holds import accounts_out_of_step

LIMIT = 50
# Most transfers have one journal, whose key they know; those that are captured in parts are the cause of several.
_BY_JOURNAL = """
    SELECT t.id, t.captured, coalesce(e.amount, 0)
    FROM wallets_transfer t JOIN wallets_wallet w ON w.id = t.source_id
    LEFT JOIN ledger_entry e ON e.journal_id = t.journal_id AND e.side = 'DEBIT' AND e.account_id = w.account_id
    WHERE t.kind <> 'AUTHORIZED' AND t.captured <> coalesce(e.amount, 0) LIMIT %s"""
_BY_CAUSE = """
    SELECT t.id, t.captured, coalesce(m.moved, 0) FROM wallets_transfer t
    LEFT JOIN (
        SELECT j.cause, sum(e.amount) AS moved FROM ledger_journal j
        JOIN ledger_entry e ON e.journal_id = j.id AND e.side = 'DEBIT'
        WHERE j.kind = 'wallets.capture' GROUP BY j.cause
    ) m ON m.cause = wallets_public_id('trf', t.id)
    WHERE t.kind = 'AUTHORIZED' AND t.captured <> coalesce(m.moved, 0) LIMIT %s"""


def register() -> None:
    """Add the checks to the ledger's."""
    verification.register("What is held is what is left of the holds")(holds_add_up)
    verification.register("Transfers moved what they say")(transfers_moved)
    verification.register("Refunds add up")(refunds_add_up)
    verification.register("Conversions moved what they say")(conversions_moved)


def holds_add_up() -> Iterator[tuple[str, str]]:
    """Invariant: the held balance of a wallet's account is the sum of what is left of its open holds."""
    for account_id, held, remaining in accounts_out_of_step()[:LIMIT]:
        wallet = Wallet.objects.filter(account_id=account_id).only("id").first()
        yield (wallet.public_id if wallet else f"account {account_id}"), f"the books hold {held}, the holds say {remaining}"


def transfers_moved() -> Iterator[tuple[str, str]]:
    """Invariant: the journals that a transfer caused (refunds apart) debit its source wallet by what it says was captured."""
    for key, captured, moved in [*_rows(_BY_JOURNAL), *_rows(_BY_CAUSE)]:
        yield ids.public_id(Transfer.PREFIX, key), f"{captured} was captured, its journals moved {moved}"


def refunds_add_up() -> Iterator[tuple[str, str]]:
    """Invariant: a transfer's refunds are as much as it says was refunded."""
    for key, refunded, returned in _rows(
        """
        SELECT t.id, t.refunded, coalesce(r.returned, 0) FROM wallets_transfer t
        LEFT JOIN (SELECT transfer_id, sum(amount) AS returned FROM wallets_refund GROUP BY 1) r ON r.transfer_id = t.id
        WHERE t.refunded <> coalesce(r.returned, 0) LIMIT %s"""
    ):
        yield ids.public_id(Transfer.PREFIX, key), f"{refunded} was refunded, its refunds are {returned}"


def conversions_moved() -> Iterator[tuple[str, str]]:
    """Invariant: a conversion's journal takes what was sold from its source wallet, and gives what was bought to its target wallet."""
    for key, sold, paid, bought, received in _rows(
        """
        SELECT c.id, c.sell_amount, coalesce(p.amount, 0), c.buy_amount, coalesce(r.amount, 0)
        FROM wallets_conversion c JOIN wallets_wallet s ON s.id = c.source_id JOIN wallets_wallet t ON t.id = c.target_id
        LEFT JOIN ledger_entry p ON p.journal_id = c.journal_id AND p.side = 'DEBIT' AND p.account_id = s.account_id
        LEFT JOIN ledger_entry r ON r.journal_id = c.journal_id AND r.side = 'CREDIT' AND r.account_id = t.account_id
        WHERE (c.sell_amount, c.buy_amount) IS DISTINCT FROM (p.amount, r.amount) LIMIT %s"""
    ):
        yield (
            ids.public_id(Conversion.PREFIX, key),
            f"{sold} was sold and {bought} bought, its journal moved {paid} and {received}",
        )


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [LIMIT])
        return cursor.fetchall()
