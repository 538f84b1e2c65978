"""Where a request comes from, when proxies stand in between."""

from collections.abc import Mapping
from typing import Any

LONGEST = 45  # an IPv6 address with an IPv4 tail


def client_ip(meta: Mapping[str, Any], *, trusted_proxies: int) -> str:
    """The caller's address: the last hop that is not one of our ``trusted_proxies`` proxies, else the peer's.

    Each trusted proxy appends the address it saw to ``X-Forwarded-For``, so with N of them the N-th entry from the right is the
    one that the outermost of ours saw. Entries further left are the client's own words and are never believed. ``meta`` are WSGI
    variables.
    """
    if trusted_proxies:
        forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        if len(forwarded) >= trusted_proxies and (address := forwarded[-trusted_proxies].strip()):
            return address[:LONGEST]
    return str(meta.get("REMOTE_ADDR") or "")
