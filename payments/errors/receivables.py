"""Refusals of receivables: what customers owe."""

from flowlet.core.errors import Conflict, NotFound


class ReceivableNotFound(NotFound):
    """There is no such receivable."""

    code, title = "payments.receivable_not_found", "There is no such receivable"


class NotOwed(Conflict):
    """Nothing is owed any more: it was recovered or written off."""

    code, title = "payments.not_owed", "It is no longer owed"


class NothingToRecover(Conflict):
    """No open wallet of the customer in the currency has money to take."""

    code, title = "payments.nothing_to_recover", "No wallet of the customer has money to take"
