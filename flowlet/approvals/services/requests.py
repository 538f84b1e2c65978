"""Submit, decide, withdraw and expire requests. Each step is audited and published, in its own transaction."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from flowlet.approvals import events, policies, registry
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import AlreadyPending, MalformedRequest, NoSuchApproval, Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.states import MOVES
from flowlet.audit.services import log
from flowlet.core import actors
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from flowlet.events.services import outbox

FACTS: Final = {
    ApprovalStatus.PENDING: events.SUBMITTED,
    ApprovalStatus.APPROVED: events.APPROVED,
    ApprovalStatus.REJECTED: events.REJECTED,
    ApprovalStatus.WITHDRAWN: events.WITHDRAWN,
    ApprovalStatus.EXPIRED: events.EXPIRED,
    ApprovalStatus.FAILED: events.FAILED,
}


def submit(
    *,
    kind: str,
    payload: dict[str, Any],
    subject: str,
    reason: str,
    actor: Actor,
    at: datetime,
    partner_id: UUID | None = None,
) -> Approval:
    """Ask for something of ``kind`` about ``subject`` (a public id). ``payload`` is plain JSON without floats and personal data.

    Raises UnknownKind, MayNot, MalformedRequest, or AlreadyPending when the kind is exclusive and one is open.
    """
    found = registry.find(kind)
    policies.check_can_submit(kind=found, actor=actor)
    if not reason.strip():
        raise MalformedRequest("Say why: the checker has to know.", param="reason")
    _check_json(payload)
    approval = Approval(
        kind=kind,
        subject=subject,
        partner_id=partner_id,
        payload=payload,
        reason=reason,
        is_exclusive=found.exclusive,
        maker_kind=str(actor.kind),
        maker_id=actor.id,
        maker_label=actor.label,
        created_at=at,
        expires_at=at + found.expires_after,
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                approval.save(force_insert=True)
        except IntegrityError as error:
            if "one_open_request_per_kind_and_subject" not in str(error):
                raise
            raise AlreadyPending(f"{found.label}: a request about {subject} is already waiting for a checker.") from None
        _tell(approval, actor=actor, at=at)
    return approval


@transaction.atomic
def approve(*, approval_id: UUID, actor: Actor, at: datetime, reason: str = "") -> Approval:
    """Carry the request out, in this transaction.

    Raises NoSuchApproval, IllegalMove (already decided), ApprovalExpired, FourEyesRequired, MayNot; and whatever DomainError the
    kind's ``execute`` refuses with: then nothing has happened and the request keeps waiting. Only when ``execute`` says Obsolete
    is the request returned as FAILED, with its effects undone.
    """
    approval = _locked(approval_id)
    policies.check_can_approve(approval=approval, actor=actor, at=at)
    kind = registry.find(approval.kind)
    try:
        with transaction.atomic():
            _decide(approval, ApprovalStatus.APPROVED, checker=actor, at=at, reason=reason)
            kind.execute(approval=approval, actor=actor, at=at)
    except Obsolete as refusal:
        approval = _locked(approval_id)
        _decide(approval, ApprovalStatus.FAILED, checker=actor, at=at, reason=refusal.message)
    _tell(approval, actor=actor, at=at)
    return approval


@transaction.atomic
def reject(*, approval_id: UUID, actor: Actor, at: datetime, reason: str) -> Approval:
    """Refuse the request for good. Raises as ``approve``, and MalformedRequest without a reason."""
    approval = _locked(approval_id)
    policies.check_can_reject(approval=approval, actor=actor, at=at)
    if not reason.strip():
        raise MalformedRequest("Say why: the maker has to know.", param="reason")
    _decide(approval, ApprovalStatus.REJECTED, checker=actor, at=at, reason=reason)
    _tell(approval, actor=actor, at=at)
    return approval


@transaction.atomic
def withdraw(*, approval_id: UUID, actor: Actor, at: datetime, reason: str = "") -> Approval:
    """Take one's own request back. Raises NoSuchApproval, IllegalMove, ApprovalExpired, MayNot for anybody but the maker."""
    approval = _locked(approval_id)
    policies.check_can_withdraw(approval=approval, actor=actor, at=at)
    _decide(approval, ApprovalStatus.WITHDRAWN, checker=None, at=at, reason=reason)
    _tell(approval, actor=actor, at=at)
    return approval


def expire_due(*, at: datetime, limit: int = 500) -> int:
    """End up to ``limit`` requests that nobody decided in time; returns how many. Rows that somebody is deciding on are left."""
    with transaction.atomic():
        due = list(
            Approval.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(status=ApprovalStatus.PENDING, expires_at__lte=at)
            .order_by("expires_at")[:limit]
        )
        for approval in due:
            _decide(approval, ApprovalStatus.EXPIRED, checker=None, at=at, reason="")
            _tell(approval, actor=actors.system("approvals.expire"), at=at)
    return len(due)


def _locked(approval_id: UUID) -> Approval:
    try:
        return Approval.objects.select_for_update(no_key=True).get(pk=approval_id)
    except Approval.DoesNotExist:
        raise NoSuchApproval from None


def _decide(approval: Approval, status: ApprovalStatus, *, checker: Actor | None, at: datetime, reason: str) -> None:
    check_move(MOVES, approval.status, status)
    approval.status = status
    approval.decided_at = at
    approval.decision_reason = reason
    if checker is not None:
        approval.checker_kind = str(checker.kind)
        approval.checker_id = checker.id
        approval.checker_label = checker.label
    approval.save(update_fields=["status", "decided_at", "decision_reason", "checker_kind", "checker_id", "checker_label"])


def _tell(approval: Approval, *, actor: Actor, at: datetime) -> None:
    status = ApprovalStatus(approval.status)
    fact = FACTS[status]
    first = status == ApprovalStatus.PENDING
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=approval.public_id,
        partner_id=approval.partner_id,
        reason=approval.reason if first else approval.decision_reason,
        before=None if first else {"status": ApprovalStatus.PENDING},
        after={
            "status": status,
            "kind": approval.kind,
            "subject": approval.subject,
            **({"payload": approval.payload, "expires_at": approval.expires_at} if first else {}),
        },
    )
    outbox.publish(
        type=fact,
        partner_id=None,
        subject=approval.public_id,
        data={
            "id": approval.public_id,
            "kind": approval.kind,
            "subject": approval.subject,
            "status": status,
            "maker": approval.maker_id,
            "checker": approval.checker_id,
        },
        at=at,
    )


def _check_json(value: Any, path: str = "payload") -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        for key, item in value.items():
            _check_json(item, f"{path}.{key}")
        return
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_json(item, f"{path}[{index}]")
        return
    raise MalformedRequest(f"{path}: {type(value).__name__} is not plain JSON; amounts are strings.", param=path)
