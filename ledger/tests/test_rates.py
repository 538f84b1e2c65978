"""Rates by hand: one per pair and day, whoever is quicker. Crosses: exact, with what they come from."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from fractions import Fraction
from threading import Barrier

import pytest
from django.db import connection

from flowlet.audit.models import Record
from flowlet.core import actors, clock
from flowlet.core.money import Money
from ledger import errors
from ledger.models import Rate
from ledger.selectors import rates as selectors
from ledger.services import rates

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 1, 5)


def enter(rate, who="one"):
    return rates.enter(base="EUR", quote="USD", rate=Decimal(rate), valid_on=DAY, actor=actors.system(who), at=clock.now())


def test_of_officers_who_enter_the_same_rate_at_once_one_is_told_that_it_is_known():
    start = Barrier(8)

    def try_it(number):
        try:
            start.wait()
            return enter(f"1.{number}", f"officer-{number}").rate
        except rates.RateKnown:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        entered = [rate for rate in pool.map(try_it, range(1, 9)) if rate is not None]
    assert len(entered) == 1
    assert Rate.objects.get().rate == entered[0]
    record = Record.objects.get(action="ledger.rate.entered")
    assert (record.after["rate"], record.actor_id) == (str(entered[0]), f"officer-{str(entered[0])[2]}")


@pytest.mark.parametrize("rate", ["0", "-1", "0.0000000000001", "1.0000000000001", "NaN", "Infinity"])
def test_a_rate_that_cannot_be_kept_as_it_is_is_refused(rate):
    with pytest.raises(rates.MalformedRate):
        enter(rate)
    assert not Rate.objects.exists()


def publish(day=DAY, **per_euro):
    new = [rates.NewRate("EUR", quote, day, Decimal(rate)) for quote, rate in per_euro.items()]
    rates.add(rates=new, source="ECB", at=clock.now())


def test_a_cross_through_the_euro_is_exact_and_says_what_it_comes_from():
    publish(GBP="0.8338", JPY="175.68")
    found = selectors.cross(base="GBP", quote="JPY", on=DAY)
    assert found.value == Fraction("175.68") / Fraction("0.8338")
    assert [(one.base, one.quote, one.rate, one.source) for one in found.via] == [
        ("EUR", "GBP", Decimal("0.8338"), "ECB"),
        ("EUR", "JPY", Decimal("175.68"), "ECB"),
    ]
    assert found.valid_on == DAY
    # Exactly 2.1069…: with the euros rounded to cents it would have been 1.7568, which is the same 2 yen by luck only.
    assert found.worth(Money("0.01", "GBP")) == Money(2, "JPY")
    assert found.worth(Money("1.00", "GBP")) == Money(211, "JPY")


def test_a_currency_is_worth_itself_without_any_rate():
    found = selectors.cross(base="USD", quote="USD", on=DAY)
    assert (found.value, found.via, found.valid_on) == (1, (), None)


def test_a_direct_rate_comes_before_one_through_the_euro():
    publish(GBP="0.8", USD="1.2")
    rates.add(rates=[rates.NewRate("GBP", "USD", DAY, Decimal("1.51"))], source="desk", at=clock.now())
    assert selectors.cross(base="GBP", quote="USD", on=DAY).value == Fraction("1.51")
    assert selectors.cross(base="USD", quote="GBP", on=DAY).value == 1 / Fraction("1.51")


def test_of_rates_of_two_days_the_older_one_says_how_old_the_cross_is():
    publish(GBP="0.8", USD="1.2")
    publish(day=date(2026, 1, 6), USD="1.3")
    found = selectors.cross(base="GBP", quote="USD", on=date(2026, 1, 7))
    assert (found.value, found.valid_on) == (Fraction("1.3") / Fraction("0.8"), DAY)


def test_a_rate_older_than_asked_for_does_not_count():
    publish(USD="1.2")
    assert selectors.cross(base="EUR", quote="USD", on=date(2026, 1, 12)).value == Fraction("1.2")
    with pytest.raises(errors.NoRate, match="seven days"):
        selectors.cross(base="EUR", quote="USD", on=date(2026, 1, 13))
    assert selectors.cross(base="EUR", quote="USD", on=date(2026, 1, 13), max_age_days=8).value == Fraction("1.2")


@pytest.mark.parametrize(
    ("valid_on", "on", "days"),
    [
        ("2026-11-20", "2026-11-20", 0),
        ("2026-11-20", "2026-11-22", 0),  # Friday's counts on Sunday
        ("2026-11-20", "2026-11-23", 1),
        ("2026-04-02", "2026-04-07", 1),  # over Easter: Good Friday and Easter Monday are holidays of TARGET
        ("2026-12-24", "2026-12-28", 1),  # Christmas Day, the 26th is a Saturday
        ("2026-04-30", "2026-05-04", 1),  # May Day
    ],
)
def test_the_age_of_a_rate_counts_the_days_on_which_the_bank_publishes(valid_on, on, days):
    assert selectors.bank_days_since(date.fromisoformat(valid_on), on=date.fromisoformat(on)) == days
