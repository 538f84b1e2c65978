"""Second factors of customers: enrolled, confirmed, proven, locked, revoked.

A wrong answer is an outcome and no refusal, so that it counts. Who enrols was authenticated by the partner: Flowlet takes the partner's
word for it, and for what unlocks the factor.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import errors, events, policies
from accounts.choices import CustomerStatus, FactorStatus, FactorType, SecondCategory
from accounts.models import AuthenticationChallenge, AuthenticationFactor, TrustedPayee
from accounts.selectors import authentication as selectors
from accounts.selectors import customers
from accounts.services import authentication_proofs as proofs
from accounts.services import partners
from accounts.states import AUTHENTICATION_FACTOR_MOVES
from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from flowlet.vault.services import subjects

MOST = 5  # with five tries each, all factors of a customer together give twenty-five guesses at a million codes
TRIES = 5  # Reg. (EU) 2018/389 Art. 4(3)(b)
FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=15), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A factor that waits for its first proof: the URI for the authenticator app, shown once, or what the device key has to sign."""

    factor: AuthenticationFactor
    otpauth_uri: str = field(repr=False)
    message: str


@transaction.atomic
def enrol(
    *,
    customer_id: UUID,
    partner_id: UUID | None = None,
    type: str,
    second_category: str,
    public_key: str = "",
    name: str = "",
    actor: Actor,
    at: datetime,
) -> Enrolled:
    """A new factor of an active customer, to be confirmed. ``public_key`` is of a device key: base64 of SubjectPublicKeyInfo in DER.

    Raises CustomerNotFound, CustomerClosed, CustomerFrozen, TooManyFactors, MalformedPublicKey, Invalid.
    """
    kind, category = FactorType(type), SecondCategory(second_category)
    if len(name) > 60 or (name and not name.isprintable()):
        raise Invalid("A name has at most 60 printable characters.", param="name")
    customer = customers.for_update(customer_id, partner_id=partner_id)
    policies.check_is_open(customer)
    if customer.status == CustomerStatus.FROZEN:
        raise errors.CustomerFrozen()
    if selectors.factors_of(customer.pk).count() >= MOST:
        raise errors.TooManyFactors()
    factor = AuthenticationFactor(
        id=ids.uuid7(),
        partner_id=customer.partner_id,
        customer=customer,
        type=kind,
        second_category=category,
        name=name,
        created_at=at,
    )
    uri = message = ""
    if kind == FactorType.TOTP:
        if public_key:
            raise errors.MalformedPublicKey("One-time codes have no public key.", param="public_key")
        secret = proofs.new_secret()
        factor.secret = subjects.key_for(customer.pk).seal(secret, aad=selectors.secret_aad(factor.pk))
        uri = proofs.otpauth_uri(secret, issuer=partners.get(customer.partner_id).name, account=customer.public_id)
    else:
        factor.public_key = proofs.checked_key(public_key, factor_type=kind)
        message = proofs.enrolment_message(factor)
    factor.save(force_insert=True)
    tell(factor, events.AUTHENTICATION_FACTOR_ENROLLED, actor=actor, at=at)
    return Enrolled(factor, uri, message)


@transaction.atomic
def confirm(
    *, factor_id: UUID, partner_id: UUID | None = None, code: str = "", signature: str = "", actor: Actor, at: datetime
) -> AuthenticationFactor:
    """The first proof: right, and the factor is ACTIVE; wrong, and it stays PENDING with one try less.

    Raises FactorNotFound, FactorLocked, IllegalMove unless it is pending, ProofUnfit, PersonalDataErased.
    """
    factor = selectors.factor(factor_id, partner_id=partner_id, lock=True)
    check_move(AUTHENTICATION_FACTOR_MOVES, FactorStatus(factor.status), FactorStatus.ACTIVE)
    message = "" if factor.type == FactorType.TOTP else proofs.enrolment_message(factor)
    if prove(factor, message=message, code=code, signature=signature, actor=actor, at=at):
        factor.status, factor.confirmed_at = FactorStatus.ACTIVE, at
        factor.save(update_fields=["status", "confirmed_at"])
        tell(factor, events.AUTHENTICATION_FACTOR_CONFIRMED, actor=actor, at=at)
    return factor


@transaction.atomic
def revoke(*, factor_id: UUID, partner_id: UUID | None = None, reason: str, actor: Actor, at: datetime) -> AuthenticationFactor:
    """The factor proves nothing any more, what it has passed but not paid neither; the trust that it gave ends, and its secret is gone.

    Raises FactorNotFound, IllegalMove when it was revoked before, ReasonMissing.
    """
    factor = selectors.factor(factor_id, partner_id=partner_id, lock=True)
    policies.check_can_revoke_factor(factor)
    return _end(factor, reason=policies.check_reason(reason), actor=actor, at=at)


@transaction.atomic
def forget(*, customer_id: UUID, actor: Actor, at: datetime) -> None:
    """Revoke all factors of a customer who is erased, and end their trust."""
    for factor in selectors.factors_of(customer_id).select_for_update(no_key=True).order_by("pk"):
        _end(factor, reason="The customer was erased.", actor=actor, at=at)


def prove(factor: AuthenticationFactor, *, message: str, code: str = "", signature: str = "", actor: Actor, at: datetime) -> bool:
    """Whether a locked factor gives the right answer; a right one is used up, a wrong one counted, and every fifth locks the factor:
    for a quarter of an hour, then twice as long each time, up to a day.

    Raises FactorLocked before anything is looked at, ProofUnfit, PersonalDataErased.
    """
    if factor.locked_until is not None and at < factor.locked_until:
        raise errors.FactorLocked(locked_until=factor.locked_until.isoformat())
    if _is_right(factor, message=message, code=code, signature=signature, at=at):
        factor.failures, factor.locked_until, factor.last_used_at = 0, None, at
        factor.save(update_fields=["failures", "locked_until", "last_used_at", "last_step"])
        return True
    factor.failures += 1
    fact = events.AUTHENTICATION_FACTOR_TRIED
    if not factor.failures % TRIES:
        doublings = min(factor.failures // TRIES - 1, 7)
        factor.locked_until = at + min(FIRST_LOCK * 2**doublings, LONGEST_LOCK)
        fact = events.AUTHENTICATION_FACTOR_LOCKED
    factor.save(update_fields=["failures", "locked_until"])
    tell(factor, fact, actor=actor, at=at)
    return False


def tries_left(factor: AuthenticationFactor) -> int:
    """How many wrong answers it takes until the factor is locked."""
    return TRIES - factor.failures % TRIES


def _is_right(factor: AuthenticationFactor, *, message: str, code: str, signature: str, at: datetime) -> bool:
    if factor.type == FactorType.TOTP:
        if not code or signature:
            raise errors.ProofUnfit(param="code")
        box = subjects.boxes_for([factor.customer_id]).get(factor.customer_id)
        if box is None or factor.secret is None:
            raise errors.PersonalDataErased()
        secret = box.open(factor.secret, aad=selectors.secret_aad(factor.pk))
        step = proofs.step_of(secret, code, after=factor.last_step, at=at)
        factor.last_step = factor.last_step if step is None else step
        return step is not None
    if not signature or code:
        raise errors.ProofUnfit(param="signature")
    try:
        return proofs.is_signed(factor, message, proofs.decoded(signature))
    except ValueError:
        raise errors.ProofUnfit("The signature is not base64.", param="signature") from None


def _end(factor: AuthenticationFactor, *, reason: str, actor: Actor, at: datetime) -> AuthenticationFactor:
    for payee in selectors.trusted_payees_of(factor.customer_id).filter(challenge__factor=factor):
        end_trust(payee, actor=actor, at=at)
    factor.status, factor.revoked_at = FactorStatus.REVOKED, at
    factor.secret, factor.public_key, factor.name = None, None, ""
    factor.save(update_fields=["status", "revoked_at", "secret", "public_key", "name"])
    tell(factor, events.AUTHENTICATION_FACTOR_REVOKED, reason=reason, actor=actor, at=at)
    return factor


def end_trust(payee: TrustedPayee, *, actor: Actor, at: datetime) -> None:
    """The customer is asked again for payments to the payee."""
    payee.removed_at = at
    payee.save(update_fields=["removed_at"])
    tell(payee, events.TRUSTED_PAYEE_REMOVED, payee_id=payee.payee_id, actor=actor, at=at)


def tell(
    row: AuthenticationFactor | AuthenticationChallenge | TrustedPayee,
    fact: str,
    *,
    reason: str = "",
    actor: Actor,
    at: datetime,
    **more: Any,
) -> None:
    """Write the deed to the audit and to the outbox: ids and states, nothing personal, nothing that proves."""
    data = {"id": row.public_id, "customer_id": ids.public_id("cus", row.customer_id), **more}
    if isinstance(row, AuthenticationFactor):
        locked = row.locked_until.isoformat() if row.locked_until else None
        data |= {"type": row.type, "status": row.status, "tries_left": tries_left(row), "locked_until": locked}
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, reason=reason, after=data)
    outbox.publish(type=fact, partner_id=row.partner_id, subject=row.public_id, data=data, at=at)
