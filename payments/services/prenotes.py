"""Prenotes: an ACH entry of zero dollars that asks the bank whether the account exists. No answer is a yes.

Nacha Operating Rules, subsection 2.6.2: live entries may follow on the third banking day after the prenote's settlement, unless it
came back. A notification of change does not stop it: the account is corrected. ``start`` publishes
``external_account.verification_started``; whoever writes the files finds what is ``to_send`` and says ``mark_sent``. In the sandbox
nothing is sent, and the next sweep takes the prenote as accepted.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.choices import Mode
from flowlet.core import clock
from flowlet.core.actors import Actor
from payments import errors, events
from payments.choices import AttemptStatus, VerificationMethod
from payments.models import AccountVerification
from payments.policies import calendars
from payments.selectors import external_accounts as selectors
from payments.services import account_notices, verifications

METHOD: Final = VerificationMethod.PRENOTE
WAITING_BANKING_DAYS: Final = 3
SWEEP_SIZE: Final = 500
BANKS_ZONE: Final = "America/New_York"


@transaction.atomic
def start(*, external_account_id: UUID, partner_id: UUID | None = None, actor: Actor, at: datetime) -> AccountVerification:
    """A prenote waits to be sent.

    Raises ExternalAccountNotFound, -Closed, -Blocked, AlreadyVerified, VerificationUnderWay, MethodNotForAccount.
    """
    account = selectors.for_update(external_account_id, partner_id=partner_id)
    sandbox = account.partner.mode == Mode.SANDBOX
    return verifications.begin(
        account,
        METHOD,
        sent_at=at if sandbox else None,
        due_on=clock.day_of(at, zone=BANKS_ZONE) if sandbox else None,
        actor=actor,
        at=at,
    )


def to_send(*, partner_id: UUID) -> QuerySet[AccountVerification]:
    """The prenotes that no file has yet, the oldest first."""
    rows = AccountVerification.objects.filter(partner_id=partner_id, method=METHOD, status=AttemptStatus.PENDING, sent_at=None)
    return rows.select_related("external_account").order_by("id")


@transaction.atomic
def mark_sent(*, verification_id: UUID, settles_on: date, reference: str, actor: Actor, at: datetime) -> AccountVerification:
    """The prenote left under ``reference`` (its trace number) and settles on a day; three banking days later it counts as accepted.

    A second call changes nothing. Raises NoVerificationUnderWay.
    """
    account, attempt = verifications.locked(verification_id, method=METHOD)
    if attempt.sent_at is not None:
        return attempt
    attempt.sent_at, attempt.reference = at, reference[:128]
    attempt.due_on = calendars.add_banking_days(settles_on, WAITING_BANKING_DAYS, calendar=calendars.Calendar.XFED)
    attempt.save(update_fields=["sent_at", "reference", "due_on"])
    data = {**account_notices.of_attempt(attempt), "due_on": attempt.due_on.isoformat()}
    account_notices.tell(events.VERIFICATION_SENT, account, actor=actor, at=at, after=data, data=data)
    return attempt


@transaction.atomic
def come_back(*, verification_id: UUID, code: str, actor: Actor, at: datetime) -> AccountVerification:
    """The bank returned the prenote with ``code``: FAILED. Raises NoVerificationUnderWay."""
    account, attempt = verifications.locked(verification_id, method=METHOD)
    reason = f"The prenote came back with {code[:8]}"
    return verifications.end(account, attempt, AttemptStatus.FAILED, reason=reason, actor=actor, at=at)


def accept_due(*, actor: Actor, at: datetime) -> int:
    """Take prenotes as accepted whose days have passed without an answer; answers how many. May run twice without harm."""
    today = clock.day_of(at, zone=BANKS_ZONE)
    due = AccountVerification.objects.filter(method=METHOD, status=AttemptStatus.PENDING, due_on__lte=today)
    done = 0
    for verification_id in list(due.order_by("due_on", "id").values_list("id", flat=True)[:SWEEP_SIZE]):
        try:
            with transaction.atomic():
                account, attempt = verifications.locked(verification_id, method=METHOD)
                verifications.end(account, attempt, AttemptStatus.VERIFIED, reason="Not returned", actor=actor, at=at)
                done += 1
        except errors.NoVerificationUnderWay:
            continue  # it ended since the look
    return done
