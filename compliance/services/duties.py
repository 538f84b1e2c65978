"""The register of duties: shipped ones are brought in once, then they are the officers' to change, to meet and to retire."""

import calendar
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts.policies import check_reason
from compliance import errors, events, providers
from compliance.choices import Recurrence
from compliance.models import Duty, DutyFulfilment
from compliance.services import duty_evidence
from compliance.services.duty_evidence import Figure
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid

TOLD_AHEAD = timedelta(days=14)
FIELDS: Final = ("title", "source", "control", "evidence", "owner", "recurrence", "due_on", "is_retired")
# Code, title, source, control, evidence, owner, recurrence, and month and day of the first time where it is not counted from today.
SHIPPED: Final = tuple(csv.DictReader(StringIO((Path(providers.__file__).parent / "duties.csv").read_text(encoding="utf-8"))))


@transaction.atomic
def bring_in(*, actor: Actor, at: datetime) -> int:
    """Add the shipped duties that are not there; those that are stay as they are. Answers how many came."""
    known = set(Duty.objects.values_list("code", flat=True))
    made = 0
    for shipped in SHIPPED:
        if shipped["code"] not in known:
            values = {name: shipped[name] for name in FIELDS if name in shipped}
            first, day = _first(shipped, at=at)
            row = Duty.objects.create(code=shipped["code"], **values, due_on=first, due_day=day, updated_at=at)
            _tell(row, events.DUTY_CHANGED, before=None, reason="shipped", actor=actor, at=at)
            made += 1
    return made


@transaction.atomic
def save(*, duty_id: UUID | None = None, code: str = "", reason: str, actor: Actor, at: datetime, **values: Any) -> Duty:
    """Write a duty down, or change one. ``values`` are ``FIELDS``. Raises DutyNotFound, Invalid, ReasonMissing."""
    reason = check_reason(reason)
    if duty_id is None:
        if not code or Duty.objects.filter(code=code).exists():
            raise Invalid("A new duty has a code of its own.", param="code")
        row, before = Duty(code=code), None
    else:
        row = locked(duty_id)
        before = _said(row)
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    if row.evidence and row.evidence not in duty_evidence.QUERIES:
        raise Invalid(f"Use {', '.join(duty_evidence.QUERIES)}.", param="evidence")
    if (row.recurrence == Recurrence.ALWAYS) != (row.due_on is None):
        raise Invalid("What recurs has a day on which it is next due; what always holds has none.", param="due_on")
    if before is None or before["due_on"] != row.due_on:
        row.due_day = row.due_on.day if row.due_on else None
    row.updated_at = at
    try:
        row.full_clean(exclude=["id"])
    except ValidationError as refusal:
        name, texts = next(iter(refusal.message_dict.items()))
        raise Invalid(f"{name}: {texts[0]}", param=name) from None
    row.save()
    _tell(row, events.DUTY_CHANGED, before=before, reason=reason, actor=actor, at=at)
    return row


@transaction.atomic
def fulfil(*, duty_id: UUID, reason: str, actor: Actor, at: datetime) -> Duty:
    """The duty was met, as ``reason`` says: its figures are kept as they are now, and it is next due a turn later.

    Raises DutyNotFound, also for a retired one, ReasonMissing.
    """
    row = locked(duty_id)
    if row.is_retired:
        raise errors.DutyNotFound("The duty was retired.")
    before = _said(row)
    found = [asdict(figure) for figure in figures(row, at=at)]
    given = {"duty": row, "due_on": row.due_on, "note": check_reason(reason), "done_by": str(actor), "done_at": at}
    kept = DutyFulfilment.objects.create(**given, figures=found)
    row.fulfilled_on, row.fulfilled_by, row.updated_at = at.date(), str(actor), at
    if row.due_on is not None:
        turns = _turns(row.due_on, Recurrence(row.recurrence), day=row.due_day)
        row.due_on = next(day for day in turns if day > at.date())
    row.save()
    said = {"reason": given["note"], "figures": digest_of(kept)}
    _tell(row, events.DUTY_FULFILLED, before=before, **said, actor=actor, at=at)
    return row


def figures(row: Duty, *, at: datetime) -> list[Figure]:
    """What proves the duty's control now."""
    return duty_evidence.figures(row.evidence, at=at)


def due(*, on: date) -> QuerySet[Duty]:
    """Duties that are due by the day, the longest due first."""
    return Duty.objects.filter(is_retired=False, due_on__lte=on).order_by("due_on", "pk")


def locked(duty_id: UUID) -> Duty:
    """The duty with its row locked. Raises DutyNotFound."""
    found = Duty.objects.select_for_update(no_key=True).filter(pk=duty_id).first()
    if found is None:
        raise errors.DutyNotFound()
    return found


def _first(shipped: dict[str, str], *, at: datetime) -> tuple[date | None, int | None]:
    """When a shipped duty is due for the first time, and on which day of a month."""
    if shipped["recurrence"] == Recurrence.ALWAYS:
        return None, None
    start = date.fromisoformat(f"{at.year - 1}-{shipped['first']}") if shipped["first"] else at.date()
    return next(day for day in _turns(start, Recurrence(shipped["recurrence"])) if day > at.date()), start.day


def _turns(start: date, recurrence: Recurrence, *, day: int | None = None) -> Iterator[date]:
    """The days after ``start`` on which it comes round: on ``day`` of a month, else on that of ``start``; the last of one too short."""
    day = day or start.day
    for turn in range(1, 10_000):
        if recurrence == Recurrence.WEEKLY:
            yield start + timedelta(weeks=turn)
        else:
            year, month = divmod(start.year * 12 + start.month - 1 + turn * recurrence.months, 12)
            yield date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))


def _said(row: Duty) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def digest_of(row: DutyFulfilment) -> str:
    """SHA-256 of the figures that were kept."""
    return hashlib.sha256(orjson.dumps(row.figures, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _tell(
    row: Duty, fact: str, *, before: dict[str, Any] | None, reason: str, actor: Actor, at: datetime, figures: str | None = None
) -> None:
    after = {"code": row.code, **_said(row), "due_day": row.due_day}
    if figures is not None:
        after["figures"] = figures
    log.record(action=fact, actor=actor, at=at, target=row.public_id, reason=reason, before=before, after=after)
