"""The clock of reports: alarms before a report is due, and the day on which what was reported is to be looked at again.

Both are told to the audit alone, with the system as actor; who prepares reports finds them on the first page, in the lists, and first in
the queue.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.policies import check_reason
from compliance import events
from compliance.choices import FollowUp, ReportKind, ReportState
from compliance.models import Report
from compliance.models.report import WAITING
from compliance.policies import report_deadlines
from compliance.policies import reports as policies
from compliance.policies.report_deadlines import ALARM_DAYS, Deadline
from compliance.providers.fincen.sar import FilingType
from compliance.services import reports
from flowlet.core.actors import Actor

DONE: Final = (ReportState.FILED, ReportState.ACCEPTED)


def remind(*, actor: Actor, at: datetime) -> int:
    """Tell each alarm of reports that have not left, once; who is due sooner comes first. Answers how many were told."""
    on = at.date()
    waiting = Report.objects.filter(state__in=WAITING, due_on__lte=on + timedelta(days=max(ALARM_DAYS))).order_by("due_on", "pk")
    return sum(_remind(key, on=on, actor=actor, at=at) for key in list(waiting.values_list("pk", flat=True)))


@transaction.atomic
def _remind(report_id: UUID, *, on: date, actor: Actor, at: datetime) -> bool:
    row = reports.locked(report_id)
    deadline = Deadline(row.due_on, row.rule, "")
    alarm = deadline.alarm(on=on)
    if row.state not in WAITING or alarm is None or (row.alarm is not None and row.alarm <= alarm):
        return False
    row.alarm, row.priority = alarm, max(row.priority, deadline.priority(on=on))
    row.save(update_fields=["alarm", "priority"])
    reports.tell(row, events.REPORT_REMINDED, reason=_words(deadline, on=on), actor=actor, at=at)
    return True


def _words(deadline: Deadline, *, on: date) -> str:
    left = deadline.days_left(on=on)
    return f"Late since {deadline.due_on}." if left < 0 else f"Due on {deadline.due_on}: {left} days left."


def look_again(*, actor: Actor, at: datetime) -> int:
    """Ninety days after suspicious activity was reported, somebody looks whether it went on. Answers how many reports came up."""
    last = at.date() - timedelta(days=report_deadlines.REVIEW_DAYS)
    found = Report.objects.filter(kind=ReportKind.SAR, state__in=DONE, follow_up="", filed_on__lte=last).order_by("pk")
    return sum(_look_again(key, actor=actor, at=at) for key in list(found.values_list("pk", flat=True)))


@transaction.atomic
def _look_again(report_id: UUID, *, actor: Actor, at: datetime) -> bool:
    row = reports.locked(report_id)
    if row.state not in DONE or row.follow_up or row.sealed is None:
        return False
    # An amendment corrects what another report told, whose own ninety days count.
    is_amendment = FilingType.AMENDMENT.value in reports.content_of(row)["filing"]
    row.follow_up = FollowUp.DONE if is_amendment or _is_followed(row) else FollowUp.DUE
    row.save(update_fields=["follow_up"])
    if row.follow_up == FollowUp.DONE:
        return False
    due_on = report_deadlines.continuing_deadline(filed_on=row.filed_on).due_on
    reports.tell(
        row, events.REPORT_TO_FOLLOW, reason=f"A report of continuing activity is in time until {due_on}.", actor=actor, at=at
    )
    return True


def _is_followed(row: Report) -> bool:
    others = row.followers.exclude(state=ReportState.WITHDRAWN).exclude(sealed=None)
    return any(FilingType.CONTINUING.value in reports.content_of(other)["filing"] for other in others)


@transaction.atomic
def nothing_went_on(*, report_id: UUID, reason: str, actor: Actor, at: datetime) -> Report:
    """A person looked again, and there is nothing to report; why is kept. Raises ReportNotFound, NotToFollow, Forbidden, ReasonMissing."""
    policies.check_is_person(actor)
    row = reports.locked(report_id)
    policies.check_can_end_follow_up(row)
    row.follow_up = FollowUp.DONE
    row.save(update_fields=["follow_up"])
    reports.tell(row, events.REPORT_FOLLOWED, reason=check_reason(reason), actor=actor, at=at)
    return row
