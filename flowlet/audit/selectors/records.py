"""Find deeds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db.models import QuerySet

from flowlet.audit.models import Record
from flowlet.vault.services import subjects


def of_target(target: str) -> QuerySet[Record]:
    """What was done to the thing with this public id, newest first."""
    return Record.objects.filter(target=target).order_by("-id")


def of_actor(actor_id: str) -> QuerySet[Record]:
    """What this actor did, newest first."""
    return Record.objects.filter(actor_id=actor_id).order_by("-id")


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
