"""Stripe's signature: HMAC-SHA-256 over ``t.body``, hex, in ``Stripe-Signature: t=…,v1=…`` (docs.stripe.com/webhooks/signature).

Several secrets may be good at a time (while one is rotated), and a header may carry several signatures. The moment has to be within
300 seconds of ours, in both directions.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from flowlet.core.outbound import parse_json
from payments.providers import reading
from payments.providers.errors import AnswerMalformed, WebhookForged
from payments.providers.ports import InboundFact

PROVIDER = "stripe"
TOLERANCE_SECONDS = 300
_MOST_SIGNATURES = 10


def verify(body: bytes, *, header: str, secrets: Sequence[str], at: datetime) -> int:
    """Which of the secrets signed the body, by its place. Raises WebhookForged unless one did, not long ago."""
    moments, signatures = [], []
    for part in header.split(",")[:_MOST_SIGNATURES]:
        name, _, value = part.strip().partition("=")
        if name == "t":
            moments.append(value)
        elif name == "v1":
            signatures.append(value.encode())
    if len(moments) != 1 or not moments[0].isascii() or not moments[0].isdigit() or len(moments[0]) > 12 or not signatures:
        raise WebhookForged("The header has the wrong form.")
    signed = moments[0].encode() + b"." + body
    good: int | None = None
    for index, secret in enumerate(secrets):
        wanted = hmac.digest(secret.encode(), signed, hashlib.sha256).hex().encode()
        for signature in signatures:
            if hmac.compare_digest(wanted, signature):
                good = index
    if good is None:
        raise WebhookForged("No signature is good.")
    if abs(at.timestamp() - int(moments[0])) > TOLERANCE_SECONDS:
        raise WebhookForged("The signature is too old.")
    return good


def read(body: bytes) -> InboundFact:
    """The event in a body whose signature was good. Raises AnswerMalformed."""
    try:
        data = parse_json(body)
    except ValueError:
        raise AnswerMalformed("The event is no JSON.", field="body") from None
    if reading.optional_text(data, "object") != "event":
        raise AnswerMalformed("This is no event.", field="object")
    created = reading.whole(data, "created")
    return InboundFact(
        provider=PROVIDER,
        event_id=reading.text(data, "id"),
        kind=reading.text(data, "type"),
        subject=reading.optional_text(data, "data", "object", "id"),
        happened_at=datetime.fromtimestamp(created, tz=UTC),
        is_live=reading.maybe(data, "livemode") is True,
        data=data,
    )
