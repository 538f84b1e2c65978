"""When a mandate can be given and used: ``check_…`` raises."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any, Final

from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.states import check_move
from payments import errors
from payments.choices import (
    AchAuthorization,
    ExternalAccountKind,
    HolderKind,
    MandateKind,
    MandateScheme,
    MandateStatus,
    Relation,
    Sequence,
)
from payments.models import ExternalAccount, Mandate
from payments.policies.account_numbers import is_sepa
from payments.states import MANDATE_MOVES

SEPA: Final = frozenset({MandateScheme.SEPA_CORE, MandateScheme.SEPA_B2B})
# EPC SDD Core rulebook, section 4.1: without a collection for 36 months the creditor may not use a mandate any more.
UNUSED_MONTHS: Final = 36
USUAL_NOTICE, LONGEST_NOTICE = 14, 90  # calendar days
LAST_PLACES: Final = frozenset({Sequence.OOFF, Sequence.FNAL})
EARLIEST: Final = date(2000, 1, 1)
# EPC217-08, SEPA Latin set of references, without the space.
_REFERENCE = re.compile(r"^[A-Za-z0-9+?/\-:().,']{1,35}$")
_CREDITOR_ID = re.compile(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}$")


def check_reference(value: str) -> str:
    """A mandate reference (EPC AT-01). Raises MalformedMandateReference."""
    if not _REFERENCE.match(value) or value.endswith(("\n", "/")) or value.startswith("/") or "//" in value:
        raise errors.MalformedMandateReference(param="reference")
    return value


def check_creditor_id(value: Any) -> str:
    """A SEPA creditor identifier (EPC AT-02) without spaces: ISO 7064 mod 97-10 over the national part, the country and the check
    digits; the three characters of the creditor's own are left out of it. Raises MalformedCreditorId."""
    text = "".join(value.split()) if isinstance(value, str) else ""
    if not _CREDITOR_ID.match(text):
        raise errors.MalformedCreditorId(param="creditor_id")
    digits = "".join(str(int(character, 36)) for character in text[7:] + text[:4])
    if int(digits) % 97 != 1:
        raise errors.MalformedCreditorId("The check digits are wrong: a character is mistyped.", param="creditor_id")
    return text


def check_scheme(account: ExternalAccount, *, scheme: str, authorization: str, number: str) -> None:
    """Raises MandateSchemeUnfit unless the scheme collects from such an account. ``number`` is its IBAN."""

    def refuse(message: str, param: str = "scheme") -> None:
        raise errors.MandateSchemeUnfit(message, param=param)

    if account.relation != Relation.OWN:
        raise errors.NotDebitable(param="external_account_id")
    if scheme in SEPA:
        if account.kind != ExternalAccountKind.IBAN or account.currency != "EUR" or not is_sepa(number):
            refuse("SEPA collects in EUR, from an IBAN of one of its countries.")
        if scheme == MandateScheme.SEPA_B2B and account.holder_kind != HolderKind.BUSINESS:
            refuse("SEPA B2B collects from businesses only.")
        return
    if account.kind != ExternalAccountKind.US_BANK:
        refuse("ACH collects from US bank accounts.")
    if (authorization == AchAuthorization.CCD) != (account.holder_kind == HolderKind.BUSINESS):
        refuse("CCD is for businesses; PPD, WEB and TEL are for persons.", "authorization")


def check_signed_on(day: date, *, scheme: str, at: datetime) -> None:
    """Raises MandateDayOutOfRange unless the day has begun somewhere on earth, and a SEPA mandate is not expired with it."""
    today = clock.day_of(at, zone="Pacific/Kiritimati")
    if not EARLIEST <= day <= today or (scheme in SEPA and months_after(day, UNUSED_MONTHS) <= at.date()):
        raise errors.MandateDayOutOfRange(param="signed_on")


def check_is_open(mandate: Mandate, actor: Actor | None = None) -> None:
    """Raises MandateEnded."""
    if mandate.ended_at is not None:
        raise errors.MandateEnded(f"The mandate is {mandate.get_status_display().lower()}.", status=mandate.status)


def check_can_suspend(mandate: Mandate, actor: Actor | None = None) -> None:
    """Raises MandateEnded or IllegalMove."""
    check_is_open(mandate)
    check_move(MANDATE_MOVES, mandate.status, MandateStatus.SUSPENDED)


def check_can_resume(mandate: Mandate, actor: Actor | None = None) -> None:
    """Raises MandateEnded or IllegalMove."""
    check_is_open(mandate)
    check_move(MANDATE_MOVES, mandate.status, MandateStatus.ACTIVE)


def check_can_collect(mandate: Mandate, *, on: date) -> None:
    """Whether a collection of this day can be made on it. Raises MandateNotActive, with ``status`` USED_UP after the last one."""
    status: str = mandate.status
    if mandate.ended_at is None and mandate.expires_on is not None and mandate.expires_on <= on:
        status = MandateStatus.EXPIRED
    elif status == MandateStatus.ACTIVE and is_used_up(mandate):
        status = "USED_UP"
    if status != MandateStatus.ACTIVE:
        raise errors.MandateNotActive(
            f"The mandate is {str(status).replace('_', ' ').lower()}.", mandate=mandate.public_id, status=str(status)
        )


def check_notice(mandate: Mandate, *, notified_on: date | None, collect_on: date, today: date) -> None:
    """Whether the debtor was told early enough of a collection due on ``collect_on``: as agreed with them, else fourteen days ahead
    (EPC SDD Core rulebook, section 4.3.4, AT-10). Raises NoticeMissing, NoticeTooShort, Invalid.
    """
    if notified_on is None:
        if mandate.notice_days is not None:
            raise errors.NoticeMissing(param="notified_on", notice_days=mandate.notice_days)
        return
    if notified_on > today:
        raise Invalid("The day lies ahead.", param="notified_on")
    days = USUAL_NOTICE if mandate.notice_days is None else mandate.notice_days
    earliest = notified_on + timedelta(days=days)
    if collect_on < earliest:
        raise errors.NoticeTooShort(
            f"{days} days after {notified_on} is {earliest}; it would be due on {collect_on}.",
            param="notified_on",
            earliest=str(earliest),
        )


def is_used_up(mandate: Mandate) -> bool:
    """Whether its only or final collection was made."""
    return mandate.last_sequence in LAST_PLACES


def place_of_next(mandate: Mandate, *, is_final: bool) -> Sequence:
    """OOFF for the only collection; FNAL for the last one of several; FRST for the first, RCUR for all others."""
    if mandate.kind == MandateKind.ONE_OFF:
        return Sequence.OOFF
    if is_final:
        return Sequence.FNAL
    return Sequence.FRST if mandate.uses == 0 else Sequence.RCUR


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
