"""Verifications moved, told of, and their items brought up to date: what every deed about them shares."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from accounts.models.personal import Personal
from compliance import events
from compliance.choices import AlertKind, CheckOutcome, CheckSource, ItemKind, ItemStatus, VerificationStatus
from compliance.choices.work import NEVER
from compliance.models import BeneficialOwner, Verification, VerificationCheck, VerificationItem
from compliance.policies.alerts import due_at
from compliance.policies.identity_checks import Finding
from compliance.policies.requirements import DOCUMENTS, RECORDED
from compliance.policies.verifications import priority_of
from compliance.selectors.verifications import is_high_risk
from compliance.states import VERIFICATION_MOVES
from flowlet.audit.services import log
from flowlet.core import crypto
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from flowlet.events.services import outbox

COLLECTING_TIME: Final = timedelta(days=60)
_FACTS: Final = {
    VerificationStatus.OPEN: events.VERIFICATION_OPENED,
    VerificationStatus.COLLECTING: events.VERIFICATION_COLLECTING,
    VerificationStatus.IN_REVIEW: events.VERIFICATION_SUBMITTED,
    VerificationStatus.APPROVED: events.VERIFICATION_APPROVED,
    VerificationStatus.REFUSED: events.VERIFICATION_REFUSED,
    VerificationStatus.EXPIRED: events.VERIFICATION_EXPIRED,
}


def move(row: Verification, to: VerificationStatus, *, reason: str = "", actor: Actor, at: datetime) -> Verification:
    """Put it there, save it, and tell the partner and the audit. Raises IllegalMove."""
    check_move(VERIFICATION_MOVES, row.status, to)
    before = row.status
    row.status, row.updated_at = to, at
    _queue(row, at=at)
    row.save()
    tell(row, actor=actor, at=at, reason=reason, before={"status": before})
    return row


def _queue(row: Verification, *, at: datetime) -> None:
    """In review it waits in the queue; else nobody has it, though what is asked again comes back to whose it was."""
    row.locked_by = row.locked_until = None
    row.priority, row.opened_at, row.due_at = 0, NEVER, NEVER
    if row.status == VerificationStatus.IN_REVIEW:
        row.priority, row.opened_at = priority_of(row, is_high_risk=is_high_risk(row.customer_id)), at
        row.due_at = due_at(AlertKind.VERIFICATION, priority=row.priority, at=at)
    elif row.status != VerificationStatus.COLLECTING:
        row.assignee = None


def tell(row: Verification, *, actor: Actor, at: datetime, reason: str = "", before: dict[str, Any] | None = None) -> None:
    """The event of its state and the record of who brought it there. ``reason`` is for the audit alone."""
    data = {
        "id": row.public_id,
        "customer_id": row.customer.public_id,
        "level": row.level,
        "status": row.status,
        "reason_code": row.reason_code or None,
        "expires_at": row.expires_at,
    }
    fact = _FACTS[VerificationStatus(row.status)]
    note(row, fact, actor=actor, at=at, reason=reason, before=before, after=data)
    outbox.publish(type=fact, partner_id=row.partner_id, subject=row.public_id, data=data, at=at)


def note(row: Verification, action: str, *, actor: Actor, at: datetime, **said: Any) -> None:
    """For the audit alone."""
    log.record(action=action, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, **said)


def begin(row: Verification, *, actor: Actor, at: datetime) -> None:
    """Something was given: what was open is collecting."""
    if row.status == VerificationStatus.OPEN:
        move(row, VerificationStatus.COLLECTING, actor=actor, at=at)


def record(row: Verification, findings: Iterable[Finding], *, source: CheckSource, at: datetime) -> list[VerificationCheck]:
    """Keep what a check found, with the item that it is about. What failed and is about none is the name's, which every level asks for."""
    items: dict[str, VerificationItem] = {}
    for item in row.items.all():
        items[str(item.pk)] = item
        items.setdefault(item.kind, item)
    return VerificationCheck.objects.bulk_create(
        VerificationCheck(
            verification=row,
            round=row.round,
            item=items.get(found.item) or (items[ItemKind.NAME] if found.outcome == CheckOutcome.FAIL else None),
            source=source,
            code=found.code,
            outcome=found.outcome,
            facts=found.facts,
            at=at,
        )
        for found in findings
    )


def read_record(row: Verification, personal: Personal, *, at: datetime) -> list[VerificationItem]:
    """Bring the items that the customer's record answers up to date; one asked again has to have changed. Answers all items."""
    items = list(row.items.select_related("owner"))
    for item in items:
        if item.kind not in RECORDED:
            continue
        value = value_of(item.kind, personal)
        index = crypto.blind_index(value, purpose=f"compliance.item.{item.pk}") if value else ""
        if not value:
            give(item, ItemStatus.MISSING if item.status != ItemStatus.ASKED_AGAIN else item.status, at=at)
        elif index != item.value_index:
            item.value_index = index
            give(item, ItemStatus.PROVIDED, at=at)
    return items


def ask(row: Verification, each: Mapping[str, Any], *, owner: BeneficialOwner | None = None, at: datetime) -> None:
    """Have an item of the set given, of an owner if one is named."""
    VerificationItem.objects.create(
        verification=row, kind=each["kind"], any_of=each["any_of"], max_age_days=each["max_age_days"], owner=owner, updated_at=at
    )


def give(item: VerificationItem, status: ItemStatus, *, at: datetime) -> None:
    """Put an item there."""
    item.status, item.updated_at = status, at
    if status != ItemStatus.ASKED_AGAIN:
        item.ask_code = ""
    if status != ItemStatus.ACCEPTED:
        item.accepted_by = ""
    item.save()


def value_of(kind: str, personal: Personal) -> str:
    """What the record says of an item, as text; empty for nothing."""
    if kind == ItemKind.CONTACT:
        return f"{personal.email} {personal.phone}".strip()
    return str(getattr(personal, RECORDED[ItemKind(kind)]) or "")


def wants_document(kind: str) -> bool:
    """Whether the item is a document."""
    return kind in DOCUMENTS
