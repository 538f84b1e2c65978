"""Whether duties say what the audit tells of them, and were met when, by whom and in which words they say."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Final

from compliance import events
from compliance.models import Duty, DutyFulfilment
from compliance.services.duties import FIELDS, digest_of
from flowlet.audit.models import Record
from flowlet.audit.selectors import told

_CHANGED, _FULFILLED = events.DUTY_CHANGED, events.DUTY_FULFILLED
_NAMES: Final = ("code", *FIELDS, "due_day")


def differences() -> Iterator[str]:
    """Duties that were written, altered or removed behind the services, and those that were not met as it says."""
    for rows in told.chunks(Duty.objects.order_by("pk").iterator(told.CHUNK)):
        steps = told.deeds(rows, (_CHANGED, _FULFILLED))
        turns, kept = _turns(rows), _kept(rows)
        for row in rows:
            done = steps.get(row.public_id, {})
            if _CHANGED not in done:
                yield f"{row.public_id} is there, and nobody wrote it down."
                continue
            if not _says_what_was_written(row, told.newest(done)):
                yield f"{row.public_id} does not say what was written down."
            if not _was_met(row, turns[row.public_id], kept[row.pk]):
                yield f"{row.public_id} was not met as it says."
    yield from (f"{name} was written down, and is not there any more." for name in told.gone(Duty, _CHANGED))


def _turns(rows: Sequence[Duty]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in told.records((row.public_id for row in rows), (_FULFILLED,)):
        found[record.target].append(record)
    return found


def _kept(rows: Sequence[Duty]) -> dict[object, list[DutyFulfilment]]:
    found: dict[object, list[DutyFulfilment]] = defaultdict(list)
    for one in DutyFulfilment.objects.filter(duty__in=rows).order_by("pk"):
        found[one.duty_id].append(one)
    return found


def _says_what_was_written(row: Duty, last: Record) -> bool:
    return row.updated_at == last.at and told.agrees(last, **{name: getattr(row, name) for name in _NAMES})


def _was_met(row: Duty, turns: Sequence[Record], kept: Sequence[DutyFulfilment]) -> bool:
    last = (turns[-1].at.astimezone(UTC).date(), told.who(turns[-1])) if turns else (None, "")
    return (
        (row.fulfilled_on, row.fulfilled_by) == last
        and len(turns) == len(kept)
        and all(_is_as_told(one, turn) for one, turn in zip(kept, turns, strict=True))
    )


def _is_as_told(one: DutyFulfilment, turn: Record) -> bool:
    due_on = one.due_on.isoformat() if one.due_on else None
    return (
        told.done(turn) == (one.done_by, one.done_at, one.note)
        and (turn.before or {}).get("due_on") == due_on
        and told.agrees(turn, figures=digest_of(one))
    )
