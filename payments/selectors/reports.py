"""Settlement reports: what a partner's payments came to between two days."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from ledger.models import Book
from payments.models import Move

# The moves that change what has settled, and which figure they count in.
_FIGURES = {"SETTLED": "settled", "RETURNED": "returned", "DISPUTED": "disputed", "FAILED": "failed"}


@dataclass(frozen=True, slots=True)
class Line:
    """Payments of one day, rail, direction and currency that came to one end; amounts in the currency."""

    day: date
    rail: str
    direction: str
    currency: str
    outcome: str
    count: int
    amount: Decimal
    fees: Decimal


def settlement(*, partner_id: UUID, first: date, last: date) -> list[Line]:
    """Per day in the book's zone, rail, direction, currency and outcome: how many payments, how much, and their fees.

    A payment counts on each day on which it moved: settled on one, returned on a later one.
    """
    zone = Book.objects.values_list("time_zone", flat=True).filter(partner_id=partner_id).first()
    if zone is None:
        return []
    rows = (
        Move.objects.changing()
        .filter(payment__partner_id=partner_id, went_to__in=_FIGURES)
        .annotate(day=TruncDate("at", tzinfo=ZoneInfo(zone)))
        .filter(day__gte=first, day__lte=last)
        .values("day", "payment__rail", "payment__direction", "payment__currency", "went_to")
        .annotate(count=Count("id"), amount=Sum("payment__amount"), fees=Sum("payment__fee"))
        .order_by("day", "payment__rail", "payment__direction", "payment__currency", "went_to")
    )
    return [
        Line(
            row["day"],
            row["payment__rail"],
            row["payment__direction"],
            row["payment__currency"],
            _FIGURES[row["went_to"]],
            row["count"],
            row["amount"],
            row["fees"],
        )
        for row in rows
    ]
