"""Whether requests say what the audit tells of them: what was asked for by whom, and how it was decided."""

from collections.abc import Iterator, Mapping
from typing import Final

from flowlet.approvals import events
from flowlet.approvals.choices import BY_A_CHECKER, ApprovalStatus
from flowlet.approvals.models import Approval
from flowlet.approvals.services.requests import FACTS
from flowlet.audit.models import Record
from flowlet.audit.selectors import told

_STATUSES: Final = {fact: status for status, fact in FACTS.items()}


def differences() -> Iterator[str]:
    """What was asked for, decided, altered or removed behind the services."""
    for rows in told.chunks(Approval.objects.order_by("pk").iterator(told.CHUNK)):
        steps = told.deeds(rows, tuple(_STATUSES))
        for row in rows:
            yield from _of(row, steps.get(row.public_id, {}))
    yield from (f"{name} was asked for, and is not there any more." for name in told.gone(Approval, events.SUBMITTED))


def _of(row: Approval, steps: Mapping[str, Record]) -> Iterator[str]:
    if events.SUBMITTED not in steps:
        yield f"{row.public_id} is there, and nobody asked for it."
        return
    if not _says_what_was_asked(row, steps[events.SUBMITTED]):
        yield f"{row.public_id} does not say what was asked for."
    last = told.newest(steps)
    if row.status == _STATUSES[last.action]:
        if row.status != ApprovalStatus.PENDING and not _says_what_was_decided(row, last):
            yield f"{row.public_id} does not say what was decided."
    elif row.status == ApprovalStatus.PENDING:
        yield f"{row.public_id} was decided, and is not any more."
    else:
        yield f"{row.public_id} is {row.status.lower()}, and nobody decided so."


def _says_what_was_asked(row: Approval, asked: Record) -> bool:
    said = {"kind": row.kind, "subject": row.subject, "payload": row.payload, "expires_at": row.expires_at}
    return (
        told.agrees(asked, **said)
        and asked.partner_id == row.partner_id
        and told.done(asked) == (f"{row.maker_kind}:{row.maker_id}", row.created_at, row.reason)
    )


def _says_what_was_decided(row: Approval, decided: Record) -> bool:
    checker = (decided.actor_kind, decided.actor_id) if row.status in BY_A_CHECKER else (None, None)
    said = (row.checker_kind, row.checker_id, row.decided_at, row.decision_reason)
    return said == (*checker, decided.at, decided.reason)
