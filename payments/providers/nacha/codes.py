"""Codes of entries and batches as tables: transaction codes, service classes, standard entry class (SEC) codes, descriptions.

Source: Nacha Operating Rules, Appendix Three. ``is_written`` marks the SEC codes whose files we send; the others are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Side(StrEnum):
    """The direction of the money, seen from the receiver's account."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


class AccountType(StrEnum):
    """The receiver's account; the value is the first digit of the transaction code."""

    CHECKING = "2"
    SAVINGS = "3"
    LEDGER = "4"
    LOAN = "5"


class Use(StrEnum):
    """What an entry of a transaction code is for."""

    LIVE = "LIVE"
    PRENOTE = "PRENOTE"
    ZERO_DOLLAR = "ZERO_DOLLAR"
    RETURN = "RETURN"
    ADVICE = "ADVICE"


@dataclass(frozen=True, slots=True)
class TransactionCode:
    """One two-digit transaction code."""

    code: str
    account_type: AccountType | None
    side: Side
    use: Use


def _transaction_codes() -> dict[str, TransactionCode]:
    uses = {1: Use.RETURN, 2: Use.LIVE, 3: Use.PRENOTE, 4: Use.ZERO_DOLLAR}
    found = [
        TransactionCode(f"{account.value}{base + step}", account, side, use)
        for account in AccountType
        for side, base in ((Side.CREDIT, 0), (Side.DEBIT, 5))
        for step, use in uses.items()
        # A loan account is debited only to reverse a credit (55) or to return one (56).
        if not (account is AccountType.LOAN and side is Side.DEBIT)
    ]
    found += [
        TransactionCode("55", AccountType.LOAN, Side.DEBIT, Use.LIVE),
        TransactionCode("56", AccountType.LOAN, Side.DEBIT, Use.RETURN),
    ]
    # Automated accounting advices: 81 to 88, odd numbers advise of credits.
    found += [TransactionCode(f"8{n}", None, Side.CREDIT if n % 2 else Side.DEBIT, Use.ADVICE) for n in range(1, 9)]
    return {one.code: one for one in found}


TRANSACTION_CODES: Mapping[str, TransactionCode] = _transaction_codes()


def transaction_code(*, account_type: AccountType, side: Side, use: Use = Use.LIVE) -> str:
    """The two digits for an entry. Raises KeyError where there is no such code (a loan is not debited)."""
    for one in TRANSACTION_CODES.values():
        if (one.account_type, one.side, one.use) == (account_type, side, use):
            return one.code
    raise KeyError(f"no transaction code for {account_type.name} {side} {use}")


# The files of one day are told apart by these, in this order: 36 a day between the same two parties.
MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MIXED, CREDITS_ONLY, DEBITS_ONLY, ADVICES = "200", "220", "225", "280"
SERVICE_CLASSES = frozenset({MIXED, CREDITS_ONLY, DEBITS_ONLY, ADVICES})


@dataclass(frozen=True, slots=True)
class Sec:
    """What a standard entry class allows. ``addenda`` is the type allowed before returns and changes; ``fewest`` to ``most`` of it."""

    code: str
    title: str
    sides: frozenset[Side]
    uses: frozenset[Use]
    addenda: frozenset[str] = frozenset()
    fewest: int = 0
    most: int = 0
    is_written: bool = False
    needs_name: bool = False


_BOTH = frozenset(Side)
_CREDITS = frozenset({Side.CREDIT})
_DEBITS = frozenset({Side.DEBIT})
_USUAL = frozenset({Use.LIVE, Use.PRENOTE})
_REMITTED = frozenset({Use.LIVE, Use.PRENOTE, Use.ZERO_DOLLAR})
_NOTHING = frozenset({Use.PRENOTE, Use.ZERO_DOLLAR})
_05, _02 = frozenset({"05"}), frozenset({"02"})

SEC_CODES: Mapping[str, Sec] = {
    one.code: one
    for one in (
        Sec("PPD", "Prearranged payment and deposit", _BOTH, _USUAL, _05, 0, 1, is_written=True, needs_name=True),
        Sec("CCD", "Corporate credit or debit", _BOTH, _REMITTED, _05, 0, 1, is_written=True, needs_name=True),
        Sec("CTX", "Corporate trade exchange", _BOTH, _REMITTED, _05, 0, 9_999, is_written=True, needs_name=True),
        Sec("WEB", "Internet-initiated or person-to-person entry", _BOTH, _USUAL, _05, 0, 1, is_written=True, needs_name=True),
        Sec("TEL", "Telephone-initiated entry", _DEBITS, _USUAL, is_written=True, needs_name=True),
        Sec("ACK", "Acknowledgment of a CCD entry", _CREDITS, _NOTHING, _05, 0, 1),
        Sec("ADV", "Automated accounting advice", _BOTH, frozenset({Use.ADVICE})),
        Sec("ARC", "Accounts receivable entry", _DEBITS, _USUAL),
        Sec("ATX", "Acknowledgment of a CTX entry", _CREDITS, _NOTHING, _05, 0, 9_999),
        Sec("BOC", "Back office conversion", _DEBITS, _USUAL),
        Sec("CIE", "Customer-initiated entry", _CREDITS, _USUAL, _05, 0, 1, needs_name=True),
        Sec("COR", "Notification of change", _BOTH, frozenset({Use.RETURN})),
        Sec("DNE", "Death notification", _CREDITS, _NOTHING, _05, 1, 1),
        Sec("ENR", "Automated enrollment", _BOTH, _NOTHING, _05, 1, 9_999),
        Sec(
            "IAT", "International entry", _BOTH, _USUAL, frozenset({"10", "11", "12", "13", "14", "15", "16", "17", "18"}), 7, 14
        ),
        Sec("MTE", "Machine transfer entry", _BOTH, _USUAL, _02, 1, 1),
        Sec("POP", "Point-of-purchase entry", _DEBITS, _USUAL),
        Sec("POS", "Point-of-sale entry", _DEBITS, _USUAL, _02, 1, 1),
        Sec("RCK", "Re-presented check", _DEBITS, frozenset({Use.LIVE}), needs_name=True),
        Sec("SHR", "Shared network entry", _DEBITS, _USUAL, _02, 1, 1),
        Sec("TRC", "Check truncation entry", _DEBITS, _USUAL),
        Sec("TRX", "Check truncation exchange", _DEBITS, _USUAL, _05, 0, 9_999),
        Sec("XCK", "Destroyed check entry", _DEBITS, _USUAL),
    )
}

# Descriptions that the rules spell out; in force means written in exactly these letters.
RESERVED_DESCRIPTIONS: Mapping[str, str] = {
    "PAYROLL": "wages, salaries and similar pay in PPD credits (since 20 March 2026)",
    "PURCHASE": "WEB debits for goods bought online (since 20 March 2026)",
    "REVERSAL": "an entry or file sent in error is taken back",
    "RETRY PYMT": "a debit returned R01 or R09 is presented again",
    "RETURN FEE": "the fee for a returned debit is collected",
    "ACCTVERIFY": "micro-entries that verify an account",
    "RECLAIM": "a benefit paid after death is reclaimed",
    "NONSETTLED": "an entry that did not settle is completed",
    "AUTOENROLL": "automated enrollment",
    "HCCLAIMPMT": "a health care claim is paid",
    "REDEPCHECK": "a check is presented again",
    "NO CHECK": "a destroyed check is collected",
}
DESCRIPTION_RULE_FROM = date(2026, 3, 20)
SAME_DAY_LIMIT_CENTS = 1_000_000_00
# A micro-entry that verifies an account is below one dollar.
MICRO_ENTRY_LIMIT_CENTS = 1_00


class Purpose(StrEnum):
    """What a batch pays for, as far as the rules of descriptions ask; the value is the description."""

    OTHER = ""
    WAGES = "PAYROLL"
    ONLINE_PURCHASE = "PURCHASE"
    ACCOUNT_VERIFICATION = "ACCTVERIFY"
    RETRY = "RETRY PYMT"
    REVERSAL = "REVERSAL"
    RETURN_FEE = "RETURN FEE"
