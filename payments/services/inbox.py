"""Events of providers: checked, written down and answered in one short transaction, handled later and once.

``receive`` is on the provider's time and does no more than it must. The outbox tells the background; ``sweep`` finds what it was not
told of. ``handle`` takes a lease on the row, lets the handlers ask the provider outside of any transaction, and books what they saw
together with the mark "handled" under the row's lock: whoever comes second finds it handled. What fails is tried again for two days
and then waits for an officer.
"""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from prometheus_client import Counter

from flowlet.audit.services import log as audit
from flowlet.core import crypto, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.outbound import Unavailable, parse_json
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from flowlet.telemetry.redaction import redact_text
from payments import events
from payments.choices import InboundStatus
from payments.models import InboundEvent
from payments.providers import registry
from payments.providers.errors import AnswerMalformed, ProviderNotConfigured, WebhookForged
from payments.providers.ports import InboundFact
from payments.services import inbound
from payments.states import INBOUND_MOVES

log = logging.getLogger(__name__)
RECEIVED = Counter("flowlet_inbound_total", "Events of providers, by what became of them at the door", ["provider", "outcome"])
FAILED = Counter("flowlet_inbound_failed_total", "Attempts to handle an event that failed", ["provider"])
LEASE = timedelta(minutes=5)
WAITS_SECONDS = (30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400)
MAX_ATTEMPTS = len(WAITS_SECONDS) + 1
BODIES_ARE_KEPT = timedelta(days=90)
_COLUMNS = {"provider": 24, "event_id": 128, "kind": 120, "about": 128}

_INSERT = """
INSERT INTO payments_inboundevent (id, provider, event_id, kind, about, is_live, happened_at, received_at, proof, digest, sealed, status,
    attempts, next_attempt_at, error)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'RECEIVED', 0, %s, '')
ON CONFLICT (provider, event_id) DO NOTHING"""


class Outcome(StrEnum):
    """What became of one attempt."""

    HANDLED = "handled"
    IGNORED = "ignored"
    FAILED = "failed"
    DEAD = "dead"
    SKIPPED = "skipped"


def receive(*, provider: str, body: bytes, headers: Mapping[str, str], at: datetime) -> bool:
    """Check the signature and keep the event; True when it is new, False when it is known already. ``headers`` are in lower case.

    Raises ProviderNotConfigured, WebhookForged, AnswerMalformed (nothing is kept of these), and Unavailable when the signature cannot
    be checked now: the provider then sends it again.
    """
    label = provider if provider in registry.INBOUND else "other"
    try:
        signed = registry.inbound_source(provider).take(body=body, headers=headers, at=at)
        _check_lengths(signed.fact)
    except (ProviderNotConfigured, WebhookForged, AnswerMalformed, Unavailable) as refusal:
        RECEIVED.labels(provider=label, outcome=refusal.code.rpartition(".")[2]).inc()
        log.warning("event of %s not taken: %s", label, refusal.message)
        raise
    is_new = keep(signed.fact, body, proof=signed.proof, at=at)
    RECEIVED.labels(provider=label, outcome="stored" if is_new else "duplicate").inc()
    return is_new


@transaction.atomic
def keep(fact: InboundFact, body: bytes, *, proof: str, at: datetime, due_at: datetime | None = None) -> bool:
    """Write down an event that was proven, to be handled from ``due_at`` on; False when it is known already."""
    key = ids.uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                key,
                fact.provider,
                fact.event_id,
                fact.kind,
                fact.subject,
                fact.is_live,
                fact.happened_at,
                at,
                proof[:120],
                hashlib.sha256(body).hexdigest(),
                crypto.seal(body, aad=_aad(key)),
                due_at or at,
            ],
        )
        if not cursor.rowcount:
            return False
    outbox.publish(
        type=events.INBOUND_RECEIVED,
        partner_id=None,
        subject=ids.public_id(InboundEvent.PREFIX, key),
        data={"provider": fact.provider, "kind": fact.kind},
        at=at,
    )
    return True


def handle(*, inbound_id: UUID, actor: Actor, at: datetime) -> Outcome:
    """Handle one event that is due. Safe to call again, and beside itself. Must not be called inside a transaction."""
    if connection.in_atomic_block:
        raise RuntimeError("Providers are asked outside of transactions: locks would wait for the network.")
    taken = InboundEvent.objects.filter(pk=inbound_id, status=InboundStatus.RECEIVED, next_attempt_at__lte=at)
    if not taken.update(attempts=F("attempts") + 1, next_attempt_at=at + LEASE):
        return Outcome.SKIPPED
    event = InboundEvent.objects.get(pk=inbound_id)
    try:
        fact = fact_of(event)
        seen = [(handler, handler.look(fact)) for handler in inbound.listeners(fact)]
        with transaction.atomic():
            locked = InboundEvent.objects.select_for_update(no_key=True).get(pk=inbound_id)
            if locked.status != InboundStatus.RECEIVED or locked.attempts != event.attempts:
                return Outcome.SKIPPED
            for handler, what in seen:
                handler.book(fact, what, actor=actor, at=at)
            _end(locked, InboundStatus.HANDLED if seen else InboundStatus.IGNORED, at=at)
        return Outcome.HANDLED if seen else Outcome.IGNORED
    except Exception as error:
        FAILED.labels(provider=event.provider).inc()
        if isinstance(error, DomainError):
            log.warning("event %s of %s failed: %s", event.public_id, event.provider, error.code)
        else:
            log.exception("event %s of %s failed", event.public_id, event.provider)
        return _failed(event, error, at=at)


def sweep(*, actor: Actor, at: datetime, limit: int = 100) -> int:
    """Handle what is due, one after the other; how many were tried. The background hands each to a task of its own (``due``)."""
    found = due(at=at, limit=limit)
    for inbound_id in found:
        handle(inbound_id=inbound_id, actor=actor, at=at)
    return len(found)


def due(*, at: datetime, limit: int = 100) -> list[UUID]:
    """Events that wait to be handled and whose time has come, oldest first."""
    waiting = InboundEvent.objects.filter(status=InboundStatus.RECEIVED, next_attempt_at__lte=at)
    return list(waiting.order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


@transaction.atomic
def retry(*, inbound_id: UUID, reason: str, actor: Actor, at: datetime) -> InboundEvent:
    """Let an event that was given up be tried again. Raises NotFound, IllegalMove."""
    event = InboundEvent.objects.select_for_update(no_key=True).get(pk=inbound_id)
    check_move(INBOUND_MOVES, InboundStatus(event.status), InboundStatus.RECEIVED)
    event.status, event.attempts, event.next_attempt_at, event.handled_at = InboundStatus.RECEIVED, 0, at, None
    event.save(update_fields=["status", "attempts", "next_attempt_at", "handled_at"])
    audit.record(action=events.INBOUND_RETRIED, actor=actor, at=at, target=event.public_id, reason=reason)
    return event


def forget_bodies(*, at: datetime, limit: int = 1000) -> int:
    """Erase the bodies of what was handled long ago; how many. What was given up keeps its body until no law wants it (``papers``)."""
    old = InboundEvent.objects.filter(
        status__in=[InboundStatus.HANDLED, InboundStatus.IGNORED], handled_at__lt=at - BODIES_ARE_KEPT, sealed__isnull=False
    )
    return InboundEvent.objects.filter(pk__in=list(old.order_by("handled_at").values_list("pk", flat=True)[:limit])).update(
        sealed=None
    )


def fact_of(event: InboundEvent) -> InboundFact:
    """What the provider said. Holds personal data. Raises AnswerMalformed when its body was forgotten."""
    if event.sealed is None:
        raise AnswerMalformed("The body was forgotten.", field="body")
    return InboundFact(
        provider=event.provider,
        event_id=event.event_id,
        kind=event.kind,
        subject=event.about,
        happened_at=event.happened_at,
        is_live=event.is_live,
        data=parse_json(crypto.open_sealed(event.sealed, aad=aad(event))),
    )


def aad(event: InboundEvent) -> str:
    """The place of a row's token."""
    return _aad(event.pk)


def _aad(key: UUID) -> str:
    return f"payments_inboundevent.sealed:{key}"


def _check_lengths(fact: InboundFact) -> None:
    values = {"provider": fact.provider, "event_id": fact.event_id, "kind": fact.kind, "about": fact.subject}
    for name, longest in _COLUMNS.items():
        if len(values[name]) > longest or "\x00" in values[name]:
            raise AnswerMalformed("The event has a name that is too long.", field=name)


def _end(event: InboundEvent, status: InboundStatus, *, at: datetime, error: str = "") -> None:
    check_move(INBOUND_MOVES, InboundStatus(event.status), status)
    event.status, event.handled_at, event.next_attempt_at, event.error = status, at, None, error
    event.save(update_fields=["status", "handled_at", "next_attempt_at", "error"])


def _failed(event: InboundEvent, error: Exception, *, at: datetime) -> Outcome:
    """Write down why, and when it is tried again."""
    first_line = (str(error).splitlines() or [""])[0]
    text = redact_text(f"{getattr(error, 'code', '') or type(error).__name__}: {first_line}")[:500]
    with transaction.atomic():
        locked = InboundEvent.objects.select_for_update(no_key=True).get(pk=event.pk)
        if locked.status != InboundStatus.RECEIVED or locked.attempts != event.attempts:
            return Outcome.SKIPPED
        if locked.attempts >= MAX_ATTEMPTS:
            _end(locked, InboundStatus.DEAD, at=at, error=text)
            return Outcome.DEAD
        locked.error = text
        locked.next_attempt_at = at + timedelta(seconds=WAITS_SECONDS[min(locked.attempts, len(WAITS_SECONDS)) - 1])
        locked.save(update_fields=["error", "next_attempt_at"])
    return Outcome.FAILED
