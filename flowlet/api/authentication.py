"""Who calls: the bearer key, looked up through a hook, and what it may do.

The rows of keys belong to an app above this one. That app registers its lookup once, in ``AppConfig.ready``:
``set_key_lookup(fn)``, where ``fn(presented_key, ip, at)`` answers with ``ApiKeyFacts`` or raises one of ``InvalidKey``,
``ExpiredKey``, ``AddressNotAllowed``, ``PartnerNotActive``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from flowlet.api.errors import InvalidKey, MissingKey
from flowlet.core import addresses

RATE_PER_SECOND = 100
BURST = 200


@dataclass(frozen=True, slots=True)
class ApiKeyFacts:
    """What the door needs to know of a valid key.

    ``key_id`` is the key's public id (``key_…``), ``label`` its name as shown in the audit, ``mode`` LIVE or SANDBOX.
    ``rate_per_second`` is the sustained rate of requests, ``burst`` how many may come at once.
    """

    partner_id: UUID
    mode: str
    key_id: str
    label: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)
    rate_per_second: int = RATE_PER_SECOND
    burst: int = BURST


@dataclass(frozen=True, slots=True)
class Caller:
    """The partner's program at the other end: which tenant, which key, which scopes."""

    partner_id: UUID
    mode: str
    key_id: str
    scopes: frozenset[str]

    @property
    def is_sandbox(self) -> bool:
        """Whether the simulation endpoints are open to it."""
        return self.mode == "SANDBOX"


KeyLookup = Callable[[str, str, datetime], ApiKeyFacts]
_lookup: KeyLookup | None = None


def set_key_lookup(fn: KeyLookup) -> None:
    """Register how a presented key is found: ``fn(presented_key, ip, at) -> ApiKeyFacts`` or a typed refusal."""
    global _lookup
    _lookup = fn


def client_ip(request: HttpRequest) -> str:
    """The caller's address, seen through our own proxies alone."""
    return addresses.client_ip(request.META, trusted_proxies=settings.TRUSTED_PROXIES)


def authenticate(request: HttpRequest, *, ip: str, at: datetime) -> ApiKeyFacts:
    """The facts of the key in ``Authorization: Bearer …``. Raises MissingKey, InvalidKey and what the lookup raises."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, presented = header.partition(" ")
    if scheme.lower() != "bearer" or not presented:
        raise MissingKey
    presented = presented.strip()
    if not presented or len(presented) > 200 or not presented.isascii() or not presented.isprintable():
        raise InvalidKey
    if _lookup is None:
        raise ImproperlyConfigured(
            "No app has registered a key lookup: call flowlet.api.authentication.set_key_lookup in ready()."
        )
    return _lookup(presented, ip, at)
