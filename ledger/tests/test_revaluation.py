"""Positions at cost and at worth, and the difference in the books: once, however often one asks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from flowlet.audit.models import Record
from flowlet.core import clock
from flowlet.core.money import Money, exact, round_half_even
from ledger import errors
from ledger.models import Account, ChartLine, Entry, Journal
from ledger.selectors import balances, fx_positions, rates
from ledger.services import accounts, books, charts, journals, partner_journals, periods, revaluation
from ledger.services import fx_positions as trades
from ledger.services import rates as rate_services
from ledger.services.journals import Leg
from ledger.tests.conftest import ACTOR, new_partner

DAY = date(2026, 3, 2)  # a Monday
AT = datetime(2026, 3, 6, 12, tzinfo=UTC)


def publish(day=DAY, **per_euro):
    new = [rate_services.NewRate("EUR", quote, day, Decimal(rate)) for quote, rate in per_euro.items()]
    rate_services.add(rates=new, source="ECB", at=AT)


def trade(book, incoming, outgoing, on=DAY):
    """The book takes one amount from its bank for the other."""
    sold, bought = (accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency=money.currency.code, actor=ACTOR, at=AT).pk
                    for money in (incoming, outgoing))  # fmt: skip
    legs = trades.legs(book=book, incoming=incoming, outgoing=outgoing, on=on, actor=ACTOR, at=AT)
    legs += [Leg(sold, "DEBIT", incoming), Leg(bought, "CREDIT", outgoing)]
    return journals.post(book_id=book.pk, legs=legs, kind="trade", actor=ACTOR, effective_on=on)


def revalue(book, on=DAY, **options):
    return revaluation.revalue(book_id=book.pk, on=on, actor=ACTOR, at=AT, **options)


def balance(book, code, currency="USD"):
    account = Account.objects.get(book=book, code=code, currency=currency)
    return balances.as_of(account_ids=[account.pk])[account.pk].natural("DEBIT")


def figures(book, on=DAY):
    return {
        one.currency: (one.amount.amount, one.cost.amount, one.value.amount, one.booked.amount)
        for one in fx_positions.of_book(book, on=on)
    }


def test_a_trade_into_the_reporting_currency_costs_exactly_that(book):
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    assert figures(book) == {"EUR": (100, 125, 125, 0), "USD": (-125, -125, -125, 0)}
    assert revalue(book).posted is None


def test_a_trade_between_two_others_costs_what_came_in_was_worth(book):
    publish(USD="1.25", GBP="0.8", JPY="160")
    trade(book, Money("80", "GBP"), Money("16000", "JPY"))
    assert figures(book) == {"GBP": (80, 125, 125, 0), "JPY": (-16000, -125, -125, 0)}


def test_a_trade_worth_less_than_a_cent_has_no_cost(book):
    publish(USD="1.25", KRW="1500", JPY="160")
    trade(book, Money("1", "KRW"), Money("1", "JPY"))
    assert {one.currency: one.cost.amount for one in fx_positions.of_book(book, on=DAY)} == {"KRW": 0, "JPY": 0}


def test_a_gain_is_posted_once_and_a_second_run_posts_nothing(book):
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    later = DAY + timedelta(days=1)
    publish(later, USD="1.30")
    found = revalue(book, later)
    assert [(position.currency, due) for position, due in found.due] == [("EUR", Money("5", "USD"))]
    journal = Journal.objects.get(kind=revaluation.KIND)
    assert (journal.pk, journal.effective_on) == (found.posted.journal_id, later)
    assert journal.metadata == {"rates": {"EUR": ["EUR/USD 1.3 ECB 2026-03-03"]}}
    legs = Entry.objects.filter(journal=journal).order_by("ordinal").values_list("account__code", "side", "amount", "currency")
    assert list(legs) == [("1920.EUR", "DEBIT", 5, "USD"), ("4030", "CREDIT", 5, "USD")]
    assert figures(book, later)["EUR"] == (100, 125, 130, 5)
    assert revalue(book, later).posted is None
    assert Journal.objects.filter(kind=revaluation.KIND).count() == 1
    record = Record.objects.get(action="ledger.positions.revalued")
    assert record.after["results"] == {"EUR": "5.00 USD"}


def test_a_loss_stands_apart_and_the_next_day_posts_only_what_changed(book):
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    for back, rate in ((1, "1.30"), (2, "1.28"), (3, "1.20")):
        publish(DAY + timedelta(days=back), USD=rate)
        revalue(book, DAY + timedelta(days=back))
    assert (balance(book, "4030"), balance(book, "5030"), balance(book, "1920.EUR")) == (-5, 10, -5)


def test_a_day_revalued_again_after_more_trades_posts_what_they_changed(book):
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    publish(DAY + timedelta(days=1), USD="1.30")
    revalue(book, DAY + timedelta(days=1))
    trade(book, Money("10", "EUR"), Money("12.50", "USD"), on=DAY + timedelta(days=1))
    found = revalue(book, DAY + timedelta(days=1))
    assert [(position.currency, due) for position, due in found.due] == [("EUR", Money("0.50", "USD"))]


def test_what_is_sold_again_leaves_its_result_behind(book):
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    publish(DAY + timedelta(days=1), USD="1.30")
    trade(book, Money("130", "USD"), Money("100", "EUR"), on=DAY + timedelta(days=1))
    revalue(book, DAY + timedelta(days=1))
    assert figures(book, DAY + timedelta(days=1)) == {"EUR": (0, -5, 0, 5), "USD": (5, 5, 5, 0)}
    assert balance(book, "4030") == -5


def test_a_dry_run_says_what_is_due_and_posts_nothing(book):
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    publish(DAY + timedelta(days=1), USD="1.30")
    before = Journal.objects.count()
    assert [due for _, due in revalue(book, DAY + timedelta(days=1), dry_run=True).due] == [Money("5", "USD")]
    assert Journal.objects.count() == before


@pytest.mark.parametrize(("days", "refusal"), [(7, errors.StaleRate), (40, errors.NoRate)])
def test_without_a_fresh_rate_nothing_is_posted(book, days, refusal):
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    before = Journal.objects.count()
    with pytest.raises(refusal):
        revalue(book, DAY + timedelta(days=days))
    assert Journal.objects.count() == before


def test_a_closed_day_is_not_revalued(book):
    publish(USD="1.25")
    publish(date(2026, 3, 31), USD="1.30")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    at = clock.now()
    made = periods.define_months(book_id=book.pk, through=date(2026, 3, 31), actor=ACTOR, at=at)
    for period in made:
        periods.soft_close(period_id=period.pk, actor=ACTOR, at=at)
    with pytest.raises(errors.PeriodClosed):
        revalue(book, date(2026, 3, 31))


def test_a_book_older_than_the_lines_gets_them(book):
    new = ["1910", "1920", "4030", "5030"]
    ChartLine.objects.filter(book=book, code__in=new).delete()
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    publish(DAY + timedelta(days=1), USD="1.30")
    revalue(book, DAY + timedelta(days=1))
    assert set(ChartLine.objects.filter(book=book, code__in=new).values_list("code", flat=True)) == {"1910", "1920", "4030"}


def test_a_partner_cannot_post_under_the_name_of_a_revaluation():
    assert revaluation.KIND in partner_journals.RESERVED


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_posts():
    book = books.create(partner=new_partner("Twice"), actor=ACTOR, at=AT, opened_on=date(2020, 1, 1))
    publish(USD="1.25")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    publish(DAY + timedelta(days=1), USD="1.30")

    def run(_):
        try:
            return revalue(book, DAY + timedelta(days=1)).posted is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == [False, False, False, True]
    assert balance(book, "1920.EUR") == 5


def test_the_command_revalues_every_book_and_says_which_it_could_not(book, capsys):
    other = books.create(partner=new_partner("Other"), actor=ACTOR, at=AT, opened_on=date(2020, 1, 1))
    books.create(partner=new_partner("Without positions"), actor=ACTOR, at=AT, opened_on=date(2020, 1, 1))
    publish(USD="1.25", GBP="0.8")
    trade(book, Money("100", "EUR"), Money("125", "USD"))
    trade(other, Money("80", "GBP"), Money("125", "USD"))
    publish(date(2026, 3, 9), USD="1.30")
    for flag, verb in ((True, "would be revalued"), (False, "revalued")):
        with pytest.raises(SystemExit):
            call_command("revalue_fx", date=date(2026, 3, 9), dry_run=flag)
        told = capsys.readouterr()
        assert f"1 of 2 books {verb}, 1 refused." in told.out
        assert f"{other.public_id} Other (Live): The newest rate from GBP to USD is of 2026-03-02" in told.err
        assert "due           5.00 USD" in told.out
    call_command("revalue_fx", date=date(2026, 3, 9), book=book.public_id)
    assert "nothing posted" in capsys.readouterr().out


CURRENCIES = ("USD", "EUR", "GBP", "JPY", "KWD")
deals = st.lists(
    st.tuples(st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES), st.integers(1, 10**7), st.integers(0, 3)), max_size=6
)


class Properties(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(deals)
    def test_after_a_revaluation_position_cost_and_revaluation_add_up_to_nothing_at_the_days_rate(self, deals):
        book = books.create(partner=new_partner("Any"), actor=ACTOR, at=AT, opened_on=date(2020, 1, 1))
        for ahead in range(4):
            publish(DAY + timedelta(days=ahead), USD=f"1.2{ahead}", GBP=f"0.8{ahead}", JPY=f"16{ahead}.5", KWD=f"0.35{ahead}1")
        for sold, bought, units, ahead in sorted(deals, key=lambda deal: deal[3]):
            incoming = exact(Decimal(units).scaleb(-2 if sold != "JPY" else 0), sold)
            on = DAY + timedelta(days=ahead)
            outgoing = rates.cross(base=sold, quote=bought, on=on).worth(incoming)
            if sold != bought and outgoing:
                trade(book, incoming, outgoing, on)
                revalue(book, on)
        last = DAY + timedelta(days=3)
        revalue(book, last)
        for one in fx_positions.of_book(book, on=last):
            value = rates.cross(base=one.currency, quote="USD", on=last).value * Fraction(one.amount.amount)
            assert one.value == round_half_even(value, "USD")
            assert one.cost + one.booked == one.value
        touched = Account.objects.filter(book=book, line__code__in=["1920", "4030", "5030"]).values_list("pk", flat=True)
        assert sum(totals.natural("DEBIT") for totals in balances.as_of(account_ids=touched).values()) == 0
