"""What was decided about hits, reports, verifications and customers' risk: whether the rows still say what the audit tells of them.

Alerts and cases have more to compare (``decisions``). A report is named by the record that tells of it, and by nothing else: who reads
what ``verify_audit`` found may not know of reports.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from compliance import events
from compliance.choices import HitState, ReportState, VerificationStatus
from compliance.models import Hit, Report, RiskOverride, Verification
from flowlet.approvals import selectors as approvals
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.audit.selectors import told as trail
from flowlet.audit.selectors.told import CHUNK, chunks, who
from flowlet.core import ids
from flowlet.db.models import Identified

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
            elif (who(last), last.at) != (getattr(row, by), row.decided_at) or not _agrees(last, row):
                yield f"{row.public_id} does not say what was decided."
    names = [fact for fact, state in facts.items() if state in decided]
    keys = Record.objects.filter(action__in=names).order_by("target").values_list("target", flat=True).distinct()
    for targets in chunks(keys.iterator(CHUNK)):
        rows = list(model.objects.filter(pk__in=[model.key(one) for one in targets]).exclude(**{f"{column}__in": decided}))
        told = _last(rows, tuple(facts))
        yield from (
            f"{row.public_id} was decided, and is not any more." for row in rows if facts[told[row.public_id].action] in decided
        )
    yield from (f"{name} was decided, and is not there any more." for name in trail.gone(model, *names))


def _agrees(last: Record, row: Any) -> bool:
    """What else the trail tells of a decision; records of earlier versions tell less."""
    told, reason = last.after or {}, last.reason.strip()
    names = ("decided_by", "level", "list_kind", "reason_code")
    ends = told.get("expires_at")
    return (
        all(str(told[name]) == str(getattr(row, name)) for name in names if told.get(name))
        and getattr(row, "reason", reason) == reason
        and (ends is None or datetime.fromisoformat(ends) == row.expires_at)
    )


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
    gone = list(trail.gone(Report, events.REPORT_DRAFTED))
    keys = Record.objects.filter(target__in=gone, action=events.REPORT_DRAFTED).order_by("pk").values_list("pk", flat=True)
    yield from (f"What record {key} tells of does not stand so." for key in keys)


def _overrides() -> Iterator[str]:
    for rows in chunks(RiskOverride.objects.order_by("pk").iterator(CHUNK)):
        names = {ids.public_id(Approval.PREFIX, row.approval_id): row for row in rows}
        told = _overridden(names)
        makers = approvals.told_makers(names)
        for name, row in names.items():
            record = told.get(name)
            if record is None or not _is_overridden(row, record) or row.asked_by != makers.get(name):
                yield f"{row.public_id} was not decided so."
    carried_out = Record.objects.filter(action=events.RISK_OVERRIDDEN).order_by("pk").values_list("after__approval", flat=True)
    for found in chunks(carried_out.iterator(CHUNK)):
        keys = {Approval.key(name): name for name in found}
        there = set(RiskOverride.objects.filter(approval_id__in=keys).values_list("approval_id", flat=True))
        yield from (f"What {name} decided is not there any more." for key, name in keys.items() if key not in there)


def _overridden(names: Iterable[str]) -> dict[str, Record]:
    records = Record.objects.filter(action=events.RISK_OVERRIDDEN, after__approval__in=list(names)).order_by("pk")
    return {record.after["approval"]: record for record in records}


def _is_overridden(row: RiskOverride, record: Record) -> bool:
    said = (row.approved_by, row.begins_at, row.reason, row.band)
    until = record.after.get("until")
    return said == (*trail.done(record), record.after["band"] or "") and (
        until is None or datetime.fromisoformat(until) == row.expires_at
    )


def _last(rows: Sequence[Identified], actions: Sequence[str]) -> dict[str, Record]:
    """The last record of these deeds for each row, by public id."""
    return {name: trail.newest(done) for name, done in trail.deeds(rows, actions).items()}


def _said(record: Record | None) -> tuple[str, Any] | None:
    return (who(record), record.at) if record is not None else None
