"""The books under /v1: files, comparative columns, paging, dry runs, batches, refusals; the examples are tested by the site."""

import csv
import io
from datetime import date
from decimal import Decimal
from uuid import uuid4

import openpyxl
import orjson
import pytest
from django.test import Client

from accounts.choices import Scope
from accounts.services import api_keys
from flowlet.core import clock
from flowlet.core.money import to_text
from ledger.models import Entry, Journal
from ledger.selectors import entries
from ledger.selectors.reports import sheets
from ledger.services import accounts, books, charts
from ledger.tests.conftest import ACTOR, fund, new_partner
from ledger.tests.test_reports import both, eur_rate, ledger_account, month  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(book):
    scopes = [Scope.LEDGER_READ, Scope.LEDGER_WRITE]
    return api_keys.issue(partner_id=book.partner_id, name="books", scopes=scopes, actor=ACTOR, at=clock.now()).secret


@pytest.fixture
def ask(key):
    def send(method, path, body=None, **headers):
        names = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid4()), **headers}
        content = b"" if body is None else orjson.dumps(body)
        kind = "application/json" if content else ""
        return Client().generic(method, f"/v1/{path}", content, content_type=kind, headers=names)

    return send


def text_of(response):
    return b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()


def test_a_report_comes_as_json_csv_and_xlsx(ask, month):  # noqa: F811
    path = "reports/balance_sheet?as_of=2026-01-31&compare=2026-01-05"
    answer = ask("GET", path).json()
    assert answer["foots"] is True
    assert [column["to"] for column in answer["columns"]] == ["2026-01-31", "2026-01-05"]
    (total,) = [row for row in answer["rows"] if row["key"] == "total_assets" and row["currency"] == "USD"]
    assert total["amounts"] == [{"amount": "67529.25", "currency": "USD"}, {"amount": "70000.00", "currency": "USD"}]
    as_csv = ask("GET", path, Accept="text/csv")
    assert as_csv["Content-Type"].startswith("text/csv")
    assert ["", "Total assets", "USD", "67529.25", "70000.00"] in list(csv.reader(io.StringIO(text_of(as_csv))))
    book = openpyxl.load_workbook(io.BytesIO(ask("GET", f"{path}&format=xlsx").getvalue()))
    assert [67529.25, 70000] in [[cell.value for cell in row[3:]] for row in book.active.iter_rows()]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("reports/income_statement?from=2026-02-01&to=2026-01-01", 400, "ledger.range_out_of_order"),
        ("reports/income_statement?compare=2026", 400, "request.invalid"),
        ("reports/cash_flow?compare=2026-01-31..2026-01-01", 400, "ledger.range_out_of_order"),
        ("reports/balance_sheet?as_of=0001-01-01", 400, "request.invalid"),
        ("reports/balance_sheet?compare=nothing", 400, "request.invalid"),
        ("reports/balance_sheet?as_of=2026-01-31&translate_to=USD", 422, "ledger.no_rate"),
        ("reports/balance_sheet?recorded_as_of=2999-01-01T00:00:00Z", 409, "ledger.beyond_horizon"),
        ("reports/balance_sheet?format=pdf", 400, "request.invalid"),
        ("exchange_rates/XXXUSD", 400, "money.unknown_currency"),
    ],
)
def test_refuses_what_a_report_cannot_answer(ask, month, path, status, code):  # noqa: F811
    answer = ask("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_translates_with_the_rates_of_the_table(ask, month):  # noqa: F811
    eur_rate(date(2026, 1, 30), "1.0866")
    answer = ask("GET", "reports/trial_balance?as_of=2026-01-31&translate_to=USD").json()
    assert (answer["translated_to"], answer["foots"]) == ("USD", True)
    assert {row["currency"] for row in answer["rows"]} == {"USD"}
    assert ask("GET", "exchange_rates/USDEUR?on=2026-02-01").json()["rate"].startswith("0.92030")


def test_a_statement_pages_from_opening_to_closing(ask, month):  # noqa: F811
    ada = month[0]
    path = f"accounts/{ada.public_id}/statement?from=2026-01-06&to=2026-01-31&limit=2"
    first = ask("GET", path).json()
    assert (first["opening"]["amount"], first["closing"]["amount"], first["has_more"]) == ("20000.00", "15510.00", True)
    assert [(e["effective_on"], e["side"], e["balance"]["amount"]) for e in first["data"]] == [
        ("2026-01-08", "DEBIT", "15000.00"),
        ("2026-01-10", "DEBIT", "14970.00"),
    ]
    rest = ask("GET", f"{path}&starting_after={first['data'][-1]['id']}").json()
    assert [(e["amount"]["amount"], e["balance"]["amount"]) for e in rest["data"]] == [("540.00", "15510.00")]
    assert rest["has_more"] is False
    assert ask("GET", f"{path}&starting_after=x").json()["code"] == "page.malformed_cursor"
    lines = list(csv.reader(io.StringIO(text_of(ask("GET", f"{path}&format=csv")))))
    assert [line[6] for line in lines[1:]] == ["Opening balance", "", "", "", "Closing balance"]
    assert lines[-1][7:] == ["5030.00", "540.00", "15510.00"]


def test_a_balance_on_any_day_and_as_it_was_recorded(ask, book, wallet):
    ada = wallet()
    fund(book, ada, "10.00", effective_on=date(2026, 1, 5))
    path = f"accounts/{ada.public_id}/balance"
    assert ask("GET", f"{path}?as_of=2026-01-04").json()["balance"]["amount"] == "0.00"
    assert ask("GET", path).json()["balance"]["amount"] == "10.00"


def signed(entry, account):
    grows = account["code"] in ("1010", "1020", "1120", "1210", "1510", "1900", "5010", "5020")
    return Decimal(entry["amount"]["amount"]) * (1 if (entry["side"] == "DEBIT") == grows else -1)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
def test_the_general_ledger_pages_through_every_entry_and_foots_on_every_page(ask, month, limit):  # noqa: F811
    path, cursor, seen, carried = f"reports/general_ledger?from=2026-01-06&to=2026-01-31&limit={limit}", "", [], {}
    while True:
        page = ask("GET", path + (f"&starting_after={cursor}" if cursor else "")).json()
        assert sum(max(len(account["entries"]), 1) for account in page["data"]) <= limit
        for account in page["data"]:
            names = ("opening", "debits", "credits", "closing", "brought_forward", "carried_forward")
            opening, debits, credits_, closing, brought, on = (Decimal(account[name]["amount"]) for name in names)
            moved = sum((signed(entry, account) for entry in account["entries"]), Decimal(0))
            assert brought + moved == on
            assert brought == carried.get(account["account_id"], opening)
            assert abs(debits - credits_) == abs(closing - opening)
            assert [Decimal(e["balance"]["amount"]) for e in account["entries"]][-1:] in ([], [on])
            carried[account["account_id"]] = on
            seen += [(account["code"], e["journal_id"], e["side"], e["amount"]["amount"]) for e in account["entries"]]
            last = {account["account_id"]: closing}
        if not page["has_more"]:
            assert page["next_cursor"] is None
            break
        cursor = page["next_cursor"]
    assert carried | last == carried
    booked = Entry.objects.filter(effective_on__gte=date(2026, 1, 6)).select_related("account", "journal")
    wanted = [(e.account.code, e.journal.public_id, e.side, to_text(e.amount, e.currency)) for e in booked]
    assert sorted(seen) == sorted(wanted)
    assert len(seen) == 22


def test_the_general_ledger_gives_figures_of_all_days_and_what_stands_on_the_page(ask, month):  # noqa: F811
    path = "reports/general_ledger?from=2026-01-08&to=2026-01-31&line=2010&currency=USD&limit=2"
    (ada,) = ask("GET", path).json()["data"]
    names = ("opening", "debits", "credits", "closing", "brought_forward", "carried_forward")
    assert [ada[name]["amount"] for name in names] == ["20000.00", "5030.00", "540.00", "15510.00", "20000.00", "14970.00"]
    cursor = ask("GET", path).json()["next_cursor"]
    assert cursor == f"{ada['account_id']}.{ada['entries'][-1]['id']}"
    rest = ask("GET", f"{path}&starting_after={cursor}").json()["data"]
    assert [[account[name]["amount"] for name in names] for account in rest] == [
        ["20000.00", "5030.00", "540.00", "15510.00", "14970.00", "15510.00"],
        ["0.00", "2500.00", "5000.00", "2500.00", "0.00", "5000.00"],
    ]
    others = ask("GET", f"{path}&starting_after={ada['account_id']}").json()["data"]
    assert [account["account_id"] for account in others] == [rest[1]["account_id"]]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("starting_after=x", 400, "page.malformed_cursor"),
        ("starting_after=acc_x.2026-01-01.1", 400, "page.malformed_cursor"),
        ("starting_after={account}.2026-01-01", 400, "page.malformed_cursor"),
        ("starting_after={stranger}", 404, "ledger.account_not_found"),
        ("line=9999", 404, "ledger.unknown_chart_line"),
        ("line=9999&format=csv", 404, "ledger.unknown_chart_line"),
        ("from=2026-02-01&to=2026-01-01", 400, "ledger.range_out_of_order"),
    ],
)
def test_the_general_ledger_refuses_what_is_not_in_the_book(ask, month, query, status, code):  # noqa: F811
    other = books.create(partner=new_partner("Other"), actor=ACTOR, at=clock.now())
    names = {"account": month[0].public_id, "stranger": ledger_account(other, charts.SAFEGUARDING).public_id}
    answer = ask("GET", f"reports/general_ledger?{query.format(**names)}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_general_ledger_as_csv_has_every_entry(ask, month):  # noqa: F811
    answer = ask("GET", "reports/general_ledger?from=2026-01-01&to=2026-01-31", Accept="text/csv")
    assert len(text_of(answer).splitlines()) == 1 + 2 * 15 + 28
    assert answer["Content-Disposition"] == 'attachment; filename="general_ledger.csv"'


@pytest.mark.parametrize(("path", "entries_there"), [("reports/general_ledger", 28), ("accounts/{bank}/statement", 4)])
def test_a_workbook_that_would_be_too_large_is_refused_before_the_work_and_csv_is_offered(
    ask,
    book,
    month,  # noqa: F811
    monkeypatch,
    path,
    entries_there,
):
    path = f"{path.format(bank=ledger_account(book, '1010').public_id)}?from=2026-01-01&to=2026-01-31"
    monkeypatch.setattr(sheets, "MAX_ROWS", entries_there - 1)
    assert ask("GET", f"{path}&format=csv").status_code == 200
    monkeypatch.setattr(entries, "walk", lambda **asked: pytest.fail("read although it is too large"))
    refusal = ask("GET", f"{path}&format=xlsx")
    assert (refusal.status_code, refusal.json()["code"]) == (400, "ledger.report_too_large")
    assert "Ask for CSV" in refusal.json()["detail"]


def journal(book, **more):
    money = {"amount": "3.00", "currency": "USD"}
    legs = [
        {"account_id": ledger_account(book, charts.PROVIDER_COSTS).public_id, "side": "DEBIT", "amount": money},
        {"account_id": ledger_account(book, charts.OPERATING_BANK).public_id, "side": "CREDIT", "amount": money},
    ]
    return {"kind": "supplier_invoice", "legs": legs, **more}


def test_posts_once_per_external_id_and_finds_it_again(ask, book):
    made = ask("POST", "journals", journal(book, external_id="inv-1", metadata={"shop": "7"}))
    assert made.status_code == 201
    again = ask("POST", "journals", journal(book, external_id="inv-1"))
    assert (again.status_code, again.json()["code"]) == (409, "ledger.duplicate_external_id")
    for query in ("external_id=inv-1", "metadata[shop]=7", "kind=supplier_invoice", "effective_on[gte]=2020-01-01"):
        assert [found["id"] for found in ask("GET", f"journals?{query}").json()["data"]] == [made.json()["id"]]
    assert ask("GET", "journals?external_id=inv-2").json()["data"] == []


def test_a_dry_run_posts_nothing(ask, book):
    answer = ask("POST", "journals", journal(book, dry_run=True))
    assert (answer.status_code, answer.json()["id"], answer.json()["is_dry_run"]) == (201, None, True)
    batch = ask("POST", "journal_batches", {"journals": [journal(book)] * 2, "dry_run": True}).json()
    assert (batch["accepted"], [item["journal_id"] for item in batch["results"]]) == (2, [None, None])
    assert Journal.objects.count() == 0


def test_a_key_leaves_accounts_of_products_alone(ask, book):
    owned = accounts.open(
        book_id=book.pk, line="2010", currency="USD", mode="STRICT", code="w", owner="wal_1", actor=ACTOR, at=clock.now()
    )
    body = journal(book)
    body["legs"][0]["account_id"] = owned.public_id
    refusal = ask("POST", "journals", body)
    assert (refusal.status_code, refusal.json()["code"], refusal.json()["param"]) == (
        422, "ledger.account_owned", "legs[0].account_id",
    )  # fmt: skip
    both(book, date(2026, 1, 1), charts.SAFEGUARDING, owned, "1.00")
    posted = Journal.objects.get()
    assert ask("POST", f"journals/{posted.public_id}/reverse", {"reason": "mine"}).json()["code"] == "ledger.account_owned"
    each = ask("POST", "journal_batches", {"journals": [body, journal(book)], "atomic": False}).json()
    assert [item["refusal"] and item["refusal"]["code"] for item in each["results"]] == ["ledger.account_owned", None]
    whole = ask("POST", "journal_batches", {"journals": [journal(book), body]})
    assert (whole.json()["code"], whole.json()["details"]["item"]) == ("ledger.batch_refused", 1)
    assert Journal.objects.count() == 2


def test_reverses_once(ask, book):
    made = ask("POST", "journals", journal(book)).json()["id"]
    back = ask("POST", f"journals/{made}/reverse", {"reason": "twice"}).json()["id"]
    assert ask("POST", f"journals/{made}/reverse", {"reason": "twice"}).json()["code"] == "ledger.already_reversed"
    shown = ask("GET", f"journals/{made}").json()
    assert (shown["reversed_by"], ask("GET", f"journals/{back}").json()["reverses"]) == (back, made)


@pytest.mark.parametrize("kind", ["manual", "year_close"])
def test_a_key_does_not_reverse_what_the_platform_posted(ask, book, kind):
    both(book, date(2026, 1, 1), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "3.00", kind=kind)
    refusal = ask("POST", f"journals/{Journal.objects.get().public_id}/reverse", {"reason": "not mine"})
    assert (refusal.status_code, refusal.json()["code"]) == (400, "ledger.reserved_kind")
    assert Journal.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "manual"}, "ledger.reserved_kind"),
        ({"kind": "Über"}, "request.invalid"),
        ({"legs": []}, "request.invalid"),
        ({"effective_on": "2019-01-01"}, "ledger.effective_day_out_of_range"),
        ({"surprise": 1}, "request.invalid"),
    ],
)
def test_refuses_what_is_no_journal(ask, book, change, code):
    assert ask("POST", "journals", journal(book) | change).json()["code"] == code
    assert Journal.objects.count() == 0


def test_a_partner_without_a_book_is_told_so(db):
    partner = new_partner("New")
    secret = api_keys.issue(partner_id=partner.pk, name="x", scopes=[Scope.LEDGER_READ], actor=ACTOR, at=clock.now()).secret
    answer = Client().get("/v1/journals", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (404, "ledger.book_not_found")
