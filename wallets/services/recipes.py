"""What each kind of journal does in the books, on one page.

A customer's wallet is a liability: what leaves it is a debit, what comes in is a credit. All of them carry the public id of what
brought them about as their cause.
"""

from dataclasses import dataclass

from flowlet.core.money import Money
from ledger.services.journals import Leg

TRANSFER = "wallets.transfer"
CAPTURE = "wallets.capture"
REFUND = "wallets.refund"
TOP_UP = "wallets.top_up"
CONVERSION = "wallets.conversion"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which account is debited, which is credited, and what partners call it."""

    kind: str
    label: str
    debit: str
    credit: str


RECIPES = {
    recipe.kind: recipe
    for recipe in (
        Recipe(TRANSFER, "Transfer", debit="source wallet", credit="target wallet"),
        Recipe(CAPTURE, "Captured hold", debit="source wallet", credit="target wallet"),
        Recipe(REFUND, "Refund", debit="target wallet of the transfer", credit="source wallet of the transfer"),
        Recipe(
            CONVERSION,
            "Conversion",
            debit="source wallet; position in the bought currency; cost of the position in the sold currency",
            credit="position in the sold currency; cost of that in the bought one; target wallet; foreign exchange result",
        ),
        Recipe(TOP_UP, "Sandbox top-up", debit="safeguarded customer money at banks", credit="wallet"),
    )
}


def legs(*, debit: int, credit: int, amount: Money) -> list[Leg]:
    """The two legs: ``debit`` and ``credit`` are accounts' keys."""
    return [Leg(debit, "DEBIT", amount), Leg(credit, "CREDIT", amount)]


def label(kind: str) -> str:
    """What people call a kind of journal."""
    known = RECIPES.get(kind)
    return known.label if known else kind.replace("_", " ").replace(".", " ").capitalize()
