"""Refusals of what lets money from outside find its wallet."""

from flowlet.core.errors import Conflict, DomainError, Invalid, NotFound


class DepositInstructionNotFound(NotFound):
    """There is no such deposit instruction."""

    code, title = "payments.deposit_instruction_not_found", "There is no such deposit instruction"


class DepositsNotTaken(DomainError):
    """Nobody can pay into wallets of this currency by themselves; `details` name those that can."""

    code, title = "payments.deposits_not_taken", "Deposits in this currency are not taken"


class MalformedVirtualAccount(Invalid):
    """The number of the virtual account has 4 to 34 letters and digits."""

    code, title = "payments.malformed_virtual_account", "The account number does not have the right form"


class VirtualAccountTaken(Conflict):
    """The virtual account belongs to another wallet."""

    code, title = "payments.virtual_account_taken", "The virtual account belongs to another wallet"


class VirtualAccountGiven(Conflict):
    """The wallet has a virtual account; it keeps it."""

    code, title = "payments.virtual_account_given", "The wallet has another virtual account"
