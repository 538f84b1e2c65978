"""Return reason codes: what each means, how long it may take, whether the entry may be presented again, and what we do.

The table is ``RETURN_CODES``. A return has two banking days unless said otherwise; a consumer's claim of a debit that was not
authorized has sixty calendar days from settlement. Only R01 and R09 may be presented again, at most twice within 180 days and
described as RETRY PYMT. Sources: Nacha Operating Rules, Appendix Four, and the return-rate levels of Article Two (2.17.2), where R11
counts as unauthorized since 1 April 2020 (rule "Differentiating Unauthorized Return Reasons"). No source gives R90 a time limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from payments.providers.nacha.banking_days import is_banking_day


class Kind(StrEnum):
    """Who says it, in the conversation about an entry."""

    RETURN = "RETURN"
    OPERATOR = "OPERATOR"
    ENROLLMENT = "ENROLLMENT"
    DISHONORED = "DISHONORED"
    CONTESTED = "CONTESTED"
    INTERNATIONAL = "INTERNATIONAL"


class Action(StrEnum):
    """What the platform does, besides booking the money back."""

    PRESENT_AGAIN = "Present again, at most twice within 180 days, as RETRY PYMT"
    CLOSE_ACCOUNT = "Use the external account no more; ask for another"
    REVOKE_MANDATE = "Revoke the mandate; no debit without a new authorization"
    ASK_CUSTOMER = "Ask the customer before the next payment"
    CORRECT = "Correct the entry; a new one may follow"
    COMPLIANCE = "Stop all movement with the external account and open a review"
    REPAIR_OUR_FILE = "Our file was wrong: repair it and find out why"
    BANK = "Settle with the bank; the customer's side stays as it is"


class Clock(StrEnum):
    """How the time limit counts."""

    BANKING_DAYS = "banking days"
    CALENDAR_DAYS = "calendar days"
    NEXT_FILE = "next file of the operator"
    AGREED = "as agreed with the ODFI"
    UNSTATED = "not stated"


@dataclass(frozen=True, slots=True)
class ReturnCode:
    """One reason. ``days`` of ``clock`` run from the settlement of the entry that is answered; ``days`` is 0 for the other clocks."""

    code: str
    title: str
    meaning: str
    action: Action
    kind: Kind = Kind.RETURN
    days: int = 2
    clock: Clock = Clock.BANKING_DAYS

    @property
    def is_representable(self) -> bool:
        """The entry may be presented again."""
        return self.action is Action.PRESENT_AGAIN

    @property
    def time_limit(self) -> str:
        """The limit in words."""
        return f"{self.days} {self.clock.value}" if self.days else self.clock.value


def _consumer(code: str, title: str, meaning: str, action: Action) -> ReturnCode:
    return ReturnCode(code, title, meaning, action, days=60, clock=Clock.CALENDAR_DAYS)


def _agreed(code: str, title: str, meaning: str, action: Action) -> ReturnCode:
    return ReturnCode(code, title, meaning, action, days=0, clock=Clock.AGREED)


def _operator(code: str, title: str, meaning: str, action: Action = Action.REPAIR_OUR_FILE) -> ReturnCode:
    return ReturnCode(code, title, meaning, action, Kind.OPERATOR, 0, Clock.NEXT_FILE)


def _enrollment(code: str, title: str, meaning: str) -> ReturnCode:
    return ReturnCode(code, title, meaning, Action.CORRECT, Kind.ENROLLMENT)


def _dishonored(code: str, title: str, meaning: str) -> ReturnCode:
    return ReturnCode(code, title, meaning, Action.BANK, Kind.DISHONORED, 5)


def _contested(code: str, title: str, meaning: str) -> ReturnCode:
    return ReturnCode(code, title, meaning, Action.BANK, Kind.CONTESTED, 2)


def _international(code: str, title: str, meaning: str, action: Action = Action.CORRECT) -> ReturnCode:
    return ReturnCode(code, title, meaning, action, Kind.INTERNATIONAL, 0, Clock.NEXT_FILE)


_AGAIN, _CLOSE, _REVOKE, _ASK = Action.PRESENT_AGAIN, Action.CLOSE_ACCOUNT, Action.REVOKE_MANDATE, Action.ASK_CUSTOMER
_CORRECT, _COMPLIANCE, _OURS, _BANK = Action.CORRECT, Action.COMPLIANCE, Action.REPAIR_OUR_FILE, Action.BANK

_TABLE = (
    ReturnCode("R01", "Insufficient funds", "The balance does not cover the debit", _AGAIN),
    ReturnCode("R02", "Account closed", "A once active account was closed", _CLOSE),
    ReturnCode(
        "R03", "No account or unable to locate it", "The number is well-formed but no such account or person is found", _CLOSE
    ),
    ReturnCode("R04", "Invalid account number structure", "The number fails the bank's own check of form or length", _CLOSE),
    _consumer(
        "R05", "Unauthorized debit to a consumer account by a corporate code", "A CCD or CTX debit hit a consumer", _REVOKE
    ),
    _agreed("R06", "Returned at the ODFI's request", "Our bank asked for the entry back", _BANK),
    _consumer("R07", "Authorization revoked by the customer", "The consumer had agreed and took it back", _REVOKE),
    ReturnCode("R08", "Payment stopped", "The receiver stopped this payment", _ASK),
    ReturnCode("R09", "Uncollected funds", "The balance covers the debit, but is still being collected", _AGAIN),
    _consumer("R10", "Originator not known or not authorized", "The receiver says that nothing was authorized", _REVOKE),
    _consumer(
        "R11", "Not in accordance with the authorization", "Authorized, but not so: another amount, day or order", _CORRECT
    ),
    ReturnCode("R12", "Account sold to another institution", "The branch now belongs to another bank", _CLOSE),
    _operator("R13", "Invalid ACH routing number", "The routing number takes no ACH entries", _CLOSE),
    ReturnCode("R14", "Representative payee deceased or unable", "Who received for another died or stepped back", _COMPLIANCE),
    ReturnCode("R15", "Beneficiary or account holder deceased", "The receiver died", _COMPLIANCE),
    ReturnCode(
        "R16", "Account frozen or returned by instruction of OFAC", "A legal order or a sanction holds the account", _COMPLIANCE
    ),
    ReturnCode(
        "R17", "File record edit criteria or questionable circumstances", "Fields unusable, fraud or a bad reversal", _COMPLIANCE
    ),
    _operator("R18", "Improper effective entry date", "The day does not fit the processing window"),
    _operator("R19", "Amount field error", "The amount does not fit the transaction code"),
    ReturnCode("R20", "Non-transaction account", "The account allows no or no more such entries", _CLOSE),
    ReturnCode("R21", "Invalid company identification", "The company identification is not known", _OURS),
    ReturnCode("R22", "Invalid individual identification number", "The receiver does not know the identification", _CORRECT),
    ReturnCode("R23", "Credit refused by the receiver", "The receiver does not want the money", _ASK),
    ReturnCode("R24", "Duplicate entry", "The bank has the entry already", _OURS),
    _operator("R25", "Addenda error", "The addenda do not fit the entry"),
    _operator("R26", "Mandatory field error", "A mandatory field is missing or wrong"),
    _operator("R27", "Trace number error", "The trace number of a return is not that of its original"),
    _operator("R28", "Routing number check digit error", "The check digit is wrong"),
    ReturnCode("R29", "Corporate customer advises not authorized", "A company says that nothing was authorized", _REVOKE),
    ReturnCode("R30", "Not a participant in check truncation", "The bank takes no truncated checks", _BANK),
    _agreed("R31", "Permissible return (CCD and CTX)", "A late corporate return that our bank agreed to", _REVOKE),
    _operator("R32", "RDFI does not settle", "The bank cannot settle", _CLOSE),
    _consumer("R33", "Return of a destroyed check entry", "The bank returns an XCK entry at its discretion", _BANK),
    _operator("R34", "Limited participation", "A supervisor limits the bank's participation", _CLOSE),
    _operator("R35", "Improper debit", "A debit came where its code allows credits only"),
    _operator("R36", "Improper credit", "A credit came where its code allows debits only"),
    _consumer("R37", "Source document presented", "The check itself was paid too", _ASK),
    _consumer("R38", "Stop payment on the source document", "The check was stopped", _ASK),
    ReturnCode("R39", "Improper source document", "The check is not eligible or was paid too", _ASK),
    _enrollment("R40", "Return of an enrollment by an agency", "The agency returns the enrollment"),
    _enrollment("R41", "Invalid transaction code of an enrollment", "The transaction code is wrong"),
    _enrollment("R42", "Routing number or check digit error of an enrollment", "The routing number is wrong"),
    _enrollment("R43", "Invalid account number of an enrollment", "The account number is wrong"),
    _enrollment("R44", "Invalid individual identification of an enrollment", "The identification is wrong"),
    _enrollment("R45", "Invalid name of an enrollment", "The name is wrong"),
    _enrollment("R46", "Invalid representative payee indicator", "The indicator is wrong"),
    _enrollment("R47", "Duplicate enrollment", "The enrollment is there already"),
    ReturnCode("R50", "State law on re-presented checks", "The state or the account does not allow RCK entries", _ASK),
    _consumer("R51", "Ineligible or improper re-presented check", "The check was not eligible or not authorized", _REVOKE),
    _consumer("R52", "Stop payment on a re-presented check", "The check was stopped", _ASK),
    _consumer("R53", "Check and entry both presented", "Check and RCK entry were both paid", _ASK),
    _dishonored("R61", "Misrouted return", "The return reached the wrong institution"),
    _dishonored("R62", "Return of an erroneous or reversing debit", "A reversal and its error were returned unevenly"),
    _dishonored("R67", "Duplicate return", "The entry was returned already"),
    _dishonored("R68", "Untimely return", "The return came too late"),
    _dishonored("R69", "Field errors", "Account, trace, amount or other fields of the return are wrong"),
    _dishonored("R70", "Permissible return not accepted", "Our bank did not agree to the return"),
    _contested("R71", "Misrouted dishonored return", "The dishonored return reached the wrong institution"),
    _contested("R72", "Untimely dishonored return", "The dishonored return came too late"),
    _contested("R73", "Timely original return", "The return was in time"),
    _contested("R74", "Corrected return", "The return comes again with its fields corrected"),
    _contested("R75", "Return not a duplicate", "There was no earlier return"),
    _contested("R76", "No errors found", "The fields of the return were right"),
    _contested("R77", "R62 not accepted", "Both sides of the reversal were returned, or nothing can be got back"),
    _international("R80", "Coding error of an international entry", "Fields of the IAT entry contradict each other"),
    _international("R81", "Not a participant in IAT", "The gateway takes no IAT entries of our bank"),
    _international("R82", "Invalid foreign receiving institution", "The foreign bank's identification is wrong"),
    _international("R83", "Foreign institution unable to settle", "The foreign bank cannot settle", _CLOSE),
    _international("R84", "Not processed by the gateway", "The gateway holds the entry back", _COMPLIANCE),
    _international("R85", "International payment coded as domestic", "The entry had to be IAT", _OURS),
    ReturnCode(
        "R90", "Returned for sanctions", "A sanctioned party or country is involved", _COMPLIANCE, days=0, clock=Clock.UNSTATED
    ),
)
RETURN_CODES: Mapping[str, ReturnCode] = {one.code: one for one in _TABLE}


def latest_day(code: str, *, settled_on: date) -> date | None:
    """The last day on which a return of this code is in time for an entry settled then; a later one may be dishonored as R68.

    None for codes without a limit in days and for codes that are not in the table.
    """
    found = RETURN_CODES.get(code)
    if found is None or not found.days:
        return None
    if found.clock is Clock.CALENDAR_DAYS:
        return settled_on + timedelta(days=found.days)
    day, left = settled_on, found.days
    while left:
        day += timedelta(days=1)
        left -= is_banking_day(day)
    return day


DISHONORED_CODES = frozenset(code for code, one in RETURN_CODES.items() if one.kind is Kind.DISHONORED)
CONTESTED_CODES = frozenset(code for code, one in RETURN_CODES.items() if one.kind is Kind.CONTESTED)


@dataclass(frozen=True, slots=True)
class RateLevel:
    """A share of returned debits among all debits of the last sixty days at which Nacha asks questions. ``codes`` None is every code."""

    name: str
    limit: Decimal
    codes: frozenset[str] | None


RATE_LEVELS = (
    RateLevel("UNAUTHORIZED", Decimal("0.005"), frozenset({"R05", "R07", "R10", "R11", "R29", "R51"})),
    RateLevel("ADMINISTRATIVE", Decimal("0.03"), frozenset({"R02", "R03", "R04"})),
    RateLevel("OVERALL", Decimal("0.15"), None),
)


@dataclass(frozen=True, slots=True)
class RateFigure:
    """What was counted for one level; the level is reached above its limit, not at it."""

    level: RateLevel
    returned: int
    debits: int

    @property
    def rate(self) -> Decimal:
        """Returned over all; zero when nothing was sent."""
        return Decimal(self.returned) / Decimal(self.debits) if self.debits else Decimal(0)

    @property
    def is_exceeded(self) -> bool:
        """Compared without division, so without rounding."""
        return Decimal(self.returned) > self.level.limit * self.debits


def return_rates(*, debits: int, returned: Mapping[str, int]) -> tuple[RateFigure, ...]:
    """The three figures for ``debits`` sent and how many came ``returned`` by code. Answers of banks about returns do not count."""
    counted = {code: count for code, count in returned.items() if code in RETURN_CODES}
    answers = DISHONORED_CODES | CONTESTED_CODES
    return tuple(
        RateFigure(
            level,
            sum(n for code, n in counted.items() if code not in answers and (level.codes is None or code in level.codes)),
            debits,
        )
        for level in RATE_LEVELS
    )
