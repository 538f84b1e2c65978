"""Customers' banks over an aggregator: linked by the customer's own sign-in, read, repaired, ended.

The aggregator is called before any row is locked; what it said is written under the lock, if the link is still open. A public token
works once, so what it was exchanged for is kept even when the accounts cannot be read yet: ``read_unread`` tries again. Ending does not
wait for the aggregator: ``tell_providers`` tells it until it knows, and the token is kept, sealed, until then.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.choices import PartnerStatus
from accounts.errors import CustomerFrozen, PartnerSuspended, PersonalDataErased
from accounts.models import Customer
from accounts.policies import check_is_open as check_customer_is_open
from accounts.selectors import customers
from accounts.services import partners
from flowlet.audit.services import log
from flowlet.core import ids, reasons
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.outbound import NotAuthorized, OutboundError, Refused, Throttled
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from flowlet.vault.services import subjects
from flowlet.vault.services.subjects import SubjectErased
from payments import errors, events
from payments.choices import BankLinkStatus
from payments.models import BankLink
from payments.policies import bank_links as policies
from payments.providers import registry
from payments.providers.errors import ProviderNotConfigured
from payments.providers.ports import AccountAggregator, AccountNumbers, AccountOwner, LinkToken
from payments.selectors import bank_links as selectors
from payments.selectors.payments import is_sandbox
from payments.services import linked_accounts
from payments.services.names import checked_external_id, duplicate_external_id
from payments.states import BANK_LINK_MOVES
from wallets.errors import SandboxOnly

PRODUCTS = ("auth", "identity")
COUNTRIES = ("US",)
# The bank has no owners' names to tell, or not by this way.
_NO_OWNERS = frozenset({"PRODUCTS_NOT_SUPPORTED", "NO_IDENTITY_ACCOUNTS", "PRODUCT_NOT_ENABLED", "INVALID_PRODUCT"})
_FACTS = {
    BankLinkStatus.ACTIVE: events.BANK_LINK_REPAIRED,
    BankLinkStatus.LOGIN_REQUIRED: events.BANK_LINK_LOGIN_REQUIRED,
    BankLinkStatus.ENDED: events.BANK_LINK_ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the aggregator said of a link; ``problem`` is its code when it would not. Holds personal data.

    ``silence`` is why there was no clear answer at all.
    """

    status: BankLinkStatus
    problem: str = ""
    silence: OutboundError | None = None
    numbers: AccountNumbers | None = None
    owners: Sequence[AccountOwner] = ()


def token(
    *,
    partner_id: UUID,
    customer_id: UUID,
    bank_link_id: UUID | None = None,
    countries: Sequence[str] = COUNTRIES,
    language: str = "en",
    at: datetime,
) -> LinkToken:
    """A token that opens the aggregator's screen for the customer: for a new bank, or with ``bank_link_id`` to sign in again.

    Raises PartnerSuspended, CustomerNotFound, CustomerClosed, CustomerFrozen, BankLinkNotFound, BankLinkEnded, ProviderNotConfigured,
    PersonalDataErased, and what calls raise.
    """
    aggregator, customer = _asker(partner_id, customer_id)
    access = ""
    if bank_link_id is not None:
        link = selectors.get(bank_link_id, partner_id=partner_id)
        if link.customer_id != customer.pk:
            raise errors.BankLinkNotFound()
        policies.check_is_open(link)
        access = _access(link)
    return aggregator.link_token(
        customer_ref=customer.public_id, products=PRODUCTS, countries=tuple(countries), language=language, access=access
    )


def connect(
    *,
    partner_id: UUID,
    customer_id: UUID,
    public_token: str,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> BankLink:
    """Keep what the customer linked on the aggregator's screen, and add its accounts, verified where the owner's name is the customer's.

    Raises PartnerSuspended, CustomerNotFound, CustomerClosed, CustomerFrozen, PersonalDataErased, ProviderNotConfigured,
    PublicTokenRefused, BankLinkKnown, DuplicateExternalId, and what calls raise. When the accounts cannot be read now, the link is
    there without them, and says why.
    """
    aggregator, customer = _asker(partner_id, customer_id)
    link = BankLink(
        id=ids.uuid7(),
        partner_id=partner_id,
        customer_id=customer.pk,
        provider=aggregator.name,
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
        updated_at=at,
    )
    if link.external_id and BankLink.objects.filter(partner_id=partner_id, external_id=link.external_id).exists():
        raise duplicate_external_id(BankLink, partner_id=partner_id, external_id=link.external_id)
    try:
        item = aggregator.exchange(public_token)
    except (NotAuthorized, Throttled):
        raise
    except Refused as refusal:
        raise errors.PublicTokenRefused(param="public_token", provider_code=refusal.provider_code) from None
    link.item = item.id
    reading = _read(aggregator, item.access_token)
    with transaction.atomic():
        _seal(link, item.access_token)
        _insert(link)
        _tell(link, events.BANK_LINK_CREATED, actor=actor, at=at)
        _book(link, reading, actor=actor, at=at)
    return link


def refresh(*, bank_link_id: UUID, partner_id: UUID | None = None, actor: Actor, at: datetime) -> BankLink:
    """Ask the aggregator how the link stands, after the customer signed in again or for accounts that could not be read before.

    Answers the link as it stands then. Raises BankLinkNotFound, BankLinkEnded, PersonalDataErased, ProviderNotConfigured, and what calls
    raise when there was no clear answer: nothing is written then.
    """
    link = selectors.get(bank_link_id, partner_id=partner_id)
    policies.check_is_open(link)
    reading = read(link)
    if reading.silence is not None:
        raise reading.silence
    return book(bank_link_id, reading, actor=actor, at=at)


def read(link: BankLink) -> Reading:
    """Ask the aggregator for the accounts of an open link. Not while a row is locked. Raises ProviderNotConfigured, PersonalDataErased."""
    return _read(aggregator_of(link), _access(link))


@transaction.atomic
def book(bank_link_id: UUID, reading: Reading, *, actor: Actor, at: datetime) -> BankLink:
    """Write what was read; a link that ended meanwhile stays so."""
    link = selectors.for_update(bank_link_id)
    if link.status != BankLinkStatus.ENDED:
        _book(link, reading, actor=actor, at=at)
    return link


def end(*, bank_link_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> BankLink:
    """The link ends here and now; the aggregator is told by ``tell_providers``. Its accounts stay as they are.

    Raises BankLinkNotFound, BankLinkEnded.
    """
    with transaction.atomic():
        link = selectors.for_update(bank_link_id, partner_id=partner_id)
        policies.check_is_open(link)
        _move(link, BankLinkStatus.ENDED, reasons.kept(reason), actor=actor, at=at)
    return link


def end_all(*, customer_id: UUID, reason: str, actor: Actor, at: datetime) -> int:
    """End all open links of a customer; answers how many there were."""
    done = 0
    for link_id in (
        BankLink.objects.filter(customer_id=customer_id).exclude(status=BankLinkStatus.ENDED).values_list("pk", flat=True)
    ):
        try:
            end(bank_link_id=link_id, reason=reason, actor=actor, at=at)
        except errors.BankLinkEnded:
            continue
        done += 1
    return done


@transaction.atomic
def stand(bank_link_id: UUID, status: BankLinkStatus, reason: str = "", *, actor: Actor, at: datetime) -> BankLink:
    """Note where the aggregator says that the link stands; nothing happens when it stands there, or has ended."""
    link = selectors.for_update(bank_link_id)
    if link.status not in {status, BankLinkStatus.ENDED}:
        _move(link, status, reason, actor=actor, at=at)
    return link


@transaction.atomic
def note_end(bank_link_id: UUID, ends_at: datetime | None, *, actor: Actor, at: datetime) -> None:
    """The bank will end the link soon, unless the customer signs in again: tell the partner, once for each moment."""
    link = selectors.for_update(bank_link_id)
    if link.status == BankLinkStatus.ENDED or (ends_at is not None and link.ends_at == ends_at):
        return
    link.ends_at, link.updated_at = ends_at, at
    link.save(update_fields=["ends_at", "updated_at"])
    _tell(link, events.BANK_LINK_EXPIRING, actor=actor, at=at)


def read_unread(*, at: datetime, actor: Actor, limit: int = 50, seconds: float = 40.0) -> int:
    """Read accounts that could not be read when they were linked; answers how many can be now. Begins no call after ``seconds``."""
    done, until = 0, time.monotonic() + seconds
    for link in selectors.unread(at)[:limit]:
        if time.monotonic() > until:
            break
        try:
            done += book(link.pk, read(link), actor=actor, at=at).read_at is not None
        except (ProviderNotConfigured, PersonalDataErased, errors.BankLinkEnded):
            BankLink.objects.filter(pk=link.pk).update(updated_at=at)
    return done


def tell_providers(*, at: datetime, limit: int = 100, seconds: float = 40.0) -> int:
    """Tell the aggregator of links that ended here, and forget their tokens; answers how many it knows of now."""
    told, until = 0, time.monotonic() + seconds
    for link in selectors.untold()[:limit]:
        if time.monotonic() > until:
            break
        try:
            aggregator_of(link).remove(selectors.access_of(link))
        except SubjectErased:
            pass  # the token went with the customer's key: nobody can use it, or take it back
        except (OutboundError, ProviderNotConfigured):
            BankLink.objects.filter(pk=link.pk).update(updated_at=at)
            continue
        told += BankLink.objects.filter(pk=link.pk, status=BankLinkStatus.ENDED).update(access=None, updated_at=at)
    return told


def simulate_login_over(*, bank_link_id: UUID, partner_id: UUID, actor: Actor, at: datetime) -> BankLink:
    """In the sandbox: the bank asks the customer to sign in again. Raises SandboxOnly, BankLinkNotFound, BankLinkEnded."""
    link = selectors.get(bank_link_id, partner_id=partner_id)
    if not is_sandbox(partner_id):
        raise SandboxOnly()
    policies.check_is_open(link)
    return stand(link.pk, BankLinkStatus.LOGIN_REQUIRED, "Simulated", actor=actor, at=at)


def aggregator_of(link: BankLink) -> AccountAggregator:
    """Who holds the link. Raises ProviderNotConfigured."""
    return registry.account_aggregator(partners.get(link.partner_id).mode)


def _asker(partner_id: UUID, customer_id: UUID) -> tuple[AccountAggregator, Customer]:
    partner = partners.get(partner_id)
    if partner.status == PartnerStatus.SUSPENDED:
        raise PartnerSuspended()
    customer = customers.get(customer_id, partner_id=partner_id)
    check_customer_is_open(customer)
    if customer.is_frozen:
        raise CustomerFrozen()
    return registry.account_aggregator(partner.mode), customer


def _read(aggregator: AccountAggregator, access: str) -> Reading:
    try:
        numbers = aggregator.numbers(access)
        try:
            owners = aggregator.owners(access)
        except Refused as refusal:
            if refusal.provider_code not in _NO_OWNERS:
                raise
            owners = []
        return Reading(status=BankLinkStatus.ACTIVE, numbers=numbers, owners=owners)
    except (NotAuthorized, Throttled) as failure:
        return Reading(status=BankLinkStatus.ACTIVE, problem=failure.code, silence=failure)
    except Refused as refusal:
        code = refusal.provider_code or refusal.code
        return Reading(status=policies.standing(code), problem=code)
    except OutboundError as failure:
        return Reading(status=BankLinkStatus.ACTIVE, problem=failure.code, silence=failure)


def _book(link: BankLink, reading: Reading, *, actor: Actor, at: datetime) -> None:
    """On a locked, open link."""
    link.problem, link.updated_at = reading.problem[:100], at
    if reading.numbers is None:
        link.tries += 1
        link.save(update_fields=["problem", "tries", "updated_at"])
        if reading.status not in {BankLinkStatus.ACTIVE, link.status}:
            _move(link, reading.status, reading.problem, actor=actor, at=at)
        return
    link.read_at, link.tries = at, 0
    link.save(update_fields=["problem", "tries", "read_at", "updated_at"])
    if link.status != BankLinkStatus.ACTIVE:
        link.ends_at = None
        _move(link, BankLinkStatus.ACTIVE, actor=actor, at=at)
    linked_accounts.take_over(link, reading.numbers, reading.owners, actor=actor, at=at)


def _move(link: BankLink, status: BankLinkStatus, reason: str = "", *, actor: Actor, at: datetime) -> None:
    """Move a locked link, and say of its accounts what follows: only who signs in can say that an account is still theirs."""
    check_move(BANK_LINK_MOVES, BankLinkStatus(link.status), status)
    before = {"status": link.status}
    link.status, link.updated_at = status, at
    if status == BankLinkStatus.ENDED:
        link.ended_at, link.end_reason = at, reason[:500]
    link.save()
    _tell(link, _FACTS[status], actor=actor, at=at, before=before, reason=reason)
    if status == BankLinkStatus.LOGIN_REQUIRED or (status == BankLinkStatus.ENDED and reason in policies.GONE):
        linked_accounts.doubt_all(link, reason or "The login at the bank is over", actor=actor, at=at)


def _access(link: BankLink) -> str:
    try:
        return selectors.access_of(link)
    except SubjectErased:
        raise PersonalDataErased() from None


def _seal(link: BankLink, access: str) -> None:
    try:
        link.access = subjects.encrypt(link.customer_id, access, aad=selectors.access_aad(link.pk))
    except SubjectErased:
        raise PersonalDataErased() from None


def _insert(link: BankLink) -> None:
    try:
        with transaction.atomic():
            link.save(force_insert=True)
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name == "bank_link_external_id_is_unique_per_partner":
            raise duplicate_external_id(BankLink, partner_id=link.partner_id, external_id=link.external_id) from None
        if name == "bank_link_is_one_at_its_provider":
            raise errors.BankLinkKnown(param="public_token") from None
        raise


def _tell(
    link: BankLink, fact: str, *, actor: Actor, at: datetime, before: dict[str, Any] | None = None, reason: str = ""
) -> None:
    """Write the audit record and the event; neither holds what the aggregator gave."""
    data = {
        "id": link.public_id,
        "customer_id": ids.public_id(Customer.PREFIX, link.customer_id),
        "status": link.status,
        "ends_at": link.ends_at.isoformat() if link.ends_at else None,
        "external_id": link.external_id or None,
    }
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=link.public_id,
        partner_id=link.partner_id,
        reason=reason,
        before=before,
        after=data,
    )
    outbox.publish(type=fact, partner_id=link.partner_id, subject=link.public_id, data=data, at=at)
