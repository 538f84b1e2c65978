"""What comes back, read: never more than was asked for, and every fraction as a decimal."""

import json
import zlib
from decimal import Decimal
from typing import Any

import httpx

from flowlet.core.outbound.ends import Answer

_CHUNK = 65_536


class Unreadable(Exception):
    """The answer is too large, in an unknown encoding, or not the JSON it was to be."""


def parse_json(body: bytes) -> Any:
    """JSON with every fraction as Decimal. Raises ValueError: not JSON, NaN or infinity, nested beyond reason."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def read(response: httpx.Response, limit: int) -> bytes:
    """The body, unpacked, at most ``limit`` bytes of it."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Unreadable("unknown encoding")
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    for chunk in response.iter_raw(_CHUNK):
        try:
            body += unpack.decompress(chunk, limit + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise Unreadable("broken encoding") from None
        if len(body) > limit:
            raise Unreadable("too large")
    if unpack and body and not unpack.eof:
        raise Unreadable("broken encoding")
    return bytes(body)


def answer_of(response: httpx.Response, body: bytes, data: Any) -> Answer:
    """The answer of a response whose body was read."""
    request_id = response.headers.get("Request-Id") or response.headers.get("X-Request-Id") or ""
    return Answer(status=response.status_code, headers=response.headers, body=body, data=data, request_id=request_id[:200])


def retry_after(answer: Answer | None) -> float:
    """Seconds of ``Retry-After``; 0 without it, or when it is a date."""
    text = answer.headers.get("Retry-After", "") if answer else ""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0
