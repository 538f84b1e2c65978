"""When a report may take its next step, and by whom."""

from compliance import errors
from compliance.choices import FollowUp, ReportKind, ReportState
from compliance.models import Report, ReportBatch
from compliance.models.report import SENT
from compliance.states import REPORT_MOVES
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Forbidden, FourEyesRequired
from flowlet.core.states import check_move


def check_is_person(actor: Actor) -> None:
    """A person decides about reports, not a process. Raises Forbidden."""
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden("A member of staff decides about reports.")


def check_can_change(report: Report, actor: Actor | None = None) -> None:
    """Raises ReportNotDraft."""
    if report.state != ReportState.DRAFT:
        raise errors.ReportNotDraft(f"It is {report.get_state_display().lower()}; send it back to change it.", state=report.state)


def check_can_propose(report: Report, actor: Actor | None = None) -> None:
    """Raises IllegalMove."""
    check_move(REPORT_MOVES, ReportState(report.state), ReportState.PROPOSED)


def check_can_approve(report: Report, actor: Actor | None = None) -> None:
    """Raises IllegalMove, FourEyesRequired when the actor proposed it."""
    check_move(REPORT_MOVES, ReportState(report.state), ReportState.APPROVED)
    if actor is not None and str(actor) == report.proposed_by:
        raise FourEyesRequired("Who proposed the report does not approve it.")


def check_can_send_back(report: Report, actor: Actor | None = None) -> None:
    """Raises IllegalMove. What FinCEN rejected goes back as well."""
    check_move(REPORT_MOVES, ReportState(report.state), ReportState.DRAFT)


def check_can_withdraw(report: Report, actor: Actor | None = None) -> None:
    """Raises IllegalMove."""
    check_move(REPORT_MOVES, ReportState(report.state), ReportState.WITHDRAWN)


def check_can_amend(report: Report, actor: Actor | None = None) -> None:
    """Raises PriorNotFiled: what FinCEN has not been given is changed, not amended; a unit is told more by another report."""
    if report.kind == ReportKind.STR:
        raise errors.PriorNotFiled("A unit is told more by another report.")
    if report.state not in SENT:
        raise errors.PriorNotFiled("It was not filed; change it instead.")


def check_can_go_on(report: Report, actor: Actor | None = None) -> None:
    """Raises PriorNotFiled; of cash there is no continuing report."""
    check_can_amend(report)
    if report.kind != ReportKind.SAR:
        raise errors.PriorNotFiled("Cash of another day is another report.")


def check_can_end_follow_up(report: Report, actor: Actor | None = None) -> None:
    """Raises NotToFollow."""
    if report.follow_up != FollowUp.DUE:
        raise errors.NotToFollow()


def check_can_answer(batch: ReportBatch, actor: Actor | None = None) -> None:
    """Raises BatchAnswered; of units in the EU, which answer outside of files, too."""
    if batch.kind == ReportKind.STR:
        raise errors.BatchAnswered("Units answer in their own systems.")
    if batch.answered_at is not None:
        raise errors.BatchAnswered(batch=batch.public_id)
