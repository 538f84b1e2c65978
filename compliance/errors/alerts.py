"""Refusals of alerts."""

from flowlet.core.errors import Conflict, Invalid, NotFound


class AlertNotFound(NotFound):
    """There is no such alert."""

    code, title = "alert.not_found", "There is no such alert"


class AlertWithoutEvidence(Invalid):
    """An alert tells what it saw."""

    code, title = "alert.without_evidence", "An alert needs evidence"


class WrongDisposition(Conflict):
    """An alert of this kind does not end like this, or not for this reason."""

    code, title = "alert.wrong_disposition", "An alert of this kind does not end like this"


class ItemTaken(Conflict):
    """Somebody else has it open."""

    code, title = "work.taken", "Somebody else has it open"


class OneByOne(Conflict):
    """It is looked at by itself, not decided with many."""

    code, title = "work.one_by_one", "It is decided by itself, not with many"


class QueueUnknown(NotFound):
    """There is no such queue, or it has no such filter."""

    code, title = "work.no_such_queue", "There is no such queue"
