"""What customers let partners read at their own banks. Nothing of it is kept; that it was read, by whom, is in the audit.

Tokens are renewed when they end. As some banks give each refresh token once, one request renews and the others are told to come again.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from payments import errors, events
from payments.choices import ConsentScope
from payments.models import Consent
from payments.policies import consents as policies
from payments.providers.openbanking.vocabulary import Account, Balance, Session, Transaction, Visitor
from payments.selectors import consents as selectors
from payments.services import consents

RENEWAL = timedelta(seconds=60)


def accounts(*, consent_id: UUID, partner_id: UUID, visitor: Visitor, actor: Actor, at: datetime) -> list[Account]:
    """The accounts of the consent. Raises what ``_read`` raises."""
    return _read(
        consent_id,
        partner_id,
        ConsentScope.ACCOUNTS,
        lambda client, session: client.accounts(session=session, visitor=visitor, at=at),
        actor=actor,
        at=at,
    )


def balances(
    *, consent_id: UUID, partner_id: UUID, account_id: str, visitor: Visitor, actor: Actor, at: datetime
) -> list[Balance]:
    """The balances of one of its accounts. Raises what ``_read`` raises."""
    return _read(
        consent_id,
        partner_id,
        ConsentScope.BALANCES,
        lambda client, session: client.balances(session=session, account_id=account_id, visitor=visitor, at=at),
        actor=actor,
        at=at,
    )


def transactions(
    *,
    consent_id: UUID,
    partner_id: UUID,
    account_id: str,
    from_on: date | None = None,
    to_on: date | None = None,
    visitor: Visitor,
    actor: Actor,
    at: datetime,
) -> list[Transaction]:
    """The movements of one of its accounts in these days. Raises what ``_read`` raises."""
    return _read(
        consent_id,
        partner_id,
        ConsentScope.TRANSACTIONS,
        lambda client, session: client.transactions(
            session=session, account_id=account_id, from_on=from_on, to_on=to_on, visitor=visitor, at=at
        ),
        actor=actor,
        at=at,
    )


def _read(
    consent_id: UUID,
    partner_id: UUID,
    scope: str,
    ask: Callable[[Any, Session], list[Any]],
    *,
    actor: Actor,
    at: datetime,
) -> list[Any]:
    """Ask the bank under the consent.

    Raises ConsentNotFound, ConsentEnded, ConsentNotGiven, ConsentNotReconfirmed, ScopeNotConsented, ConsentBusy, ConsentLapsed
    (ours is then ended as the bank's is), PersonalDataErased, BankAnswerMalformed, and what the HTTP layer raises.
    """
    consent = selectors.get(consent_id, partner_id=partner_id)
    policies.check_can_read(consent, scope, at=at)
    client = consents.client_of(consent)
    session = consents.session_of(consent)
    try:
        session = _renewed(consent, client, session, at=at)
        found = ask(client, session)
    except errors.ConsentLapsed:
        consents.learn(consent, session=session, actor=actor, at=at)
        raise
    log.record(
        action=events.CONSENT_READ,
        actor=actor,
        at=at,
        target=consent.public_id,
        partner_id=consent.partner_id,
        after={"scope": scope, "rows": len(found)},
    )
    return found


def _renewed(consent: Consent, client: Any, session: Session, *, at: datetime) -> Session:
    """The session with a good token; renewed by whoever comes first."""
    if not client.needs_refresh(session=session, at=at):
        return session
    free = Q(renewing_until=None) | Q(renewing_until__lte=at)
    # The session is compared too: who read it before somebody else's renewal would spend a token that is spent.
    if not Consent.objects.filter(free, pk=consent.pk, session=bytes(consent.session)).update(renewing_until=at + RENEWAL):
        raise errors.ConsentBusy()
    try:
        renewed = client.refresh(session=session, at=at)
    except Exception:
        Consent.objects.filter(pk=consent.pk).update(renewing_until=None)
        raise
    consents.keep(consent, renewed, at=at)
    return renewed
