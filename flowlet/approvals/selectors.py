"""Questions to the requests."""

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from flowlet.approvals import events, registry
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.models import Approval
from flowlet.audit.selectors import told
from flowlet.core.actors import Actor


def pending() -> QuerySet[Approval]:
    """What waits for a checker, oldest first."""
    return Approval.objects.filter(status=ApprovalStatus.PENDING).order_by("id")


def queue_of(actor: Actor) -> QuerySet[Approval]:
    """What this actor may decide, oldest first: of the kinds it may check, and not its own."""
    kinds = registry.kinds()
    held = registry.permitted(actor, {kind.checker_permission for kind in kinds})
    checked = [kind.name for kind in kinds if kind.checker_permission in held]
    return pending().filter(kind__in=checked).exclude(maker_id=actor.id)


def of_subject(subject: str) -> QuerySet[Approval]:
    """All requests about the thing with this public id, newest first."""
    return Approval.objects.filter(subject=subject).order_by("-id")


def description_of(approval: Approval) -> Mapping[str, str]:
    """What the checker sees: label → value. Raises UnknownKind when no app registers the kind any more."""
    return registry.find(approval.kind).describe(approval)


def told_makers(names: Iterable[str]) -> dict[str, str]:
    """Who asked for each of the requests (public ids), as the audit tells it: one query."""
    return {record.target: told.who(record) for record in told.records(names, (events.SUBMITTED,))}
