"""A month of an e-money firm by hand, and what each report says of it to the cent."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from moneyed import Money

from flowlet.core import clock
from flowlet.db import transactions
from ledger import errors
from ledger.models import Entry, Rate
from ledger.selectors import balances, entries, history, reports
from ledger.selectors.reports import Span, sheets
from ledger.selectors.reports.general_ledger import with_entries
from ledger.services import accounts, charts, journals, snapshots
from ledger.services.journals import Leg
from ledger.tests.conftest import ACTOR

pytestmark = pytest.mark.django_db
D = Decimal
FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)


def ledger_account(book, line, currency="USD"):
    return accounts.system_account(book_id=book.pk, line=line, currency=currency, actor=ACTOR, at=clock.now())


def record(book, day, *legs, kind="example", **kwargs):
    """Legs as (account or chart line, side, amount, currency)."""
    made = []
    for where, side, amount, currency in legs:
        account = ledger_account(book, where, currency) if isinstance(where, str) else where
        made.append(Leg(account.pk, side, Money(amount, currency)))
    return journals.post(book_id=book.pk, legs=made, kind=kind, actor=ACTOR, effective_on=day, **kwargs)


def both(book, day, debit, credit, amount, currency="USD", **kwargs):
    return record(book, day, (debit, "DEBIT", amount, currency), (credit, "CREDIT", amount, currency), **kwargs)


@pytest.fixture
def month(book, wallet):
    """January 2026, worked by hand in the test module's figures."""
    ada, bob, eva = wallet(), wallet(), wallet("EUR")
    both(book, date(2026, 1, 2), charts.OPERATING_BANK, charts.SHARE_CAPITAL, "50000.00")
    both(book, date(2026, 1, 3), charts.FIXED_ASSETS, charts.OPERATING_BANK, "12000.00")
    both(book, date(2026, 1, 5), charts.SAFEGUARDING, ada, "20000.00")
    both(book, date(2026, 1, 8), ada, bob, "5000.00")
    both(book, date(2026, 1, 10), ada, charts.FEE_INCOME, "30.00")
    both(book, date(2026, 1, 10), charts.OPERATING_BANK, charts.SAFEGUARDING, "30.00")
    both(book, date(2026, 1, 12), charts.SAFEGUARDING, eva, "1000.00", "EUR")
    record(
        book,
        date(2026, 1, 13),
        (eva, "DEBIT", "500.00", "EUR"),
        (charts.FX_POSITION, "CREDIT", "500.00", "EUR"),
        (charts.FX_POSITION, "DEBIT", "540.00", "USD"),
        (ada, "CREDIT", "540.00", "USD"),
    )
    both(book, date(2026, 1, 15), bob, charts.CLEARING_OUT, "2500.00")
    both(book, date(2026, 1, 16), charts.CLEARING_OUT, charts.SAFEGUARDING, "2500.00")
    both(book, date(2026, 1, 20), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "410.75")
    both(book, date(2026, 1, 22), charts.RECOVERY_RECEIVABLE, charts.SAFEGUARDING, "250.00")
    both(book, date(2026, 1, 25), charts.LOSSES, charts.RECOVERY_RECEIVABLE, "100.00")
    return ada, bob, eva


def figures(report, currency="USD", column=0):
    return {row.key: row.amounts[column] for row in report.rows if row.currency == currency and row.amounts}


def eur_rate(day, rate):
    Rate.objects.create(base="EUR", quote="USD", valid_on=day, rate=D(rate), source="test", recorded_at=clock.now())


def test_the_balance_sheet_of_the_month(book, month):
    report = reports.balance_sheet(book=book, on=LAST)
    assert figures(report) == {
        "1010": D("17220"),
        "1020": D("37619.25"),
        "1210": D("150"),
        "1510": D("12000"),
        "1900": D("540"),
        "total_assets": D("67529.25"),
        "2010": D("18010"),
        "total_liabilities": D("18010"),
        "3010": D("50000"),
        "earnings_of_the_year": D("-480.75"),
        "total_equity": D("49519.25"),
        "total_liabilities_and_equity": D("67529.25"),
    }
    assert figures(report, "EUR") == {
        "1010": D("1000"),
        "1900": D("-500"),
        "total_assets": D("500"),
        "2010": D("500"),
        "total_liabilities": D("500"),
        "earnings_of_the_year": D("0"),
        "total_equity": D("0"),
        "total_liabilities_and_equity": D("500"),
    }
    assert report.foots


def test_the_income_statement_of_the_month(book, month):
    report = reports.income_statement(book=book, first=FIRST, last=LAST)
    assert figures(report) == {
        "4010": D("30"),
        "total_income": D("30"),
        "5010": D("410.75"),
        "5020": D("100"),
        "total_expenses": D("510.75"),
        "result": D("-480.75"),
    }
    assert "EUR" not in report.currencies


def test_the_cash_flow_of_the_month_ties_to_the_change_in_cash(book, month):
    report = reports.cash_flow(book=book, first=FIRST, last=LAST)
    assert figures(report) == {
        "result": D("-480.75"),
        "1210": D("-150"),
        "1900": D("-540"),
        "2010": D("18010"),
        "net_operating": D("16839.25"),
        "1510": D("-12000"),
        "net_investing": D("-12000"),
        "3010": D("50000"),
        "net_financing": D("50000"),
        "net_change": D("54839.25"),
        "opening_cash": D("0"),
        "closing_cash": D("54839.25"),
    }
    assert figures(report, "EUR")["net_change"] == figures(report, "EUR")["closing_cash"] == D("1000")
    assert report.foots


def test_the_trial_balance_of_the_month(book, month):
    report = reports.trial_balance(book=book, on=LAST)
    assert figures(report) == {
        "1010": D("17220"),
        "1020": D("37619.25"),
        "1210": D("150"),
        "1510": D("12000"),
        "1900": D("540"),
        "2010": D("0"),
        "3010": D("0"),
        "4010": D("0"),
        "5010": D("410.75"),
        "5020": D("100"),
        "total": D("68040.00"),
    }
    assert figures(report, column=1)["2010"] == D("18010")
    assert figures(report, column=1)["total"] == D("68040.00")
    assert report.foots


def test_the_trial_balance_between_two_days(book, month):
    report = reports.trial_balance(book=book, on=date(2026, 1, 16), since=date(2026, 1, 10))
    bank = report.row("1010", "USD").amounts
    assert bank == (D("20000"), D("0"), D("2530"), D("17470"))
    opening, debits, credits, closing = report.row("total", "USD").amounts
    assert (opening, closing) == (0, 0)
    assert debits == credits == D("5600")  # 30 + 30 + 540 + 2,500 + 2,500
    assert report.foots


def test_an_account_statement_runs_from_opening_to_closing(book, month):
    ada, _, _ = month
    statement = reports.account_statement(account=ada, first=date(2026, 1, 8), last=LAST)
    (section,) = statement.sections
    assert (section.opening, section.debits, section.credits, section.closing) == (D(20000), D(5030), D(540), D(15510))
    assert [(b.entry.effective_on.day, b.balance) for b in section.entries()] == [(8, D(15000)), (10, D(14970)), (13, D(15510))]
    assert statement.foots


def test_the_general_ledger_lists_every_account_that_moved_or_stands(book, month):
    listing = reports.general_ledger(book=book, first=date(2026, 1, 20), last=LAST)
    by_code = {(s.account.code, s.account.currency): (s.opening, s.debits, s.credits, s.closing) for s in listing.sections}
    assert by_code["1020", "USD"] == (D("38030"), 0, D("410.75"), D("37619.25"))
    assert by_code["5010", "USD"] == (0, D("410.75"), 0, D("410.75"))
    assert ("1120", "USD") not in by_code
    assert listing.foots


def test_backdating_changes_the_past_exactly_there(book, month):
    before = [figures(reports.balance_sheet(book=book, on=date(2026, 1, day))) for day in (9, 10, 31)]
    known_at = clock.now()
    both(book, date(2026, 1, 10), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "7.00")
    after = [figures(reports.balance_sheet(book=book, on=date(2026, 1, day))) for day in (9, 10, 31)]
    assert after[0] == before[0]
    for was, now in zip(before[1:], after[1:], strict=True):
        changed = {key: now[key] - was[key] for key in now if now[key] != was[key]}
        assert changed == {
            "1020": D(-7),
            "total_assets": D(-7),
            "earnings_of_the_year": D(-7),
            "total_equity": D(-7),
            "total_liabilities_and_equity": D(-7),
        }
    assert known_at < clock.now()


def test_comparative_columns_stand_side_by_side(book, month):
    report = reports.balance_sheet(book=book, on=LAST, compared=[date(2026, 1, 5)])
    assert report.row("1010", "USD").amounts == (D("17220"), D("20000"))
    assert report.row("total_assets", "USD").amounts == (D("67529.25"), D("70000"))
    income = reports.income_statement(book=book, first=FIRST, last=LAST, compared=[Span(date(2026, 1, 15), FIRST)])
    assert income.row("result", "USD").amounts == (D("-480.75"), D("30"))
    with pytest.raises(errors.RangeOutOfOrder):
        reports.balance_sheet(book=book, on=LAST, compared=[LAST] * 13)


def test_translates_to_the_reporting_currency_at_the_rate_of_the_day(book, month):
    eur_rate(date(2026, 1, 30), "1.0866")
    report = reports.balance_sheet(book=book, on=LAST, translated_to="USD")
    assert report.currencies == ["USD"]
    assert figures(report)["1010"] == D("18306.60")
    assert figures(report)["1900"] == D("-3.30")
    assert figures(report)["2010"] == D("18553.30")
    assert figures(report)["total_assets"] == figures(report)["total_liabilities_and_equity"] == D("68072.55")
    assert report.foots


def test_what_rounding_leaves_stands_on_a_line_of_its_own(book, wallet):
    both(book, FIRST, charts.SAFEGUARDING, wallet("EUR"), "0.01", "EUR")
    both(book, FIRST, charts.SAFEGUARDING, charts.SUSPENSE, "0.01", "EUR")
    eur_rate(FIRST, "1.3")
    report = reports.balance_sheet(book=book, on=LAST.replace(day=2), translated_to="USD")
    assert figures(report) == {
        "1010": D("0.03"),
        "total_assets": D("0.03"),
        "2010": D("0.01"),
        "2900": D("0.01"),
        "total_liabilities": D("0.02"),
        "earnings_of_the_year": D("0.00"),
        "translation_difference": D("0.01"),
        "total_equity": D("0.01"),
        "total_liabilities_and_equity": D("0.03"),
    }
    trial = reports.trial_balance(book=book, on=date(2026, 1, 2), translated_to="USD")
    assert trial.row("translation_difference", "USD").amounts == (0, D("0.01"))
    assert trial.foots


def test_the_effect_of_rates_on_cash_has_its_own_line(book, wallet):
    both(book, date(2026, 1, 5), charts.SAFEGUARDING, wallet("EUR"), "100.00", "EUR")
    eur_rate(date(2026, 1, 9), "1.10")
    eur_rate(date(2026, 1, 20), "1.20")
    report = reports.cash_flow(book=book, first=date(2026, 1, 10), last=date(2026, 1, 20), translated_to="USD")
    assert figures(report)["opening_cash"] == D("110.00")
    assert figures(report)["net_change"] == 0
    assert figures(report)["translation_difference"] == D("10.00")
    assert figures(report)["closing_cash"] == D("120.00")


@pytest.fixture
def earned(book):
    """EUR 100.00 earned at 1.10, EUR 40.00 spent at 1.20, USD 30.00 earned; 1.25 at the end of the month."""
    both(book, date(2026, 1, 10), charts.OPERATING_BANK, charts.FEE_INCOME, "100.00", "EUR")
    both(book, date(2026, 1, 12), charts.OPERATING_BANK, charts.FEE_INCOME, "30.00")
    both(book, date(2026, 1, 20), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "40.00", "EUR")
    for day, rate in ((9, "1.10"), (20, "1.20"), (31, "1.25")):
        eur_rate(date(2026, 1, day), rate)


def test_income_is_translated_at_the_rates_of_its_days(book, earned):
    halves = [Span(LAST, date(2026, 1, 16)), Span(date(2026, 1, 15), FIRST)]
    report = reports.income_statement(book=book, first=FIRST, last=LAST, compared=halves, translated_to="USD")
    assert {key: report.row(key, "USD").amounts for key in figures(report)} == {
        "4010": (D("140.00"), D("0.00"), D("140.00")),
        "total_income": (D("140.00"), D("0.00"), D("140.00")),
        "5010": (D("48.00"), D("48.00"), D("0.00")),
        "total_expenses": (D("48.00"), D("48.00"), D("0.00")),
        "result": (D("92.00"), D("-48.00"), D("140.00")),
    }
    assert report.foots
    assert report.notes == (
        "Translated to USD at the rates of the days on which it arose (IAS 21 §39 b); lines are rounded once, half to even, and"
        " sums add rounded lines.",
    )


def test_the_balance_sheet_has_the_result_of_the_income_statement_and_the_difference_in_equity(book, earned):
    report = reports.balance_sheet(book=book, on=LAST, compared=[date(2026, 1, 15)], translated_to="USD")
    assert {key: report.row(key, "USD").amounts for key in figures(report)} == {
        "1020": (D("105.00"), D("140.00")),
        "total_assets": (D("105.00"), D("140.00")),
        "total_liabilities": (D("0"), D("0")),
        "earnings_of_the_year": (D("92.00"), D("140.00")),
        "translation_difference": (D("13.00"), D("0.00")),
        "total_equity": (D("105.00"), D("140.00")),
        "total_liabilities_and_equity": (D("105.00"), D("140.00")),
    }
    assert report.foots


def test_cash_flows_are_translated_at_the_rates_of_their_days_and_cash_at_its_own(book, earned):
    report = reports.cash_flow(book=book, first=date(2026, 1, 11), last=LAST, translated_to="USD")
    assert figures(report) == {
        "result": D("-18.00"),
        "net_operating": D("-18.00"),
        "net_investing": D("0"),
        "net_financing": D("0"),
        "net_change": D("-18.00"),
        "opening_cash": D("110.00"),
        "translation_difference": D("13.00"),
        "closing_cash": D("105.00"),
    }
    assert report.foots


def test_a_day_without_a_rate_refuses_what_arose_on_it_and_not_the_balances(book, earned):
    both(book, date(2026, 1, 5), charts.OPERATING_BANK, charts.FEE_INCOME, "1.00", "EUR")
    for ask in (reports.income_statement, reports.cash_flow):
        with pytest.raises(errors.NoRate, match="from EUR to USD on 2026-01-05 or in the seven days before"):
            ask(book=book, first=FIRST, last=LAST, translated_to="USD")
    with pytest.raises(errors.NoRate):
        reports.balance_sheet(book=book, on=LAST, translated_to="USD")
    assert figures(reports.trial_balance(book=book, on=LAST, translated_to="USD"))["1020"] == D("106.25")
    later = reports.income_statement(book=book, first=date(2026, 1, 6), last=LAST, translated_to="USD")
    assert figures(later)["result"] == D("92.00")


def test_translates_to_currencies_with_no_decimals_and_with_three(book, earned):
    for quote, rate in (("JPY", "150.455"), ("KWD", "0.30725")):
        Rate.objects.create(
            base="USD", quote=quote, valid_on=date(2026, 1, 12), rate=D(rate), source="test", recorded_at=clock.now()
        )
    span = {"first": date(2026, 1, 12), "last": date(2026, 1, 12)}
    yen, dinar = (reports.income_statement(book=book, **span, translated_to=to) for to in ("JPY", "KWD"))
    assert figures(yen, "JPY")["result"] == D("4514")  # 4,513.65
    assert figures(dinar, "KWD")["result"] == D("9.218")  # 9.2175, half to even


@pytest.mark.django_db(transaction=True)
def test_a_translated_report_as_it_was_recorded_leaves_out_what_came_later(book, earned):
    known_at = clock.now()
    both(book, date(2026, 1, 20), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "5.00", "EUR")
    asked = {"book": book, "first": FIRST, "last": LAST, "translated_to": "USD"}
    assert figures(reports.income_statement(**asked))["result"] == D("86.00")
    assert figures(reports.income_statement(**asked, recorded_at=known_at))["result"] == D("92.00")


@pytest.mark.parametrize("ask", ["balance_sheet", "trial_balance", "income_statement", "cash_flow"])
def test_refuses_to_translate_a_currency_without_a_rate(book, month, ask):
    record(book, LAST, ("1010", "DEBIT", "1.00", "EUR"), (charts.FEE_INCOME, "CREDIT", "1.00", "EUR"))
    days = {"on": LAST} if ask in ("balance_sheet", "trial_balance") else {"first": FIRST, "last": LAST}
    with pytest.raises(errors.NoRate) as refusal:
        getattr(reports, ask)(book=book, translated_to="USD", **days)
    assert refusal.value.details == {"base": "EUR", "quote": "USD"}


def test_reports_of_an_empty_book_are_empty_and_foot(book):
    assert reports.balance_sheet(book=book, on=LAST).rows == ()
    assert reports.trial_balance(book=book, on=LAST).rows == ()
    assert reports.income_statement(book=book, first=FIRST, last=LAST).rows == ()
    assert reports.cash_flow(book=book, first=FIRST, last=LAST).rows == ()
    assert reports.general_ledger(book=book, first=FIRST, last=LAST).sections == []
    assert reports.balance_sheet(book=book, on=LAST, translated_to="USD").foots


def test_csv_carries_exact_text(book, month):
    lines = list(sheets.as_csv(sheets.of_report(reports.balance_sheet(book=book, on=LAST))))
    assert lines[0] == "Code,Name,Currency,2026-01-31\r\n"
    assert "1900,Foreign exchange position,EUR,-500.00\r\n" in lines
    assert ",Total assets,USD,67529.25\r\n" in lines


def test_xlsx_carries_numbers_with_the_decimals_of_the_currency(book, wallet):
    both(book, FIRST, charts.SAFEGUARDING, wallet("JPY"), "1500", "JPY")
    both(book, FIRST, charts.SAFEGUARDING, wallet("KWD"), "1.125", "KWD")
    content = sheets.as_xlsx(sheets.of_report(reports.trial_balance(book=book, on=LAST)))
    rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2)
    cells = {(row[0].value, row[2].value): row[3] for row in rows if len(row) > 3}
    assert (cells["1010", "JPY"].value, cells["1010", "JPY"].number_format) == (1500, "#,##0")
    assert (cells["1010", "KWD"].value, cells["1010", "KWD"].number_format) == (1.125, "#,##0.000")


def test_no_text_becomes_a_formula(book, wallet):
    both(book, LAST, charts.SAFEGUARDING, wallet(), "1.00", description='=HYPERLINK("http://x","y")')
    listing = reports.general_ledger(book=book, first=LAST, last=LAST)
    text = "".join(sheets.as_csv(sheets.of_listing(listing)))
    assert """\"'=HYPERLINK(""" in text
    page = openpyxl.load_workbook(io.BytesIO(sheets.as_xlsx(sheets.of_listing(listing)))).active
    found = [cell for row in page.iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert len(found) == 2
    assert {cell.data_type for cell in found} == {"s"}


def test_a_text_that_looks_like_an_error_or_a_number_stays_a_text_in_a_workbook(book, wallet):
    for text in ("#N/A", "1e3", "2026-01-01", "TRUE"):
        both(book, LAST, charts.SAFEGUARDING, wallet(), "1.00", description=text)
    listing = reports.general_ledger(book=book, first=LAST, last=LAST, line="1010")
    page = openpyxl.load_workbook(io.BytesIO(sheets.as_xlsx(sheets.of_listing(listing)))).active
    found = [(row[6].value, row[6].data_type) for row in page.iter_rows() if len(row) > 6 and row[7].value == 1]
    assert found == [("#N/A", "s"), ("1e3", "s"), ("2026-01-01", "s"), ("TRUE", "s")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_defuses_what_a_spreadsheet_would_compute(text):
    assert sheets.defused(text) == f"'{text}"
    assert sheets.defused(f"a{text}") == f"a{text}"


@pytest.mark.django_db(transaction=True)
def test_reports_as_they_were_recorded_leave_out_what_came_later(book, wallet):
    both(book, date(2026, 1, 5), charts.SAFEGUARDING, wallet(), "10.00")
    known_at = clock.now()
    both(book, date(2026, 1, 5), charts.PROVIDER_COSTS, charts.SAFEGUARDING, "3.00")
    now, then = (figures(reports.balance_sheet(book=book, on=LAST, recorded_at=moment)) for moment in (None, known_at))
    assert (now["total_assets"], then["total_assets"]) == (D(7), D(10))
    assert "result" not in figures(reports.income_statement(book=book, first=FIRST, last=LAST, recorded_at=known_at))
    assert figures(reports.income_statement(book=book, first=FIRST, last=LAST))["result"] == D(-3)
    with pytest.raises(errors.BeyondHorizon):
        reports.trial_balance(book=book, on=LAST, recorded_at=clock.now() + timedelta(days=1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", ["cash_flow", "balance_sheet", "trial_balance", "account_statement", "general_ledger"])
def test_what_is_posted_while_a_report_is_read_is_wholly_in_it_or_not_at_all(book, wallet, monkeypatch, ask):
    ada = wallet()
    both(book, date(2026, 1, 5), charts.SAFEGUARDING, ada, "10.00")
    as_of, line_totals, asked = balances.as_of, balances.line_totals, []

    def post_in_between(read):
        def slow(**kwargs):
            found = read(**kwargs)
            if not asked:  # after the first reading, by another connection
                asked.append(1)
                with ThreadPoolExecutor() as pool:
                    pool.submit(post_elsewhere).result()
            return found

        return slow

    def post_elsewhere():
        both(book, date(2026, 1, 5), charts.SAFEGUARDING, ada, "3.00")
        connection.close()

    monkeypatch.setattr(balances, "as_of", post_in_between(as_of))
    monkeypatch.setattr(balances, "line_totals", post_in_between(line_totals))
    days = {"first": FIRST, "last": LAST}
    if ask in ("balance_sheet", "trial_balance"):
        days = {"on": LAST}
    if ask == "account_statement":
        report = reports.account_statement(account=ada, **days)
        assert (report.sections[0].closing, report.sections[0].credits) == (10, 10)
    elif ask == "general_ledger":
        found = with_entries(book=book, **days)
        assert {(part.section.account.code, part.section.closing, part.carried_forward) for part in found.parts} == {
            ("wallet-0", 10, 10),
            ("1010", 10, 10),
        }
    else:
        report = getattr(reports, ask)(book=book, **days)
        assert report.foots
        assert figures(report)["1010" if ask != "cash_flow" else "closing_cash"] == 10
    assert Entry.objects.count() == 4


def test_entries_of_a_long_account_are_paged_by_day_without_gap_or_repeat(book, wallet, monkeypatch):
    ada = wallet()
    for day in (3, 1, 2, 1, 3, 2, 1):
        both(book, date(2026, 1, day), charts.SAFEGUARDING, ada, f"{day}.00")
    seen, after, pages = [], None, 0
    while True:
        found = entries.page(account=ada, first=FIRST, last=LAST, after=after, limit=2)
        seen += [(booked.entry.effective_on.day, booked.balance) for booked in found.entries]
        pages += 1
        if not found.has_more:
            break
        after = found.entries[-1].place
    assert pages == 4
    assert seen == [(1, 1), (1, 2), (1, 3), (2, 5), (2, 7), (3, 10), (3, 13)]
    monkeypatch.setattr(entries, "PAGE", 3)
    assert [booked.balance for booked in entries.walk(account=ada, first=date(2026, 1, 2), last=LAST)] == [5, 7, 10, 13]


@pytest.mark.django_db(transaction=True)
def test_pages_of_entries_are_the_same_from_snapshots_and_from_the_tail(book, wallet):
    ada = wallet()
    for day in (3, 1, 2, 9, 1):
        both(book, date(2026, 1, day), charts.SAFEGUARDING, ada, f"{day}.00")
    before = [(booked.place, booked.balance) for booked in entries.walk(account=ada, first=None, last=None)]
    if not transactions.wait_for_horizon(timeout_seconds=60):
        pytest.skip("A transaction elsewhere on the server stays open, so nothing can be rolled up.")
    assert snapshots.roll_up() == 10
    both(book, date(2026, 1, 2), charts.SAFEGUARDING, ada, "5.00")  # the tail, backdated
    after = [(booked.place, booked.balance) for booked in entries.walk(account=ada, first=None, last=None)]
    assert [place[0].day for place, _ in before] == [1, 1, 2, 3, 9]
    assert [(place[0].day, int(balance)) for place, balance in after] == [(1, 1), (1, 2), (2, 4), (2, 9), (3, 12), (9, 21)]
    first = entries.page(account=ada, first=date(2026, 1, 2), last=LAST, limit=1)
    second = entries.page(account=ada, first=date(2026, 1, 2), last=LAST, after=first.entries[-1].place, limit=2)
    assert (first.opening, [b.balance for b in first.entries]) == (2, [4])
    assert (second.opening, [b.balance for b in second.entries], second.has_more) == (4, [9, 12], True)
    assert [(day.day, int(value)) for day, value in history.daily(account=ada, first=FIRST, last=LAST)] == [
        (1, 2), (2, 9), (3, 12), (9, 21), (31, 21),
    ]  # fmt: skip
