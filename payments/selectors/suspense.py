"""Money in suspense: what waits there, and which is the next."""

from collections.abc import Iterable

from django.db.models import QuerySet

from payments.choices import SuspenseState
from payments.models import SuspenseItem


def waiting(*, modes: Iterable[str]) -> QuerySet[SuspenseItem]:
    """What lies in suspense in live, in sandbox, or in both."""
    return SuspenseItem.objects.filter(state=SuspenseState.OPEN, partner__mode__in=modes)


def following(row: SuspenseItem) -> SuspenseItem | None:
    """The oldest other one that waits beside it."""
    return waiting(modes=[row.partner.mode]).exclude(pk=row.pk).order_by("pk").first()
