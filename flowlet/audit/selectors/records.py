"""Find deeds."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import Max, QuerySet

from flowlet.audit.models import Record
from flowlet.audit.models.record import kind_of_target
from flowlet.vault.services import subjects


def of_target(target: str) -> QuerySet[Record]:
    """What was done to the thing with this public id, newest first."""
    return Record.objects.filter(target=target).order_by("-id")


def of_actor(actor_id: str) -> QuerySet[Record]:
    """What this actor did, newest first."""
    return Record.objects.filter(actor_id=actor_id).order_by("-id")


def of_kind(found: QuerySet[Record], kind: str) -> QuerySet[Record]:
    """Of these the records about things whose public id begins with ``kind`` and an underscore, such as ``wal``; by an index."""
    return found.alias(target_kind=kind_of_target()).filter(target_kind=kind)


def without_kinds(found: QuerySet[Record], kinds: Collection[str]) -> QuerySet[Record]:
    """Of these the records about anything but things whose public id begins with one of ``kinds``."""
    return found.alias(target_kind=kind_of_target()).exclude(target_kind__in=kinds) if kinds else found


def last_done(action: str, *, targets: Collection[str]) -> dict[str, datetime]:
    """When the action was last done to each of the targets (public ids) to which it ever was: one query."""
    found = Record.objects.filter(target__in=list(targets), action=action).order_by().values_list("target")
    return dict(found.annotate(last=Max("at")))


# One step in the index for each different action, not one for each record.
_ACTIONS = """
WITH RECURSIVE found AS (
    (SELECT action FROM flowlet_audit_record ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT action FROM flowlet_audit_record WHERE action > found.action ORDER BY action LIMIT 1)
    FROM found WHERE found.action IS NOT NULL
) SELECT action FROM found WHERE action IS NOT NULL LIMIT 500"""


def actions(*, without: Collection[str] = ()) -> list[str]:
    """Every action there is a record of, by name; as quick at a million records as at a hundred.

    ``without`` are kinds of things (as in ``without_kinds``) to which no action is to be named.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        found = [action for (action,) in cursor.fetchall()]
    if not without:
        return found
    hidden = Record.objects.alias(target_kind=kind_of_target()).filter(target_kind__in=without).order_by().values_list("action")
    return sorted(set(found) - {action for (action,) in hidden.distinct()})


def personal_of(record: Record) -> dict[str, Any] | None:
    """The personal values of the record in clear, None when it has none.

    Raises what the vault raises when the subject's key has been erased. Whoever shows them audits that.
    """
    if record.personal is None:
        return None
    return orjson.loads(subjects.decrypt(record.subject_id, bytes(record.personal), aad=record.personal_aad))


def of_ids(ids: Sequence[int]) -> list[Record]:
    """The records with these keys that are there, in the order of the keys given."""
    found = Record.objects.in_bulk(list(ids))
    return [found[number] for number in ids if number in found]


def matching(
    *, target: str = "", actor: str = "", since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Record]:
    """Records about ``target`` and by ``actor`` (public ids) from ``since`` on and before ``until``, oldest first."""
    found = Record.objects.order_by("id")
    if target:
        found = found.filter(target=target)
    if actor:
        found = found.filter(actor_id=actor)
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    return found
