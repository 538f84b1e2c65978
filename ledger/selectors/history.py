"""How an account's balance went, day by day."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from ledger.models import Account, AccountMovement, Entry, RollUp
from ledger.selectors import balances

ZERO = Decimal(0)


def daily(*, account: Account, first: date, last: date) -> list[tuple[date, Decimal]]:
    """The balance at the end of ``first``, of each day until ``last`` that moved it, and of ``last``, in the normal direction.

    From one snapshot and the movements of the days asked for: four queries, whatever the age of the account.
    """
    opening = balances.as_of(account_ids=[account.pk], on=first - timedelta(days=1))[account.pk].natural(account.normal_side)
    moved: dict[date, Decimal] = defaultdict(Decimal)
    days = {"account_id": account.pk, "effective_on__gte": first, "effective_on__lte": last}
    rolled = AccountMovement.objects.filter(**days).values_list("effective_on").annotate(Sum("debits"), Sum("credits"))
    rollup = RollUp.objects.get()
    tail = Entry.objects.filter(**days, id__gt=rollup.entry_id, posted_xid__gte=rollup.xid).values_list("effective_on")
    tail = tail.annotate(debits=Sum("amount", filter=Q(side="DEBIT")), credits=Sum("amount", filter=Q(side="CREDIT")))
    for day, debits, credits in [*rolled, *tail]:
        moved[day] += (debits or ZERO) - (credits or ZERO)
    sign = 1 if account.normal_side == "DEBIT" else -1
    points, running = [], opening
    for day in sorted({first, last, *moved}):
        running += sign * moved.get(day, ZERO)
        points.append((day, running))
    return points
