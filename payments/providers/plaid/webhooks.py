"""Plaid's signature: a JWT in ``Plaid-Verification``, ES256, whose ``request_body_sha256`` is the body's digest.

The key is asked of Plaid by the token's ``kid`` and kept for a day (plaid.com/docs/api/webhooks/webhook-verification). Whoever makes
up key ids makes us ask Plaid: unknown ones are asked for a few times a minute and no more. Plaid's events have no id. Ours is the
moment of signing with the body's digest, so that a replay is the same event and a later event with the same words is another.
"""

import hashlib
import hmac
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from flowlet.core.outbound import Refused, Unavailable, parse_json
from payments.providers import reading
from payments.providers.errors import AnswerMalformed, WebhookForged
from payments.providers.ports import InboundFact

PROVIDER = "plaid"
TOLERANCE_SECONDS = 300
KEEP_SECONDS = 24 * 3600
_ASK_AT_MOST, _ASK_WINDOW = 10, 60.0
_KEY_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$", re.ASCII)
_LONGEST_TOKEN = 4096


class Keys:
    """Plaid's public keys as far as they are known here. ``ask`` gets one as JWK and raises Refused or Unavailable."""

    def __init__(self, ask: Callable[[str], Mapping[str, Any]], *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._seconds = ask, seconds
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._asked: list[float] = []

    def find(self, key_id: str) -> Mapping[str, Any]:
        """The key. Raises WebhookForged when there is none, Unavailable when Plaid cannot be asked (again) now."""
        if not _KEY_ID.match(key_id):
            raise WebhookForged("The key has no proper id.")
        now = self._seconds()
        known = self._known.get(key_id)
        if known is not None and known[0] > now:
            return known[1]
        with self._lock:
            self._asked = [moment for moment in self._asked if moment > now - _ASK_WINDOW]
            if len(self._asked) >= _ASK_AT_MOST:
                raise Unavailable("Too many keys were asked for.", provider=PROVIDER, operation="webhook_verification_key.get")
            self._asked.append(now)
        try:
            key = self._ask(key_id)
        except Refused:
            raise WebhookForged("There is no such key.") from None
        with self._lock:
            self._known = {name: found for name, found in self._known.items() if found[0] > now}
            self._known[key_id] = (now + KEEP_SECONDS, key)
        return key


def verify(body: bytes, *, token: str, keys: Keys, at: datetime) -> tuple[int, str]:
    """The second in which Plaid signed, and the key's id.

    Raises WebhookForged unless this body was signed by Plaid not long ago, and Unavailable when that cannot be checked now.
    """
    if not token or len(token) > _LONGEST_TOKEN:
        raise WebhookForged("There is no signature.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise WebhookForged("The signature is no token.") from None
    if header.get("alg") != "ES256" or not isinstance(header.get("kid"), str):
        raise WebhookForged("The signature is of another kind.")
    jwk = keys.find(header["kid"])
    if jwk.get("alg") != "ES256" or jwk.get("kid") != header["kid"] or _is_over(jwk, at):
        raise WebhookForged("The key is not good for this.")
    try:
        key = jwt.PyJWK.from_dict({name: jwk[name] for name in ("kty", "crv", "x", "y", "alg")})
        # The moment is checked below, against ours.
        claims = jwt.decode(token, key, algorithms=["ES256"], options={"verify_iat": False, "require": ["iat"]})
    except (jwt.PyJWTError, KeyError):
        raise WebhookForged("The signature is not good.") from None
    signed_at, digest = claims.get("iat"), claims.get("request_body_sha256")
    if isinstance(signed_at, bool) or not isinstance(signed_at, int) or abs(at.timestamp() - signed_at) > TOLERANCE_SECONDS:
        raise WebhookForged("The signature is too old.")
    if not isinstance(digest, str) or not hmac.compare_digest(digest.encode(), hashlib.sha256(body).hexdigest().encode()):
        raise WebhookForged("The signature is of another body.")
    return signed_at, header["kid"]


def read(body: bytes, *, signed_at: int) -> InboundFact:
    """The event in a body that was signed in this second. Raises AnswerMalformed."""
    try:
        data = parse_json(body)
    except ValueError:
        raise AnswerMalformed("The event is no JSON.", field="body") from None
    return InboundFact(
        provider=PROVIDER,
        event_id=f"{signed_at}-{hashlib.sha256(body).hexdigest()[:40]}",
        kind=f"{reading.text(data, 'webhook_type')}.{reading.text(data, 'webhook_code')}",
        subject=reading.optional_text(data, "item_id"),
        happened_at=datetime.fromtimestamp(signed_at, tz=UTC),
        is_live=reading.optional_text(data, "environment") == "production",
        data=data,
    )


def _is_over(jwk: Mapping[str, Any], at: datetime) -> bool:
    ended = jwk.get("expired_at")
    return ended is not None and (not isinstance(ended, int) or at.timestamp() >= ended)
