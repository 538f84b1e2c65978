"""Consents at customers' own banks: asked for, given, reconfirmed, revoked, expired. ``bank_data`` reads with them.

A bank is called before any row is locked, and what it said is written under the lock, if the consent is still where it was. Revoking
does not wait for the bank: the tokens are gone at once, and ``tell_banks`` tells the bank until it knows.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.choices import Mode, PartnerStatus
from accounts.errors import PartnerSuspended, PersonalDataErased
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
from payments.choices import BankStandard, ConsentStatus
from payments.models import Consent
from payments.policies import consents as policies
from payments.providers.openbanking import registry
from payments.providers.openbanking.sandbox import SandboxBank
from payments.providers.openbanking.vocabulary import ConsentState, Scope, Session, Visitor
from payments.selectors import consents as selectors
from payments.services.names import checked_external_id, duplicate_external_id
from payments.states import CONSENT_MOVES
from wallets.errors import SandboxOnly

SWEEP_SIZE = 500
# What the bank says about a consent, as ends of ours; AWAITING and UNKNOWN leave it as it is.
_ENDS = {
    ConsentState.REJECTED: (ConsentStatus.REJECTED, "The customer or the bank did not give it"),
    ConsentState.EXPIRED: (ConsentStatus.EXPIRED, "The bank ended it"),
    ConsentState.REVOKED: (ConsentStatus.REVOKED, "Revoked at the bank"),
    ConsentState.CONSUMED: (ConsentStatus.EXPIRED, "The bank counts it as used"),
}
_FACTS = {
    ConsentStatus.AUTHORISED: events.CONSENT_AUTHORISED,
    ConsentStatus.REJECTED: events.CONSENT_REJECTED,
    ConsentStatus.REVOKED: events.CONSENT_REVOKED,
    ConsentStatus.EXPIRED: events.CONSENT_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A new consent, and where the customer gives it."""

    consent: Consent
    redirect_url: str


def create(
    *,
    partner_id: UUID,
    customer_id: UUID,
    bank: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    visitor: Visitor,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Asked:
    """Ask the bank for a consent of the customer: AWAITING, until they gave it at the redirect address.

    Raises PartnerSuspended, CustomerNotFound, CustomerClosed, PersonalDataErased, BankNotOffered, ConsentTooLong, DuplicateExternalId,
    Invalid, and what calls to banks raise.
    """
    partner = partners.get(partner_id)
    if partner.status == PartnerStatus.SUSPENDED:
        raise PartnerSuspended()
    customer = customers.get(customer_id, partner_id=partner_id)
    check_customer_is_open(customer)
    found = registry.bank(bank, sandbox=partner.mode == Mode.SANDBOX)
    wanted = policies.check_scopes(scopes)
    ends = policies.check_end(expires_at, standard=found.standard, at=at)
    consent = Consent(
        id=ids.uuid7(),
        partner_id=partner_id,
        customer_id=customer.pk,
        standard=found.standard,
        bank=found.name,
        scopes=wanted,
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
        updated_at=at,
    )
    begun = found.client.begin(
        scopes=[Scope(scope) for scope in wanted],
        expires_at=ends,
        state=f"{consent.public_id}.{secrets.token_urlsafe(24)}",
        key=consent.public_id,
        visitor=visitor,
        at=at,
    )
    consent.reference = begun.reference
    consent.expires_at = min(begun.expires_at or ends, ends)
    with transaction.atomic():
        _seal(consent, begun.session)
        _insert(consent)
        _tell(consent, events.CONSENT_CREATED, actor=actor, at=at)
    return Asked(consent, begun.redirect_url)


def complete(
    *, consent_id: UUID, partner_id: UUID | None = None, callback: Mapping[str, str], actor: Actor, at: datetime
) -> Consent:
    """The customer came back with ``callback``, the parameters of the address: AUTHORISED or REJECTED, as the bank says.

    AWAITING stays where the bank still waits for somebody. Raises ConsentNotFound, ConsentEnded, IllegalMove when it was given before,
    CallbackRefused when the answer is not this consent's, and what calls to banks raise.
    """
    consent = selectors.get(consent_id, partner_id=partner_id)
    policies.check_is_open(consent)
    check_move(CONSENT_MOVES, consent.status, ConsentStatus.AUTHORISED)
    client = client_of(consent)
    try:
        session = client.complete(session=session_of(consent), callback=callback, at=at)
        state = client.consent_status(session=session, at=at)
    except errors.ConsentRefused as refusal:
        return _end(consent, ConsentStatus.REJECTED, str(refusal.details.get("provider_code", "")), actor=actor, at=at)
    if state in _ENDS:
        return _end(consent, *_ENDS[state], actor=actor, at=at)
    if state != ConsentState.AUTHORISED:
        return consent
    with transaction.atomic():
        locked = selectors.for_update(consent.pk)
        check_move(CONSENT_MOVES, locked.status, ConsentStatus.AUTHORISED)
        _seal(locked, session)
        locked.status, locked.authorised_at, locked.updated_at = ConsentStatus.AUTHORISED, at, at
        locked.reconfirm_by = policies.reconfirm_by(locked.standard, at=at)
        locked.save()
        _tell(locked, events.CONSENT_AUTHORISED, actor=actor, at=at)
    return locked


@transaction.atomic
def reconfirm(*, consent_id: UUID, partner_id: UUID | None = None, actor: Actor, at: datetime) -> Consent:
    """The customer told the partner that the consent still stands: good for another 90 days where that is the rule.

    Raises ConsentNotFound, ConsentEnded, ConsentNotGiven.
    """
    consent = selectors.for_update(consent_id, partner_id=partner_id)
    policies.check_is_authorised(consent)
    before = consent.reconfirm_by
    consent.reconfirm_by = policies.reconfirm_by(consent.standard, at=at)
    consent.updated_at = at
    consent.save(update_fields=["reconfirm_by", "updated_at"])
    _tell(consent, events.CONSENT_RECONFIRMED, actor=actor, at=at, before={"reconfirm_by": before})
    return consent


def revoke(*, consent_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Consent:
    """The consent ends here and now, and its tokens are gone; the bank is told by ``tell_banks``.

    Raises ConsentNotFound, ConsentEnded.
    """
    consent = selectors.get(consent_id, partner_id=partner_id)
    policies.check_is_open(consent)
    return _end(consent, ConsentStatus.REVOKED, reasons.kept(reason), actor=actor, at=at, is_told=False)


def sweep(*, at: datetime, actor: Actor) -> int:
    """End up to ``SWEEP_SIZE`` consents whose time is over; answers how many. May run twice without harm."""
    ended = 0
    for consent_id in list(selectors.over(at).values_list("pk", flat=True)[:SWEEP_SIZE]):
        with transaction.atomic():
            consent = (
                selectors.over(at).filter(pk=consent_id).select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
            )
            if consent is None:
                continue
            is_over = consent.expires_at <= at or consent.status == ConsentStatus.AWAITING
            target = ConsentStatus.EXPIRED if is_over else ConsentStatus.REVOKED
            reason = "Its time is over" if is_over else "The customer was closed"
            _close(consent, target, reason, actor=actor, at=at, is_told=is_over)
            ended += 1
    return ended


def tell_banks(*, at: datetime, limit: int = 100, seconds: float = 40.0) -> int:
    """Tell banks of consents that ended here; answers how many know now.

    Who cannot be reached is told another time, after all others. Begins no call after ``seconds``.
    """
    told, until = 0, time.monotonic() + seconds
    for consent in selectors.untold()[:limit]:
        if time.monotonic() > until:
            break
        try:
            client_of(consent).revoke(session=Session(reference=consent.reference, state=""), at=at)
        except (OutboundError, errors.BankNotOffered):
            Consent.objects.filter(pk=consent.pk).update(updated_at=at)
            continue
        told += Consent.objects.filter(pk=consent.pk, is_told_to_bank=False).update(is_told_to_bank=True, updated_at=at)
    return told


def simulate_visit(*, consent_id: UUID, partner_id: UUID, approves: bool, at: datetime) -> dict[str, str]:
    """In the sandbox: the customer went to the bank and decided. Answers what their browser brings back, for ``complete``.

    Raises SandboxOnly, ConsentNotFound, ConsentEnded.
    """
    consent = selectors.get(consent_id, partner_id=partner_id)
    if consent.standard != BankStandard.SANDBOX:
        raise SandboxOnly()
    policies.check_is_open(consent)
    client: SandboxBank = client_of(consent)
    return client.visit(session_of(consent), approves=approves)


def client_of(consent: Consent) -> Any:
    """The consent's bank. Raises BankNotOffered when it is no longer connected."""
    return registry.bank(consent.bank, sandbox=consent.standard == BankStandard.SANDBOX).client


def session_of(consent: Consent) -> Session:
    """What is kept for the bank. Raises ConsentEnded, PersonalDataErased."""
    try:
        return selectors.session_of(consent)
    except SubjectErased:
        raise PersonalDataErased() from None


def keep(consent: Consent, session: Session, *, at: datetime) -> None:
    """Keep a renewed session, unless the consent has ended meanwhile, and let others renew again."""
    with transaction.atomic():
        locked = selectors.for_update(consent.pk)
        if locked.session is None:
            raise errors.ConsentEnded(status=locked.status)
        _seal(locked, session)
        locked.renewing_until, locked.updated_at = None, at
        locked.save(update_fields=["session", "renewing_until", "updated_at"])


def learn(consent: Consent, *, session: Session, actor: Actor, at: datetime) -> None:
    """The bank no longer honours the consent: ask why, and end ours where it says so, or says that there is no such consent."""
    try:
        state = client_of(consent).consent_status(session=session, at=at)
    except (NotAuthorized, Throttled):
        return
    except Refused:
        state = ConsentState.REVOKED
    except OutboundError:
        return
    if state in _ENDS:
        _end(consent, *_ENDS[state], actor=actor, at=at)


def _end(consent: Consent, target: ConsentStatus, reason: str, *, actor: Actor, at: datetime, is_told: bool = True) -> Consent:
    """Move an open consent to its end; one that ended meanwhile stays as it did."""
    with transaction.atomic():
        locked = selectors.for_update(consent.pk)
        if target in CONSENT_MOVES[ConsentStatus(locked.status)]:
            _close(locked, target, reason, actor=actor, at=at, is_told=is_told)
    return locked


def _close(consent: Consent, target: ConsentStatus, reason: str, *, actor: Actor, at: datetime, is_told: bool) -> None:
    before = {"status": consent.status}
    consent.status, consent.session, consent.renewing_until = target, None, None
    consent.ended_at, consent.updated_at, consent.end_reason, consent.is_told_to_bank = at, at, reason[:500], is_told
    consent.save()
    _tell(consent, _FACTS[target], actor=actor, at=at, before=before, reason=reason)


def _seal(consent: Consent, session: Session) -> None:
    try:
        consent.session = subjects.encrypt(consent.customer_id, session.dump(), aad=selectors.session_aad(consent.pk))
    except SubjectErased:
        raise PersonalDataErased() from None


def _insert(consent: Consent) -> None:
    try:
        with transaction.atomic():
            consent.save(force_insert=True)
    except IntegrityError as error:
        if (
            getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
            != "consent_external_id_is_unique_per_partner"
        ):
            raise
        raise duplicate_external_id(Consent, partner_id=consent.partner_id, external_id=consent.external_id) from None


def _tell(
    consent: Consent, fact: str, *, actor: Actor, at: datetime, before: dict[str, Any] | None = None, reason: str = ""
) -> None:
    """Write the audit record and the event; neither holds what the bank gave."""
    data = {
        "id": consent.public_id,
        "customer_id": ids.public_id("cus", consent.customer_id),
        "bank": consent.bank,
        "status": consent.status,
        "scopes": consent.scopes,
        "expires_at": consent.expires_at.isoformat(),
        "external_id": consent.external_id or None,
    }
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=consent.public_id,
        partner_id=consent.partner_id,
        reason=reason,
        before=before,
        after=data,
    )
    outbox.publish(type=fact, partner_id=consent.partner_id, subject=consent.public_id, data=data, at=at)
