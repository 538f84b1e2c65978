"""Attempts to find out who holds an external account: begun and ended here, whatever the method; and the two that need no rail.

One attempt is under way per account at most. What a method does in between is its own module's: ``micro_deposits``, ``prenotes``,
``payee_verifications``. Locks: the account, then its attempt.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.policies import check_reason
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from flowlet.vault.services import subjects
from payments import errors, events
from payments.choices import (
    AttemptStatus,
    ExternalAccountStatus,
    PayeeResult,
    VerificationMethod,
    VerificationState,
)
from payments.models import AccountVerification, ExternalAccount
from payments.policies import external_accounts as policies
from payments.selectors import external_accounts as selectors
from payments.services import account_notices
from payments.states import ATTEMPT_MOVES, VERIFICATION_MOVES

MANUAL: Final = "payments.external_account_verification"
SWEEP_SIZE: Final = 500
# What an ended attempt makes of an account that was not verified before.
OUTCOMES: Final = {
    AttemptStatus.VERIFIED: VerificationState.VERIFIED,
    AttemptStatus.FAILED: VerificationState.FAILED,
    AttemptStatus.INCONCLUSIVE: VerificationState.UNVERIFIED,
    AttemptStatus.EXPIRED: VerificationState.UNVERIFIED,
    AttemptStatus.CANCELED: VerificationState.UNVERIFIED,
}
_CHANGED: Final = (
    "verification",
    "verification_method",
    "verified_at",
    "reverify_since",
    "payee_result",
    "status",
    "updated_at",
)


def sealed_aad(verification_id: UUID) -> str:
    """The place that an attempt's sealed document belongs to: table, column, row."""
    return f"payments_accountverification.sealed:{verification_id}"


def begin(
    account: ExternalAccount,
    method: VerificationMethod,
    *,
    sealed: str = "",
    tries: int = 0,
    reference: str = "",
    sent_at: datetime | None = None,
    due_on: date | None = None,
    expires_at: datetime | None = None,
    again: bool = False,
    actor: Actor,
    at: datetime,
) -> AccountVerification:
    """An attempt under way, of an account whose row the caller has locked. ``sealed`` is kept under the customer's key.

    Raises as ``policies.check_can_verify``, and VerificationUnderWay.
    """
    policies.check_can_verify(account, method, again=again)
    known = AccountVerification.objects.filter(external_account=account, status=AttemptStatus.PENDING).first()
    if known is not None:
        raise errors.VerificationUnderWay(verification=known.public_id, method=known.method)
    attempt = AccountVerification(
        id=ids.uuid7(),
        partner_id=account.partner_id,
        external_account=account,
        method=method,
        tries_left=tries,
        reference=reference,
        sent_at=sent_at,
        due_on=due_on,
        expires_at=expires_at,
        created_at=at,
    )
    if sealed:
        attempt.sealed = subjects.encrypt(account.customer_id, sealed, aad=sealed_aad(attempt.pk))
    attempt.save(force_insert=True)
    if not account.is_verified:
        check_move(VERIFICATION_MOVES, account.verification, VerificationState.PENDING)
        account.verification, account.verification_method, account.updated_at = VerificationState.PENDING, method, at
        account.save(update_fields=["verification", "verification_method", "updated_at"])
    account_notices.tell(
        events.VERIFICATION_STARTED,
        account,
        actor=actor,
        at=at,
        after={"verification": account.verification, **account_notices.of_attempt(attempt)},
        data=account_notices.of_attempt(attempt),
    )
    return attempt


def end(
    account: ExternalAccount,
    attempt: AccountVerification,
    status: AttemptStatus,
    *,
    reason: str = "",
    result: PayeeResult | None = None,
    sealed: str = "",
    reference: str = "",
    actor: Actor,
    at: datetime,
) -> AccountVerification:
    """The attempt has ended, and the account is what its end makes of it; both rows are locked by the caller.

    What was VERIFIED before stays so. A verified account that only waited for this becomes ACTIVE. ``sealed`` replaces the document
    (micro-deposits' amounts are thrown away with their end).
    """
    check_move(ATTEMPT_MOVES, attempt.status, status)
    before = {"verification": account.verification, "status": account.status}
    attempt.status, attempt.ended_at, attempt.reason = status, at, reason[:500]
    attempt.result, attempt.reference = result or "", reference or attempt.reference
    attempt.sealed = subjects.encrypt(account.customer_id, sealed, aad=sealed_aad(attempt.pk)) if sealed else None
    attempt.save()
    if result is not None:
        account.payee_result = result
    verified_again = account.reverify_since is not None and status == AttemptStatus.VERIFIED
    if verified_again:
        account.reverify_since, account.verification_method, account.verified_at = None, attempt.method, at
    if not account.is_verified:
        account.verification = OUTCOMES[status]
        if account.is_verified:
            account.verification_method, account.verified_at = attempt.method, at
    activated = account.status == ExternalAccountStatus.PENDING and account.is_verified
    if activated:
        account.status = ExternalAccountStatus.ACTIVE
    account.updated_at = at
    account.save(update_fields=_CHANGED)
    told = {"actor": actor, "at": at}
    account_notices.tell(
        events.VERIFICATION_ENDED,
        account,
        **told,
        reason=attempt.reason,
        before={"verification": before["verification"]},
        after={"verification": account.verification, **account_notices.of_attempt(attempt)},
        data=account_notices.of_attempt(attempt),
    )
    if activated:
        after = {"status": account.status}
        account_notices.tell(events.EXTERNAL_ACCOUNT_ACTIVATED, account, **told, before={"status": before["status"]}, after=after)
    if verified_again:
        account_notices.tell(events.REVERIFIED, account, **told, after={"verification_method": account.verification_method})
    return attempt


def locked(
    verification_id: UUID, *, method: VerificationMethod, partner_id: UUID | None = None
) -> tuple[ExternalAccount, AccountVerification]:
    """The attempt that is under way by this method, and its account, both locked. Raises NoVerificationUnderWay."""
    found = AccountVerification.objects.filter(pk=verification_id, method=method).values_list("external_account_id", flat=True)
    account_id = found.first()
    if account_id is None:
        raise errors.NoVerificationUnderWay()
    return locked_of(account_id, method=method, partner_id=partner_id, verification_id=verification_id)


def locked_of(
    account_id: UUID,
    *,
    method: VerificationMethod,
    partner_id: UUID | None = None,
    verification_id: UUID | None = None,
) -> tuple[ExternalAccount, AccountVerification]:
    """As ``locked``, by the account. Raises ExternalAccountNotFound, NoVerificationUnderWay."""
    account = selectors.for_update(account_id, partner_id=partner_id)
    under_way = AccountVerification.objects.select_for_update(no_key=True).filter(
        external_account=account, method=method, status=AttemptStatus.PENDING
    )
    attempt = under_way.first() if verification_id is None else under_way.filter(pk=verification_id).first()
    if attempt is None:
        raise errors.NoVerificationUnderWay()
    return account, attempt


def lock_account_of(verification_id: UUID) -> ExternalAccount:
    """The account of an attempt, its row locked. Raises NoVerificationUnderWay when there is no such attempt."""
    found = AccountVerification.objects.filter(pk=verification_id).values_list("external_account_id", flat=True).first()
    if found is None:
        raise errors.NoVerificationUnderWay()
    return selectors.for_update(found)


def opened(account: ExternalAccount, attempt: AccountVerification) -> str:
    """The attempt's sealed document, "" where there is none. Raises SubjectErased."""
    if attempt.sealed is None:
        return ""
    return subjects.decrypt(account.customer_id, bytes(attempt.sealed), aad=sealed_aad(attempt.pk))


def expire_due(*, actor: Actor, at: datetime) -> int:
    """End attempts whose time is over; answers how many. May run twice without harm."""
    due = AccountVerification.objects.filter(status=AttemptStatus.PENDING, expires_at__lte=at).order_by("expires_at", "id")
    done = 0
    for verification_id, method in list(due.values_list("id", "method")[:SWEEP_SIZE]):
        try:
            with transaction.atomic():
                account, attempt = locked(verification_id, method=VerificationMethod(method))
                end(account, attempt, AttemptStatus.EXPIRED, reason="The time was over", actor=actor, at=at)
                done += 1
        except errors.NoVerificationUnderWay:
            continue  # it ended since the look
    return done


@transaction.atomic
def pass_elsewhere(
    *,
    external_account_id: UUID,
    method: VerificationMethod,
    reference: str,
    status: AttemptStatus = AttemptStatus.VERIFIED,
    result: PayeeResult | None = None,
    reason: str = "",
    sealed: str = "",
    actor: Actor,
    at: datetime,
) -> AccountVerification:
    """Somebody else has found it out, such as Plaid by the holder's own sign-in: the account is verified by ``method``, or is not.

    An attempt under way is canceled when it is verified; else it stays what it was waiting for, and raises VerificationUnderWay.
    Raises ExternalAccountNotFound and as ``policies.check_can_verify``.
    """
    account = selectors.for_update(external_account_id)
    policies.check_can_verify(account, method)
    if status == AttemptStatus.VERIFIED:
        _cancel_under_way(account, f"Verified by {VerificationMethod(method).label}", actor=actor, at=at)
    attempt = begin(account, method, reference=reference, actor=actor, at=at)
    return end(account, attempt, status, result=result, reason=reason, sealed=sealed, actor=actor, at=at)


@transaction.atomic
def request_manual(*, external_account_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for the account to be taken as verified, by papers that ``reason`` names; another person approves it.

    Raises ExternalAccountNotFound, as ``policies.check_can_verify``, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    account = selectors.for_update(external_account_id)
    policies.check_can_verify_manually(account)
    return requests.submit(
        kind=MANUAL,
        payload={"external_account": account.public_id, "fingerprint": account.fingerprint},
        subject=account.public_id,
        reason=check_reason(reason),
        actor=actor,
        at=at,
        partner_id=account.partner_id,
    )


def execute_manual(*, approval: Approval, actor: Actor, at: datetime) -> AccountVerification:
    """Carry an approved request out. Raises Obsolete when the account was verified, blocked, closed or corrected meanwhile."""
    account = selectors.for_update(ExternalAccount.key(approval.payload["external_account"]))
    if account.fingerprint != approval.payload["fingerprint"]:
        raise Obsolete("The account's number has changed since the request.")
    try:
        policies.check_can_verify_manually(account)
    except (errors.AlreadyVerified, errors.ExternalAccountClosed, errors.ExternalAccountBlocked) as refusal:
        raise Obsolete(refusal.message) from None
    _cancel_under_way(account, "Verified by two officers", actor=actor, at=at)
    attempt = begin(account, VerificationMethod.MANUAL, reference=approval.public_id, actor=actor, at=at)
    return end(account, attempt, AttemptStatus.VERIFIED, reason=approval.reason, actor=actor, at=at)


def describe_manual(approval: Approval) -> dict[str, str]:
    """What the checker sees; nothing personal."""
    account = selectors.get(ExternalAccount.key(approval.payload["external_account"]))
    return {
        "Account": f"{account.get_kind_display()} {selectors.masked_number(account)}",
        "Customer": ids.public_id("cus", account.customer_id),
        "Verification so far": account.get_verification_display(),
        "What happens": "The account counts as verified: it is paid and, with a mandate, debited.",
    }


def _cancel_under_way(account: ExternalAccount, reason: str, *, actor: Actor, at: datetime) -> None:
    rows = AccountVerification.objects.select_for_update(no_key=True)
    for attempt in rows.filter(external_account=account, status=AttemptStatus.PENDING):
        end(account, attempt, AttemptStatus.CANCELED, reason=reason, actor=actor, at=at)
