"""Write what was done, in the transaction in which it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from flowlet.audit.models import Record
from flowlet.audit.models.record import personal_aad
from flowlet.core.actors import Actor
from flowlet.vault.services import subjects

_INSERT = """
INSERT INTO flowlet_audit_record
    (at, action, target, partner_id, actor_kind, actor_id, actor_label, actor_ip, request_id, reason, before, after,
     subject_id, personal)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
RETURNING id, recorded_xid"""

_INSERT_MANY = """
INSERT INTO flowlet_audit_record
    (at, action, target, partner_id, actor_kind, actor_id, actor_label, actor_ip, request_id, reason, before, after,
     subject_id, personal)
SELECT at, action, target, partner_id, actor_kind, actor_id, actor_label, actor_ip, request_id, reason, before, after,
    subject_id, personal
FROM jsonb_to_recordset(%s) AS deed (
    at timestamptz, action text, target text, partner_id uuid, actor_kind text, actor_id text, actor_label text, actor_ip text,
    request_id text, reason text, before jsonb, after jsonb, subject_id uuid, personal bytea)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A deed to be written by ``record_many``; the fields are those of ``record``."""

    action: str
    target: str
    partner_id: UUID | None = None
    reason: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    personal: dict[str, Any] | None = None
    subject_id: UUID | None = None


def record(
    *,
    action: str,
    actor: Actor,
    at: datetime,
    target: str,
    partner_id: UUID | None = None,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
    subject_id: UUID | None = None,
) -> Record:
    """Add one record: ``actor`` did ``action`` to ``target`` (a public id) at the moment ``at``.

    ``before`` and ``after`` are what changed, as JSON values (Decimal, UUID, date and datetime are written as text), without
    personal data. ``personal`` takes the personal values (by custom ``{"before": {…}, "after": {…}}``) and is encrypted under the
    key of ``subject_id``, which it needs. One INSERT in the caller's transaction: if the deed is rolled back, so is its record.
    """
    sealed = None if personal is None else _encrypt(personal, subject_id, action=action, target=target, at=at)
    values = (
        at,
        action,
        target,
        partner_id,
        str(actor.kind),
        actor.id,
        actor.label,
        actor.ip,
        actor.request_id,
        reason,
        None if before is None else _json(before),
        None if after is None else _json(after),
        subject_id,
        sealed,
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        number, xid = cursor.fetchone()
    return Record(
        id=number,
        at=at,
        action=action,
        target=target,
        partner_id=partner_id,
        actor_kind=str(actor.kind),
        actor_id=actor.id,
        actor_label=actor.label,
        actor_ip=actor.ip,
        request_id=actor.request_id,
        reason=reason,
        before=before,
        after=after,
        subject_id=subject_id,
        personal=sealed,
        recorded_xid=xid,
    )


def record_many(records: Sequence[NewRecord], *, actor: Actor, at: datetime) -> int:
    """Add the records in their order with one statement; returns how many. All of one actor, at one moment."""
    if not records:
        return 0
    who = {
        "at": at,
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "actor_label": actor.label,
        "actor_ip": actor.ip,
        "request_id": actor.request_id,
    }
    deeds = []
    for new in records:
        deed = {
            **who,
            "action": new.action,
            "target": new.target,
            "partner_id": new.partner_id,
            "reason": new.reason,
            "before": new.before,
            "after": new.after,
            "subject_id": new.subject_id,
        }
        if new.personal is not None:
            sealed = _encrypt(new.personal, new.subject_id, action=new.action, target=new.target, at=at)
            deed["personal"] = "\\x" + sealed.hex()
        deeds.append(deed)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_MANY, [_json(deeds)])
        return cursor.rowcount


def _encrypt(personal: dict[str, Any], subject_id: UUID | None, *, action: str, target: str, at: datetime) -> bytes:
    if subject_id is None:
        raise ValueError("Personal values need subject_id: they are encrypted under that subject's key.")
    return subjects.encrypt(subject_id, _json(personal), aad=personal_aad(action=action, target=target, at=at))


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()
