"""How many ACH debits come back, by the levels at which Nacha asks questions."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Sum

from accounts.choices import Mode
from payments.choices import BatchStatus, Direction, PaymentStatus, Rail
from payments.models import Batch, Move
from payments.providers import nacha
from payments.providers.nacha.returns import RateFigure

DAYS: Final = 60  # Nacha Operating Rules, 2.17.2: of the preceding sixty days
_LEFT: Final = (BatchStatus.DELIVERED, BatchStatus.ACKNOWLEDGED)


def ach_return_rates(*, at: datetime, partner_id: UUID | None = None) -> tuple[RateFigure, ...]:
    """The figures of the last 60 days, unauthorized, administrative and overall: of one partner's side, or of all LIVE partners.

    Debits count on the day on which they were to settle, returns on the day on which they came.
    """
    since = at - timedelta(days=DAYS)
    sent = Batch.objects.filter(rail=Rail.ACH, direction=Direction.IN, status__in=_LEFT, value_on__gt=since.date())
    came = Move.objects.changing().filter(
        went_to=PaymentStatus.RETURNED,
        at__gt=since,
        at__lte=at,
        payment__rail=Rail.ACH,
        payment__direction=Direction.IN,
        payment__batch__isnull=False,
    )
    if partner_id is None:
        sent, came = sent.filter(partner__mode=Mode.LIVE), came.filter(payment__partner__mode=Mode.LIVE)
    else:
        sent, came = sent.filter(partner_id=partner_id), came.filter(payment__partner_id=partner_id)
    returned = Counter(came.values_list("reason_code", flat=True))
    return nacha.return_rates(debits=sent.aggregate(n=Sum("count"))["n"] or 0, returned=returned)
