"""The one way out: every call to a provider goes through ``Outbound``.

What can come of a call, and nothing else:

- an ``Answer``: the provider said yes (2xx);
- ``Refused``: the provider said no (4xx); ``NotAuthorized``, ``NotThere`` and ``Throttled`` are kinds of it;
- ``Unavailable``: nothing happened at the provider: not reached, breaker open, or a mere question without an answer;
- ``OutcomeUnknown``: it was sent and no clear answer came back (time-out, connection lost, 5xx, unreadable answer). It may have
  happened. Never take it for a failure: ask again later under the same reference.

Only what is safe is tried again: questions, PUT and DELETE, and a POST that carries an idempotency key, which stays the same over all
attempts. An attempt whose outcome was unknown makes the whole call's outcome unknown, unless a later attempt gets a clear answer.

Never call inside a database transaction that holds locks. Log lines carry names and figures, never bodies, queries or headers.
"""

from flowlet.core.outbound.answers import parse_json
from flowlet.core.outbound.client import RETRIES, SECONDS, Outbound
from flowlet.core.outbound.ends import (
    FAILURES,
    Answer,
    NotAuthorized,
    NotThere,
    OutboundError,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
)
from flowlet.core.outbound.requests import Retries, Timeouts

__all__ = [
    "FAILURES",
    "RETRIES",
    "SECONDS",
    "Answer",
    "NotAuthorized",
    "NotThere",
    "Outbound",
    "OutboundError",
    "OutcomeUnknown",
    "Refused",
    "Retries",
    "Throttled",
    "Timeouts",
    "Unavailable",
    "parse_json",
]
