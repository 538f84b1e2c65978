"""When a case may take its next step, and by whom."""

from datetime import timedelta
from typing import Final

from compliance import errors
from compliance.choices import AlertState, CaseState
from compliance.models import Case
from compliance.models.case import TWO_PEOPLE
from compliance.policies.work import check_is_managers
from compliance.states import CASE_MOVES
from flowlet.core.actors import Actor
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import check_move

DUE: Final = timedelta(days=30)  # as long as a report may take from its determination (31 CFR 1020.320 b 3)


def check_is_open(case: Case, actor: Actor | None = None) -> None:
    """Raises IllegalMove once its end is proposed."""
    if case.state not in (CaseState.OPEN, CaseState.ESCALATED):
        check_move({}, CaseState(case.state), CaseState.OPEN)


def check_can_escalate(case: Case, actor: Actor | None = None) -> None:
    """Raises IllegalMove."""
    check_move(CASE_MOVES, CaseState(case.state), CaseState.ESCALATED)


def check_can_close(case: Case, actor: Actor | None = None) -> None:
    """Raises IllegalMove, Forbidden for who is no manager, of what was escalated, CaseNotDone while an alert or a task of it is open."""
    check_is_open(case)
    _check_is_whose(case, actor)
    if case.alerts.exclude(state=AlertState.CLOSED).exists() or case.tasks.filter(done_at=None).exists():
        raise errors.CaseNotDone()


def check_can_confirm(case: Case, actor: Actor | None = None) -> None:
    """Raises IllegalMove, FourEyesRequired for who proposed the end."""
    if case.state != CaseState.PROPOSED:
        check_move({}, CaseState(case.state), CaseState.CLOSED)
    if actor is not None and str(actor) == case.decided_by:
        raise FourEyesRequired("Who proposed the end does not confirm it.")


def check_can_send_back(case: Case, actor: Actor | None = None) -> None:
    """A proposed end, or, as a manager, what was escalated. Raises IllegalMove, Forbidden."""
    if case.state not in {CaseState.PROPOSED, CaseState.ESCALATED}:
        check_move({}, CaseState(case.state), CaseState.OPEN)
    _check_is_whose(case, actor)


def _check_is_whose(case: Case, actor: Actor | None) -> None:
    if case.state == CaseState.ESCALATED and actor is not None:
        check_is_managers(actor)


def check_can_freeze(case: Case, actor: Actor | None = None) -> None:
    """Raises IllegalMove; there has to be a customer."""
    check_is_open(case)
    if not case.subjects.exclude(customer=None).exists():
        raise errors.CaseMixed("The case is about no customer yet.")


def check_can_ask_release(case: Case, actor: Actor | None = None) -> None:
    """Raises CaseNotDone when nothing is frozen that nobody has asked to release."""
    if not case.freezes.filter(released_at=None, asked_by="").exists():
        raise errors.CaseNotDone("Nothing is frozen by the case, or its release is asked for already.")


def check_can_release(case: Case, actor: Actor | None = None) -> None:
    """Raises CaseNotDone where nobody asked, FourEyesRequired for who asked."""
    asked = set(case.freezes.filter(released_at=None).exclude(asked_by="").values_list("asked_by", flat=True))
    if not asked:
        raise errors.CaseNotDone("Nobody has asked for the release.")
    if actor is not None and str(actor) in asked:
        raise FourEyesRequired("Who asked for the release does not approve it.")


def needs_two(outcome: str) -> bool:
    """Whether a second person has to confirm such an end. Not a report alone, or the waiting would tell of one (no tipping off)."""
    return outcome in TWO_PEOPLE
