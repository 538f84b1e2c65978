"""Verification of payee: the question is noted in one transaction, asked outside of any, and the answer noted in another.

MTCH verifies the account, NMTC fails it; CMTC and NOAP leave it as it was, the name that a CMTC brings being kept sealed.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from django.db import transaction

from flowlet.core.actors import Actor
from payments import errors
from payments.choices import AttemptStatus, ExternalAccountKind, PayeeResult, VerificationMethod
from payments.models import AccountVerification, ExternalAccount
from payments.providers import payee_verification
from payments.selectors import external_accounts as selectors
from payments.services import verifications

METHOD: Final = VerificationMethod.PAYEE_VERIFICATION
LIFE: Final = timedelta(days=1)
PATIENCE: Final = timedelta(minutes=5)
ENDS: Final = {
    PayeeResult.MTCH: AttemptStatus.VERIFIED,
    PayeeResult.CMTC: AttemptStatus.INCONCLUSIVE,
    PayeeResult.NMTC: AttemptStatus.FAILED,
    PayeeResult.NOAP: AttemptStatus.INCONCLUSIVE,
}


@transaction.atomic
def start(
    *, external_account_id: UUID, partner_id: UUID | None = None, again: bool = False, actor: Actor, at: datetime
) -> AccountVerification:
    """The question waits to be asked. ``again`` asks about a verified account too, as before a payment.

    Raises ExternalAccountNotFound, -Closed, -Blocked, AlreadyVerified, VerificationUnderWay, MethodNotForAccount.
    """
    account = selectors.for_update(external_account_id, partner_id=partner_id)
    return verifications.begin(account, METHOD, expires_at=at + LIFE, again=again, actor=actor, at=at)


def ask(*, verification_id: UUID, actor: Actor, at: datetime) -> AccountVerification | None:
    """Put the question to the provider of the partner's mode and note the answer. No lock is held while it is asked.

    None when the attempt has ended already. Raises what ``flowlet.core.outbound`` raises when the provider gives no answer:
    ask again later, under the same reference.
    """
    attempt = (
        AccountVerification.objects.select_related("external_account__partner")
        .filter(pk=verification_id, method=METHOD, status=AttemptStatus.PENDING)
        .first()
    )
    if attempt is None:
        return None
    account = attempt.external_account
    details = selectors.details_of([account])[account.pk]
    if details is None or account.kind != ExternalAccountKind.IBAN:
        answer = payee_verification.PayeeAnswer(result=PayeeResult.NOAP, note="There is nothing left to ask about")
    else:
        provider = payee_verification.provider(account.partner.mode)
        answer = provider.ask(name=details.owner_name, iban=details.number, reference=attempt.public_id)
    return _note(attempt, account.fingerprint, answer, asked=details.owner_name if details else "", actor=actor, at=at)


@transaction.atomic
def _note(
    attempt: AccountVerification,
    fingerprint: str,
    answer: payee_verification.PayeeAnswer,
    *,
    asked: str,
    actor: Actor,
    at: datetime,
) -> AccountVerification | None:
    try:
        account, attempt = verifications.locked(attempt.pk, method=METHOD)
    except errors.NoVerificationUnderWay:
        return None
    result: PayeeResult | None = PayeeResult(answer.result)
    status, reason = ENDS[result], answer.note or result.label
    if account.fingerprint != fingerprint:  # corrected meanwhile: the answer is about another account
        result, status, reason = None, AttemptStatus.INCONCLUSIVE, "The account was corrected while the question was under way"
    return verifications.end(
        account,
        attempt,
        status,
        reason=reason,
        result=result,
        sealed=orjson.dumps({"asked": asked, "returned": answer.name}).decode() if asked else "",
        reference=answer.reference,
        actor=actor,
        at=at,
    )


def name_returned(account: ExternalAccount, attempt: AccountVerification) -> str:
    """The holder's name as the bank has it, "" where it did not say."""
    text = verifications.opened(account, attempt)
    return orjson.loads(text)["returned"] if text else ""


def unanswered(*, at: datetime) -> list[str]:
    """The public ids of questions that nobody answered within ``PATIENCE``, the oldest first, a hundred at most."""
    rows = AccountVerification.objects.filter(method=METHOD, status=AttemptStatus.PENDING, created_at__lt=at - PATIENCE)
    return [attempt.public_id for attempt in rows.only("id").order_by("id")[:100]]
