"""Alerts: raised by whatever watches, decided by people, some of them by two."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from accounts.models import Customer, Partner
from accounts.policies import check_reason
from compliance import errors, events
from compliance.choices import AlertKind, AlertState
from compliance.models import Alert, AlertEvidence
from compliance.policies import alerts as policies
from compliance.policies import work
from compliance.services.decisions import decision_of
from flowlet.audit.services import log
from flowlet.core import actors, reasons
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.db.models import Identified
from flowlet.events.services import outbox
from payments.models import Payment

SYSTEM = actors.system("compliance.alerts")
LONGEST_HEADLINE, LONGEST_WORDS = 300, 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that was seen. ``key`` names it within its scenario and customer: told twice, it is kept once.

    ``facts`` are figures beside their thresholds, as JSON values (Decimal, date and UUID become text), without personal data in clear.
    What is no news only says where something known was met again: it joins the alert and leaves its sentence and its decision alone.
    """

    key: str
    headline: str
    facts: Mapping[str, Any]
    happened_at: datetime
    payment_id: UUID | str | None = None
    is_news: bool = True


@transaction.atomic
def raise_alert(
    *,
    partner_id: UUID | str,
    customer_id: UUID | str | None,
    kind: str,
    scenario: str,
    priority: int,
    headline: str,
    evidence: Sequence[Evidence],
    at: datetime,
) -> Alert:
    """What was seen joins the open alert of this partner, customer, kind and scenario, or opens one; told twice, it adds nothing.

    ``priority`` (0 to 100) of an open alert only rises, and with it the day when it is due only comes nearer. A decision that waits for
    its second person goes back to review when something new comes. Ids are keys or public ids. Whoever raises several alerts in one
    transaction does so in one order. Raises AlertWithoutEvidence, Invalid.
    """
    if not evidence:
        raise errors.AlertWithoutEvidence(param="evidence")
    if not 0 <= priority <= 100:
        raise Invalid("A priority is 0 to 100.", param="priority")
    kind = AlertKind(kind)
    partner, customer = _key(Partner, partner_id), _key(Customer, customer_id) if customer_id is not None else None
    scope = f"{partner}:{kind}:{scenario}:{customer or ''}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"compliance.alert:{scope}"])
    told = {_identity(scope, one.key): one for one in evidence}
    known = dict(AlertEvidence.objects.filter(identity__in=told).values_list("identity", "alert_id"))
    fresh = {identity: one for identity, one in told.items() if identity not in known}
    row = (
        Alert.objects.select_for_update(no_key=True)
        .filter(partner_id=partner, customer_id=customer, kind=kind, scenario=scenario)
        .exclude(state=AlertState.CLOSED)
        .first()
    )
    if row is None and not fresh:
        return Alert.objects.get(pk=max(known.values()))
    if row is None:
        row = Alert.objects.create(
            partner_id=partner,
            customer_id=customer,
            kind=kind,
            scenario=scenario,
            headline=headline[:LONGEST_HEADLINE],
            priority=priority,
            opened_at=at,
            due_at=policies.due_at(kind, priority=priority, at=at),
            evidence_count=len(fresh),
            evidence_at=at,
        )
        fact = events.ALERT_RAISED
    elif not _grow(row, list(fresh.values()), headline=headline, priority=priority, at=at):
        return row
    else:
        fact = events.ALERT_GREW
    _keep(row, fresh, at=at)
    _tell(row, fact, actor=SYSTEM, at=at, more={"evidence": [one.key for one in fresh.values()]})
    return row


def _grow(row: Alert, fresh: Sequence[Evidence], *, headline: str, priority: int, at: datetime) -> bool:
    """Let an open alert grow; answers whether anything is new."""
    count = len(fresh)
    if not count and priority <= row.priority:
        return False
    row.evidence_count += count
    if priority > row.priority:
        row.priority = priority
        row.due_at = min(row.due_at, policies.due_at(row.kind, priority=priority, at=at))
    if count:
        row.evidence_at = at
    if any(one.is_news for one in fresh):
        row.headline = headline[:LONGEST_HEADLINE]
        if row.state == AlertState.PROPOSED:
            _undecide(row)
    row.save()
    return True


def _keep(row: Alert, fresh: Mapping[UUID, Evidence], *, at: datetime) -> None:
    AlertEvidence.objects.bulk_create(
        AlertEvidence(
            alert=row,
            identity=identity,
            key=one.key,
            headline=one.headline[:LONGEST_HEADLINE],
            facts=orjson.loads(orjson.dumps(dict(one.facts), default=str)),
            payment_id=_key(Payment, one.payment_id) if one.payment_id is not None else None,
            happened_at=one.happened_at,
            told_at=at,
        )
        for identity, one in fresh.items()
    )


@transaction.atomic
def decide(*, alert_id: UUID, disposition: str, reason_code: str, words: str = "", actor: Actor, at: datetime) -> Alert:
    """Say how an alert ends. It closes, or, where that takes two people, waits for the second one (``policies.needs_two``).

    ``words`` are kept for good and hold no personal data. Raises AlertNotFound, Forbidden for who is no person, and for who is no
    manager of what was escalated, ItemTaken, WrongDisposition, IllegalMove.
    """
    work.check_is_person(actor)
    row = locked(alert_id)
    policies.check_can_decide(row, disposition, actor)
    policies.check_reason_code(disposition, reason_code)
    work.check_is_free(row, actor, at=at)
    row.disposition, row.reason_code, row.words = disposition, reason_code, reasons.kept(words, most=LONGEST_WORDS, param="words")
    row.decided_by, row.decided_at = str(actor), at
    row.locked_by = row.locked_until = None
    if not policies.needs_two(disposition):
        return _close(row, actor=actor, at=at)
    row.state, row.assignee = AlertState.PROPOSED, None
    row.save()
    _tell(row, events.ALERT_PROPOSED, actor=actor, at=at, reason=row.words, more=decision_of(row))
    return row


@transaction.atomic
def confirm(*, alert_id: UUID, actor: Actor, at: datetime) -> Alert:
    """The second person's yes: the alert closes. Raises AlertNotFound, Forbidden, ItemTaken, IllegalMove, FourEyesRequired."""
    work.check_is_person(actor)
    row = locked(alert_id)
    policies.check_can_confirm(row, actor)
    work.check_is_free(row, actor, at=at)
    row.checked_by = str(actor)
    row.locked_by = row.locked_until = None
    return _close(row, actor=actor, at=at)


@transaction.atomic
def send_back(*, alert_id: UUID, reason: str, actor: Actor, at: datetime) -> Alert:
    """The second person's no, or a manager's to what was escalated: it is in review again.

    Raises AlertNotFound, Forbidden, ItemTaken, IllegalMove, ReasonMissing.
    """
    work.check_is_person(actor)
    row = locked(alert_id)
    policies.check_can_send_back(row, actor)
    work.check_is_free(row, actor, at=at)
    before = decision_of(row)
    _undecide(row)
    row.locked_by = row.locked_until = None
    row.save()
    _tell(row, events.ALERT_SENT_BACK, actor=actor, at=at, reason=check_reason(reason), before=before)
    return row


@transaction.atomic
def escalate(*, alert_id: UUID, reason: str, actor: Actor, at: datetime) -> Alert:
    """Hand it to a manager. Raises AlertNotFound, Forbidden, ItemTaken, IllegalMove, ReasonMissing."""
    work.check_is_person(actor)
    row = locked(alert_id)
    policies.check_can_escalate(row, actor)
    work.check_is_free(row, actor, at=at)
    row.state, row.assignee, row.locked_by, row.locked_until = AlertState.ESCALATED, None, None, None
    row.save()
    _tell(row, events.ALERT_ESCALATED, actor=actor, at=at, reason=check_reason(reason))
    return row


def locked(alert_id: UUID) -> Alert:
    """The alert with its row locked. Raises AlertNotFound."""
    row = Alert.objects.select_for_update(no_key=True).filter(pk=alert_id).first()
    if row is None:
        raise errors.AlertNotFound()
    return row


def _close(row: Alert, *, actor: Actor, at: datetime) -> Alert:
    row.state, row.closed_at = AlertState.CLOSED, at
    row.save()
    _tell(row, events.ALERT_CLOSED, actor=actor, at=at, reason=row.words, more=decision_of(row))
    return row


def _undecide(row: Alert) -> None:
    row.state, row.disposition, row.reason_code, row.words = AlertState.IN_REVIEW, "", "", ""
    row.decided_by, row.decided_at, row.assignee = "", None, None


def _tell(
    row: Alert,
    fact: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Tell the audit, without partner and customer; what was raised or closed is an event as well."""
    facts = {
        "id": row.public_id,
        "kind": str(row.kind),
        "scenario": row.scenario,
        "state": str(row.state),
        "priority": row.priority,
    }
    log.record(
        action=fact, actor=actor, at=at, target=row.public_id, reason=reason, before=before, after={**facts, **(more or {})}
    )
    if fact in (events.ALERT_RAISED, events.ALERT_CLOSED):
        data = facts | {"disposition": str(row.disposition) or None}
        outbox.publish(type=fact, partner_id=None, subject=row.public_id, data=data, at=at)


def _identity(scope: str, key: str) -> UUID:
    return UUID(bytes=hashlib.sha256(f"{scope}:{key}".encode()).digest()[:16])


def _key(model: type[Identified], value: UUID | str) -> UUID:
    """The key of a row named by its key or its public id."""
    if isinstance(value, UUID):
        return value
    return model.key(value) if value.startswith(f"{model.PREFIX}_") else UUID(value)
