"""What people decided about alerts and cases, as the audit keeps it; and whether the rows still say so."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from compliance import events
from compliance.models import Alert, Case
from flowlet.audit.models import Record
from flowlet.audit.selectors.told import CHUNK, chunks
from flowlet.core import crypto, ids

CLOSED: Final = "CLOSED"
FIELDS: Final = ("disposition", "outcome", "reason_code", "decided_by", "checked_by")
WITNESSED: Final = ((Alert, events.ALERT_CLOSED), (Case, events.CASE_CLOSED))


def decision_of(row: Alert | Case) -> dict[str, Any]:
    """How it ended, by whom and when; words as a digest. An outcome of a case too, keyed, as there are few of them: who may
    not know of reports cannot try them out.
    """
    found = {name: str(getattr(row, name)) for name in FIELDS if hasattr(row, name)}
    if "outcome" in found:
        found["outcome"] = crypto.blind_index(f"{row.pk}:{found['outcome']}", purpose="compliance.case.outcome")
    moments = {name: _moment(getattr(row, name)) for name in ("decided_at", "closed_at")}
    return {**found, "words": _digest(row.words), **moments}


def differences() -> Iterator[str]:
    """What was altered, reopened, removed or closed behind the services."""
    for model, action in WITNESSED:
        closed = model._default_manager.filter(state=CLOSED)
        for rows in chunks(closed.order_by("pk").iterator(CHUNK)):
            told = _told(action, [row.public_id for row in rows])
            for row in rows:
                if row.public_id not in told:
                    yield f"{row.public_id} is closed, and nobody closed it."
                elif any(told[row.public_id].get(name) != value for name, value in decision_of(row).items()):
                    yield f"{row.public_id} does not say what was decided."
        records = Record.objects.filter(action=action).order_by("pk").values_list("target", flat=True)
        for targets in chunks(records.iterator(CHUNK)):
            keys = {ids.parse(model.PREFIX, target): target for target in targets}
            there = set(closed.filter(pk__in=keys).values_list("pk", flat=True))
            yield from (f"{target} was closed, and is not closed any more." for key, target in keys.items() if key not in there)


def _told(action: str, targets: list[str]) -> dict[str, dict[str, Any]]:
    found = Record.objects.filter(target__in=targets, action=action).order_by("-pk")
    return {target: after or {} for target, after in found.values_list("target", "after")}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
