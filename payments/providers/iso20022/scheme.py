"""What SEPA demands above the schemas: the rules, and the values that they are made of.

The rules are those of the EPC's implementation guidelines to the rulebooks of 2025 (EPC132-08 credit transfer, EPC130-08 and EPC131-08
direct debit and its reversal). ``RULES`` names every one of them; ``checking`` applies them to messages.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

RULES: Final = {
    "message.version": "The scheme uses pain.001.001.09, pain.008.001.08 and pain.007.001.09.",
    "id.form": "An identification has at most 35 characters, does not begin or end with a slash and has no two slashes in a row.",
    "id.repeated": "The identification of a group of payments is used once in a message.",
    "count.message": "NbOfTxs of the message is not the number of its payments.",
    "count.group": "NbOfTxs of the group is not the number of its payments.",
    "sum.message": "CtrlSum of the message is missing or is not the sum of its payments.",
    "sum.group": "CtrlSum of the group is missing or is not the sum of its payments.",
    "charset": "Only the letters a-z A-Z, digits, / - ? : ( ) . , ' + and the space are carried.",
    "name.missing": "The name of a debtor or creditor is missing.",
    "name.too_long": "A name has at most 70 characters.",
    "address.unstructured": "Unstructured addresses are rejected since 15 November 2026: give town and country in their own elements.",
    "address.no_town": "The address has no town.",
    "address.no_country": "The address has no country.",
    "address.too_many_lines": "A hybrid address has at most two lines beside its town and country.",
    "address.line_too_long": "A line of an address has at most 70 characters.",
    "amount.not_euro": "Payments are in euro.",
    "amount.decimals": "Amounts have at most two decimals.",
    "amount.too_small": "The smallest amount is 0.01.",
    "amount.too_large": "The largest amount is 999,999,999.99.",
    "account.not_iban": "The account is not an IBAN with right check digits, in capitals without spaces.",
    "account.outside_sepa": "The account's country does not belong to SEPA.",
    "bic.invalid": "The BIC does not have 8 or 11 characters, or its country is not one.",
    "end_to_end.missing": "Every payment has an end-to-end identification of its own; NOTPROVIDED is none.",
    "end_to_end.repeated": "The end-to-end identification is used by another payment of the message.",
    "service.not_sepa": "The service level is SEPA.",
    "charges.not_shared": "Charges are borne under the rules of the service level (SLEV).",
    "remittance.repeated": "A payment has one remittance information: one text or one reference.",
    "remittance.too_long": "A remittance information has at most 140 characters.",
    "remittance.reference": "The creditor reference is not one of ISO 11649 (RF) with right check digits.",
    "day.past": "The day of execution or collection lies before the message's creation.",
    "payee.not_confirmed": "The payee's bank does not confirm the name and the payer has not accepted that.",
    "instrument.unknown": "The local instrument of a direct debit is CORE or B2B.",
    "sequence.unknown": "The sequence of a direct debit is FRST, RCUR, OOFF or FNAL.",
    "creditor_id.missing": "The creditor identifier under the scheme SEPA is missing.",
    "creditor_id.invalid": "The creditor identifier does not have its form or its check digits.",
    "mandate.missing": "The mandate's reference or day of signature is missing.",
    "mandate.form": "A mandate's reference has at most 35 characters and no space.",
    "mandate.repeated": "A mandate for one collection, a first or a last collection is used once in a message.",
    "mandate.signed_later": "The mandate was signed after the message was made.",
    "collection.no_business_day": "The day of collection is not a business day of TARGET.",
    "collection.too_early": "A direct debit is submitted one business day of TARGET ahead, before the cut-off.",
    "debtor.no_address": "The debtor's address is needed where their bank is outside of the European Economic Area.",
    "reversal.original": "A reversal names the message of direct debits (pain.008), the group and the collection that it takes back.",
    "reversal.group": "Collections are reversed one by one; neither a message nor a group is reversed as a whole.",
    "reversal.amount": "A collection is reversed with its whole amount.",
    "reversal.reason": "The reason of a reversal is AM05, MS02 or MS03.",
    "reversal.too_late": "A collection is reversed within five business days of TARGET after the day on which it was due.",
}
CREDIT_TRANSFER: Final = "pain.001.001.09"
DIRECT_DEBIT: Final = "pain.008.001.08"
REVERSAL: Final = "pain.007.001.09"
MESSAGES: Final = frozenset({CREDIT_TRANSFER, DIRECT_DEBIT, REVERSAL})

SMALLEST, LARGEST = Decimal("0.01"), Decimal("999999999.99")
NAME, REMITTANCE, LINE, LINES = 70, 140, 70, 2
SEQUENCES: Final = frozenset({"FRST", "RCUR", "OOFF", "FNAL"})
INSTRUMENTS: Final = frozenset({"CORE", "B2B"})
NOT_PROVIDED: Final = "NOTPROVIDED"
REVERSAL_REASONS: Final = frozenset({"AM05", "MS02", "MS03"})
REVERSAL_DAYS: Final = 5  # EPC016-06 and EPC222-07, 4.3: inter-bank business days after the due date

# EPC409-09, by the country code of the IBAN (that of the islands around France, Finland and Britain is their mainland's).
_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
# AL and ME since 5 October 2025, MD and MK too; RS since May 2026.
_OUTSIDE = "AD AL CH GB GI MC MD ME MK RS SM VA"
OUTSIDE_EEA: Final = frozenset(_OUTSIDE.split())
COUNTRIES: Final = frozenset(_EEA.split()) | OUTSIDE_EEA

_IDENTIFIER_CHARACTERS = r"A-Za-z0-9+?/\-:().,'"
_CREDITOR_ID = re.compile(rf"[A-Z]{{2}}[0-9]{{2}}[{_IDENTIFIER_CHARACTERS}]{{3}}[{_IDENTIFIER_CHARACTERS}]{{1,28}}", re.ASCII)
_MANDATE = re.compile(rf"(?!/)(?!.*//)[{_IDENTIFIER_CHARACTERS}]{{1,35}}(?<!/)", re.ASCII)
_REFERENCE = re.compile(r"RF[0-9]{2}[A-Za-z0-9]{1,21}", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,2})?", re.ASCII)
_target = holidays.financial_holidays("XECB")


@dataclass(frozen=True)
class Breach:
    """One rule that is broken: its ``code`` (of ``RULES``, or "schema"), where, and the end-to-end id of the payment, if it is one's."""

    code: str
    line: int
    path: str
    message: str
    reference: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For answers and records."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the bank agreed with us: direct debits reach it before ``cut_off`` in ``zone``, ``lead_days`` business days ahead."""

    cut_off: time = time(15, 0)
    zone: str = "Europe/Brussels"
    lead_days: int = 1


def is_business_day(day: date) -> bool:
    """Whether TARGET is open: no Saturday, Sunday, 1 January, Good Friday, Easter Monday, 1 May, 25 or 26 December."""
    return day.weekday() < 5 and day not in _target


def business_days_after(day: date, days: int) -> date:
    """The ``days``-th business day of TARGET after ``day``."""
    while days:
        day += timedelta(days=1)
        days -= is_business_day(day)
    return day


def earliest_collection(*, at: datetime, terms: Terms) -> date:
    """The first day on which a direct debit handed in at the moment ``at`` can be collected."""
    local = at.astimezone(ZoneInfo(terms.zone))
    day = local.date()
    if not is_business_day(day) or local.time() >= terms.cut_off:
        day = business_days_after(day, 1)
    return business_days_after(day, terms.lead_days)


def latest_reversal(due_on: date) -> date:
    """The last day on which a collection that was due on a day can be reversed."""
    try:
        return business_days_after(due_on, REVERSAL_DAYS)
    except OverflowError:
        return date.max  # the calendar ends before


def moment(text: str) -> datetime | None:
    """The moment of a CreDtTm; without a zone it is taken as UTC. None when it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def day(text: str) -> date | None:
    """A day in ISO form, or None."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def amount(text: str) -> Decimal | None:
    """An amount of at most two decimals, or None."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


@lru_cache(maxsize=4096)
def account_fault(iban: str) -> str:
    """The rule that an account breaks, or nothing: form and check digits (ISO 13616), country of SEPA."""
    try:
        right = str(IBAN(iban)) == iban
    except SchwiftyException:
        right = False
    if not right:
        return "account.not_iban"
    return "" if iban[:2] in COUNTRIES else "account.outside_sepa"


@lru_cache(maxsize=4096)
def is_bic(bic: str) -> bool:
    """Whether it has the form of ISO 9362, in capitals, with a country."""
    try:
        return str(BIC(bic)) == bic
    except SchwiftyException:
        return False


def is_creditor_id(text: str) -> bool:
    """Whether it is a SEPA creditor identifier: check digits over country and national part, the business code left out (EPC262-08)."""
    if not _CREDITOR_ID.fullmatch(text):
        return False
    national = re.sub(r"[^A-Za-z0-9]", "", text[7:])
    return bool(national) and _mod97(national + text[:4]) == 1


def is_mandate(text: str) -> bool:
    """Whether it can be a mandate's reference (AT-01): at most 35 characters of the set, no space, slashes within only."""
    return _MANDATE.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Whether it is a creditor reference of ISO 11649."""
    return _REFERENCE.fullmatch(text) is not None and _mod97(text[4:] + text[:4]) == 1


def _mod97(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97
