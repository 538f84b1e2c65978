"""Notifications of change: what each code corrects, and the corrected data decoded field by field.

``correction(change)`` answers a ``Correction`` whose filled fields are those to change, at the account or mandate, before the next
entry or within six banking days, whichever is later. Data that cannot be right (a check digit, a transaction code) are refused with
CorrectionUnreadable; the notification may then be refused as C65. Source: Nacha Operating Rules, Appendix Five.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flowlet.core.errors import DomainError
from payments.providers.nacha.codes import TRANSACTION_CODES
from payments.providers.nacha.records import Change
from payments.providers.nacha.routing import is_routing_number

CHANGE_CODES: Mapping[str, str] = {
    "C01": "Incorrect account number",
    "C02": "Incorrect routing number",
    "C03": "Incorrect routing number and account number",
    "C04": "Incorrect name of the individual or company",
    "C05": "Incorrect transaction code",
    "C06": "Incorrect account number and transaction code",
    "C07": "Incorrect routing number, account number and transaction code",
    "C08": "Incorrect identification of the foreign receiving institution",
    "C09": "Incorrect individual identification number",
    "C13": "Addenda format error",
    "C14": "Incorrect SEC code for an outbound international payment",
}
REFUSED_CHANGE_CODES: Mapping[str, str] = {
    "C61": "Misrouted notification of change",
    "C62": "Incorrect trace number",
    "C63": "Incorrect company identification number",
    "C64": "Incorrect individual identification number",
    "C65": "Incorrectly formatted corrected data",
    "C66": "Incorrect discretionary data",
    "C67": "Routing number not that of the original entry",
    "C68": "Account number not that of the original entry",
    "C69": "Incorrect transaction code",
}
WITHOUT_DATA = frozenset({"C13", "C14"})
# Counted from the receipt of the notification (Nacha Operating Rules, Article Two).
BANKING_DAYS_TO_ACT_ON_CHANGE = 6


class CorrectionUnreadable(DomainError):
    """The corrected data of a notification of change are not what its code announces."""

    code, title = "nacha.correction_unreadable", "The corrected data cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What to change; an empty field stays as it is. ``needs_person`` when the code tells of an error without telling the cure."""

    code: str
    routing: str = ""
    account: str = ""
    transaction_code: str = ""
    name: str = ""
    identification: str = ""
    foreign_institution: str = ""
    needs_person: bool = False


def correction(change: Change) -> Correction:
    """The corrections of an addenda 98. Raises CorrectionUnreadable.

    The rules place the parts at fixed columns; some institutions move the later parts to the right, so parts are found by the blanks
    between them wherever these decide it.
    """
    code, data = change.code, change.corrected_data
    if code not in CHANGE_CODES:
        raise CorrectionUnreadable(f"{code!r} is not a change code.", param="change_code")
    if code in WITHOUT_DATA:
        return Correction(code=code, needs_person=True)
    if code == "C01":
        return Correction(code=code, account=_account(data[:17]))
    if code == "C02":
        return Correction(code=code, routing=_routing(data[:9]))
    if code == "C03":
        return Correction(code=code, routing=_routing(data[:9]), account=_account(data[9:]))
    if code == "C05":
        return Correction(code=code, transaction_code=_code(data[:2]))
    if code == "C06":
        account, transaction = _split(data, 20)
        return Correction(code=code, account=_account(account), transaction_code=_code(transaction))
    if code == "C07":
        account, transaction = _split(data[9:], 17)
        return Correction(code=code, routing=_routing(data[:9]), account=_account(account), transaction_code=_code(transaction))
    text = data.strip()
    if not text:
        raise CorrectionUnreadable("The corrected data are blank.", param="corrected_data")
    if code == "C04":
        return Correction(code=code, name=text[:22].rstrip())
    if code == "C09":
        return Correction(code=code, identification=text[:22].rstrip())
    return Correction(code=code, foreign_institution=text)


def corrected_data(wanted: Correction) -> str:
    """The 29 columns of an addenda 98 for a correction, parts at the columns of the rules; the inverse of ``correction``."""
    if wanted.code == "C03":
        return f"{wanted.routing}   {wanted.account}"
    if wanted.code == "C06":
        return f"{wanted.account:17}   {wanted.transaction_code}"
    if wanted.code == "C07":
        return f"{wanted.routing}{wanted.account:17}{wanted.transaction_code}"
    return (
        wanted.routing
        or wanted.account
        or wanted.transaction_code
        or wanted.name
        or wanted.identification
        or wanted.foreign_institution
    )


def _split(data: str, column: int) -> tuple[str, str]:
    """Account and transaction code: by the last blank, or at the column of the rules where the account fills its field."""
    head, _, tail = data.strip().rpartition(" ")
    if head:
        return head, tail
    return data[:column], data[column : column + 2]


def _routing(text: str) -> str:
    if not is_routing_number(text):
        raise CorrectionUnreadable("The corrected routing number is not one.", param="routing")
    return text


def _account(text: str) -> str:
    account = text.strip()
    if not account or len(account) > 17:
        raise CorrectionUnreadable("The corrected account number has 1 to 17 characters.", param="account")
    return account


def _code(text: str) -> str:
    if text not in TRANSACTION_CODES:
        raise CorrectionUnreadable("The corrected transaction code is not known.", param="transaction_code")
    return text
