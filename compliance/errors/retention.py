"""Refusals of retention and rights."""

from flowlet.core.errors import Conflict, NotFound


class KeptByLaw(Conflict):
    """The law wants the data kept. ``details`` say until when."""

    code, title = "retention.kept_by_law", "The law wants the data kept"


class HeldByOrder(Conflict):
    """A legal hold keeps the data."""

    code, title = "retention.legal_hold", "A legal hold keeps the data"


class HoldNotFound(NotFound):
    """There is no such legal hold, or it has ended."""

    code, title = "legal_hold.not_found", "There is no such legal hold"


class RightNotFound(NotFound):
    """There is no such request."""

    code, title = "rights_request.not_found", "There is no such request"


class RightPending(Conflict):
    """The customer has asked for the same already, and is not answered yet."""

    code, title = "rights_request.pending", "The same has been asked for already"


class RightNotAnswered(Conflict):
    """There is no document before the answer, and none once the data were erased."""

    code, title = "rights_request.no_document", "There is no document"


class RightExtended(Conflict):
    """The time was extended before."""

    code, title = "rights_request.extended", "The time was extended already"


class DutyNotFound(NotFound):
    """There is no such duty, or it was retired."""

    code, title = "duty.not_found", "There is no such duty"
