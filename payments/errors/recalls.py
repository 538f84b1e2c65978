"""Refusals of recalls: money that somebody wants back."""

from flowlet.core.errors import Conflict, DomainError, NotFound


class RecallNotFound(NotFound):
    """There is no such recall."""

    code, title = "payments.recall_not_found", "There is no such recall"


class NotRecallable(DomainError):
    """Only SEPA credit transfers and wires that have left and did not come back are recalled. What has not left is canceled."""

    code, title = "payments.not_recallable", "The payment cannot be recalled"


class RecallTooLate(DomainError):
    """The time is over: ten banking days for `DUPL` and `TECH`, thirteen months for `FRAD` and `CUST`; `details` say until when."""

    code, title = "payments.recall_too_late", "It is too late for a recall"


class RecallUnderWay(Conflict):
    """The payment has a recall that is not answered; `details` name it."""

    code, title = "payments.recall_under_way", "The payment is being recalled already"


class RecallAnswered(Conflict):
    """Nothing is to be decided about the recall any more."""

    code, title = "payments.recall_answered", "The recall was answered"
