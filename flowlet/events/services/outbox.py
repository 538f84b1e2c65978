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
from flowlet.events.models.event import API_VERSION

_INSERT = """
INSERT INTO flowlet_events_event (id, type, partner_id, subject, data, api_version, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING xid"""

_INSERT_MANY = """
INSERT INTO flowlet_events_event (id, type, partner_id, subject, data, api_version, created_at)
SELECT id, type, partner_id, subject, data, %s, created_at
FROM jsonb_to_recordset(%s) AS fact (id uuid, type text, partner_id uuid, subject text, data jsonb, created_at timestamptz)
RETURNING xid"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact to be written by ``publish_many``; the fields are those of ``publish``."""

    type: str
    partner_id: UUID | None
    subject: str
    data: dict[str, Any]
    at: datetime


def publish(*, type: str, partner_id: UUID | None, subject: str, data: dict[str, Any], at: datetime) -> Event:
    """Write one event: the fact ``type`` about ``subject`` (a public id) became true at ``at``.

    ``data`` is what partners and handlers see, as JSON values (Decimal, UUID, date and datetime are written as text; money is
    ``{"amount": "12.50", "currency": "USD"}``), without personal data. ``partner_id=None`` keeps it inside the platform.
    One INSERT, no more: it is on the hot path. Raises TransactionManagementError outside a transaction, where the event could
    outlive its cause.
    """
    _check_transaction()
    event_id = ids.uuid7()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, (event_id, type, partner_id, subject, _json(data), API_VERSION, at))
        xid = cursor.fetchone()[0]
    return Event(id=event_id, type=type, partner_id=partner_id, subject=subject, data=data, created_at=at, xid=xid)


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
