"""Whether the models by which customers are rated are those that two people put in force."""

from collections.abc import Iterator
from typing import Final

from compliance import events
from compliance.models import RiskModelVersion
from compliance.policies.risk_model import RiskModel
from flowlet.approvals import selectors as approvals
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.audit.selectors import told
from flowlet.core import ids

_CHANGED: Final = events.RISK_MODEL_CHANGED


def differences() -> Iterator[str]:
    """Models that were written, altered or removed behind the services."""
    for rows in told.chunks(RiskModelVersion.objects.order_by("pk").iterator(told.CHUNK)):
        changes = told.deeds(rows, (_CHANGED,))
        makers = approvals.told_makers(_approval(row) for row in rows)
        for row in rows:
            change = changes.get(row.public_id, {}).get(_CHANGED)
            if change is None:
                yield f"{row.public_id} is there, and nobody put it in force."
            elif not _is_as_told(row, change) or row.asked_by != makers.get(_approval(row)):
                yield f"{row.public_id} does not say what was put in force."
    yield from (f"{name} was put in force, and is not there any more." for name in told.gone(RiskModelVersion, _CHANGED))


def _is_as_told(row: RiskModelVersion, change: Record) -> bool:
    return (
        row.digest == _digest(row)
        and told.agrees(change, number=row.number, digest=row.digest, approval=_approval(row))
        and told.done(change) == (row.approved_by, row.created_at, row.reason)
    )


def _digest(row: RiskModelVersion) -> str:
    try:
        return RiskModel(row.number, row.content).digest
    except TypeError:  # no model has such numbers
        return ""


def _approval(row: RiskModelVersion) -> str:
    return ids.public_id(Approval.PREFIX, row.approval_id)
