"""When a customer's bank can be read over an aggregator, and what a balance means for what is to be collected."""

from typing import Final

from django.conf import settings

from flowlet.core.actors import Actor
from flowlet.core.money import Money
from payments import errors
from payments.choices import AttemptStatus, BalanceResult, BankLinkStatus, Direction, PayeeResult
from payments.models import BankLink, Payment
from payments.providers.plaid.client import LOGIN_IS_OVER

# The holder has signed in at the bank, so a name that is nearly the customer's is enough; one that is another's is not.
ENDS: Final = {
    PayeeResult.MTCH: AttemptStatus.VERIFIED,
    PayeeResult.CMTC: AttemptStatus.VERIFIED,
    PayeeResult.NMTC: AttemptStatus.FAILED,
    PayeeResult.NOAP: AttemptStatus.INCONCLUSIVE,
}
# The customer took the permission back, or the login is gone: nothing brings it to life again.
GONE: Final = frozenset({"USER_PERMISSION_REVOKED", "ITEM_NOT_FOUND"})
SIGN_IN_AGAIN: Final = LOGIN_IS_OVER - GONE
REFUSE: Final = "refuse"


def check_is_open(link: BankLink, actor: Actor | None = None) -> None:
    """Raises BankLinkEnded."""
    if link.status == BankLinkStatus.ENDED:
        raise errors.BankLinkEnded(bank_link=link.public_id)


def standing(provider_code: str) -> BankLinkStatus:
    """Where a link stands whose reading was refused with this code of the aggregator."""
    if provider_code in GONE:
        return BankLinkStatus.ENDED
    return BankLinkStatus.LOGIN_REQUIRED if provider_code in SIGN_IN_AGAIN else BankLinkStatus.ACTIVE


def judge(available: Money | None, wanted: Money) -> BalanceResult:
    """What a balance means for an amount; one in another currency or untold means nothing."""
    if available is None or available.currency != wanted.currency:
        return BalanceResult.UNCLEAR
    return BalanceResult.ENOUGH if available.amount >= wanted.amount else BalanceResult.SHORT


def takes_from_a_linked_account(payment: Payment) -> bool:
    """Whether the payment's account could be asked for its balance."""
    account = payment.external_account
    return payment.direction == Direction.IN and account is not None and account.bank_link_id is not None


def check_balance(payment: Payment) -> None:
    """Raises BalanceTooSmall when the bank said so and ``FLOWLET_BALANCE_CHECK`` is ``refuse``; else the check is advice."""
    if settings.BALANCE_CHECK != REFUSE or not takes_from_a_linked_account(payment):
        return
    check = getattr(payment, "balance_check", None)
    if check is not None and check.result == BalanceResult.SHORT:
        raise errors.BalanceTooSmall()
