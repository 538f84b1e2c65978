"""The books in the back office: report pages, statements, the manual journal's form, search, transitions."""

import io
import re
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest

from accounts.models import User
from accounts.tests.conftest import actor_for
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import at_most, press, signed_in
from flowlet.core import clock
from flowlet.core.money import Money
from ledger.choices import PeriodStatus
from ledger.models import Account, Annotation, Book, Journal, Period, Rate
from ledger.selectors import history
from ledger.services import accounts, charts, periods, rates, revaluation
from ledger.tests.conftest import ACTOR, fund
from ledger.tests.test_reports import both, eur_rate, ledger_account, month  # noqa: F401 (a fixture)
from ledger.tests.test_revaluation import trade

pytestmark = pytest.mark.django_db


def person(role):
    return User.objects.create_user(f"{role.lower()}@example.com", name=role, is_staff=True, roles=[role])


@pytest.fixture
def finance(db):
    return signed_in(person("FINANCE"))


def report_url(book, name, query=""):
    return f"{cells.admin_url(book).removesuffix('change/')}reports/{name}/{query}"


def figures_in(html, label):
    """The figures of the row that starts with the label."""
    row = re.search(rf"<td>{re.escape(label)}</td>(.*?)</tr>", html, re.S)
    return re.findall(r'<td class="fl-figure">(.*?)</td>', row[1])


def test_the_balance_sheet_page_shows_the_figures_with_the_month_before(finance, book, month):  # noqa: F811
    answer = finance.get(report_url(book, "balance-sheet", "?until=2026-01-31&compare=month"))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert figures_in(html, "Total assets") == ["500.00", "0.00"]
    assert "67,529.25" in html
    assert "2025-12-31" in html
    assert "foots" in html


@pytest.mark.parametrize(
    ("name", "label", "figures"),
    [
        ("trial-balance", "Total", ["10,000.00"]),
        ("income-statement", "Result", ["-480.75"]),
        ("cash-flow", "Net cash from investing activities", ["0.00"]),
    ],
)
def test_every_statement_has_its_page(finance, book, month, name, label, figures):  # noqa: F811
    html = finance.get(report_url(book, name, "?since=2026-01-01&until=2026-01-31")).content.decode()
    assert label in html
    if name == "income-statement":
        assert figures_in(html, label) == figures


def test_a_report_is_taken_along_as_a_file_by_those_who_may(finance, book, month):  # noqa: F811
    url = report_url(book, "balance-sheet", "?until=2026-01-31&format=")
    text = b"".join(finance.get(f"{url}csv").streaming_content).decode()
    assert ",Total assets,USD,67529.25" in text
    page = openpyxl.load_workbook(io.BytesIO(finance.get(f"{url}xlsx").getvalue())).active
    assert 67529.25 in [cell.value for row in page.iter_rows() for cell in row]
    analyst = signed_in(person("FRAUD_ANALYST"))
    assert analyst.get(report_url(book, "balance-sheet")).status_code == 200
    assert analyst.get(f"{url}csv").status_code == 403


def test_a_currency_without_a_rate_is_refused_in_words(finance, book, month):  # noqa: F811
    url = report_url(book, "balance-sheet", "?until=2026-01-31&translated_to=usd")
    refused = finance.get(url)
    assert (refused.status_code, "There is no rate from EUR to USD" in refused.content.decode()) == (422, True)
    eur_rate(date(2026, 1, 30), "1.0866")
    assert figures_in(finance.get(url).content.decode(), "Total assets") == ["68,072.55"]


@pytest.mark.parametrize(
    "query", ["?until=yesterday", "?since=2026-02-01&until=2026-01-01", "?until=0001-01-01", "?translated_to=XYZ"]
)
def test_a_report_page_refuses_odd_days_and_currencies(finance, book, query):
    assert finance.get(report_url(book, "income-statement", query)).status_code == 400


def test_there_is_no_other_report(finance, book):
    assert finance.get(report_url(book, "astrology")).status_code == 404


def test_the_general_ledger_leads_to_statements_and_journals(finance, book, month):  # noqa: F811
    ada = month[0]
    html = finance.get(report_url(book, "general-ledger", "?since=2026-01-01&until=2026-01-31")).content.decode()
    url = f"{cells.admin_url(ada).removesuffix('change/')}statement/?since=2026-01-01&amp;until=2026-01-31"
    assert url in html
    statement = finance.get(url.replace("&amp;", "&")).content.decode()
    assert "15,510.00" in statement
    journal = Journal.objects.filter(entries__account=ada).order_by("pk").first()
    assert cells.admin_url(journal) in statement


def test_a_journal_without_a_text_is_named_by_its_cause_on_a_statement_and_in_its_file(finance, book, wallet):
    ada = wallet()
    fund(book, ada, "1.00", cause="trf_x")
    fund(book, ada, "2.00", cause="trf_y", description="Put right")
    url = f"{cells.admin_url(ada).removesuffix('change/')}statement/"
    page, file = (b"".join(finance.get(f"{url}{query}")).decode() for query in ("", "?format=csv"))
    for text in (page, file):
        assert ("trf_x" in text, "Put right" in text, "trf_y" in text) == (True, True, False)


@pytest.mark.parametrize("query", ["?after=²", "?line=9999", "?since=2026-02-01&until=2026-01-01"])
def test_a_page_of_the_general_ledger_survives_any_query(finance, book, month, query):  # noqa: F811
    status = {"?after=²": 200, "?line=9999": 404}.get(query, 400)
    assert finance.get(report_url(book, "general-ledger", query)).status_code == status
    assert finance.get(cells.admin_url(Journal, "changelist") + "?book=²").status_code == 200
    assert finance.get(f"{cells.admin_url(month[0]).removesuffix('change/')}statement/?after=2026-01-01.²").status_code == 200


def test_a_journal_page_shows_legs_reversal_remarks_and_audit(finance, book):
    posted = both(book, date(2020, 5, 4), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "25.00")
    journal = Journal.objects.get(pk=posted.journal_id)
    assert press(finance, journal, "annotate", text="checked with the bank").status_code == 302
    assert press(finance, journal, "reverse", reason="wrong month").status_code == 302
    back = Journal.objects.get(reverses=journal)
    html = finance.get(cells.admin_url(journal)).content.decode()
    for text in ("5010 Bank and provider costs", "25.00", "checked with the bank", back.public_id):
        assert text in html, text
    assert "wrong month" in signed_in(person("AUDITOR")).get(cells.admin_url(journal)).content.decode()
    assert Annotation.objects.count() == 1
    again = press(finance, journal, "reverse", reason="once more")
    assert (again.status_code, 'data-code="ledger.already_reversed"' in again.content.decode()) == (409, True)


def test_journals_are_found_by_external_id_cause_and_metadata(finance, book, wallet):
    one = fund(book, wallet(), "1.00", external_id="inv-7", cause="trf_x", metadata={"order": "A-1"})
    fund(book, wallet(), "1.00", metadata={"order": "A-2"})
    name = Journal.objects.get(pk=one.journal_id).public_id
    other = Journal.objects.exclude(pk=one.journal_id).get().public_id
    for term in ("inv-7", "trf_x", "order=A-1", name):
        html = finance.get(cells.admin_url(Journal, "changelist"), {"q": term}).content.decode()
        assert name in html, term
        assert other not in html, term


def manual(client, book, **change):
    form = {
        "description": "Bank fee of May",
        "effective_on": "2020-05-04",
        "reason": "invoice 17",
        "legs-0-account": "5010 USD",
        "legs-0-side": "DEBIT",
        "legs-0-amount": "25.00",
        "legs-7-account": ledger_account(book, charts.OPERATING_BANK).public_id,
        "legs-7-side": "CREDIT",
        "legs-7-amount": "25.00",
    }
    ledger_account(book, charts.PROVIDER_COSTS)
    return press(client, book, "manual", **(form | change))


def test_a_manual_journal_goes_from_one_officers_form_to_the_other_officers_approval(finance, book):
    assert manual(finance, book).status_code == 302
    approval = Approval.objects.get()
    assert Journal.objects.count() == 0
    maker = actor_for(User.objects.get(email="finance@example.com"))
    with pytest.raises(requests.policies.FourEyesRequired):
        requests.approve(approval_id=approval.pk, actor=maker, at=clock.now())
    other = User.objects.create_user("second@example.com", name="Second", is_staff=True, roles=["FINANCE"])
    assert press(signed_in(other), approval, "approve").status_code == 302
    journal = Journal.objects.get()
    assert (journal.public_id, journal.cause) == (approval.subject, approval.public_id)
    assert [(e.side, str(e.amount)) for e in journal.entries.order_by("ordinal")] == [("DEBIT", "25.0000"), ("CREDIT", "25.0000")]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"legs-7-amount": "24.99"}, "does not balance"),
        ({"legs-0-amount": "1e2"}, "Row 1:"),
        ({"legs-0-account": "nothing"}, "Row 1: the book has no account"),
        ({"legs-7-account": "", "legs-7-amount": ""}, "2 to 200 legs"),
        ({"effective_on": "2019-01-01"}, "outside"),
    ],
)
def test_what_cannot_be_posted_comes_back_with_the_input(finance, book, change, text):
    answer = manual(finance, book, **change)
    html = answer.content.decode()
    assert answer.status_code in (400, 422)
    assert text in html
    assert "Bank fee of May" in html
    assert Approval.objects.count() == 0


def test_operations_makes_but_does_not_reverse(book):
    client = signed_in(person("OPERATIONS"))
    assert manual(client, book).status_code == 302
    posted = both(book, date(2020, 5, 4), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "25.00")
    assert press(client, Journal.objects.get(pk=posted.journal_id), "reverse", reason="wrong month").status_code == 403


def test_periods_are_closed_in_order_from_their_pages(finance, book):
    periods.define_months(book_id=book.pk, through=date(2020, 2, 1), actor=ACTOR, at=clock.now())
    january, february = Period.objects.filter(book=book).order_by("starts_on")
    refused = press(finance, february, "close")
    assert 'data-code="ledger.period_out_of_order"' in refused.content.decode()
    assert press(finance, january, "close").status_code == 302
    january.refresh_from_db()
    assert january.status == PeriodStatus.CLOSED
    assert press(finance, february, "soft_close").status_code == 302
    february.refresh_from_db()
    assert press(finance, february, "reopen", reason="late invoice").status_code == 302


def test_an_account_of_a_product_is_not_frozen_behind_its_back(finance, book):
    owned = accounts.open(
        book_id=book.pk, line="2010", currency="USD", mode="STRICT", code="w", owner="wal_1", actor=ACTOR, at=clock.now()
    )
    html = finance.get(cells.admin_url(owned)).content.decode()
    assert "It belongs to wal_1; do it there." in html
    own = ledger_account(book, charts.OPERATING_BANK)
    assert press(finance, own, "freeze", reason="under review").status_code == 302
    assert Account.objects.get(pk=own.pk).status == "FROZEN"


def test_the_audit_of_an_account_names_the_partner_of_its_book(finance, book):
    own = ledger_account(book, charts.OPERATING_BANK)
    assert press(finance, own, "freeze", reason="under review").status_code == 302
    assert press(finance, book, "open_account", line="1020", currency="EUR", code="1020-2", name="Bank").status_code == 302
    for action in ("ledger.account.frozen", "ledger.account.opened"):
        assert Record.objects.filter(action=action).last().partner_id == book.partner_id, action


def test_opens_accounts_defines_months_and_enters_rates(finance, book):
    assert press(finance, book, "open_account", line="1020", currency="EUR", code="1020-2", name="Second bank").status_code == 302
    assert Account.objects.get(book=book, code="1020-2").currency == "EUR"
    assert press(finance, book, "months", through="2020-03-01").status_code == 302
    assert Period.objects.filter(book=book).count() == 3
    url = cells.admin_url(Rate, "changelist") + "do/enter/"
    form = {"base": "EUR", "quote": "USD", "rate": "1.1", "valid_on": "2026-01-05"}
    assert finance.post(url, form).status_code == 302
    assert finance.post(url, form).status_code == 409
    assert finance.post(url, form | {"base": "EURO"}).status_code == 400
    assert Rate.objects.count() == 1


def test_the_balance_over_time_has_a_point_for_each_day_that_moved(book, wallet):
    ada = wallet()
    fund(book, ada, "10.00", effective_on=date(2026, 1, 5))
    fund(book, ada, "5.00", effective_on=date(2026, 1, 5))
    fund(book, ada, "1.00", effective_on=date(2026, 1, 9))
    points = history.daily(account=ada, first=date(2026, 1, 1), last=date(2026, 1, 31))
    assert [(day.day, int(value)) for day, value in points] == [(1, 0), (5, 15), (9, 16), (31, 16)]
    later = history.daily(account=ada, first=date(2026, 1, 6), last=date(2026, 1, 8))
    assert [(day.day, int(value)) for day, value in later] == [(6, 15), (8, 15)]


@pytest.mark.parametrize(
    ("name", "budget"), [("trial-balance", 14), ("balance-sheet", 14), ("cash-flow", 18), ("general-ledger", 12)]
)
def test_report_pages_keep_to_their_budgets(finance, book, month, name, budget):  # noqa: F811
    finance.get(report_url(book, name))
    with at_most(budget):
        assert finance.get(report_url(book, name, "?until=2026-01-31")).status_code == 200


def test_a_statement_page_keeps_to_its_budget(finance, book, month):  # noqa: F811
    url = f"{cells.admin_url(month[0]).removesuffix('change/')}statement/?since=2026-01-01&until=2026-01-31"
    finance.get(url)
    with at_most(16):
        assert finance.get(url).status_code == 200


def test_a_future_day_is_shown_as_the_books_stand(finance, book, month):  # noqa: F811
    tomorrow = clock.now().date() + timedelta(days=1)
    html = finance.get(report_url(book, "balance-sheet", f"?until={tomorrow}")).content.decode()
    assert "67,529.25" in html
    assert Book.objects.count() == 1


def test_the_page_of_a_book_shows_its_positions_and_finance_revalues_them(finance, book):
    today = clock.day_of(clock.now(), zone=book.time_zone)
    for source, rate in (("ECB", "1.25"), ("desk", "1.30")):
        rates.add(rates=[rates.NewRate("EUR", "USD", today, Decimal(rate))], source=source, at=clock.now())
        if source == "ECB":
            trade(book, Money("100", "EUR"), Money("125", "USD"), on=today)
    page = finance.get(cells.admin_url(book)).content.decode()
    row = re.search(r'<td data-label="Currency">EUR</td><td data-label="Side">long</td>(.*?)</tr>', page, re.S)[1]
    assert re.findall(r'"fl-money">(.*?) <', row) == ["100.00", "125.00", "130.00", "5.00", "5.00"]
    assert press(finance, book, "revalue", on="").status_code == 302
    assert Journal.objects.get(kind=revaluation.KIND).effective_on == today
    assert press(finance, book, "revalue", on=str(today)).status_code == 302
    assert Journal.objects.filter(kind=revaluation.KIND).count() == 1
    assert press(signed_in(person("OPERATIONS")), book, "revalue", on="").status_code == 403
