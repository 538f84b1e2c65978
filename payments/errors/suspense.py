"""Refusals of suspense: money that found no wallet."""

from flowlet.core.errors import Conflict, DomainError, NotFound


class SuspenseItemNotFound(NotFound):
    """There is no such money in suspense."""

    code, title = "payments.suspense_item_not_found", "There is no such money in suspense"


class NotInSuspense(Conflict):
    """The money does not lie in suspense any more: it was assigned to a wallet, or has gone back."""

    code, title = "payments.not_in_suspense", "The money is no longer in suspense"


class SuspenseWalletUnfit(DomainError):
    """The wallet is in another currency, or belongs to another customer than the money is known to be for."""

    code, title = "payments.suspense_wallet_unfit", "The money cannot be assigned to this wallet"


class SuspenseSpent(Conflict):
    """The suspense account holds less than the money that should lie there: somebody has booked money out of it by hand."""

    code, title = "payments.suspense_spent", "The suspense account holds less than this"
