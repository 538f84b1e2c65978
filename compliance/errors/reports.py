"""Refusals of reports to the authority."""

from flowlet.core.errors import Conflict, DomainError, NotFound


class ReportNotFound(NotFound):
    """There is no such report."""

    code, title = "report.not_found", "There is no such report"


class ReportNotDraft(Conflict):
    """Only a draft is changed."""

    code, title = "report.not_draft", "The report is no draft"


class ReportAltered(Conflict):
    """What is kept of the report is not what was kept: somebody changed the row behind the services."""

    code, title = "report.altered", "The text of the report was altered"


class ReportDeleted(DomainError):
    """The law wanted it kept no more: what it said is gone for good."""

    code, status, title = "report.deleted", 410, "What the report said was deleted"


class ReportDrafted(Conflict):
    """The case, or the report that is followed, has such a draft already: it is completed, not begun once more."""

    code, title = "report.drafted_already", "There is such a report already"


class ReportIncomplete(DomainError):
    """Something is missing that FinCEN would reject. ``details`` name item and place."""

    code, title = "report.incomplete", "The report is not complete"


class PriorNotFiled(Conflict):
    """A report amends or continues another that FinCEN has not been given, or of another kind."""

    code, title = "report.prior_not_filed", "The report before was not filed"


class NotToFollow(Conflict):
    """What the report tells is not to be looked at again: the ninety days are not over, or somebody has done it."""

    code, title = "report.not_to_follow", "The report is not to be looked at again"


class NoTransmitter(DomainError):
    """Who sends the file is not configured."""

    code, status, title = "report.no_transmitter", 503, "Who sends reports is not configured"


class BatchNotFound(NotFound):
    """There is no such batch file."""

    code, title = "report.batch_not_found", "There is no such batch file"


class BatchAnswered(Conflict):
    """FinCEN's answer to the batch file is known already."""

    code, title = "report.batch_answered", "The batch file has its answer"


class BatchDiffers(Conflict):
    """The kept file is not the one whose digest was noted."""

    code, title = "report.batch_differs", "The batch file is not what was filed"
