"""Journals from files and a whole book into files."""

import csv
import hashlib
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.choices import Role
from accounts.models import User
from flowlet.core import clock
from flowlet.db import transactions
from ledger.models import Entry, Journal
from ledger.selectors import reports
from ledger.selectors.reports import RowKind
from ledger.services import accounts, annotations, books, charts, exports, rates, seals
from ledger.tests.conftest import ACTOR, fund, new_partner
from ledger.tests.test_reports import D, both, ledger_account

HEADER = "external_id,kind,effective_on,description,account,side,amount,currency"


def run(command, *args):
    """(exit code, stdout, stderr)"""
    out, err = StringIO(), StringIO()
    try:
        call_command(command, *map(str, args), stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def firm(book):
    for line in (charts.OPERATING_BANK, charts.PROVIDER_COSTS):
        ledger_account(book, line)
        ledger_account(book, line, "JPY")
    return book


@pytest.fixture
def csv_file(tmp_path):
    def make(*lines):
        path = tmp_path / "journals.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        return path

    return make


def pair(name, amount="10.00", currency="USD", day="2020-03-01"):
    return [f"{name},cost,{day},Fee,5010,DEBIT,{amount},{currency}", f"{name},cost,{day},Fee,1020,CREDIT,{amount},{currency}"]


@pytest.mark.django_db
def test_posts_a_csv_file_once_however_often_it_is_run(firm, csv_file):
    path = csv_file(*pair("a"), *pair("b", "500", "JPY"))
    assert run("post_journal", path, "--book", firm.public_id) == (0, "2 posted, 0 known already, 0 refused.\n", "")
    assert [(j.external_id, j.kind, j.effective_on, j.description) for j in Journal.objects.order_by("pk")] == [
        ("a", "cost", date(2020, 3, 1), "Fee"),
        ("b", "cost", date(2020, 3, 1), "Fee"),
    ]
    assert run("post_journal", path, "--book", firm.public_id)[1] == "0 posted, 2 known already, 0 refused.\n"
    assert Entry.objects.count() == 4


@pytest.mark.django_db
def test_posts_in_the_name_of_who_may_make_manual_journals(firm, csv_file):
    for role in (Role.FINANCE, Role.AUDITOR):
        User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
    path = csv_file(*pair("a"))
    with pytest.raises(CommandError, match=r"ledger\.post_manual_journal"):
        run("post_journal", path, "--book", firm.public_id, "--as", "auditor@flowlet.test")
    assert Journal.objects.count() == 0
    run("post_journal", path, "--book", firm.public_id, "--as", "finance@flowlet.test")
    who = User.objects.get(email="finance@flowlet.test")
    assert Journal.objects.get().actor == f"staff:{who.public_id}"


@pytest.mark.django_db
def test_reports_every_refused_journal_with_its_line_and_posts_the_others(firm, csv_file, tmp_path):
    lines = [
        *pair("good"),
        *pair("float", "1e3"),
        *pair("fine", "10.5", "JPY"),
        "uneven,cost,2020-03-01,x,5010,DEBIT,1.00,USD",
        "uneven,cost,2020-03-01,x,1020,CREDIT,2.00,USD",
        *pair("day", day="31.12.2020"),
        *pair("early", day="2019-03-01"),
        "lost,cost,2020-03-01,x,9999,DEBIT,1.00,USD",
        "lost,cost,2020-03-01,x,1020,CREDIT,1.00,USD",
        *pair(""),
        *pair("good", "11.00"),
    ]
    refused = tmp_path / "refused.csv"
    code, out, _ = run("post_journal", csv_file(*lines), "--book", firm.public_id, "--refused", refused)
    assert (code, out) == (1, "1 posted, 0 known already, 8 refused.\n")
    with refused.open() as file:
        told = [(int(row["line"]), row["external_id"], row["code"]) for row in csv.DictReader(file)]
    assert told == [
        (4, "float", "money.malformed_amount"),
        (6, "fine", "money.too_precise"),
        (8, "uneven", "ledger.unbalanced"),
        (10, "day", "ledger.malformed_row"),
        (12, "early", "ledger.effective_day_out_of_range"),
        (14, "lost", "ledger.account_not_found"),
        (16, "", "ledger.malformed_row"),
        (18, "good", "ledger.duplicate_external_id"),
    ]
    assert Journal.objects.count() == 1


@pytest.mark.django_db
def test_all_or_nothing_keeps_nothing_after_a_refusal(firm, csv_file):
    code, out, err = run("post_journal", csv_file(*pair("a"), *pair("b", "0")), "--book", firm.public_id, "--atomic")
    assert (code, out) == (1, "1 rolled back, 0 known already, 1 refused.\n")
    assert "line 4: b:" in err
    assert "money.not_positive" in err
    assert Journal.objects.count() == 0


@pytest.mark.django_db
def test_a_dry_run_says_what_would_happen(firm, csv_file):
    path = csv_file(*pair("a"))
    assert run("post_journal", path, "--book", firm.public_id, "--dry-run")[:2] == (
        0,
        "1 could be posted, 0 known already, 0 refused.\n",
    )
    assert Journal.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("as_lines", [True, False])
def test_posts_json(firm, tmp_path, as_lines):
    legs = [
        {"account": ledger_account(firm, "5010").public_id, "side": "DEBIT", "amount": "7.00", "currency": "USD"},
        {"account": "1020", "side": "CREDIT", "amount": "7.00", "currency": "USD"},
    ]
    items = [
        {"external_id": "j1", "kind": "cost", "legs": legs, "metadata": {"invoice": "17"}},
        {"external_id": "j2", "kind": "cost", "legs": [{**legs[0], "amount": 7}, legs[1]]},
        {"external_id": "j3", "kind": "cost", "legs": legs, "surprise": 1},
        {"external_id": "j4", "kind": "cost", "legs": [{**legs[0], "side": "LEFT"}, legs[1]]},
    ]
    path = tmp_path / ("j.jsonl" if as_lines else "j.json")
    path.write_text("\n".join(map(json.dumps, items)) if as_lines else json.dumps(items))
    code, out, err = run("post_journal", path, "--book", firm.public_id)
    assert (code, out) == (1, "1 posted, 0 known already, 3 refused.\n")
    assert [line.split(":")[0] for line in err.strip().splitlines()] == ["line 2", "line 3", "line 4"]
    assert Journal.objects.get().metadata == {"invoice": "17"}


@pytest.mark.django_db
def test_leaves_accounts_of_products_alone_unless_told(firm, csv_file):
    accounts.open(
        book_id=firm.pk, line="2010", currency="USD", mode="STRICT", code="w-1", owner="wal_1", actor=ACTOR, at=clock.now()
    )
    path = csv_file("a,opening,2020-03-01,x,1020,DEBIT,1.00,USD", "a,opening,2020-03-01,x,w-1,CREDIT,1.00,USD")
    assert "ledger.account_owned" in run("post_journal", path, "--book", firm.public_id)[2]
    assert run("post_journal", path, "--book", firm.public_id, "--allow-owned")[0] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "{not json", "\x00"])
def test_says_what_is_wrong_with_a_file(firm, tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=r"ledger\.malformed_row"):
        run("post_journal", path, "--book", firm.public_id)
    with pytest.raises(CommandError, match="csv, .json"):
        run("post_journal", tmp_path / "x.txt", "--book", firm.public_id)


@pytest.mark.django_db
def test_text_that_no_database_takes_is_a_refusal_of_its_line_alone(firm, tmp_path):
    good = {"account": "1020", "side": "CREDIT", "amount": "7.00", "currency": "USD"}
    debit = {**good, "account": "5010", "side": "DEBIT"}
    bad = ("50\x0010", "\ud800")
    items = [{"external_id": f"j{n}", "kind": "cost", "legs": [{**debit, "account": text}, good]} for n, text in enumerate(bad)]
    items += [{"external_id": f"k{n}", "kind": "cost", "description": text, "legs": [debit, good]} for n, text in enumerate(bad)]
    items += [{"external_id": "good", "kind": "cost", "legs": [debit, good]}]
    path = tmp_path / "j.jsonl"
    path.write_text("\n".join(map(json.dumps, items)))
    code, out, _ = run("post_journal", path, "--book", firm.public_id)
    assert (code, out) == (1, "1 posted, 0 known already, 4 refused.\n")


@pytest.mark.django_db
def test_posts_nothing_when_the_report_of_refused_rows_cannot_be_written(firm, csv_file, tmp_path):
    path = csv_file(*pair("a"))
    with pytest.raises(CommandError, match="No such file or directory: .*/nowhere/refused.csv"):
        run("post_journal", path, "--book", firm.public_id, "--refused", tmp_path / "nowhere" / "refused.csv")
    assert Journal.objects.count() == 0
    assert run("post_journal", path, "--book", firm.public_id)[0] == 0


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_rows(directory, name, format):
    """The rows of a file as texts, whatever the format."""
    if format == "jsonl":
        rows = read(directory / f"{name}.jsonl")
        return [
            {
                key: "" if value is None else json.dumps(value) if isinstance(value, dict) else str(value)
                for key, value in row.items()
            }
            for row in rows
        ]
    with (directory / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format", exports.FORMATS)
def test_an_export_alone_makes_the_trial_balance_translated_with_its_rates_and_names_every_remark(book, wallet, tmp_path, format):
    for currency, amount in (("USD", "20.00"), ("KWD", "1.125"), ("JPY", "1500")):
        fund(book, wallet(currency), amount, effective_on=date(2020, 1, 5))
    cost = both(book, date(2020, 1, 6), charts.PROVIDER_COSTS, charts.SAFEGUARDING, "0.500", "KWD", description="=1+1")
    both(book, date(2020, 1, 6), charts.PROVIDER_COSTS, charts.SAFEGUARDING, "7.00")
    remark = annotations.add(journal_id=cost.journal_id, text='approved, "by phone"\nlate', actor=ACTOR, at=clock.now())
    stranger = books.create(partner=new_partner("Other"), actor=ACTOR, at=clock.now(), opened_on=date(2020, 1, 1))
    other = both(stranger, date(2020, 1, 6), charts.PROVIDER_COSTS, charts.SAFEGUARDING, "1.00")
    annotations.add(journal_id=other.journal_id, text="not ours", actor=ACTOR, at=clock.now())
    given = [rates.NewRate("KWD", "USD", date(2020, 1, 6), D("3.25")), rates.NewRate("USD", "JPY", date(2020, 1, 6), D("150"))]
    rates.add(rates=given, source="test", at=clock.now())
    if not transactions.wait_for_horizon(timeout_seconds=60):
        pytest.skip("A transaction elsewhere on the server stays open, so nothing is final.")
    exports.export(book=book, directory=tmp_path / "out", format=format)
    accounts_, entries, remarks, rates_ = (
        read_rows(tmp_path / "out", name, format) for name in ("accounts", "entries", "annotations", "rates")
    )
    lines = {account["id"]: account["line"] for account in accounts_}
    sums = {}
    for entry in entries:
        key = lines[entry["account"]], entry["currency"]
        sums[key] = sums.get(key, 0) + D(entry["amount"]) * (1 if entry["side"] == "DEBIT" else -1)
    trial = reports.trial_balance(book=book, on=date(2020, 1, 6))
    assert sums == {(row.key, row.currency): row.amounts[0] - row.amounts[1] for row in trial.rows if row.kind == RowKind.LINE}
    assert sums["2010", "KWD"] == D("-1.125")
    table = {(rate["base"], rate["quote"], rate["valid_on"], rate["source"]): D(rate["rate"]) for rate in rates_}
    assert table == {("KWD", "USD", "2020-01-06", "test"): D("3.25"), ("USD", "JPY", "2020-01-06", "test"): D("150")}
    to_usd = {"USD": D(1), "KWD": table["KWD", "USD", "2020-01-06", "test"], "JPY": 1 / table["USD", "JPY", "2020-01-06", "test"]}
    cash_at_bank = sum(amount * to_usd[currency] for (line, currency), amount in sums.items() if line == "1010")
    translated = reports.trial_balance(book=book, on=date(2020, 1, 6), translated_to="USD")
    assert translated.row("1010", "USD").amounts[0] == round(cash_at_bank, 2) == D("25.03")  # 13.00 + 0.625 * 3.25 + 10.00
    assert remarks == [
        {
            "id": remark.public_id,
            "journal": cost.public_id,
            "text": 'approved, "by phone"\nlate',
            "author": str(ACTOR),
            "created_at": remark.created_at.isoformat(),
        }
    ]


@pytest.mark.django_db(transaction=True)
def test_exports_a_whole_book_and_goes_on_where_it_broke_off(book, wallet, tmp_path, monkeypatch):
    ada = wallet("KWD")
    fund(book, ada, "1.125", metadata={"order": "A-1"}, description='quoted "text",\nsecond line')
    for _ in range(6):
        both(book, date(2020, 1, 5), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "2.00")
    if not transactions.wait_for_horizon(timeout_seconds=60):
        pytest.skip("A transaction elsewhere on the server stays open, so nothing is final.")
    seals.seal()
    monkeypatch.setattr(exports, "CHUNK", 3)

    def stop(count):
        if count == 3:
            raise KeyboardInterrupt

    target = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        exports.export(book=book, directory=target, progress=stop)
    assert (target / "journals.jsonl.part").exists()
    with (target / "entries.jsonl.part").open("a") as file:
        file.write('{"half": ')
    both(book, date(2020, 1, 6), charts.PROVIDER_COSTS, charts.OPERATING_BANK, "9.00")  # after the export's moment
    code, out, _ = run("export_ledger", book.public_id, target)
    assert code == 0
    assert "7 journals" in out
    manifest = json.loads((target / "manifest.json").read_text())
    assert sorted(path.name for path in target.iterdir()) == [
        "accounts.jsonl", "annotations.jsonl", "entries.jsonl", "journals.jsonl", "manifest.json", "rates.jsonl", "seals.jsonl",
    ]  # fmt: skip
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((target / name).read_bytes()).hexdigest() == facts["sha256"]
    journals, entries = read(target / "journals.jsonl"), read(target / "entries.jsonl")
    assert [j["id"] for j in journals] == [j.public_id for j in Journal.objects.order_by("pk")[:7]]
    assert [(e["ordinal"], e["side"], e["amount"], e["currency"]) for e in entries[:2]] == [
        (1, "DEBIT", "1.125", "KWD"),
        (2, "CREDIT", "1.125", "KWD"),
    ]
    assert len(entries) == 14
    assert {e["account"] for e in entries} <= {a["id"] for a in read(target / "accounts.jsonl")}
    assert manifest["seal_head"]["hash"] == seals.head().hash == read(target / "seals.jsonl")[-1]["hash"]
    with pytest.raises(CommandError, match=r"ledger\.export_mismatch"):
        run("export_ledger", book.public_id, target)
    as_csv = tmp_path / "csv"
    run("export_ledger", book.public_id, as_csv, "--format", "csv")
    with (as_csv / "journals.csv").open(newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["description"], first["metadata"]) == ('quoted "text",\nsecond line', '{"order": "A-1"}')
