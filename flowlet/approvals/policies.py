"""Who may decide, and when: ``check_…`` raises, ``can_…`` answers; the buttons and the services ask the same."""

from collections.abc import Callable
from datetime import datetime

from flowlet.approvals import registry
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import ApprovalExpired, FourEyesRequired, MayNot
from flowlet.approvals.models import Approval
from flowlet.approvals.states import MOVES
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import DomainError
from flowlet.core.states import check_move


def check_can_submit(*, kind: registry.Kind, actor: Actor) -> None:
    """Raises MayNot when the actor lacks the kind's permission to make."""
    if not registry.is_permitted(actor, kind.maker_permission):
        raise MayNot(f"{kind.label} needs the permission {kind.maker_permission}.", permission=kind.maker_permission)


def check_can_approve(*, approval: Approval, actor: Actor, at: datetime) -> None:
    """Raises IllegalMove, ApprovalExpired, FourEyesRequired or MayNot. Only people check."""
    _check_decision(approval, ApprovalStatus.APPROVED, actor, at)


def check_can_reject(*, approval: Approval, actor: Actor, at: datetime) -> None:
    """Raises as ``check_can_approve``."""
    _check_decision(approval, ApprovalStatus.REJECTED, actor, at)


def check_can_withdraw(*, approval: Approval, actor: Actor, at: datetime) -> None:
    """Raises IllegalMove, ApprovalExpired, or MayNot for anybody but the maker."""
    check_move(MOVES, approval.status, ApprovalStatus.WITHDRAWN)
    if actor.id != approval.maker_id:
        raise MayNot("Only the maker can withdraw a request.")
    _check_in_time(approval, at)


def can_approve(*, approval: Approval, actor: Actor, at: datetime) -> bool:
    """Whether ``check_can_approve`` would pass."""
    return _passes(check_can_approve, approval, actor, at)


def can_reject(*, approval: Approval, actor: Actor, at: datetime) -> bool:
    """Whether ``check_can_reject`` would pass."""
    return _passes(check_can_reject, approval, actor, at)


def can_withdraw(*, approval: Approval, actor: Actor, at: datetime) -> bool:
    """Whether ``check_can_withdraw`` would pass."""
    return _passes(check_can_withdraw, approval, actor, at)


def _check_decision(approval: Approval, target: ApprovalStatus, actor: Actor, at: datetime) -> None:
    check_move(MOVES, approval.status, target)
    if actor.id == approval.maker_id:
        raise FourEyesRequired("You submitted this request; another person has to decide it.")
    kind = registry.find(approval.kind)
    if actor.kind != ActorKind.STAFF or not registry.is_permitted(actor, kind.checker_permission):
        raise MayNot(f"To decide on it needs the permission {kind.checker_permission}.", permission=kind.checker_permission)
    _check_in_time(approval, at)


def _check_in_time(approval: Approval, at: datetime) -> None:
    if at >= approval.expires_at:
        raise ApprovalExpired(f"It expired at {approval.expires_at.isoformat(timespec='seconds')}; submit it again.")


def _passes(check: Callable[..., None], approval: Approval, actor: Actor, at: datetime) -> bool:
    try:
        check(approval=approval, actor=actor, at=at)
    except DomainError:
        return False
    return True
