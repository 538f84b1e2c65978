"""What customers owe: what waits, which is the next, and where money could be taken from."""

from collections.abc import Iterable

from django.db.models import QuerySet

from payments.choices import ReceivableState
from payments.models import Receivable
from wallets.choices import WalletStatus
from wallets.models import Wallet


def waiting(*, modes: Iterable[str]) -> QuerySet[Receivable]:
    """What is owed to partners of these modes."""
    return Receivable.objects.filter(state=ReceivableState.OPEN, partner__mode__in=modes)


def following(row: Receivable) -> Receivable | None:
    """The oldest other one that waits beside it."""
    return waiting(modes=[row.partner.mode]).exclude(pk=row.pk).order_by("pk").first()


def wallets_of(row: Receivable) -> QuerySet[Wallet]:
    """The customer's open wallets in the currency, the oldest first."""
    return Wallet.objects.filter(customer_id=row.customer_id, currency=row.currency, status=WalletStatus.OPEN).order_by("pk")
