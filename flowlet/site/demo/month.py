"""One company's month: who pays whom on which day, and the calls that do it.

A day goes: money comes in from banks; wages; purchases at four times of day and gifts among friends; holds placed, captured, let
go, lapsing; refunds of what was bought the day before; conversions of who has two currencies; merchants' fees at night. Wallets'
transfers go through the wallets' batch service, everything else through the books'.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flowlet.core.actors import Actor
from flowlet.core.money import round_half_even
from flowlet.site.demo.people import Cast
from flowlet.site.demo.purses import Limits, Purse, money, price, settle
from flowlet.site.demo.words import FRIENDLY
from ledger.models import Book
from ledger.selectors import rates
from ledger.services import accounts as books
from ledger.services import charts, fx_positions, journals, revaluation
from ledger.services.journals import BATCH_LIMIT, Leg, NewJournal
from wallets.services import batches, conversions, holds, lapses, quotes, refunds
from wallets.services.batches import NewTransfer

# Per person and day.
PURCHASES, GIFTS, HOLDS, REFUNDS, CONVERSIONS = 1.45, 0.16, 0.05, 0.03, 0.03
MERCHANT_FEE = Decimal("0.014")
HOURS = ((9, 0.2), (12, 0.3), (17, 0.3), (20, 0.2))
TOP_UP, SALARY, FEE, SWEEP, COSTS, CAPITAL, EQUIPMENT, BUFFER, BOUGHT = (
    "bank.transfer_in",
    "bank.payroll_funding",
    "fees.merchant",
    "fees.sweep",
    "costs.bank",
    "capital.paid_in",
    "assets.equipment",
    "treasury.buffer",
    "treasury.currency_bought",
)


@dataclass(slots=True)
class _Placed:
    hold_id: UUID
    purse: Purse
    target: Purse
    amount: Decimal
    fate: str
    due_on: date


@dataclass(slots=True)
class Month:
    """The month of one partner. ``tick(count)`` is called with the number of journals posted."""

    book: Book
    cast: Cast
    limits: Limits
    dice: random.Random
    backend: Actor
    tick: Callable[[int], None]
    now: datetime
    purses: dict[UUID, Purse] = field(default_factory=dict)
    bought: list[tuple[UUID, Purse, Purse, Decimal]] = field(default_factory=list)
    placed: list[_Placed] = field(default_factory=list)
    collected: dict[str, Decimal] = field(default_factory=dict)
    system: dict[tuple[str, str], int] = field(default_factory=dict)
    trades: list[int] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))
    # Dice of their own, so that what else happens does not hang on who converts.
    whims: random.Random = field(default_factory=lambda: random.Random(1815))  # noqa: S311 - the same demo every time

    def __post_init__(self) -> None:
        everybody = [purse for person in self.cast.persons for purse in person] + self.cast.employers
        everybody += [purse for _, stalls in self.cast.merchants for purse in stalls.values()]
        self.purses = {purse.wallet_id: purse for purse in everybody}
        self.trades = [trade.weight for trade, _ in self.cast.merchants]

    @property
    def main(self) -> str:
        """The company's first currency."""
        return self.cast.employers[0].currency

    def found(self, day: date) -> None:
        """The company's own money: share capital, what it bought with it, and a buffer of each currency beside customers' money, from which
        they are given what they exchange.
        """
        capital, desks = price(250_000, self.main), price(18_400, self.main)
        buffer = 1_000 * max(2, len(self.cast.persons) // 20)
        others = sorted({purse.currency for purse in self.purses.values()} - {self.main})
        self._journals(
            [
                self._own(CAPITAL, charts.OPERATING_BANK, charts.SHARE_CAPITAL, capital, self.main, day, "Share capital paid in"),
                self._own(EQUIPMENT, charts.FIXED_ASSETS, charts.OPERATING_BANK, desks, self.main, day, "Laptops and desks"),
                self._own(
                    BUFFER, charts.SAFEGUARDING, charts.OPERATING_BANK, price(buffer, self.main), self.main, day, "Buffer put in"
                ),
                *(self._bought(price(buffer, currency), currency, day) for currency in others),
            ]
        )

    def bring_in(self, sums: Sequence[tuple[Purse, Decimal]], day: date) -> None:
        """Money from banks for wallets beside those of the cast."""
        self._journals([self._incoming(purse, amount, day, TOP_UP, "Bank transfer received") for purse, amount in sums])

    def _bought(self, amount: Decimal, currency: str, day: date) -> NewJournal:
        """A buffer of another currency, bought with the company's own money at the market's rate."""
        rate = rates.dealing(base=currency, quote=self.main, on=day)
        bought, paid = money(amount, currency), rate.worth(money(amount, currency))
        how: dict[str, Any] = {"on": day, "actor": self.backend, "at": self.now}
        legs = [
            Leg(self._account(charts.SAFEGUARDING, currency), "DEBIT", bought),
            Leg(self._account(charts.OPERATING_BANK, self.main), "CREDIT", paid),
            *fx_positions.legs(book=self.book, incoming=bought, outgoing=paid, **how),
        ]
        text = f"Buffer of {currency} bought"
        return NewJournal(legs=legs, kind=BOUGHT, effective_on=day, description=text, metadata=self._named(day))

    def live(self, day: date, number: int) -> None:
        """Everything that happens on one day; ``number`` counts the days of the story from 0."""
        self._money_comes_in(day, first=number == 0)
        if number % 7 == 3:
            self._wages(day)
        today: list[tuple[UUID, Purse, Purse, Decimal]] = []
        for hour, share in HOURS:
            today += self._purchases(day, hour, share)
            if hour == 12:
                self._holds(day)
        self._gifts(day)
        self._refunds(day)
        self.bought = today
        self._conversions(day)
        self._fees(day)
        if day.weekday() == 6:
            self._sweep(day)
            revaluation.revalue(book_id=self.book.pk, on=day, actor=self.backend, at=self.now)

    def _money_comes_in(self, day: date, *, first: bool) -> None:
        items = []
        for person in self.cast.persons:
            for purse in person:
                low = price(60, purse.currency)
                if first or purse.available < low or self.dice.random() < 0.02:
                    amount = price(self.dice.choice((60, 80, 100, 150, 200, 250, 300, 400)), purse.currency)
                    items.append(self._incoming(purse, amount, day, TOP_UP, "Bank transfer received"))
        self._journals(items)

    def _wages(self, day: date) -> None:
        people = [person[0] for person in self.cast.persons if person[0].sender.tier != "UNVERIFIED"]
        payroll = [(self.cast.employers[index % len(self.cast.employers)], purse) for index, purse in enumerate(people)]
        wages = [(employer, purse, price(self.dice.randrange(420, 1180), self.main)) for employer, purse in payroll]
        needed: dict[UUID, Decimal] = {}
        for employer, _, wage in wages:
            needed[employer.wallet_id] = needed.get(employer.wallet_id, Decimal(0)) + wage
        self._journals(
            [self._incoming(self.purses[key], amount, day, SALARY, "Funds for wages") for key, amount in needed.items()]
        )
        self._transfers(
            [(employer, purse, wage, "Wages") for employer, purse, wage in wages if self.limits.take(employer, wage, day)], day, 8
        )

    def _purchases(self, day: date, hour: int, share: float) -> list[tuple[UUID, Purse, Purse, Decimal]]:
        wanted = []
        busy = 1.25 if day.weekday() in (4, 5) else 0.9
        for _ in range(round(len(self.cast.persons) * PURCHASES * share * busy * self.dice.uniform(0.9, 1.1))):
            for _ in range(6):
                trade, stalls = self.dice.choices(self.cast.merchants, self.trades)[0]
                purse = self.dice.choice(self.dice.choice(self.cast.persons))
                cost = price(self.dice.triangular(trade.low, trade.high, trade.low * 1.6), purse.currency)
                if self.limits.take(purse, cost, day):
                    receipt = self.dice.choice(trade.receipts).format(number=self.dice.randrange(100_000, 999_999))
                    wanted.append((purse, stalls[purse.currency], cost, receipt))
                    break
        made = self._transfers(wanted, day, hour)
        for _, stall, cost, _ in wanted:
            stall.sales += cost
        return [(key, purse, stall, cost) for key, (purse, stall, cost, _) in zip(made, wanted, strict=True)]

    def _gifts(self, day: date) -> None:
        wanted = []
        by_currency: dict[str, list[Purse]] = {}
        for person in self.cast.persons:
            for purse in person:
                by_currency.setdefault(purse.currency, []).append(purse)
        for _ in range(self._some(GIFTS)):
            purse = self.dice.choice(self.dice.choice(self.cast.persons))
            friend = self.dice.choice(by_currency[purse.currency])
            gift = price(self.dice.choice((5, 8, 10, 12.5, 15, 20, 25, 40, 60)), purse.currency)
            if friend is not purse and self.limits.take(purse, gift, day):
                wanted.append((purse, friend, gift, self.dice.choice(FRIENDLY)))
        self._transfers(wanted, day, 21)

    def _holds(self, day: date) -> None:
        at = self._moment(day, 13)
        lapses.sweep(at=at, partner_id=self.book.partner_id)
        waiting, self.placed = self.placed, []
        for placed in waiting:
            if placed.due_on > day:
                self.placed.append(placed)
            else:
                self._end(placed, day, at)
        for _ in range(self._some(HOLDS)):
            purse = self.dice.choice(self.cast.persons)[0]
            _, stalls = self.dice.choice(self.cast.merchants)
            amount = price(self.dice.choice((40, 60, 75, 100, 120, 180)), purse.currency)
            if not self.limits.take(purse, amount, day):
                continue
            placed = holds.place(
                partner_id=self.book.partner_id,
                wallet_id=purse.wallet_id,
                amount=money(amount, purse.currency),
                expires_at=at + timedelta(days=6),
                description=self.dice.choice(("Hotel deposit", "Hire car deposit", "Fuel pump", "Advance order")),
                metadata={"terminal": f"T{self.dice.randrange(1, 60):03d}"},
                actor=self.backend,
                at=at,
            )
            settle(self.purses, placed.balances)
            fate = self.dice.choices(("capture", "capture in part", "release", "lapse"), (60, 18, 12, 10))[0]
            due = day + timedelta(days=30 if fate == "lapse" else self.dice.randrange(1, 5))
            self.placed.append(_Placed(placed.hold.pk, purse, stalls[purse.currency], amount, fate, due))

    def _end(self, placed: _Placed, day: date, at: datetime) -> None:
        if placed.fate == "release":
            after = holds.release(
                hold_id=placed.hold_id, partner_id=self.book.partner_id, reason="order cancelled", actor=self.backend, at=at
            )
            settle(self.purses, after.balances)
            return
        currency = placed.purse.currency
        taken = placed.amount
        if placed.fate == "capture in part":
            taken = _rounded(taken * self.dice.randrange(40, 95) / 100, currency)
        captured = holds.capture(
            partner_id=self.book.partner_id,
            hold_id=placed.hold_id,
            target_id=placed.target.wallet_id,
            amount=money(taken, currency),
            is_final=True,
            description="Final bill",
            effective_on=day,
            actor=self.backend,
            at=at,
        )
        settle(self.purses, captured.balances)
        placed.target.sales += taken
        self.tick(1)

    def _refunds(self, day: date) -> None:
        at = self._moment(day, 15)
        for _ in range(min(len(self.bought), self._some(REFUNDS))):
            key, _, stall, cost = self.bought.pop(self.dice.randrange(len(self.bought)))
            back = cost if self.dice.random() < 0.7 else _rounded(cost / 2, stall.currency)
            if not 0 < back <= stall.available:
                continue
            done = refunds.make(
                partner_id=self.book.partner_id,
                transfer_id=key,
                amount=money(back, stall.currency),
                reason=self.dice.choice(("returned goods", "wrong size", "cancelled order", "charged twice")),
                effective_on=day,
                actor=self.backend,
                at=at,
            )
            settle(self.purses, done.balances)
            self.tick(1)

    def _conversions(self, day: date) -> None:
        """Who has wallets in two currencies moves some of the one into the other, now and then."""
        at = datetime.combine(day, time_of_day(16, self.whims.randrange(60)), tzinfo=ZoneInfo(self.book.time_zone))
        travellers = [purses for purses in self.cast.persons if len(purses) > 1]
        for _ in range(int(len(self.cast.persons) * CONVERSIONS + self.whims.random()) if travellers else 0):
            source, target = self.whims.sample(self.whims.choice(travellers), 2)
            amount = price(self.whims.choice((20, 25, 40, 50, 75, 100)), source.currency)
            who = {"partner_id": self.book.partner_id, "actor": self.backend, "at": min(at, self.now)}
            asked: dict[str, Any] = {"amount": money(amount, source.currency)}
            fate = self.whims.random()
            if fate < 0.4:  # some look at the price first, and some of those leave it at that
                sides = {"sell_currency": source.currency, "buy_currency": target.currency}
                asked = {"quote_id": quotes.create(customer_id=source.sender.customer_id, **sides, **asked, **who).pk}
            if fate > 0.1 and self.limits.take(source, amount, day):
                done = conversions.execute(
                    source_id=source.wallet_id,
                    target_id=target.wallet_id,
                    description=self.whims.choice(("Holiday money", "Back from a trip", "Rent abroad", "Savings")),
                    **asked,
                    **who,
                )
                settle(self.purses, done.balances)
                self.tick(1)

    def _fees(self, day: date) -> None:
        items = []
        for _, stalls in self.cast.merchants:
            for stall in stalls.values():
                fee = _rounded(stall.sales * MERCHANT_FEE, stall.currency)
                stall.sales = Decimal(0)
                if 0 < fee <= stall.available:
                    legs = self._legs(stall.account_id, self._account(charts.FEE_INCOME, stall.currency), fee, stall.currency)
                    items.append(NewJournal(legs=legs, kind=FEE, effective_on=day, description=f"Merchant fee of {day}"))
                    stall.available -= fee
                    self.collected[stall.currency] = self.collected.get(stall.currency, Decimal(0)) + fee
        self._journals(items)

    def _sweep(self, day: date) -> None:
        """What was earned leaves the customers' bank account; the bank takes its share."""
        items = []
        for currency, amount in self.collected.items():
            if amount:
                items.append(
                    self._own(SWEEP, charts.OPERATING_BANK, charts.SAFEGUARDING, amount, currency, day, "Fees collected")
                )
                cost = _rounded(amount * Decimal("0.2"), currency)
                if cost:
                    items.append(
                        self._own(COSTS, charts.PROVIDER_COSTS, charts.OPERATING_BANK, cost, currency, day, "Bank charges")
                    )
        self.collected = {}
        self._journals(items)

    def _incoming(self, purse: Purse, amount: Decimal, day: date, kind: str, description: str) -> NewJournal:
        purse.available += amount
        legs = self._legs(self._account(charts.SAFEGUARDING, purse.currency), purse.account_id, amount, purse.currency)
        return NewJournal(legs=legs, kind=kind, effective_on=day, description=description, metadata=self._named(day))

    def _own(self, kind: str, debit: str, credit: str, amount: Decimal, currency: str, day: date, description: str) -> NewJournal:
        legs = self._legs(self._account(debit, currency), self._account(credit, currency), amount, currency)
        return NewJournal(legs=legs, kind=kind, effective_on=day, description=description, metadata=self._named(day))

    def _named(self, day: date) -> dict[str, str]:
        """The reference that goes with money at the bank, and stands on its statement."""
        return {"reference": f"D{day:%y%m%d}N{next(self.numbers):06d}"}

    def _legs(self, debit: int, credit: int, amount: Decimal, currency: str) -> list[Leg]:
        value = money(amount, currency)
        return [Leg(debit, "DEBIT", value), Leg(credit, "CREDIT", value)]

    def _account(self, line: str, currency: str) -> int:
        key = (line, currency)
        if key not in self.system:
            account = books.system_account(book_id=self.book.pk, line=line, currency=currency, actor=self.backend, at=self.now)
            self.system[key] = account.pk
        return self.system[key]

    def _journals(self, items: list[NewJournal]) -> None:
        for start in range(0, len(items), BATCH_LIMIT):
            part = items[start : start + BATCH_LIMIT]
            journals.post_batch(book_id=self.book.pk, items=part, atomic=True, actor=self.backend)
            self.tick(len(part))

    def _transfers(self, wanted: list[tuple[Purse, Purse, Decimal, str]], day: date, hour: int) -> list[UUID]:
        made: list[UUID] = []
        for start in range(0, len(wanted), BATCH_LIMIT):
            part = [
                NewTransfer(
                    source_id=a.wallet_id,
                    target_id=b.wallet_id,
                    amount=money(cost, a.currency),
                    description=text,
                    effective_on=day,
                )
                for a, b, cost, text in wanted[start : start + BATCH_LIMIT]
            ]
            at = self._moment(day, hour) + timedelta(minutes=start // BATCH_LIMIT)
            results = batches.make(partner_id=self.book.partner_id, items=part, is_atomic=True, actor=self.backend, at=at)
            for result in results:
                settle(self.purses, result.balances)
                made.append(result.transfer.pk)  # type: ignore[union-attr]
            self.tick(len(part))
        return made

    def _some(self, per_person: float) -> int:
        """About so many for all persons; a fraction is a chance."""
        return int(len(self.cast.persons) * per_person + self.dice.random())

    def _moment(self, day: date, hour: int) -> datetime:
        """That hour of the day in the book's zone, a few minutes past; never later than now."""
        at = datetime.combine(
            day, time_of_day(hour, self.dice.randrange(5, 55), self.dice.randrange(60)), tzinfo=ZoneInfo(self.book.time_zone)
        )
        return min(at, self.now)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return round_half_even(amount, currency).amount
