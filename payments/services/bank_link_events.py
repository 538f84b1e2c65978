"""What the aggregator's events do to links and their accounts. Each is a reason to look: what is booked is what the aggregator says now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.errors import PersonalDataErased
from flowlet.core.actors import Actor
from payments import errors
from payments.choices import BankLinkStatus
from payments.models import ExternalAccount
from payments.providers import reading
from payments.providers.errors import AnswerMalformed
from payments.providers.ports import InboundFact
from payments.selectors import bank_links as selectors
from payments.services import bank_links, inbound, linked_accounts
from payments.services.bank_links import Reading

# The bank will end the login, unless the customer signs in again before.
_WARNINGS = ("ITEM.PENDING_EXPIRATION", "ITEM.PENDING_DISCONNECT")
_KINDS = (
    "ITEM.ERROR",
    "ITEM.LOGIN_REPAIRED",
    "ITEM.USER_PERMISSION_REVOKED",
    "ITEM.USER_ACCOUNT_REVOKED",
    *_WARNINGS,
    "AUTH.DEFAULT_UPDATE",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the aggregator says now; nothing for a login that is none of ours, or has ended here."""

    link_id: UUID | None = None
    reading: Reading | None = None


def register() -> None:
    """Listen to Plaid."""
    inbound.register(inbound.Handler(name="payments.bank_link", provider="plaid", kinds=_KINDS, look=look, apply=book))


def look(fact: InboundFact) -> Seen:
    """Ask how the login stands, and for its accounts. Raises what calls raise; the event is then handled later."""
    link = selectors.by_item(fact.provider, fact.subject)
    if link is None or link.status == BankLinkStatus.ENDED:
        return Seen()
    try:
        found = bank_links.read(link)
    except (PersonalDataErased, errors.BankLinkEnded):
        return Seen()
    if found.silence is not None:
        raise found.silence
    return Seen(link.pk, found)


def book(fact: InboundFact, seen: Seen, *, actor: Actor, at: datetime) -> None:
    """Write how it stands, then what only the event itself says: a coming end, an account that was taken out."""
    if seen.link_id is None or seen.reading is None:
        return
    if fact.kind in _WARNINGS and seen.reading.status == BankLinkStatus.ACTIVE:
        bank_links.note_end(seen.link_id, _ends_at(fact), actor=actor, at=at)
        return
    link = bank_links.book(seen.link_id, seen.reading, actor=actor, at=at)
    if fact.kind == "ITEM.USER_ACCOUNT_REVOKED":
        name = reading.optional_text(fact.data, "account_id")
        rows = ExternalAccount.objects.select_for_update(no_key=True).filter(bank_link=link, link_account=name).order_by("id")
        for account in rows:
            linked_accounts.doubt(account, "The holder took the permission for this account back", actor=actor, at=at)


def _ends_at(fact: InboundFact) -> datetime | None:
    name = "consent_expiration_time" if fact.kind == "ITEM.PENDING_EXPIRATION" else "disconnect_time"
    try:
        return reading.moment(fact.data, name) if reading.maybe(fact.data, name) else None
    except AnswerMalformed:
        return None
