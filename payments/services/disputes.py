"""Disputes answered: evidence given and sent to the acquirer in time, or the dispute given up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.db import connection, transaction

from flowlet.core import crypto
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.outbound import OutboundError
from payments import errors, events
from payments.choices import DisputeState
from payments.models import Dispute
from payments.policies import disputes as policies
from payments.providers import registry
from payments.providers.errors import ProviderNotConfigured
from payments.selectors.payments import is_sandbox
from payments.services import dispute_rows, outcomes, steps

_log = structlog.get_logger("payments.disputes")
LONGEST = 20_000
# As card acquirers name them (Stripe API, dispute evidence).
NAMES = (
    "product_description",
    "customer_communication",
    "cancellation_rebuttal",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_date",
    "shipping_carrier",
    "shipping_tracking_number",
    "uncategorized_text",
)


@transaction.atomic
def answer(
    *, dispute_id: UUID, partner_id: UUID | None = None, evidence: Mapping[str, str], actor: Actor, at: datetime
) -> Dispute:
    """Take the evidence; it is sent once, and there is no second time.

    Raises DisputeNotFound, DisputeAnswered, EvidenceEmpty, Invalid for unknown names and texts that are too long.
    """
    given = {name: text.strip() for name, text in evidence.items() if text.strip()}
    unknown = [name for name in given if name not in NAMES]
    if unknown:
        raise Invalid(f"Use {', '.join(NAMES)}.", param=f"evidence.{unknown[0][:40]}")
    if not given:
        raise errors.EvidenceEmpty(param="evidence")
    if any(len(text) > LONGEST for text in given.values()):
        raise Invalid(f"A text has at most {LONGEST} characters.", param="evidence")
    row = locked(dispute_id, partner_id=partner_id)
    policies.check_can_answer(row)
    if at >= row.due_at:
        raise errors.DisputeAnswered("The time to answer it is over.", state=row.state)
    row.sealed = crypto.seal(orjson.dumps(given), aad=aad(row))
    row.answered_by, row.answered_at = str(actor), at
    dispute_rows.move(row, DisputeState.READY, events.DISPUTE_READY, actor=actor, at=at)
    if is_sandbox(row.partner_id):
        dispute_rows.move(row, DisputeState.ANSWERED, events.DISPUTE_ANSWERED, actor=actor, at=at)
    return row


@transaction.atomic
def accept(*, dispute_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> Dispute:
    """Give the dispute up: it is lost. Raises DisputeNotFound, DisputeAnswered."""
    row = locked(dispute_id, partner_id=partner_id)
    policies.check_can_answer(row)
    row.answered_by, row.answered_at = str(actor), at
    dispute_rows.move(row, DisputeState.ACCEPTED, events.DISPUTE_ACCEPTED, reason=reason, actor=actor, at=at)
    if is_sandbox(row.partner_id):
        outcomes.dispute_lost(payment_id=row.payment_id, reason=reason or "Given up", actor=actor, at=at)
        row.refresh_from_db()
    return row


def send(*, dispute_id: UUID, actor: Actor, at: datetime) -> Dispute:
    """Send what is ready to the acquirer, under one key; safe to repeat. Not inside a transaction. Raises DisputeNotFound,
    OutboundError.

    One that an officer booked waits until the acquirer has told of it, for only then it has a name there.
    """
    if connection.in_atomic_block:
        raise RuntimeError("Providers are called outside of transactions: locks would wait for the network.")
    row = get(dispute_id)
    if not row.provider_id:
        return row
    if row.state == DisputeState.READY:
        registry.stripe().submit_evidence(row.provider_id, evidence=evidence_of(row), final=True, key=row.public_id)
        with transaction.atomic():
            row = locked(dispute_id)
            if row.state == DisputeState.READY:
                dispute_rows.move(row, DisputeState.ANSWERED, events.DISPUTE_ANSWERED, actor=actor, at=at)
    elif row.state == DisputeState.ACCEPTED:
        registry.stripe().accept_dispute(row.provider_id, key=row.public_id)
    return row


def sweep(*, at: datetime, actor: Actor, limit: int = 200) -> int:
    """Send what could not be sent when it was given, and end the time of what nobody answered; answers how many lapsed."""
    ready = Dispute.objects.filter(state=DisputeState.READY, due_at__gt=at).order_by("due_at").values_list("pk", flat=True)
    for key in list(ready[:limit]):
        try:
            send(dispute_id=key, actor=actor, at=at)
        except (OutboundError, ProviderNotConfigured) as refusal:
            _log.warning("evidence could not be sent", dispute=str(key), code=refusal.code)
    lapsed = 0
    for key in list(Dispute.objects.filter(state__in=["OPEN", "READY"], due_at__lte=at).values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            row = locked(key)
            if row.state in {DisputeState.OPEN, DisputeState.READY}:
                dispute_rows.move(row, DisputeState.LAPSED, events.DISPUTE_LAPSED, actor=actor, at=at)
                lapsed += 1
    return lapsed


def evidence_of(row: Dispute) -> dict[str, str]:
    """The evidence in plain words. Personal data."""
    return {} if row.sealed is None else orjson.loads(crypto.open_sealed(bytes(row.sealed), aad=aad(row)))


def get(dispute_id: UUID, *, partner_id: UUID | None = None) -> Dispute:
    """The dispute, of this partner if one is named. Raises DisputeNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = Dispute.objects.select_related("payment").filter(pk=dispute_id, **scope).first()
    if found is None:
        raise errors.DisputeNotFound()
    return found


def locked(dispute_id: UUID, *, partner_id: UUID | None = None) -> Dispute:
    """The dispute with its row locked, after its payment's. Raises DisputeNotFound."""
    found = get(dispute_id, partner_id=partner_id)
    steps.locked(found.payment_id)
    return Dispute.objects.select_for_update(no_key=True, of=("self",)).select_related("payment").get(pk=dispute_id)


def aad(row: Any) -> str:
    """The place of a dispute's sealed evidence."""
    return f"payments_dispute.sealed:{row.pk}"
