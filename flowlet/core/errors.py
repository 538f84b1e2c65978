"""Anticipated refusals.

A ``DomainError`` carries a stable dotted ``code``, an HTTP ``status``, a message that says what to do, the offending
``param`` if there is one, and safe ``details`` (no secrets, no personal data). It is raised where it arises and rendered
once by the API (RFC 9457) and once by the back office. Anything else that is raised is a bug.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """Base of all refusals. Subclasses are named after the condition and set ``code`` and ``status``."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The request was refused"

    def __init__(self, message: str = "", *, param: str = "", **details: Any) -> None:
        self.message = message or self.title
        self.param = param
        self.details = details
        super().__init__(self.message)


class Invalid(DomainError):
    """The input has the wrong form."""

    code, status, title = "request.invalid", 400, "The request has the wrong form"


class NotFound(DomainError):
    """There is no such thing, or it belongs to somebody else."""

    code, status, title = "resource.not_found", 404, "There is no such resource"


class Conflict(DomainError):
    """The thing is not in a state that allows this."""

    code, status, title = "resource.conflict", 409, "The resource is in another state"


class Forbidden(DomainError):
    """The actor may not do this."""

    code, status, title = "actor.forbidden", 403, "You may not do this"


class FourEyesRequired(Forbidden):
    """The checker is the maker."""

    code, title = "approval.four_eyes_required", "Another person has to decide this"
