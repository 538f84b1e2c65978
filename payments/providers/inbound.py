"""Events from providers: is it theirs, and what does it say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from payments.providers.plaid import webhooks as plaid
from payments.providers.ports import InboundFact
from payments.providers.stripe import webhooks as stripe


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A fact whose signature was good. ``proof`` names what proved it: which secret, which key; nothing secret."""

    fact: InboundFact
    proof: str


class InboundSource(Protocol):
    """Checks and reads one provider's events."""

    def take(self, *, body: bytes, headers: Mapping[str, str], at: datetime) -> Signed:
        """The fact. ``headers`` are in lower case. Raises WebhookForged, AnswerMalformed, and Unavailable when it cannot be checked now."""
        ...


@dataclass(frozen=True, slots=True)
class StripeSource:
    """Stripe's events."""

    secrets: tuple[str, ...]

    def take(self, *, body: bytes, headers: Mapping[str, str], at: datetime) -> Signed:
        """See InboundSource."""
        used = stripe.verify(body, header=headers.get("stripe-signature", ""), secrets=self.secrets, at=at)
        return Signed(fact=stripe.read(body), proof=f"secret {used + 1} of {len(self.secrets)}")


@dataclass(frozen=True, slots=True)
class PlaidSource:
    """Plaid's events."""

    keys: plaid.Keys

    def take(self, *, body: bytes, headers: Mapping[str, str], at: datetime) -> Signed:
        """See InboundSource."""
        token = headers.get("plaid-verification", "")
        signed_at, key_id = plaid.verify(body, token=token, keys=self.keys, at=at)
        return Signed(fact=plaid.read(body, signed_at=signed_at), proof=f"key {key_id}")
