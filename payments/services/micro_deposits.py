"""Micro-deposits: two small amounts are sent to an account, and whoever can name them can read its statement.

``start`` draws the amounts and publishes ``external_account.verification_started``; whoever moves the money hears it, asks
``amounts_of`` and says ``mark_sent``. In the sandbox nothing is sent: the amounts are always 0.32 and 0.45.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import orjson
from django.db import connection, transaction

from accounts.choices import Mode
from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from payments import errors, events
from payments.choices import AttemptStatus, VerificationMethod
from payments.models import AccountVerification, ExternalAccount
from payments.selectors import external_accounts as selectors
from payments.services import account_notices, verifications

METHOD: Final = VerificationMethod.MICRO_DEPOSITS
TRIES: Final = 3
LIFE: Final = timedelta(days=14)
LARGEST: Final = 99
SANDBOX_AMOUNTS: Final = (32, 45)
# All attempts at one account number of one partner together, whoever added it and however often, so that nobody guesses on.
MOST_ATTEMPTS: Final = 3
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(7305, hashtext(%s))"


@transaction.atomic
def start(*, external_account_id: UUID, partner_id: UUID | None = None, actor: Actor, at: datetime) -> AccountVerification:
    """Two amounts of 1 to 99 minor units are drawn and kept sealed; they can be named three times, within 14 days.

    Raises ExternalAccountNotFound, -Closed, -Blocked, AlreadyVerified, VerificationUnderWay, MethodNotForAccount, TooManyVerifications.
    """
    account = selectors.for_update(external_account_id, partner_id=partner_id)
    if account.fingerprint:
        with connection.cursor() as cursor:
            cursor.execute(_ONE_AT_A_TIME, [f"{account.partner_id}:{account.fingerprint}"])
        tried = AccountVerification.objects.filter(
            external_account__fingerprint=account.fingerprint, external_account__partner_id=account.partner_id, method=METHOD
        )
        # Those under way count too, whoever's they are; a second one of this very account is refused as such.
        if tried.exclude(status=AttemptStatus.PENDING, external_account=account).count() >= MOST_ATTEMPTS:
            raise errors.TooManyVerifications()
    sandbox = account.partner.mode == Mode.SANDBOX
    drawn = SANDBOX_AMOUNTS if sandbox else [secrets.randbelow(LARGEST) + 1 for _ in range(2)]
    return verifications.begin(
        account,
        METHOD,
        sealed=orjson.dumps(sorted(drawn)).decode(),
        tries=TRIES,
        sent_at=at if sandbox else None,
        expires_at=at + LIFE,
        actor=actor,
        at=at,
    )


@transaction.atomic
def amounts_of(*, verification_id: UUID) -> tuple[Money, Money]:
    """The two amounts, for whoever sends them. Raises NoVerificationUnderWay."""
    account, attempt = verifications.locked(verification_id, method=METHOD)
    first, second = (_money(units, account.currency) for units in _units(account, attempt))
    return first, second


@transaction.atomic
def mark_sent(*, verification_id: UUID, reference: str, actor: Actor, at: datetime) -> AccountVerification:
    """Both amounts have left; from now on they can be named. A second call changes nothing. Raises NoVerificationUnderWay."""
    account, attempt = verifications.locked(verification_id, method=METHOD)
    if attempt.sent_at is not None:
        return attempt
    attempt.sent_at, attempt.reference = at, reference[:128]
    attempt.save(update_fields=["sent_at", "reference"])
    data = account_notices.of_attempt(attempt)
    account_notices.tell(events.VERIFICATION_SENT, account, actor=actor, at=at, after=data, data=data)
    return attempt


@transaction.atomic
def confirm(
    *, external_account_id: UUID, partner_id: UUID | None = None, amounts: Sequence[Money], actor: Actor, at: datetime
) -> AccountVerification:
    """The holder names both amounts, in any order. Right: VERIFIED. Wrong: one try less, and FAILED without any left.

    A wrong answer is an outcome and no refusal, so that the try counts. Raises ExternalAccountNotFound, NoVerificationUnderWay,
    MicroDepositsNotSent, MicroDepositsExpired, and Invalid for amounts that no deposit can have.
    """
    account, attempt = verifications.locked_of(external_account_id, method=METHOD, partner_id=partner_id)
    if attempt.sent_at is None:
        raise errors.MicroDepositsNotSent()
    if attempt.expires_at is not None and attempt.expires_at <= at:
        raise errors.MicroDepositsExpired()
    named = _named(account, amounts)
    if hmac.compare_digest(orjson.dumps(named), orjson.dumps(_units(account, attempt))):
        return verifications.end(account, attempt, AttemptStatus.VERIFIED, actor=actor, at=at)
    attempt.tries_left -= 1
    attempt.save(update_fields=["tries_left"])
    if not attempt.tries_left:
        reason = f"{TRIES} wrong answers"
        return verifications.end(account, attempt, AttemptStatus.FAILED, reason=reason, actor=actor, at=at)
    data = {**account_notices.of_attempt(attempt), "tries_left": attempt.tries_left}
    account_notices.tell(events.VERIFICATION_TRIED, account, actor=actor, at=at, after=data, data=data)
    return attempt


@transaction.atomic
def come_back(*, verification_id: UUID, code: str, actor: Actor, at: datetime) -> AccountVerification:
    """The bank returned a deposit with ``code``: FAILED. Raises NoVerificationUnderWay."""
    account, attempt = verifications.locked(verification_id, method=METHOD)
    reason = f"The deposit came back with {code[:8]}"
    return verifications.end(account, attempt, AttemptStatus.FAILED, reason=reason, actor=actor, at=at)


def _units(account: ExternalAccount, attempt: AccountVerification) -> list[int]:
    return sorted(orjson.loads(verifications.opened(account, attempt)))


def _money(units: int, currency: str) -> Money:
    return money.exact(Decimal(units).scaleb(-money.exponent(currency)), currency)


def _named(account: ExternalAccount, amounts: Sequence[Money]) -> list[int]:
    if len(amounts) != 2:
        raise Invalid("Name both amounts.", param="amounts")
    units = []
    for amount in amounts:
        scaled = amount.amount.scaleb(money.exponent(account.currency))
        if amount.currency.code != account.currency or scaled != int(scaled) or not 1 <= scaled <= LARGEST:
            smallest, largest = (money.to_text(_money(n, account.currency).amount, account.currency) for n in (1, LARGEST))
            raise Invalid(f"A deposit has {smallest} to {largest} {account.currency}.", param="amounts")
        units.append(int(scaled))
    return sorted(units)
