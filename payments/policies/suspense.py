"""What a person may do with money in suspense, and when it takes two."""

from decimal import Decimal

from django.conf import settings

from flowlet.core.actors import Actor
from payments import errors
from payments.choices import Direction, SuspenseState
from payments.models import Payment, SuspenseItem
from payments.policies import recalls
from wallets.models import Wallet


def check_is_open(row: SuspenseItem, actor: Actor) -> None:
    """Raises NotInSuspense."""
    if row.state != SuspenseState.OPEN:
        raise errors.NotInSuspense(state=row.state)


def needs_two(amount: Decimal, currency: str) -> bool:
    """Whether it is above the threshold above which payments out wait for a second person."""
    threshold = settings.PAYMENT_APPROVAL_ABOVE.get(currency)
    return threshold is not None and amount > threshold


def check_fits(row: SuspenseItem, wallet: Wallet) -> None:
    """Whether it can be the wallet's money. Raises SuspenseWalletUnfit."""
    if wallet.currency != row.currency:
        raise errors.SuspenseWalletUnfit(f"The wallet is in {wallet.currency}, the money in {row.currency}.", param="wallet_id")
    customer_id = row.payment.customer_id
    if customer_id is not None and wallet.customer_id != customer_id:
        raise errors.SuspenseWalletUnfit("It is a customer's money: choose a wallet of the same customer.", param="wallet_id")


def check_can_go_back(payment: Payment) -> None:
    """Whether there is somebody outside to send it back to. Raises NotRecallable."""
    if payment.direction == Direction.OUT:
        raise errors.NotRecallable("It went out and came back: it is its customer's own money. Assign it to a wallet of theirs.")
    if payment.rail not in recalls.RAILS:
        raise errors.NotRecallable(
            "This rail takes nothing back from us. Ask the bank; when the money has left, book the payment as returned."
        )
    recalls.check_can_send_back(payment)
