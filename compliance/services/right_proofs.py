"""Whether requests of persons stand as the audit tells of them, and hold the document with which they were answered."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from accounts.models import Customer
from compliance import events
from compliance.choices import RightState
from compliance.models import RightsRequest
from compliance.services import rights
from flowlet.audit.models import Record
from flowlet.audit.selectors import told
from flowlet.core import crypto, ids
from flowlet.vault.services import subjects
from flowlet.vault.services.subjects import SubjectBox

FEW: Final = 100  # each comes with its document
_ASKED, _EXTENDED, _ANSWERED = events.RIGHT_ASKED, events.RIGHT_EXTENDED, events.RIGHT_ANSWERED
_STEPS: Final = (_ASKED, _EXTENDED, _ANSWERED, events.RIGHT_WITHDRAWN)


def differences() -> Iterator[str]:
    """Requests that were put off, answered, taken back or removed behind the services, and documents that are not what was given."""
    for rows in told.chunks(RightsRequest.objects.order_by("pk").iterator(FEW), size=FEW):
        steps = told.deeds(rows, _STEPS)
        boxes = _boxes(rows)
        for row in rows:
            done = steps.get(row.public_id, {})
            if _ASKED not in done:
                yield f"{row.public_id} is there, and nobody asked for it."
                continue
            yield from _of(row, done)
            if row.customer_id in boxes and not _holds_its_document(row, boxes[row.customer_id]):
                yield f"{row.public_id} does not hold the document that was given."
    yield from (f"{name} was asked for, and is not there any more." for name in told.gone(RightsRequest, _ASKED))


def _of(row: RightsRequest, done: Mapping[str, Record]) -> Iterator[str]:
    asked, extended, answered = done[_ASKED], done.get(_EXTENDED), done.get(_ANSWERED)
    said = {
        "customer": ids.public_id(Customer.PREFIX, row.customer_id),
        "kind": row.kind,
        "state": row.state,
        "received_on": row.received_on,
        "due_on": row.due_on,
        "digest": row.digest,
    }
    if answered is None and row.state == RightState.ANSWERED:
        yield f"{row.public_id} is answered, and nobody answered it."
    elif answered is not None and row.state != RightState.ANSWERED:
        yield f"{row.public_id} was answered, and is not any more."
    elif (
        not told.agrees(told.newest(done), **said)
        or (told.who(asked), asked.at) != (row.asked_by, row.created_at)
        or row.extension != (extended.reason if extended else "")
        or (row.answered_by, row.answered_at) != ((told.who(answered), answered.at) if answered else ("", None))
    ):
        yield f"{row.public_id} does not stand as it is told."


def _boxes(rows: Sequence[RightsRequest]) -> dict[UUID, SubjectBox | None]:
    """The keys of those whose documents are there, in one query; None for a key that does not open. The erased have none."""
    keys = {row.customer_id for row in rows if row.sealed is not None}
    try:
        return dict(subjects.boxes_for(keys))
    except crypto.CannotOpen:
        return {key: box for one in keys for key, box in _box(one).items()}


def _box(key: UUID) -> dict[UUID, SubjectBox | None]:
    try:
        return dict(subjects.boxes_for([key]))
    except crypto.CannotOpen:
        return {key: None}


def _holds_its_document(row: RightsRequest, box: SubjectBox | None) -> bool:
    if row.sealed is None:
        return True
    try:
        text = box.decrypt(bytes(row.sealed), aad=rights.aad(row)) if box else None
    except crypto.CannotOpen:
        text = None
    return text is not None and hashlib.sha256(text.encode()).hexdigest() == row.digest
