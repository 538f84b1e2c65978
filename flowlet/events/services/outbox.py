"""Publish facts in the transaction that makes them true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.transaction import TransactionManagementError

from flowlet.core import ids
from flowlet.events.models import Event
from flowlet.events.models.event import API_VERSION, sealed_aad
from flowlet.vault.services import subjects

_INSERT = """
INSERT INTO flowlet_events_event (id, type, partner_id, subject, data, person_id, sealed, api_version, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING xid"""

_INSERT_MANY = """
INSERT INTO flowlet_events_event (id, type, partner_id, subject, data, api_version, created_at)
SELECT id, type, partner_id, subject, data, %s, created_at
FROM jsonb_to_recordset(%s) AS fact (id uuid, type text, partner_id uuid, subject text, data jsonb, created_at timestamptz)
RETURNING xid"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact to be written by ``publish_many``; the fields are those of ``publish``; nothing in it is personal."""

    type: str
    partner_id: UUID | None
    subject: str
    data: dict[str, Any]
    at: datetime


def publish(
    *,
    type: str,
    partner_id: UUID | None,
    subject: str,
    data: dict[str, Any],
    personal: dict[str, Any] | None = None,
    person_id: UUID | None = None,
    at: datetime,
) -> Event:
    """Write one event: the fact ``type`` about ``subject`` (a public id) became true at ``at``.

    ``data`` is what partners and handlers see, as JSON values (Decimal, UUID, date and datetime are written as text; money is
    ``{"amount": "12.50", "currency": "USD"}``), without personal data. ``personal`` takes the values of ``data`` that are personal; it is
    encrypted under the key of ``person_id``, read by partners alone, and goes with that key. ``partner_id=None`` keeps the event inside
    the platform. One INSERT, no more: it is on the hot path. Raises TransactionManagementError outside a transaction, where the event
    could outlive its cause.
    """
    _check_transaction()
    event_id = ids.uuid7()
    sealed = None
    if personal:
        if person_id is None:
            raise ValueError("Personal values need person_id: they are encrypted under that person's key.")
        sealed, data = subjects.encrypt(person_id, _json(personal), aad=sealed_aad(event_id)), data | dict.fromkeys(personal)
    person_id = person_id if sealed else None
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, (event_id, type, partner_id, subject, _json(data), person_id, sealed, API_VERSION, at))
        xid = cursor.fetchone()[0]
    told = {"type": type, "partner_id": partner_id, "subject": subject, "data": data, "person_id": person_id, "sealed": sealed}
    return Event(id=event_id, **told, created_at=at, xid=xid)


def publish_many(events: Sequence[NewEvent]) -> list[Event]:
    """Write the events in their order with one statement; as ``publish`` otherwise."""
    _check_transaction()
    if not events:
        return []
    facts = [
        {
            "id": ids.uuid7(),
            "type": new.type,
            "partner_id": new.partner_id,
            "subject": new.subject,
            "data": new.data,
            "created_at": new.at,
        }
        for new in events
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_MANY, (API_VERSION, _json(facts)))
        xid = cursor.fetchone()[0]
    return [Event(**fact, xid=xid) for fact in facts]


def _check_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("Publish inside transaction.atomic: the event belongs to the change it tells of.")


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()
