"""Refusals of cases, notes and files."""

from flowlet.core.errors import Conflict, Invalid, NotFound


class CaseNotFound(NotFound):
    """There is no such case."""

    code, title = "case.not_found", "There is no such case"


class CaseNotDone(Conflict):
    """An alert of it is not decided, or a task not done."""

    code, title = "case.not_done", "The case has alerts or tasks that are not done"


class CaseMixed(Invalid):
    """What a case gathers is of one partner, and in no other open case."""

    code, title = "case.mixed", "This does not belong into the case"


class NobodyCalled(Invalid):
    """A mention names no member of staff, or several."""

    code, title = "note.nobody_called", "Nobody is called that"
