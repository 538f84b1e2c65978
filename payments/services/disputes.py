"""Disputes answered: evidence given in time, or the dispute given up; the acquirer is told of either until it answers."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.db import connection, transaction
from django.db.models import Q

from flowlet.audit.services import log
from flowlet.core import clock, crypto
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.outbound import NotAuthorized, OutboundError, Refused, Throttled
from payments import errors, events
from payments.choices import DisputeState
from payments.models import Dispute
from payments.policies import disputes as policies
from payments.providers import registry
from payments.providers.errors import ProviderNotConfigured
from payments.providers.ports import CardDispute, DisputeStatus
from payments.selectors.payments import is_sandbox
from payments.services import dispute_fees, dispute_rows, outcomes, steps
from payments.states import DISPUTE_OWED

_log = structlog.get_logger("payments.disputes")
LONGEST = 20_000
WAITS = (timedelta(minutes=5), timedelta(minutes=5), timedelta(hours=1))
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
    """Give the dispute up: it is lost once the acquirer has heard of it; it is told until it answers. Raises DisputeNotFound,
    DisputeAnswered.
    """
    row = locked(dispute_id, partner_id=partner_id)
    policies.check_can_answer(row)
    row.answered_by, row.answered_at = str(actor), at
    dispute_rows.move(row, DisputeState.ACCEPTED, events.DISPUTE_ACCEPTED, reason=reason, actor=actor, at=at)
    if is_sandbox(row.partner_id):
        outcomes.dispute_lost(payment_id=row.payment_id, reason=reason or "Given up", actor=actor, at=at)
        row.refresh_from_db()
    return row


def send(*, dispute_id: UUID, actor: Actor, at: datetime) -> Dispute:
    """Tell the acquirer what it is owed: the evidence, or that the dispute was given up; under one key, safe to repeat. What it answers is
    booked. Not inside a transaction. Raises DisputeNotFound, OutboundError, ProviderNotConfigured; it is told again then.

    One that an officer booked waits until the acquirer has told of it, for only then it has a name there.
    """
    if connection.in_atomic_block:
        raise RuntimeError("Providers are called outside of transactions: locks would wait for the network.")
    with transaction.atomic():
        row = locked(dispute_id)
        if row.state not in DISPUTE_OWED or not row.provider_id:
            return row
        row.told += 1
        # Before the call: whoever dies now leaves the next try behind.
        row.tell_at = at + wait_after(row.told)
        row.save(update_fields=["told", "tell_at"])
    try:
        said = _told(row)
    except (OutboundError, ProviderNotConfigured) as refusal:
        _refused(row, refusal.details.get("provider_code") or refusal.code)
        raise
    return _book(row.pk, said, actor=actor, at=clock.now())


def send_again(*, dispute_id: UUID, actor: Actor, at: datetime) -> Dispute:
    """As ``send``, because a person does not want to wait: that is written to the audit first. Raises DisputeAnswered where nothing is
    owed, and as ``send``.
    """
    row = get(dispute_id)
    policies.check_is_owed(row, actor)
    log.record(action=events.DISPUTE_SENT_AGAIN, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id)
    return send(dispute_id=dispute_id, actor=actor, at=at)


def wait_after(told: int) -> timedelta:
    """How long to wait after having told so often: 5 minutes twice, then an hour each time, for evidence has its deadline."""
    return WAITS[min(max(told, 1), len(WAITS)) - 1]


def sweep(*, at: datetime, actor: Actor, limit: int = 200, seconds: float = 240.0) -> int:
    """Tell what is owed and due, evidence as long as it has time, and end the time of what nobody answered; answers how many lapsed.

    Who cannot be reached is told another time, after all others. Tells nobody any more after ``seconds``.
    """
    until = time.monotonic() + seconds
    due = Dispute.objects.filter(Q(state=DisputeState.ACCEPTED) | Q(due_at__gt=at), tell_at__lte=at).exclude(provider_id="")
    for key in list(due.order_by("tell_at").values_list("pk", flat=True)[:limit]):
        if time.monotonic() > until:
            break
        try:
            send(dispute_id=key, actor=actor, at=at)
        except (OutboundError, ProviderNotConfigured) as refusal:
            _log.warning("acquirer could not be told", dispute=str(key), code=refusal.code)
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


def _told(row: Dispute) -> CardDispute:
    """Tell it, and answer how the dispute stands there now. A refusal may mean that it was told before, and the answer lost: only the
    acquirer can say.
    """
    acquirer = registry.stripe()
    try:
        if row.state == DisputeState.READY:
            return acquirer.submit_evidence(row.provider_id, evidence=evidence_of(row), final=True, key=row.public_id)
        return acquirer.accept_dispute(row.provider_id, key=row.public_id)
    except (NotAuthorized, Throttled):
        raise
    except Refused:
        said = acquirer.dispute(row.provider_id)
        if said.status in {DisputeStatus.NEEDS_RESPONSE, DisputeStatus.WARNING_NEEDS_RESPONSE}:
            raise
        return said


def _book(dispute_id: UUID, said: CardDispute, *, actor: Actor, at: datetime) -> Dispute:
    """Book what the acquirer answered, unless its event was faster."""
    with transaction.atomic():
        row = locked(dispute_id)
        if row.state not in DISPUTE_OWED:
            return row
        if said.status == DisputeStatus.WON:
            outcomes.dispute_won(payment_id=row.payment_id, reason=said.id, actor=actor, at=at)
        elif said.status == DisputeStatus.LOST:
            outcomes.dispute_lost(payment_id=row.payment_id, reason=said.id, actor=actor, at=at)
        elif row.state == DisputeState.READY:
            dispute_rows.move(row, DisputeState.ANSWERED, events.DISPUTE_ANSWERED, actor=actor, at=at)
        else:  # somebody answered it there, so it is not given up: it is asked for until it has ended
            _refused(row, said.status.value)
        row = locked(dispute_id)
        dispute_fees.book(row, said.fee, actor=actor, at=at)
    return row


def _refused(row: Dispute, code: str) -> None:
    Dispute.objects.filter(pk=row.pk, state__in=DISPUTE_OWED).update(refusal=code[:60])
