"""When a consent may be asked for and used, and how long it lasts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from payments import errors
from payments.choices import BankStandard, ConsentScope, ConsentStatus
from payments.models import Consent
from payments.providers.openbanking import berlin, uk

# UK law sets no longest time, for customers reconfirm; a year is ours.
LONGEST = {
    BankStandard.UK_OB_4_0: timedelta(days=365),
    BankStandard.BERLIN_1_3_11: berlin.LIFETIME,
    BankStandard.SANDBOX: berlin.LIFETIME,
}
RECONFIRM = {BankStandard.UK_OB_4_0: uk.RECONFIRM, BankStandard.SANDBOX: uk.RECONFIRM}
SHORTEST = timedelta(minutes=10)


def check_scopes(scopes: Sequence[str]) -> list[str]:
    """The scopes, each once, with ACCOUNTS, which the others need. Raises Invalid."""
    if not scopes or not set(scopes) <= set(ConsentScope.values):
        raise Invalid(f"Use {', '.join(ConsentScope.values)}.", param="scopes")
    return [scope for scope in ConsentScope.values if scope in {*scopes, ConsentScope.ACCOUNTS}]


def check_end(expires_at: datetime | None, *, standard: str, at: datetime) -> datetime:
    """The end of the consent, the latest possible where none is asked for. Raises ConsentTooLong."""
    longest = LONGEST[BankStandard(standard)]
    if expires_at is None:
        return at + longest
    if not at + SHORTEST <= expires_at <= at + longest:
        raise errors.ConsentTooLong(param="expires_at", longest_days=longest.days)
    return expires_at


def reconfirm_by(standard: str, *, at: datetime) -> datetime | None:
    """Until when the customer has to say again that the consent stands; None where that is not the rule."""
    wait = RECONFIRM.get(BankStandard(standard))
    return None if wait is None else at + wait


def check_is_open(consent: Consent, actor: Actor | None = None) -> None:
    """Raises ConsentEnded."""
    if consent.status not in (ConsentStatus.AWAITING, ConsentStatus.AUTHORISED):
        raise errors.ConsentEnded(status=consent.status)


def check_is_authorised(consent: Consent) -> None:
    """Raises ConsentEnded or ConsentNotGiven."""
    check_is_open(consent)
    if consent.status == ConsentStatus.AWAITING:
        raise errors.ConsentNotGiven()


def check_can_read(consent: Consent, scope: str, *, at: datetime) -> None:
    """Raises ConsentEnded, ConsentNotGiven, ConsentNotReconfirmed, ScopeNotConsented."""
    check_is_authorised(consent)
    if at >= consent.expires_at:
        raise errors.ConsentEnded(status=ConsentStatus.EXPIRED)
    if consent.reconfirm_by is not None and at >= consent.reconfirm_by:
        raise errors.ConsentNotReconfirmed()
    if scope not in consent.scopes:
        raise errors.ScopeNotConsented(f"The customer did not consent to {scope}.", scope=scope)
