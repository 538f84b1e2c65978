"""The commands have the powers of the screens, and say what is missing."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from ledger.choices import BreakState, ItemState, MatchState
from ledger.models import BankAccount, BankStatement, Break, BreakDocument, Match, ReconciliationItem
from ledger.tests.conftest import cash
from ledger.tests.test_reconciliation import DAY, IBAN, Bank, staff


@pytest.fixture
def bank(book):
    return Bank(book)


def call(*arguments):
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def test_a_file_is_imported_reconciled_and_proven_by_commands(bank, tmp_path):
    bank.post("-40.00", end_to_end_id="E-1")
    path = tmp_path / "s.xml"
    path.write_bytes(bank.file(("-40.00", {"e2e": "E-1"}), ("-9.00", {"e2e": "B"})))
    assert "2 lines with 0 payments inside could be imported." in call("import_statement", path, "--dry-run")
    assert BankStatement.objects.count() == 0
    assert "closing -49.00" in call("import_statement", path, "--account", "main")
    with pytest.raises(CommandError, match="duplicate_statement_file"):
        call("import_statement", path)
    with pytest.raises(CommandError, match="no bank account"):
        call("import_statement", path, "--account", "other")
    assert "1 by reference" in call("reconcile", "--account", "main")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", "--only-proof", "--proof", str(DAY), "--json", stdout=out)
    told = json.loads(out.getvalue())[0]["proof"]
    assert ended.value.code == 1
    assert (told["bank"], told["books"], told["missing"]) == ("-49.00", "-40.00", ["1 break has no owner."])
    user, _ = staff("ada@example.com", "OPERATIONS")
    call("breaks", "take", Break.objects.get().public_id, "--as", user.email)
    assert "proven." in call("reconcile", "--only-proof", "--proof", DAY)


def test_a_csv_file_is_imported_by_its_mapping(bank, tmp_path):
    (tmp_path / "s.csv").write_text("Day;Amount;Reference\n2026-03-02;-40,00;E-1\n")
    mapping = {
        "columns": {"booked_on": "Day", "amount": "Amount", "reference": "Reference"},
        "delimiter": ";",
        "decimal_mark": ",",
        "account": IBAN,
        "currency": "EUR",
    }
    (tmp_path / "m.json").write_text(json.dumps(mapping))
    with pytest.raises(CommandError, match="statement_without_balances"):
        call("import_statement", tmp_path / "s.csv", "--mapping", tmp_path / "m.json")
    call("import_statement", tmp_path / "s.csv", "--mapping", tmp_path / "m.json", "--opening", "0,00", "--closing=-40,00")
    assert BankStatement.objects.get().format == "CSV"
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(CommandError):
        call("import_statement", tmp_path / "s.csv", "--mapping", tmp_path / "m.json")


def test_breaks_are_listed_and_worked_on_by_command(bank):
    bank.post("-8.00"), bank.post("-8.00")
    bank.statement(("-8.00",), ("-9.00", {"e2e": "B"}))
    bank.run()
    user, _ = staff("ada@example.com", "OPERATIONS")
    by = ("--as", user.email)
    ambiguous, other = Break.objects.get(type="AMBIGUOUS", side="THEIRS"), Break.objects.get(type="MISSING_OURS")
    assert call("breaks", "list", "--without-owner", "--account", "main").count("brk_") == 2
    shown = call("breaks", "show", ambiguous.public_id)
    assert shown.count("could be item") == 2
    ours = ReconciliationItem.objects.filter(side="OURS").order_by("id").first()
    assert "Matched" in call("breaks", "match", "main", "--items", f"{ambiguous.item_id},{ours.pk}", "--reason", "paper", *by)
    match = Match.objects.get(state=MatchState.LIVE)
    call("breaks", "unmatch", match.public_id, "--reason", "wrong", *by)
    assert ReconciliationItem.objects.get(pk=ours.pk).state == ItemState.UNMATCHED_OURS
    call("breaks", "assign", other.public_id, "--owner", user.email, *by)
    call("breaks", "remark", other.public_id, "--reason", "asked the bank", *by)
    call("breaks", "explain", other.public_id, "--reason", "bank fee", *by)
    assert "asked the bank" in call("breaks", "show", other.public_id)
    call("breaks", "reopen", other.public_id, "--reason", "no fee", *by)
    other.refresh_from_db()
    assert (other.state, other.owner) == (BreakState.OPEN, user)
    auditor, _ = staff("eve@example.com", "AUDITOR")
    with pytest.raises(CommandError, match="ledger.request_write_off"):
        call("breaks", "write-off", other.public_id, "--reason", "small", "--as", auditor.email)
    call("breaks", "write-off", other.public_id, "--reason", "small", *by)
    assert Approval.objects.get().subject == other.public_id
    with pytest.raises(CommandError, match="--as"):
        call("breaks", "take", other.public_id)
    with pytest.raises(CommandError, match="was expected"):
        call("breaks", "accept", "mat_nothing", *by)
    with pytest.raises(CommandError, match="works on breaks"):
        call("breaks", "assign", other.public_id, "--owner", auditor.email, *by)


def test_documents_of_breaks_are_added_and_taken_out_by_command(bank, tmp_path):
    bank.statement(("-9.00", {"e2e": "B"}))
    bank.run()
    user, _ = staff("ada@example.com", "OPERATIONS")
    row, by = Break.objects.get(), ("--as", "ada@example.com")
    (tmp_path / "advice.pdf").write_bytes(b"%PDF-1.7 advice")
    added = call("breaks", "attach", row.public_id, "--file", tmp_path / "advice.pdf", *by)
    document = BreakDocument.objects.get()
    assert document.public_id in added and document.added_by == f"staff:{user.public_id}"
    assert "advice.pdf, 15 bytes" in call("breaks", "show", row.public_id)
    (tmp_path / "out").mkdir()
    taken = ("breaks", "download", document.public_id, "--to", tmp_path / "out", "--reason", "the auditor asks", *by)
    assert "15 bytes" in call(*taken)
    assert (tmp_path / "out" / "advice.pdf").read_bytes() == b"%PDF-1.7 advice"
    assert (tmp_path / "out" / "advice.pdf").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="File exists"):
        call(*taken)
    with pytest.raises(CommandError, match="No such file"):
        call("breaks", "attach", row.public_id, "--file", tmp_path / "nothing.pdf", *by)


def test_what_a_person_imports_and_reconciles_is_theirs_in_the_audit(bank, tmp_path):
    bank.post("-40.00", end_to_end_id="E-1")
    path = tmp_path / "s.xml"
    path.write_bytes(bank.file(("-40.00", {"e2e": "E-1"})))
    user, _ = staff("ada@example.com", "OPERATIONS")
    auditor, _ = staff("eve@example.com", "AUDITOR")
    for words in (["import_statement", path], ["reconcile", "--account", "main"]):
        with pytest.raises(CommandError, match="it takes ledger"):
            call(*words, "--as", auditor.email)
        with pytest.raises(CommandError, match="no active member of staff"):
            call(*words, "--as", "nobody@example.com")
    assert BankStatement.objects.count() == 0
    call("import_statement", path, "--as", user.email)
    assert "1 by reference" in call("reconcile", "--as", user.email)
    assert BankStatement.objects.get().file.received_by == f"staff:{user.public_id}"
    assert Match.objects.get().made_by == f"staff:{user.public_id}"


def test_a_bank_account_is_declared_and_changed_by_command(book):
    account, other = cash(book, "USD"), cash(book, "EUR")
    user, _ = staff("ada@example.com", "FINANCE")
    by = ("--as", user.email)
    declare = ("bank_account", "declare", "usd", "--book", book.public_id, "--currency", "USD", "--starts-on", "2026-03-02")
    with pytest.raises(CommandError, match="--as"):
        call(*declare)
    operator, _ = staff("ben@example.com", "OPERATIONS")
    with pytest.raises(CommandError, match="ledger.manage_bank_account"):
        call(*declare, "--as", operator.email)
    assert not BankAccount.objects.exists()
    assert "is reconciled from 2026-03-02 on." in call(*declare, "--tolerance", "0.50", "--weekend-statements", *by)
    made = BankAccount.objects.get()
    assert [member.account for member in made.members.all()] == [account]
    assert (made.tolerance_amount, made.window_days, made.has_weekend_statements) == (Decimal("0.50"), 3, True)
    assert call("bank_account", "list").startswith(f"usd  {made.public_id}  ")
    call("bank_account", "change-rules", made.public_id, "--window-days", "5", "--reason", "slow bank", *by)
    made.refresh_from_db()
    assert (made.tolerance_amount, made.window_days, made.has_weekend_statements) == (Decimal("0.50"), 5, True)
    call("bank_account", "change-rules", made.public_id, "--no-weekend-statements", "--reason", "not on weekends", *by)
    made.refresh_from_db()
    assert (made.window_days, made.has_weekend_statements) == (5, False)
    changed = Record.objects.filter(action="ledger.bank_account.changed").latest("id")
    assert (changed.actor_id, changed.reason) == (user.public_id, "not on weekends")
    with pytest.raises(CommandError, match="currency"):
        call("bank_account", "add-member", made.public_id, other.public_id, *by)
    assert account.public_id in call("bank_account", "show", made.public_id)
    for wrong in (
        ["usd2"],
        ["usd2", "--book", book.public_id, "--currency", "EUR", "--line", "9999"],
        ["usd2", "--book", book.public_id, "--currency", "USD", "--tolerance", "x"],
        ["usd2", "--book", book.public_id, "--currency", "USD", "--tolerance", "NaN"],
    ):
        with pytest.raises(CommandError):
            call("bank_account", "declare", *wrong, *by)
    assert BankAccount.objects.count() == 1
    assert "No bank account" not in call("reconcile")


def test_what_is_open_and_suggested_is_told_by_number_so_that_it_can_be_matched(bank):
    bank.post("-75.00", end_to_end_id="P-75")
    bank.post("-12.00", end_to_end_id="IN-TRANSIT")  # no break yet, so no other command tells of it
    bank.statement(
        ("-70.00", {"e2e": "P-75"}),
        (
            "-12.00",
            {"e2e": "OTHER"},
        ),
    )
    call("reconcile")
    suggested = Match.objects.filter(state=MatchState.SUGGESTED)
    told = call("reconcile", "--account", "main", "--open")
    for row in ReconciliationItem.objects.filter(match=None):
        assert f"item {row.pk}  {row.side.lower():6}  {row.dated_on}" in told
    for row in suggested:
        numbers = ", ".join(map(str, sorted(row.items.values_list("pk", flat=True))))
        assert f"{row.public_id}  items {numbers}: {row.reason}" in told
    (account,) = json.loads(call("reconcile", "--open", "--json"))
    assert {item["item"] for item in account["open"]} == set(ReconciliationItem.objects.values_list("pk", flat=True))
    assert [one["match"] for one in account["suggestions"]] == [row.public_id for row in suggested.order_by("id")] != []
