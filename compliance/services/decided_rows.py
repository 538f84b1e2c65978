"""What was decided about hits, reports, verifications and customers' risk: whether the rows still say what the audit tells of them.

Alerts and cases have more to compare (``decisions``). A report is named by the record that tells of it, and by nothing else: who reads
what ``verify_audit`` found may not know of reports.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db.models import Model

from compliance import events
from compliance.choices import HitState, ReportState, VerificationStatus
from compliance.models import Hit, Report, RiskOverride, Verification
from compliance.services.decisions import CHUNK, chunks
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.core import ids

_HITS: Final = {
    events.HIT_OPENED: HitState.OPEN,
    events.HIT_LAPSED: HitState.LAPSED,
    events.HIT_CLEARED: HitState.CLEARED,
    events.HIT_CONFIRMED: HitState.CONFIRMED,
}
_VERIFICATIONS: Final = {
    events.VERIFICATION_APPROVED: VerificationStatus.APPROVED,
    events.VERIFICATION_REFUSED: VerificationStatus.REFUSED,
    events.VERIFICATION_EXPIRED: VerificationStatus.EXPIRED,
}
_REPORTS: Final = (
    events.REPORT_DRAFTED,
    events.REPORT_CHANGED,
    events.REPORT_PROPOSED,
    events.REPORT_SENT_BACK,
    events.REPORT_APPROVED,
    events.REPORT_WITHDRAWN,
    events.REPORT_FILED,
    events.REPORT_ANSWERED,
)
_PROPOSED: Final = {ReportState.PROPOSED, ReportState.APPROVED, ReportState.FILED, ReportState.ACCEPTED, ReportState.REJECTED}


def differences() -> Iterator[str]:
    """What was decided, altered or taken back behind the services."""
    yield from _states(Hit, _HITS, (HitState.CLEARED, HitState.CONFIRMED), column="state", by="approved_by")
    yield from _states(
        Verification,
        _VERIFICATIONS,
        (VerificationStatus.APPROVED, VerificationStatus.REFUSED),
        column="status",
        by="decided_by",
    )
    yield from _reports()
    yield from _overrides()


def _states(model: Any, facts: dict[str, Any], decided: Sequence[str], *, column: str, by: str) -> Iterator[str]:
    """Rows in a decided state, and rows that the trail says are: the last that it tells is where they stand, by whom and when."""
    for rows in chunks(model.objects.filter(**{f"{column}__in": decided}).order_by("pk").iterator(CHUNK)):
        told = _last(rows, tuple(facts))
        for row in rows:
            last = told.get(row.public_id)
            if last is None or facts[last.action] != getattr(row, column):
                yield f"{row.public_id} is {getattr(row, column).lower()}, and nobody decided so."
            elif (_who(last), last.at) != (getattr(row, by), row.decided_at) or not _agrees(last, row):
                yield f"{row.public_id} does not say what was decided."
    names = [fact for fact, state in facts.items() if state in decided]
    keys = Record.objects.filter(action__in=names).order_by("target").values_list("target", flat=True).distinct()
    for targets in chunks(keys.iterator(CHUNK)):
        rows = list(
            model.objects.filter(pk__in=[ids.parse(model.PREFIX, one) for one in targets]).exclude(**{f"{column}__in": decided})
        )
        told = _last(rows, tuple(facts))
        yield from (
            f"{row.public_id} was decided, and is not any more." for row in rows if facts[told[row.public_id].action] in decided
        )


def _agrees(last: Record, row: Any) -> bool:
    """What else the trail tells of a decision; records of earlier versions tell less."""
    told = last.after or {}
    return all(str(told[name]) == str(getattr(row, name)) for name in ("decided_by", "level", "list_kind") if told.get(name))


def _reports() -> Iterator[str]:
    for rows in chunks(Report.objects.defer("sealed").order_by("pk").iterator(CHUNK)):
        last = _last(rows, _REPORTS)
        clock = _last(rows, _REPORTS[:6])
        first, second = _last(rows, (events.REPORT_PROPOSED,)), _last(rows, (events.REPORT_APPROVED,))
        for row in rows:
            told, name = last.get(row.public_id), row.public_id
            if told is None or name not in clock:
                yield "There is a row that no record tells of."
                continue
            after = clock[name].after or {}
            stands = (row.state, row.version, row.due_on.isoformat())
            is_so = stands == ((told.after or {}).get("state"), after.get("version"), after.get("due_on"))
            if row.state in _PROPOSED:
                is_so = is_so and _said(first.get(name)) == (row.proposed_by, row.proposed_at)
            if row.state in _PROPOSED - {ReportState.PROPOSED}:
                is_so = is_so and _said(second.get(name)) == (row.approved_by, row.approved_at)
            if not is_so:
                yield f"What record {told.pk} tells of does not stand so."


def _overrides() -> Iterator[str]:
    for rows in chunks(RiskOverride.objects.order_by("pk").iterator(CHUNK)):
        names = {ids.public_id(Approval.PREFIX, row.approval_id): row for row in rows}
        records = Record.objects.filter(action=events.RISK_OVERRIDDEN, after__approval__in=list(names)).order_by("pk")
        told = {record.after["approval"]: record for record in records}
        for name, row in names.items():
            record = told.get(name)
            if record is None or (_who(record), record.at, record.after["band"] or "") != (
                row.approved_by,
                row.begins_at,
                row.band,
            ):
                yield f"{row.public_id} was not decided so."


def _last(rows: Sequence[Model], actions: Sequence[str]) -> dict[str, Record]:
    """The last record of these deeds for each row, by public id."""
    found = Record.objects.filter(target__in=[row.public_id for row in rows], action__in=actions)
    return {
        record.target: record for record in found.only("target", "action", "actor_kind", "actor_id", "at", "after").order_by("pk")
    }


def _who(record: Record) -> str:
    return f"{record.actor_kind}:{record.actor_id}"


def _said(record: Record | None) -> tuple[str, Any] | None:
    return (_who(record), record.at) if record is not None else None
