"""Refusals of the app."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, FourEyesRequired, Invalid, NotFound

__all__ = [
    "AlreadyPending",
    "ApprovalExpired",
    "FourEyesRequired",
    "MalformedRequest",
    "MayNot",
    "NoSuchApproval",
    "Obsolete",
    "UnknownKind",
]


class UnknownKind(Invalid):
    """No app has registered this kind."""

    code, title = "approval.unknown_kind", "There is no such kind of request"


class MalformedRequest(Invalid):
    """The payload is not plain JSON, or the reason is missing."""

    code, title = "approval.malformed", "The request has the wrong form"


class NoSuchApproval(NotFound):
    """There is no such request."""

    code, title = "approval.not_found", "There is no such request"


class AlreadyPending(Conflict):
    """The kind allows one open request per subject, and there is one."""

    code, title = "approval.already_pending", "A request of this kind is already waiting for a checker"


class ApprovalExpired(Conflict):
    """Nobody decided in time."""

    code, title = "approval.expired", "The request has expired; submit it again"


class MayNot(Forbidden):
    """The actor lacks the permission that the kind asks for."""

    code, title = "approval.permission_required", "Your role does not allow this"


class Obsolete(DomainError):
    """Raised by a kind's ``execute`` when the request can never be carried out any more: it ends as FAILED instead of waiting."""

    code, title = "approval.obsolete", "The request can no longer be carried out"
