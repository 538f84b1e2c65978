"""What is sent: a request with its attempts, how long each may take, and when it is tried again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from flowlet.core.outbound.ends import OutboundError

_LONGEST_WAIT = 10.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: until connected, until the next bytes, for one attempt as a whole, and for all attempts with their pauses."""

    connect: float = 2.0
    read: float = 10.0
    attempt: float = 20.0
    call: float = 45.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how long to wait in between: ``first`` doubling up to ``longest`` seconds, and up to ``jitter`` more."""

    attempts: int = 4
    first: float = 0.2
    longest: float = 5.0
    jitter: float = 0.5


@dataclass(slots=True)
class Request:
    """One call, over all its attempts."""

    method: str
    url: str
    operation: str
    query: Mapping[str, Any] | None
    content: bytes | None
    headers: dict[str, str]
    safe: bool
    wants_json: bool
    max_bytes: int
    may_have_happened: bool = False


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        raise TypeError("Say how the provider writes a decimal: as text, or as minor units.")
    raise TypeError(f"{type(value).__name__} is no JSON.")


def body_of(data: Any, form: list[tuple[str, str]] | None, content: bytes | None) -> bytes | None:
    """The bytes to send: ``data`` as JSON, ``form``, or ``content`` as it is."""
    if data is not None:
        return json.dumps(data, default=_encode, allow_nan=False, separators=(",", ":")).encode()
    if form is not None:
        return str(httpx.QueryParams(form)).encode()
    return content


def wait_before_repeating(error: Exception) -> bool | float:
    """Whether to try again, after how many seconds if the provider said so."""
    if not isinstance(error, OutboundError) or not error.may_repeat or error.retry_after > _LONGEST_WAIT:
        return False
    return error.retry_after or True
