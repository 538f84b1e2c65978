"""Closing months and years: in order, only what is over, once; and what reports say before and after."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from flowlet.audit.models import Record
from flowlet.core import clock
from flowlet.core.states import IllegalMove
from ledger import errors
from ledger.choices import PeriodStatus
from ledger.models import Journal, Period, Verification
from ledger.selectors import reports
from ledger.services import charts, journals, periods
from ledger.tests.conftest import ACTOR, move
from ledger.tests.test_reports import both, eur_rate, figures

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def months(book):
    """January to March 2020."""
    return periods.define_months(book_id=book.pk, through=date(2020, 3, 5), actor=ACTOR, at=clock.now())


def close(period, **kwargs):
    return periods.close(period_id=period.pk, actor=ACTOR, at=clock.now(), **kwargs)


def soft_close(period):
    return periods.soft_close(period_id=period.pk, actor=ACTOR, at=clock.now())


def reopen(period):
    return periods.reopen(period_id=period.pk, actor=ACTOR, at=clock.now(), reason="late invoice")


def statuses(book):
    return [period.status for period in Period.objects.filter(book=book).order_by("starts_on")]


def run(*args):
    out = StringIO()
    call_command("close_period", *args, stdout=out)
    return out.getvalue()


def test_months_follow_each_other_without_gap_and_are_defined_once(book, months):
    assert [(str(p.starts_on), str(p.ends_on)) for p in months] == [
        ("2020-01-01", "2020-01-31"),
        ("2020-02-01", "2020-02-29"),
        ("2020-03-01", "2020-03-31"),
    ]
    again = periods.define_months(book_id=book.pk, through=date(2020, 4, 1), actor=ACTOR, at=clock.now())
    assert [str(p.starts_on) for p in again] == ["2020-04-01"]


def test_a_closed_period_takes_nothing_more(book, wallet, months):
    a, b = wallet(), wallet()
    both(book, date(2020, 1, 10), charts.SAFEGUARDING, a, "10.00")
    close(months[0])
    book.refresh_from_db()
    assert book.closed_through == date(2020, 1, 31)
    counted = Journal.objects.count()
    for adjusting in (False, True):
        with pytest.raises(errors.PeriodClosed), transaction.atomic():
            move(a, b, "1.00", effective_on=date(2020, 1, 31), adjusting=adjusting)
    assert Journal.objects.count() == counted
    assert move(a, b, "1.00", effective_on=date(2020, 2, 1)).balances[b.pk].posted == 1


def test_a_soft_closed_period_takes_adjustments_only_and_can_be_reopened(book, wallet, months):
    a, b = wallet(), wallet()
    both(book, date(2020, 1, 10), charts.SAFEGUARDING, a, "10.00")
    soft_close(months[0])
    with pytest.raises(errors.PeriodClosed), transaction.atomic():
        move(a, b, "1.00", effective_on=date(2020, 1, 31))
    move(a, b, "1.00", effective_on=date(2020, 1, 31), adjusting=True)
    reopen(months[0])
    move(a, b, "1.00", effective_on=date(2020, 1, 31))
    book.refresh_from_db()
    assert (book.soft_closed_through, statuses(book)) == (None, [PeriodStatus.OPEN] * 3)


def test_periods_close_oldest_first_and_reopen_newest_first(book, months):
    with pytest.raises(errors.PeriodOutOfOrder):
        close(months[1])
    with pytest.raises(errors.PeriodOutOfOrder):
        soft_close(months[1])
    soft_close(months[0])
    soft_close(months[1])
    with pytest.raises(errors.PeriodOutOfOrder):
        reopen(months[0])
    with pytest.raises(errors.PeriodOutOfOrder):
        close(months[1])
    reopen(months[1])
    book.refresh_from_db()
    assert book.soft_closed_through == date(2020, 1, 31)
    assert statuses(book) == [PeriodStatus.SOFT_CLOSED, PeriodStatus.OPEN, PeriodStatus.OPEN]


def test_what_is_closed_stays_closed(book, months):
    close(months[0])
    records = Record.objects.count()
    for deed in (reopen, soft_close, close):
        with pytest.raises(IllegalMove):
            deed(months[0])
    assert (statuses(book)[0], Record.objects.count()) == (PeriodStatus.CLOSED, records)


def test_only_days_that_are_over_are_closed(book):
    today = clock.now().date()
    made = periods.define_months(book_id=book.pk, through=today, actor=ACTOR, at=clock.now())
    Period.objects.filter(book=book).exclude(pk=made[-1].pk).update(status=PeriodStatus.CLOSED)
    for deed in (close, soft_close):
        with pytest.raises(errors.PeriodNotOver):
            deed(made[-1])


def test_nothing_is_closed_while_the_newest_verification_found_something(book, months):
    kept = {"started_at": clock.now(), "finished_at": clock.now(), "journals": 0, "entries": 0}
    Verification.objects.create(is_clean=False, findings=[{"check": "x"}], **kept)
    with pytest.raises(errors.BooksNotClean):
        close(months[0])
    assert isinstance(periods.preview(period=months[0]).refusal, errors.BooksNotClean)
    Verification.objects.create(is_clean=True, **kept)
    close(months[0])


def test_the_preview_counts_what_is_not_sealed(book, wallet, months):
    both(book, date(2020, 1, 10), charts.SAFEGUARDING, wallet(), "10.00")
    found = periods.preview(period=months[0])
    assert (found.refusal, found.unsealed_journals) == (None, 1)


@pytest.fixture
def two_years(book):
    """Earnings of 70.00 in 2020 (and EUR -5.00), 12.00 in 2021."""
    both(book, date(2020, 5, 1), charts.OPERATING_BANK, charts.FEE_INCOME, "100.00")
    both(book, date(2020, 12, 31), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "30.00")
    both(book, date(2020, 6, 1), charts.LOSSES, charts.OPERATING_BANK, "5.00", "EUR")
    both(book, date(2021, 2, 1), charts.OPERATING_BANK, charts.FEE_INCOME, "12.00")
    periods.define_months(book_id=book.pk, through=date(2021, 12, 31), actor=ACTOR, at=clock.now())
    return book


def close_year(book, year, **kwargs):
    return periods.close_year(book_id=book.pk, year=year, actor=ACTOR, at=clock.now(), **kwargs)


def test_closing_a_year_moves_its_earnings_and_leaves_the_statements_as_they_were(two_years):
    book, last = two_years, date(2020, 12, 31)
    income = figures(reports.income_statement(book=book, first=date(2020, 1, 1), last=last))
    flow = figures(reports.cash_flow(book=book, first=date(2020, 1, 1), last=last))
    sheet = figures(reports.balance_sheet(book=book, on=date(2021, 3, 1)))
    assert (sheet["earnings_of_the_year"], sheet["earnings_of_earlier_years"]) == (12, 70)
    done = close_year(book, 2020)
    assert done.results == {"USD": D("70.00"), "EUR": D("-5.00")}
    journal = Journal.objects.get(pk=done.posted.journal_id)
    assert (journal.kind, journal.effective_on, journal.leg_count) == ("year_close", last, 5)
    assert figures(reports.income_statement(book=book, first=date(2020, 1, 1), last=last)) == income
    assert figures(reports.cash_flow(book=book, first=date(2020, 1, 1), last=last)) == flow
    after = reports.balance_sheet(book=book, on=date(2021, 3, 1))
    assert figures(after)["3100"] == 70
    assert figures(after)["earnings_of_the_year"] == 12
    assert "earnings_of_earlier_years" not in figures(after)
    assert figures(after, "EUR")["3100"] == D(-5)
    assert figures(after)["total_equity"] == sheet["total_equity"]
    assert after.foots
    assert figures(reports.balance_sheet(book=book, on=last))["earnings_of_the_year"] == 0
    assert figures(reports.income_statement(book=book, first=date(2021, 1, 1), last=date(2021, 3, 1)))["result"] == 12


def test_a_closed_year_is_translated_as_before_and_what_was_carried_at_the_closing_rate(two_years):
    book, last = two_years, date(2020, 12, 31)
    eur_rate(date(2020, 6, 1), "1.10")
    eur_rate(last, "1.20")
    year = {"book": book, "first": date(2020, 1, 1), "last": last, "translated_to": "USD"}
    for _ in range(2):
        assert figures(reports.income_statement(**year))["result"] == D("64.50")  # 70.00 - 5.00 * 1.10
        sheet = reports.balance_sheet(book=book, on=last, translated_to="USD")
        assert (figures(sheet)["total_assets"], sheet.foots) == (D("64.00"), True)
        if "3100" not in figures(sheet):
            assert (figures(sheet)["earnings_of_the_year"], figures(sheet)["translation_difference"]) == (D("64.50"), D("-0.50"))
            close_year(book, 2020)
    assert (figures(sheet)["3100"], figures(sheet)["earnings_of_the_year"]) == (D("64.00"), 0)
    assert "translation_difference" not in figures(sheet)


def test_a_year_is_closed_once_and_again_only_after_a_reversal(two_years):
    book = two_years
    done = close_year(book, 2020)
    counted = Journal.objects.count()
    with pytest.raises(errors.YearAlreadyClosed):
        close_year(book, 2020)
    assert Journal.objects.count() == counted
    journals.reverse(book_id=book.pk, journal_id=done.posted.journal_id, actor=ACTOR, reason="forgot an invoice")
    both(book, date(2020, 12, 30), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "1.00")
    assert close_year(book, 2020).results["USD"] == D("69.00")
    assert figures(reports.income_statement(book=book, first=date(2020, 1, 1), last=date(2020, 12, 31)))["result"] == D("69.00")


def test_a_closing_that_is_undone_years_later_is_no_income_of_the_day_on_which_that_happens(two_years):
    book, today = two_years, clock.now().date()
    done = close_year(book, 2020)
    periods.close_through(book_id=book.pk, through=date(2020, 12, 31), soft=False, actor=ACTOR, at=clock.now())
    reversal = journals.reverse(book_id=book.pk, journal_id=done.posted.journal_id, actor=ACTOR, reason="wrong chart")
    assert reversal.effective_on == today
    year = {"first": date(today.year, 1, 1), "last": today}
    assert reports.income_statement(book=book, **year).rows == ()
    assert figures(reports.cash_flow(book=book, **year))["result"] == 0
    sheet = reports.balance_sheet(book=book, on=today)
    assert figures(sheet)["earnings_of_the_year"] == 0
    assert figures(sheet)["earnings_of_earlier_years"] == 82
    assert figures(sheet, "EUR")["earnings_of_earlier_years"] == -5
    assert sheet.foots


def test_years_close_in_order_and_only_when_there_is_something(two_years):
    book = two_years
    with pytest.raises(errors.PeriodOutOfOrder):
        close_year(book, 2021)
    with pytest.raises(errors.PeriodNotOver):
        close_year(book, clock.now().year)
    with pytest.raises(errors.NothingToClose):
        close_year(book, 2019)
    close_year(book, 2020)
    close_year(book, 2021)
    with pytest.raises(errors.NothingToClose):
        close_year(book, 2022)


def test_december_is_not_closed_before_its_year(two_years):
    book = two_years
    done = periods.close_through(book_id=book.pk, through=date(2020, 11, 30), soft=False, actor=ACTOR, at=clock.now())
    assert len(done) == 11
    december = Period.objects.get(book=book, ends_on=date(2020, 12, 31))
    with pytest.raises(errors.YearNotClosed):
        close(december)
    soft_close(december)
    close_year(book, 2020)
    close(december)
    book.refresh_from_db()
    assert book.closed_through == date(2020, 12, 31)


def test_a_dry_run_of_the_year_leaves_nothing(two_years):
    before = Journal.objects.count(), two_years.accounts.count()
    shown = close_year(two_years, 2020, dry_run=True)
    assert (shown.results["USD"], shown.posted) == (D("70.00"), None)
    assert (Journal.objects.count(), two_years.accounts.count()) == before


def test_the_command_defines_and_closes_months(book):
    assert "soft-closed" in run(book.public_id, "--through", "2020-02-29", "--soft")
    assert statuses(book) == [PeriodStatus.SOFT_CLOSED] * 2
    assert "Dry run" in run(book.public_id, "--through", "2020-02-29", "--dry-run")
    assert statuses(book) == [PeriodStatus.SOFT_CLOSED] * 2
    newest = Period.objects.get(book=book, starts_on=date(2020, 2, 1))
    assert "open" in run(book.public_id, "--period", newest.public_id, "--reopen", "--reason", "late invoice")
    run(book.public_id, "--through", "2020-02-29")
    assert statuses(book) == [PeriodStatus.CLOSED] * 2
    assert "Nothing to close" in run(book.public_id, "--through", "2020-02-29")


def test_the_command_closes_years_and_says_refusals_by_their_code(two_years):
    assert "2020: 70.00 USD to" in run(two_years.public_id, "--year", "2020", "--dry-run")
    assert not Journal.objects.filter(kind="year_close").exists()
    assert "jrn_" in run(two_years.public_id, "--year", "2020")
    with pytest.raises(CommandError, match=r"ledger\.year_already_closed"):
        run(two_years.public_id, "--year", "2020")
    with pytest.raises(CommandError, match="one of"):
        run(two_years.public_id)
    with pytest.raises(CommandError, match="four digits"):
        run(two_years.public_id, "--year", "99999")
    with pytest.raises(CommandError, match="'2020-13-45' is not a day such as 2026-03-31"):
        run(two_years.public_id, "--through", "2020-13-45")
    tomorrow = clock.now().date() + timedelta(days=40)
    with pytest.raises(CommandError, match=r"ledger\.(period_not_over|year_not_closed)"):
        run(two_years.public_id, "--through", tomorrow.isoformat())
    assert Period.objects.filter(book=two_years).exclude(status=PeriodStatus.OPEN).count() == 0
