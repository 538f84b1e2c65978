"""Refusals of links to customers' banks, and of payments that are authorised at them."""

from flowlet.core.errors import Conflict, DomainError, Invalid, NotFound


class BankLinkNotFound(NotFound):
    """There is no such link, or it is another partner's."""

    code, title = "payments.bank_link_not_found", "No such bank link"


class BankLinkEnded(Conflict):
    """The link has ended; the customer links the bank anew."""

    code, title = "payments.bank_link_ended", "The bank link has ended"


class BankLinkKnown(Conflict):
    """This login at the bank is linked already."""

    code, title = "payments.bank_link_known", "This login is linked already"


class PublicTokenRefused(Invalid):
    """The public token was used before, has expired or is none; the customer opens the screen again."""

    code, title = "payments.public_token_refused", "The public token is not good"


class ReverificationNeeded(Conflict):
    """It is no longer certain whose account it is: nothing is collected until it was verified again."""

    code, title = "payments.reverification_needed", "The account has to be verified again"


class BalanceTooSmall(DomainError):
    """The bank said that the account holds less than is to be collected."""

    code, status, title = "payments.balance_too_small", 422, "The account holds too little"


class NotAuthorisedThere(Conflict):
    """The payment does not wait for its payer at a bank (any more)."""

    code, title = "payments.not_authorised_there", "The payment does not wait for its payer"
