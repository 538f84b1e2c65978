"""Challenges: a customer is asked for one amount to one payee, answers within five minutes, and the answer is used once.

Dynamic linking (Reg. (EU) 2018/389 Art. 5): amount, currency, payee, and the partner's own id where there is one, are fixed when the
challenge is made; it stands for nothing else. Rows are locked in this order: challenge, factor.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import errors, events
from accounts.choices import ChallengeStatus, CustomerStatus, FactorStatus, FactorType
from accounts.models import AuthenticationChallenge, AuthenticationFactor, TrustedPayee
from accounts.selectors import authentication as selectors
from accounts.services import authentication_proofs as proofs
from accounts.services.authentication_factors import TRIES, end_trust, prove, tell
from flowlet.core import ids, money
from flowlet.core.actors import Actor
from flowlet.core.money import Money

LIFE = timedelta(minutes=5)  # the same five minutes as Art. 4(3)(d) gives a session


@transaction.atomic
def open(
    *,
    factor_id: UUID,
    partner_id: UUID | None = None,
    customer_id: UUID,
    amount: Money,
    payee_id: str,
    payee_digest: str,
    reference: str = "",
    trusts_payee: bool = False,
    actor: Actor,
    at: datetime,
) -> AuthenticationChallenge:
    """Ask the customer through one of their active factors. Raises FactorNotFound, FactorNotActive, FactorLocked, CustomerClosed,
    CustomerFrozen.
    """
    factor = selectors.factor(factor_id, partner_id=partner_id)
    if factor.customer_id != customer_id:
        raise errors.FactorNotFound("The wallet's customer has no such factor.", param="factor_id")
    check_is_active(factor, at=at)
    if factor.customer.status == CustomerStatus.CLOSED:
        raise errors.CustomerClosed()
    if factor.customer.status == CustomerStatus.FROZEN:
        raise errors.CustomerFrozen()
    row = AuthenticationChallenge(
        id=ids.uuid7(),
        partner_id=factor.partner_id,
        customer_id=customer_id,
        factor=factor,
        currency=amount.currency.code,
        amount=amount.amount,
        payee_id=payee_id,
        payee_digest=payee_digest,
        reference=reference,
        trusts_payee=trusts_payee,
        created_at=at,
        expires_at=(at + LIFE).replace(microsecond=0),
    )
    row.save(force_insert=True)
    _tell(row, events.AUTHENTICATION_CHALLENGE_OPENED, actor=actor, at=at)
    return row


@transaction.atomic
def answer(
    *, challenge_id: UUID, partner_id: UUID | None = None, code: str = "", signature: str = "", actor: Actor, at: datetime
) -> AuthenticationChallenge:
    """The customer's answer. Right: PASSED. Wrong: it stays PENDING with one try less, and is FAILED when the factor is locked by it.

    Raises ChallengeNotFound, ChallengeOver, FactorNotActive, FactorLocked, ProofUnfit, PersonalDataErased.
    """
    row = selectors.challenge(challenge_id, partner_id=partner_id, lock=True)
    if row.status != ChallengeStatus.PENDING or at >= row.expires_at:
        raise errors.ChallengeOver(status=row.status)
    row.factor = selectors.factor(row.factor_id, lock=True)
    check_is_active(row.factor, at=at)
    message = "" if row.factor.type == FactorType.TOTP else proofs.payment_message(row)
    if prove(row.factor, message=message, code=code, signature=signature, actor=actor, at=at):
        row.status, row.passed_at = ChallengeStatus.PASSED, at
    elif not row.factor.failures % TRIES:
        row.status = ChallengeStatus.FAILED
    if row.status != ChallengeStatus.PENDING:
        row.save(update_fields=["status", "passed_at"])
        passed = row.status == ChallengeStatus.PASSED
        fact = events.AUTHENTICATION_CHALLENGE_PASSED if passed else events.AUTHENTICATION_CHALLENGE_FAILED
        _tell(row, fact, actor=actor, at=at)
    return row


@transaction.atomic
def use(
    *,
    challenge_id: UUID,
    customer_id: UUID,
    amount: Money,
    payee_digest: str,
    reference: str = "",
    used_for: str,
    actor: Actor,
    at: datetime,
) -> AuthenticationChallenge:
    """Spend a passed challenge on exactly what it was made for, in the caller's transaction; a twin finds it USED.

    Raises AuthenticationUnfit, which names the first thing that differs.
    """
    try:
        row = selectors.challenge(challenge_id, lock=True)
    except errors.ChallengeNotFound:
        raise _unfit("customer") from None
    if row.customer_id != customer_id:
        raise _unfit("customer")
    if (row.amount, row.currency) != (amount.amount, amount.currency.code):
        raise _unfit("amount")
    if row.payee_digest != payee_digest:
        raise _unfit("payee")
    if row.reference and row.reference != reference:
        raise _unfit("external_id")
    row.factor = selectors.factor(row.factor_id, lock=True)  # a revocation comes before or after, never in between
    if row.status != ChallengeStatus.PASSED or at >= row.expires_at or row.factor.status != FactorStatus.ACTIVE:
        raise _unfit("status", status=row.status, expires_at=row.expires_at.isoformat())
    row.status, row.used_at, row.used_for = ChallengeStatus.USED, at, used_for
    row.save(update_fields=["status", "used_at", "used_for"])
    _tell(row, events.AUTHENTICATION_CHALLENGE_USED, actor=actor, at=at)
    if row.trusts_payee and not selectors.trusted_payees_of(customer_id).filter(payee_digest=payee_digest).exists():
        _trust(row, actor=actor, at=at)
    return row


@transaction.atomic
def remove_trust(*, trusted_payee_id: UUID, partner_id: UUID | None = None, actor: Actor, at: datetime) -> TrustedPayee:
    """The customer trusts the payee no more. Raises TrustedPayeeNotFound, also when it was removed before."""
    row = selectors.trusted_payee(trusted_payee_id, partner_id=partner_id, lock=True)
    if row.removed_at is not None:
        raise errors.TrustedPayeeNotFound()
    end_trust(row, actor=actor, at=at)
    return row


def check_is_active(factor: AuthenticationFactor, *, at: datetime) -> None:
    """Raises FactorNotActive, FactorLocked."""
    if factor.status != FactorStatus.ACTIVE:
        raise errors.FactorNotActive(status=factor.status)
    if factor.locked_until is not None and at < factor.locked_until:
        raise errors.FactorLocked(locked_until=factor.locked_until.isoformat())


def _unfit(why: str, **more: str) -> errors.AuthenticationUnfit:
    return errors.AuthenticationUnfit(param="authentication_id", unfit=why, **more)


def _trust(row: AuthenticationChallenge, *, actor: Actor, at: datetime) -> None:
    """Two payments may trust the same payee at once: the constraint lets one of them do so."""
    payee = TrustedPayee(
        id=ids.uuid7(),
        partner_id=row.partner_id,
        customer_id=row.customer_id,
        challenge=row,
        payee_id=row.payee_id,
        payee_digest=row.payee_digest,
        created_at=at,
    )
    made = TrustedPayee.objects.bulk_create([payee], ignore_conflicts=True)[0]
    if TrustedPayee.objects.filter(pk=made.pk).exists():
        tell(made, events.TRUSTED_PAYEE_ADDED, payee_id=row.payee_id, actor=actor, at=at)


def _tell(row: AuthenticationChallenge, fact: str, *, actor: Actor, at: datetime) -> None:
    tell(
        row,
        fact,
        status=row.status,
        factor_id=row.factor.public_id,
        amount={"amount": money.to_text(row.amount, row.currency), "currency": row.currency},
        payee_id=row.payee_id,
        used_for=row.used_for or None,
        actor=actor,
        at=at,
    )
