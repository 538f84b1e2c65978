"""Settlement reports: what a partner's payments came to between two days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, DecimalField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDate

from ledger.models import Book
from payments.choices import Direction, PaymentStatus
from payments.models import Dispute, Move
from payments.states import DISPUTE_WON

S = PaymentStatus
TAKEN = (S.RETURNED, S.DISPUTED)
# What a move between two states is called, and what it does to customers' money that comes in (the other way round when it goes out).
# Other moves do nothing: a dispute that is lost took the money before, and a refund that came back is a payment of its own.
_MOVES: tuple[tuple[Q, str, int], ...] = (
    (Q(went_to=S.SETTLED) & ~Q(came_from__in=[*TAKEN, S.REFUNDED]), "settled", 1),
    (Q(went_to__in=[S.SETTLED, S.REFUNDED], came_from__in=TAKEN), "reinstated", 1),
    (Q(went_to=S.RETURNED, came_from=S.DISPUTED, reason_code=DISPUTE_WON), "reinstated", 1),  # an earlier one stays lost
    (Q(went_to=S.DISPUTED), "disputed", -1),
    (Q(went_to=S.RETURNED, came_from__in=[S.SETTLED, S.REFUNDED]), "returned", -1),
    (Q(went_to=S.RETURNED, came_from__in=[S.SUBMITTED, S.UNKNOWN]), "returned", 0),  # it had not settled
    (Q(went_to=S.FAILED), "failed", 0),
)
OUTCOMES = tuple(dict.fromkeys(name for _, name, _ in _MOVES))
_ABOUT = (
    Dispute.objects.filter(payment_id=OuterRef("payment_id"), created_at__lte=OuterRef("at")).order_by("-id").values("amount")
)


@dataclass(frozen=True, slots=True)
class Line:
    """Payments of one day, rail, direction and currency to which the same happened, in the currency. ``net`` is what it did to customers'
    money, fees aside: negative when they have less of it.
    """

    day: date
    rail: str
    direction: str
    currency: str
    outcome: str
    count: int
    amount: Decimal
    fees: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """What the lines of one currency come to."""

    currency: str
    net: Decimal
    fees: Decimal


def outcomes(moves: QuerySet[Move]) -> QuerySet[Move]:
    """Of moves those that mean something for settled money, with their ``outcome``, the ``moved`` amount, which for disputes is what they
    are about, and the ``change`` of customers' money.
    """
    disputed = When(outcome__in=["disputed", "reinstated"], then=Coalesce(Subquery(_ABOUT[:1]), F("payment__amount")))
    sign = Case(*[When(of, then=Value(sign)) for of, _, sign in _MOVES])
    way = Case(When(payment__direction=Direction.IN, then=Value(1)), default=Value(-1))
    return (
        moves.annotate(outcome=Case(*[When(of, then=Value(name)) for of, name, _ in _MOVES]))
        .exclude(outcome=None)
        .annotate(moved=Case(disputed, default=F("payment__amount"), output_field=DecimalField()))
        .annotate(change=ExpressionWrapper(F("moved") * sign * way, output_field=DecimalField()))
    )


def settlement(*, partner_id: UUID, first: date, last: date) -> list[Line]:
    """Per day in the book's zone, rail, direction, currency and outcome: how many payments, how much, and the fees that were taken.

    A payment counts on each day on which it moved: settled on one, returned on a later one. Fees stand beside what settled.
    """
    zone = Book.objects.values_list("time_zone", flat=True).filter(partner_id=partner_id).first()
    if zone is None:
        return []
    group = ("day", "payment__rail", "payment__direction", "payment__currency", "outcome")
    rows = (
        outcomes(Move.objects.changing().filter(payment__partner_id=partner_id))
        .annotate(day=TruncDate("at", tzinfo=ZoneInfo(zone)))
        .filter(day__gte=first, day__lte=last)
        .values_list(*group)
        .annotate(
            count=Count("id"),
            amount=Sum("moved"),
            fees=Sum("payment__fee", filter=Q(outcome="settled"), default=Decimal(0)),
            net=Sum("change"),
        )
        .order_by(*group)
    )
    return [Line(*row) for row in rows]


def totals(lines: Sequence[Line]) -> list[Total]:
    """Per currency."""
    found = {line.currency: Total(line.currency, Decimal(0), Decimal(0)) for line in lines}
    for line in lines:
        before = found[line.currency]
        found[line.currency] = Total(line.currency, before.net + line.net, before.fees + line.fees)
    return [found[currency] for currency in sorted(found)]
