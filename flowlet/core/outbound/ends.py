"""How a call to a provider can end: an answer, or one of the errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flowlet.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``data`` is the JSON with every fraction as Decimal, or None where JSON was not asked for or not there."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    data: Any
    request_id: str


class OutboundError(DomainError):
    """A call to a provider did not end in a clear yes. The message is safe to show; ``data`` is the provider's own and is not."""

    code, status, title = "provider.error", 502, "The provider gave no usable answer"
    outcome: ClassVar[str] = "error"

    def __init__(self, message: str = "", *, provider: str = "", operation: str = "", **details: Any) -> None:
        super().__init__(message, provider=provider, operation=operation, **details)
        self.provider, self.operation = provider, operation
        self.answer: Answer | None = None
        self.may_repeat, self.retry_after = False, 0.0


class Unavailable(OutboundError):
    """The provider could not be asked. Nothing happened there; try again later."""

    code, status, title = "provider.unavailable", 503, "The provider cannot be reached at the moment"
    outcome = "unavailable"


class OutcomeUnknown(OutboundError):
    """It was sent to the provider and no clear answer came back: it may have happened. It is looked up later."""

    code, status, title = "provider.outcome_unknown", 504, "The provider did not say what became of it"
    outcome = "unknown"


class Refused(OutboundError):
    """The provider said no. ``details`` name its own code."""

    code, status, title = "provider.refused", 422, "The provider refused"
    outcome = "refused"

    @property
    def provider_code(self) -> str:
        """The provider's own code for the reason, or ""."""
        return str(self.details.get("provider_code", ""))

    @property
    def http_status(self) -> int:
        """The status the provider answered with."""
        return self.answer.status if self.answer else 0

    @property
    def data(self) -> Any:
        """The body, parsed if it was JSON. May hold personal data: keep it out of logs and answers."""
        return self.answer.data if self.answer else None


class NotAuthorized(Refused):
    """Our credentials, or the consent they rest on, are not (or no longer) good at the provider."""

    code, status, title = "provider.not_authorized", 502, "The provider does not accept our credentials"


class NotThere(Refused):
    """The provider does not know what was asked for."""

    code, status, title = "provider.not_found", 404, "The provider has no such thing"


class Throttled(Refused):
    """The provider wants us to ask less often; nothing happened there."""

    code, status, title = "provider.throttled", 503, "The provider wants fewer requests"


# All that can come of a call besides an answer, as an endpoint that makes one lists its refusals.
FAILURES = (Unavailable, OutcomeUnknown, Refused, NotAuthorized, NotThere, Throttled)
