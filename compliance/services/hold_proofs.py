"""Whether legal holds stand, and end, as the audit tells of them."""

from collections.abc import Iterator, Mapping
from typing import Final

from accounts.models import Customer
from compliance import events
from compliance.models import LegalHold
from flowlet.approvals import events as requests
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.audit.selectors import told
from flowlet.core import ids

_PLACED, _RELEASED = events.HOLD_PLACED, events.HOLD_RELEASED
_NOBODY: Final = (None, "", "", "")


def differences() -> Iterator[str]:
    """Holds that were placed, altered, released or removed behind the services."""
    for rows in told.chunks(LegalHold.objects.order_by("pk").iterator(told.CHUNK)):
        steps = told.deeds(rows, (_PLACED, _RELEASED))
        names = {_approval(record) for done in steps.values() for record in done.values()}
        asked = {record.target: record for record in told.records(names, (requests.SUBMITTED,))}
        for row in rows:
            yield from _of(row, steps.get(row.public_id, {}), asked)
    yield from (f"{name} was placed, and is not there any more." for name in told.gone(LegalHold, _PLACED))


def _of(row: LegalHold, done: Mapping[str, Record], asked: Mapping[str, Record]) -> Iterator[str]:
    placed, released = done.get(_PLACED), done.get(_RELEASED)
    if placed is None:
        yield f"{row.public_id} is there, and nobody placed it."
        return
    if not _is_as_placed(row, placed, asked.get(_approval(placed))):
        yield f"{row.public_id} does not say what was placed."
    said = (row.released_at, row.release_asked_by, row.release_approved_by, row.release_reason)
    if released is None and said != _NOBODY:
        yield f"{row.public_id} is released, and nobody released it."
    elif released is not None and row.released_at is None:
        yield f"{row.public_id} was released, and is not any more."
    elif released is not None:
        by, at, reason = told.done(released)
        maker = asked.get(_approval(released))
        if said != (at, told.who(maker) if maker else None, by, reason):
            yield f"{row.public_id} does not say how it was released."


def _is_as_placed(row: LegalHold, placed: Record, asked: Record | None) -> bool:
    said = {
        "customer": ids.public_id(Customer.PREFIX, row.customer_id),
        "until": row.until,
        "approval": ids.public_id(Approval.PREFIX, row.approval_id),
    }
    return (
        asked is not None
        and told.agrees(placed, **said)
        and told.done(placed) == (row.approved_by, row.begins_at, row.reason)
        and (told.who(asked), asked.after["payload"]["authority"]) == (row.asked_by, row.authority)
    )


def _approval(record: Record) -> str:
    return (record.after or {}).get("approval") or ""
