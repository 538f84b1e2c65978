"""Money in suspense: what waits there, and which is the next."""

from django.db.models import QuerySet

from payments.choices import SuspenseState
from payments.models import SuspenseItem


def waiting(*, mode: str) -> QuerySet[SuspenseItem]:
    """What lies in suspense in live or in sandbox."""
    return SuspenseItem.objects.filter(state=SuspenseState.OPEN, partner__mode=mode)


def following(row: SuspenseItem) -> SuspenseItem | None:
    """The oldest other one that waits beside it."""
    return waiting(mode=row.partner.mode).exclude(pk=row.pk).order_by("pk").first()
