"""Hits decided: cleared as somebody else, for a time, or confirmed. Two people say so, over an alert or about a single hit.

A confirmed hit on a sanctions list stops what it is of: the customer is frozen, the counterparty's account is blocked.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.choices import CustomerStatus, FreezeOrigin
from accounts.models import Customer
from accounts.policies import check_reason
from accounts.services import customers
from compliance import errors, events
from compliance.choices import Disposition, HitState, ListKind, SubjectKind
from compliance.models import Alert, Hit, ScreeningSubject
from compliance.policies import hits as policies
from compliance.services import screening, screening_alerts
from compliance.states import HIT_MOVES
from flowlet.approvals import registry
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core import reasons
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid
from flowlet.core.states import can_move
from payments.choices import ExternalAccountStatus
from payments.models import ExternalAccount
from payments.services import external_accounts

DECISION: Final = "compliance.hit_decision"
_FACTS: Final = {HitState.CLEARED: events.HIT_CLEARED, HitState.CONFIRMED: events.HIT_CONFIRMED}


def register() -> None:
    """Say what can be asked for."""
    registry.kind(
        DECISION,
        label="Decide a hit",
        maker_permission="compliance.decide_hit",
        checker_permission="compliance.approve_hit",
        execute=execute,
        describe=describe,
    )


@transaction.atomic
def request_decision(
    *, hit_id: UUID, state: str, expires_on: date | None = None, reason: str, actor: Actor, at: datetime
) -> Approval:
    """Ask for an open hit to be CLEARED, until a day or for a year, or CONFIRMED; another person decides.

    Raises HitNotFound, IllegalMove, ReasonMissing, Invalid, and what approvals raise.
    """
    policies.check_is_person(actor)
    if state not in _FACTS:
        raise Invalid(f"Use {' or '.join(_FACTS)}.", param="state")
    row = locked(hit_id)
    policies.check_can_decide(row)
    ends = policies.check_expiry(_end_of(expires_on, at), at=at) if state == HitState.CLEARED else None
    return requests.submit(
        kind=DECISION,
        payload={"state": str(state), "material": row.material, "expires_at": ends.isoformat() if ends else None},
        subject=row.public_id,
        reason=check_reason(reason),
        actor=actor,
        at=at,
    )


def execute(*, approval: Approval, actor: Actor, at: datetime) -> Hit:
    """Carry an approved request out. Raises Obsolete when the hit has moved on or one of its sides has changed."""
    row, said = locked(Hit.key(approval.subject)), approval.payload
    if row.material != said["material"] or not can_move(HIT_MOVES, HitState(row.state), HitState(said["state"])):
        raise Obsolete(f"{row.public_id} is not what it was any more.")
    ends = datetime.fromisoformat(said["expires_at"]) if said["expires_at"] else None
    by = f"{approval.maker_kind}:{approval.maker_id}"
    decide([row], HitState(said["state"]), reason=approval.reason, decided_by=by, expires_at=ends, actor=actor, at=at)
    return row


def describe(approval: Approval) -> dict[str, str]:
    """What the checker sees; who it is stands on the hit's own page, for those who may see that."""
    row = Hit.objects.select_related("watchlist").get(pk=Hit.key(approval.subject))
    return {
        "Decision": HitState(approval.payload["state"]).label,
        "List": row.watchlist.title,
        "Match": f"{row.match:.0%}",
        "Priority": f"{row.priority:.0%}",
        "Counts until": (approval.payload["expires_at"] or "for good")[:10],
    }


def decide(
    rows: Iterable[Hit],
    state: HitState,
    *,
    reason: str,
    decided_by: str,
    expires_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Locked, open hits become what two people said: ``decided_by`` proposed it, ``actor`` is the second one.

    Raises IllegalMove, Invalid for too long a clearing.
    """
    for row in rows:
        policies.check_can_decide(row)
        row.state, row.decided_on, row.decided_at, row.updated_at = state, row.material, at, at
        row.decided_by, row.approved_by, row.reason = decided_by, str(actor), check_reason(reason)
        row.expires_at = policies.check_expiry(expires_at, at=at) if state == HitState.CLEARED else None
        row.save()
        screening.tell(_FACTS[state], [row], row.subject, reason=reason, actor=actor, at=at)
        if state == HitState.CONFIRMED and row.list_kind == ListKind.SANCTIONS:
            _stop(row, actor=actor, at=at)


@transaction.atomic
def decide_with(*, alert: Alert, at: datetime) -> list[Hit]:
    """The hits that a closed alert was about become what two people said of it, as far as they are open and are what was looked at."""
    state = {Disposition.HIT_CLEARED: HitState.CLEARED, Disposition.HIT_CONFIRMED: HitState.CONFIRMED}[
        Disposition(alert.disposition)
    ]
    told = {screening_alerts.shown_in(key) for key in alert.evidence.values_list("key", flat=True)}
    rows = [locked(hit_id) for hit_id in sorted({Hit.key(screening_alerts.hit_in(key)) for key in told})]
    rows = [row for row in rows if row.state == HitState.OPEN and screening_alerts.key_of(row) in told]
    kind, _, name = alert.checked_by.partition(":")
    reason = f"{alert.get_reason_code_display()}. {alert.words}".strip()[: reasons.LONGEST]  # the alert keeps all of it
    decide(rows, state, reason=reason, decided_by=alert.decided_by, actor=Actor(kind=ActorKind(kind), id=name), at=at)
    return rows


@transaction.atomic
def reopen(*, hit_id: UUID, reason: str, actor: Actor, at: datetime) -> Hit:
    """Take a decision back; what a confirmed hit stopped stays so. Raises HitNotFound, IllegalMove, ReasonMissing."""
    policies.check_is_person(actor)
    row = locked(hit_id)
    policies.check_can_reopen(row)
    _open_again([row], reason=check_reason(reason), actor=actor, at=at)
    return row


@transaction.atomic
def expire_due(*, actor: Actor, at: datetime) -> int:
    """Hits whose clearing has expired are open again; answers how many."""
    rows = Hit.objects.select_for_update(no_key=True, of=("self",)).filter(expires_at__lte=at, subject__ended_at=None)
    found = list(rows.select_related("subject").order_by("subject_id", "pk")[:500])
    _open_again(found, reason="The clearing has expired.", actor=actor, at=at)
    return len(found)


def locked(hit_id: UUID) -> Hit:
    """The hit with its row and its subject's locked, the subject first. Raises HitNotFound."""
    subject_id = Hit.objects.filter(pk=hit_id).values_list("subject_id", flat=True).first()
    if subject_id is None:
        raise errors.HitNotFound()
    ScreeningSubject.objects.select_for_update(no_key=True).get(pk=subject_id)
    return Hit.objects.select_for_update(no_key=True, of=("self",)).select_related("subject").get(pk=hit_id)


def _open_again(rows: Iterable[Hit], *, reason: str, actor: Actor, at: datetime) -> None:
    for row in rows:
        screening.open_again(row, at=at)
        row.save()
        screening.tell(events.HIT_OPENED, [row], row.subject, reason=reason, actor=actor, at=at)
        screening_alerts.raise_for(row.subject, [row], at=at)


def _stop(row: Hit, *, actor: Actor, at: datetime) -> None:
    """Nothing moves any more for whom a sanctions list names, unless somebody stopped it already."""
    reason = f"Screening: {row.public_id}"
    if row.subject.kind in {SubjectKind.CUSTOMER, SubjectKind.OWNER}:
        customer = Customer.objects.get(pk=row.subject.customer_id)
        if customer.status != CustomerStatus.CLOSED and customer.freeze_origin != FreezeOrigin.PLATFORM:
            customers.freeze(customer_id=customer.pk, reason=reason, actor=actor, at=at)
    elif row.subject.kind == SubjectKind.COUNTERPARTY and row.subject.key.startswith(f"{ExternalAccount.PREFIX}_"):
        account = ExternalAccount.fetch(row.subject.key)
        if account.status not in {ExternalAccountStatus.BLOCKED, ExternalAccountStatus.CLOSED}:
            external_accounts.block(external_account_id=account.pk, reason=reason, actor=actor, at=at)


def _end_of(day: date | None, at: datetime) -> datetime | None:
    return datetime.combine(day, time.max, tzinfo=at.tzinfo) if day else None
