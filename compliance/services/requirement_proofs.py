"""Whether what levels ask for is what the audit tells of it, or what was shipped."""

from collections.abc import Iterator
from typing import Any, Final

from accounts.choices import KycTier
from compliance import events
from compliance.models import RequirementSet
from compliance.policies import requirements as policies
from compliance.services.requirement_sets import shown
from flowlet.approvals import selectors as approvals
from flowlet.audit.models import Record
from flowlet.audit.selectors import told

_CHANGED: Final = events.REQUIREMENTS_CHANGED


def differences() -> Iterator[str]:
    """Sets that two people did not write so, or that were removed."""
    shipped = set()
    for rows in told.chunks(RequirementSet.objects.order_by("pk").iterator(told.CHUNK)):
        changes = told.deeds(rows, (_CHANGED,))
        makers = approvals.told_makers(_approvals(changes))
        for row in rows:
            change = changes.get(row.public_id, {}).get(_CHANGED)
            if change is not None and not _is_as_told(row, change, makers):
                yield f"{row.public_id} does not say what was approved."
            elif change is None and _is_as_shipped(row):
                shipped.add((row.kind, row.level))
            elif change is None:
                yield f"{row.public_id} is there, and nobody approved it."
    yield from (f"{name} was approved, and is not there any more." for name in told.gone(RequirementSet, _CHANGED))
    yield from (
        f"What was shipped for {kind} {level} is not there any more."
        for kind, level in policies.SHIPPED
        if (kind, level) not in shipped
    )


def _approvals(changes: dict[str, dict[str, Record]]) -> list[str]:
    return [(done[_CHANGED].after or {}).get("approval") or "" for done in changes.values()]


def _is_as_told(row: RequirementSet, change: Record, makers: dict[str, str]) -> bool:
    maker = makers.get((change.after or {}).get("approval") or "")
    return (
        told.agrees(change, **shown(row))
        and (row.created_at, row.note) == (change.at, change.reason)
        and maker in {None, row.created_by}
    )


def _is_as_shipped(row: RequirementSet) -> bool:
    said: tuple[Any, ...] = (row.country, row.number, row.valid_months, row.needs_two, row.created_by)
    items = policies.SHIPPED.get((row.kind, row.level))
    return items == row.items and said == ("", 1, policies.SHIPPED_MONTHS, row.level == KycTier.PREMIUM, "system:migrate")
