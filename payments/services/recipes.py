"""What each money-relevant move of a payment does in the books, on one page. ``docs/payments.md`` shows the same table.

Money of customers at the bank is 1010, payments on their way out 1120, on their way in 1110, what is collected and not there yet 2020. All
journals carry the payment's public id as their cause and its reference and trace in their metadata, by which the bank's statement is
matched.
"""

from dataclasses import dataclass

from ledger.services import charts

CLEARING = "payments.clearing"
SETTLEMENT = "payments.settlement"
RECEIPT = "payments.receipt"
FAILURE = "payments.failure"
RETURN = "payments.return"
REDEMPTION = "payments.return_redeemed"
EXPECTED = "payments.expected"
COLLECTED = "payments.collected"
NOT_COLLECTED = "payments.not_collected"
ACQUIRED = "payments.acquired"
DISPUTE = "payments.dispute"
DISPUTE_WON = "payments.dispute_won"
DISPUTE_FEE = "payments.dispute_fee"
DISPUTE_FEE_BACK = "payments.dispute_fee_back"
MICRO_SENT = "payments.micro_deposits_sent"
MICRO_SETTLED = "payments.micro_deposits_settled"
MICRO_RETURNED = "payments.micro_deposit_returned"
BOOK = "payments.book"
FEE = "payments.fee"
ASSIGNMENT = "payments.assignment"
RECOVERY = "payments.recovery"
WRITE_OFF = "payments.write_off"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What moves: accounts in words, chart lines in codes. ``when`` is the move of the payment that posts it."""

    kind: str
    label: str
    when: str
    debits: tuple[str, ...]
    credits: tuple[str, ...]


_BANK, _OUT, _IN, _EXPECTED = charts.SAFEGUARDING, charts.CLEARING_OUT, charts.CLEARING_IN, charts.INCOMING_EXPECTED
_COSTS = charts.PROVIDER_COSTS
_FEES, _SUSPENSE, _OWED = charts.FEE_INCOME, charts.SUSPENSE, charts.RECOVERY_RECEIVABLE

RECIPES = {
    recipe.kind: recipe
    for recipe in (
        Recipe(
            CLEARING, "Payment sent", "out: HELD to SUBMITTED", ("wallet: amount and fee",), (f"{_OUT}: amount", f"{_FEES}: fee")
        ),
        Recipe(SETTLEMENT, "Payment settled", "out: SUBMITTED to SETTLED", (f"{_OUT}: amount",), (f"{_BANK}: amount",)),
        Recipe(
            FAILURE,
            "Payment failed",
            "out: SUBMITTED to FAILED",
            (f"{_OUT}: amount", f"{_FEES}: fee"),
            (f"wallet (or {_SUSPENSE} when it cannot take it): amount and fee",),
        ),
        Recipe(
            RETURN,
            "Payment returned",
            "out: SETTLED to RETURNED, or SUBMITTED when the return overtakes the settlement; in: SETTLED to RETURNED",
            (f"out: {_BANK} (or {_OUT} when it was not settled)", f"in: wallet, and {_OWED} for what it cannot carry"),
            (f"out: wallet (or {_SUSPENSE})", f"in: {_BANK} (card: {_IN})"),
        ),
        Recipe(
            REDEMPTION,
            "Return taken back",
            "RETURNED to SETTLED or REFUNDED",
            (f"in: {_BANK}", f"out: wallet, and {_OWED} for what it cannot carry"),
            (f"in: wallet (or {_SUSPENSE})", f"out: {_BANK}"),
        ),
        Recipe(
            RECEIPT,
            "Payment received",
            "in: CREATED to SETTLED, money that came by itself",
            (f"{_BANK}: amount",),
            (f"wallet (or {_SUSPENSE}): amount less fee", f"{_FEES}: fee"),
        ),
        Recipe(EXPECTED, "Collection sent", "in: APPROVED to SUBMITTED", (f"{_IN}: amount",), (f"{_EXPECTED}: amount",)),
        Recipe(
            COLLECTED,
            "Collection settled",
            "in: SUBMITTED to SETTLED",
            (f"{_BANK}: amount", f"{_EXPECTED}: amount"),
            (f"{_IN}: amount", f"wallet (or {_SUSPENSE}): amount less fee", f"{_FEES}: fee"),
        ),
        Recipe(
            NOT_COLLECTED,
            "Collection failed",
            "in: SUBMITTED to FAILED or RETURNED",
            (f"{_EXPECTED}: amount",),
            (f"{_IN}: amount",),
        ),
        Recipe(
            ACQUIRED,
            "Card payment",
            "card: SUBMITTED to SETTLED; the acquirer pays later",
            (f"{_EXPECTED}: amount",),
            (f"wallet (or {_SUSPENSE}): amount less fee", f"{_FEES}: fee"),
        ),
        Recipe(
            DISPUTE,
            "Dispute opened",
            "card: SETTLED to DISPUTED, or RETURNED when a lost one left something",
            (f"wallet, and {_OWED} for what it cannot carry: amount",),
            (f"{_IN}: amount",),
        ),
        Recipe(
            DISPUTE_WON,
            "Dispute won",
            "card: DISPUTED to SETTLED or REFUNDED, or to RETURNED when an earlier one was lost",
            (f"{_IN}: amount",),
            (f"wallet (or {_SUSPENSE}): amount",),
        ),
        Recipe(
            DISPUTE_FEE,
            "Dispute fee",
            "the acquirer charges for a dispute, or for answering it; the platform's own money",
            (f"{_COSTS}: what it charged more than before",),
            (f"{_IN}: the same",),
        ),
        Recipe(
            DISPUTE_FEE_BACK,
            "Dispute fee given back",
            "the acquirer gives back what it charged, or a part of it, mostly when the dispute is won",
            (f"{_IN}: what it gave back",),
            (f"{_COSTS}: the same",),
        ),
        Recipe(
            BOOK,
            "Payment inside the book",
            "book: HELD to SETTLED",
            ("wallet: amount and fee",),
            ("target wallet: amount", f"{_FEES}: fee"),
        ),
        Recipe(
            MICRO_SENT,
            "Micro-deposits sent",
            "an account's two deposits go into a file; the platform's own money",
            (f"{_COSTS}: both amounts",),
            (f"{_OUT}: both amounts",),
        ),
        Recipe(
            MICRO_SETTLED,
            "Micro-deposits settled",
            "the file's value day has come",
            (f"{_OUT}: what was not returned",),
            (f"{_BANK}: the same",),
        ),
        Recipe(
            MICRO_RETURNED,
            "Micro-deposit returned",
            "the bank sent one back, or refused the file",
            (f"{_BANK} (or {_OUT} when it was not settled): amount",),
            (f"{_COSTS}: amount",),
        ),
        Recipe(
            ASSIGNMENT,
            "Payment assigned",
            "money in suspense is assigned to a wallet; the state stays",
            (f"{_SUSPENSE}: what lies there",),
            ("wallet: the same",),
        ),
        Recipe(
            RECOVERY,
            "Debt recovered",
            "an officer takes what a customer owes from the customer's wallets",
            ("wallets: what they have, up to what is owed",),
            (f"{_OWED}: the same",),
        ),
        Recipe(
            WRITE_OFF,
            "Debt written off",
            "two people give up what a customer owes; the platform's own money",
            (f"{charts.LOSSES}: what is still owed",),
            (f"{_OWED}: the same",),
        ),
        Recipe(FEE, "Fee", "fee: HELD to SETTLED", ("wallet: amount",), (f"{_FEES}: amount",)),
    )
}


def label(kind: str) -> str:
    """What people call a kind of journal."""
    return RECIPES[kind].label
