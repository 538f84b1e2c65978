"""What a wallet had on any day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum

from flowlet.core import clock, ids
from flowlet.core.money import Money
from ledger.models import AccountMovement, Book, Entry, RollUp
from ledger.selectors import balances as books
from wallets import errors
from wallets.choices import HoldStatus
from wallets.models import Hold, Transfer, Wallet
from wallets.selectors.wallets import Balance

CAPTURE = "wallets.capture"
ZERO = Decimal(0)


def book_of(wallet: Wallet) -> Book:
    """The book that the wallet's account stands in; its zone says what a day is."""
    return Book.objects.only("id", "time_zone", "opened_on").get(partner_id=wallet.partner_id)


def on(wallet: Wallet, *, day: date, at: datetime) -> Balance:
    """What the wallet had at the end of ``day`` (of the book's zone): booked with effect up to that day, and held at its end.

    Raises DayOutOfRange for a day that has not begun by ``at``.
    """
    zone = book_of(wallet).time_zone
    if day > clock.day_of(at, zone=zone):
        raise errors.DayOutOfRange(f"{day} has not begun.", param="as_of")
    total = totals([wallet.account_id], on=day)[wallet.account_id]
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    held = held_at(wallet, moment=min(end, at))
    return Balance(Money(total, wallet.currency), Money(held, wallet.currency), Money(total - held, wallet.currency))


def totals(account_ids: Sequence[int], *, on: date) -> dict[int, Decimal]:
    """The booked balances of wallets' accounts, effective up to and including ``on``."""
    found = books.as_of(account_ids=account_ids, on=on)
    return {key: found[key].natural("CREDIT") if key in found else ZERO for key in account_ids}


def held_at(wallet: Wallet, *, moment: datetime) -> Decimal:
    """What was held of the wallet just before ``moment``: holds placed and not ended by then, less what was captured of them by then."""
    running = Hold.objects.filter(wallet=wallet, created_at__lt=moment).filter(Q(ended_at=None) | Q(ended_at__gte=moment))
    # A hold that nobody has touched since it expired is still open in its row.
    running = running.exclude(status__in=[HoldStatus.OPEN, HoldStatus.EXPIRED], expires_at__lte=moment)
    holds = dict(running.values_list("pk", "amount"))
    if not holds:
        return ZERO
    causes = [ids.public_id(Transfer.PREFIX, key) for key in Transfer.objects.filter(hold__in=holds).values_list("pk", flat=True)]
    captured = ZERO
    if causes:
        captured = (
            Entry.objects.filter(
                account_id=wallet.account_id, journal__cause__in=causes, journal__kind=CAPTURE, posted_at__lt=moment
            ).aggregate(sum=Sum("amount"))["sum"]
            or ZERO
        )
    return sum(holds.values(), ZERO) - captured


def daily(wallet: Wallet, *, last: date, days: int) -> list[tuple[date, Decimal]]:
    """The booked balance at the end of each of the ``days`` days up to ``last``, oldest first; from the snapshots plus the tail."""
    first = last - timedelta(days=days - 1)
    running = totals([wallet.account_id], on=first - timedelta(days=1))[wallet.account_id]
    window = {"account_id": wallet.account_id, "effective_on__gte": first, "effective_on__lte": last}
    moved: dict[date, Decimal] = {}
    for day, credit, debit in AccountMovement.objects.filter(**window).values_list("effective_on", "credits", "debits"):
        moved[day] = moved.get(day, ZERO) + credit - debit
    rollup = RollUp.objects.get()
    tail = Entry.objects.filter(**window, id__gt=rollup.entry_id, posted_xid__gte=rollup.xid)
    for day, side, amount in tail.values_list("effective_on", "side", "amount"):
        moved[day] = moved.get(day, ZERO) + (amount if side == "CREDIT" else -amount)
    found = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        running += moved.get(day, ZERO)
        found.append((day, running))
    return found
