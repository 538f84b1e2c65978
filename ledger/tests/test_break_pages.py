"""The pages of breaks name people and requests in words, and offer what can be done now."""

import pytest

from accounts.models import User
from flowlet.approvals.models import Approval
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in
from ledger.models import Break, Match
from ledger.tests.test_reconciliation import Bank


@pytest.fixture
def row(book):
    bank = Bank(book)
    bank.post("-3.00", end_to_end_id="E-1")
    bank.statement(("-4.90", {"reference": "CHARGES-03"}), ("-3.00", {"e2e": "E-1"}))
    bank.run()
    return Break.objects.get()


@pytest.fixture
def sit(db):
    return lambda role: signed_in(
        User.objects.create_user(f"{role.lower()}@flowlet.test", name=f"Somebody in {role}", is_staff=True, roles=[role])
    )


def page_of(client, obj):
    answer = client.get(cells.admin_url(obj))
    assert answer.status_code == 200
    return answer


def refusals(client, obj):
    return {button["transition"].name: button["refusal"] for button in page_of(client, obj).context["buttons"]}


def test_a_write_off_that_waits_for_another_is_said_and_not_offered_again(row, sit):
    client = sit("OPERATIONS")
    assert refusals(client, row)["write_off"] == ""
    answer = press(client, row, "write_off", reason="a charge below a cent")
    asked = Approval.objects.get()
    assert "See the approval" in client.get(answer["Location"]).content.decode()
    page = page_of(client, row).content.decode()
    assert "asked for, waits for another person" in page and cells.admin_url(asked) in page
    assert "already waiting" in refusals(client, row)["write_off"]
    assert press(client, row, "write_off", reason="once more, please").status_code == 409
    assert "Somebody in OPERATIONS" in page_of(sit("FINANCE"), asked).content.decode()


def test_a_remark_is_by_a_role_and_not_by_an_id(row, sit):
    client = sit("OPERATIONS")
    press(client, row, "remark", text="asked the bank")
    said = page_of(client, row).content.decode().partition("asked the bank")[2][:400]
    assert "Operations</a>" in said and "staff:usr_" not in said


def test_an_explanation_is_taken_back_only_where_there_is_one(row, sit):
    client = sit("OPERATIONS")
    assert "reopen" not in refusals(client, row)
    press(client, row, "explain", reason="it comes every month")
    assert {"reopen", "write_off"} <= set(refusals(client, row))
    assert "explain" not in refusals(client, row)


def test_a_match_that_was_undone_offers_nothing_more(row, sit):
    client, match = sit("FINANCE"), Match.objects.get()
    assert set(refusals(client, match)) == {"undo"}
    press(client, match, "undo", reason="it was another")
    match.refresh_from_db()
    assert refusals(client, match) == {}
    assert "-3.00 EUR" in page_of(client, match).content.decode()
