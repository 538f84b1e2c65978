"""The pages and the command of money in suspense: what they show, who may do what, what opens next."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.choices import Role
from accounts.models import Partner, User
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press, reveal
from flowlet.core import clock
from flowlet.core.money import Money
from ledger.models import Journal
from payments.admin import suspense as page
from payments.choices import PaymentStatus
from payments.models import Payment, Recall, SuspenseItem
from payments.services import receipts
from payments.services.suspense_rows import Arrival, Payer
from payments.tests.test_deposits import declared, heard, instruction, received
from payments.tests.test_suspense import taken_by_hand
from payments.tests.world import STAFF, books_are_sound, fresh_world
from wallets.services import wallets

LIST = cells.admin_url(SuspenseItem, "changelist")
WHY = "the payer wrote to us"


@pytest.fixture
def world(db):
    return fresh_world()


def lost(world, amount="50.00", *, name="lost-1", text="", days=0):
    payment = receipts.take_in(
        partner_id=world.partner.pk,
        rail="ach",
        amount=Money(amount, "USD"),
        wallet_id=None,
        provider="bank",
        provider_reference=name,
        description=text,
        arrival=Arrival(payer=Payer(name="Grace Hopper", account="4111222333")),
        actor=STAFF,
        at=world.at - timedelta(days=days),
    )
    return payment.suspense_items.get()


def page_of(client, obj):
    answer = client.get(cells.admin_url(obj))
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client, **params):
    return [row.pk for row in client.get(LIST, params).context["cl"].result_list]


def buttons(client, row):
    answer = client.get(cells.admin_url(row))
    return {button["transition"].name: button["refusal"] for button in answer.context["buttons"]}


def stands(row):
    row.refresh_from_db()
    return row.state


# Pages


def test_the_list_begins_with_what_has_lain_longest_and_says_payer_why_age_and_owner(sit, world):
    old, new = lost(world, name="a", days=6), lost(world, name="b")
    client = sit(Role.OPERATIONS)
    assert listed(client) == [old.pk, new.pk]
    shown_list = client.get(LIST).content.decode()
    for shown in ("G•••• H•••••", "Nothing names a wallet", "6 days", "today", "nobody", "50.00"):
        assert shown in shown_list, shown
    assert "Hopper" not in shown_list
    press(client, old, "take")
    assert (listed(client, work="mine"), listed(client, work="unowned")) == ([old.pk], [new.pk])
    assert listed(client, q=new.payment.public_id) == [new.pk]
    assert (listed(client, cause="FROZEN"), listed(client, mode="LIVE")) == ([], [])


def test_the_payer_opens_with_a_reason_for_those_who_may(sit, world):
    row = lost(world)
    assert "Hopper" not in page_of(sit(Role.COMPLIANCE_OFFICER), row)
    shown = reveal(sit(Role.COMPLIANCE_OFFICER), row).content.decode()
    assert "Grace Hopper" in shown and "4111222333" in shown
    assert Record.objects.filter(action="personal_data.revealed", target=row.public_id).count() == 1
    assert reveal(sit(Role.OPERATIONS), row).status_code == 403


def test_a_wallet_that_the_payers_text_names_is_offered(sit, world):
    wallet, other = world.wallet(), world.wallet()
    row = lost(world, text=f"{instruction(world, wallet).reference} {instruction(world, other).reference}")
    client = sit(Role.OPERATIONS)
    shown = page_of(client, row)
    assert wallet.public_id in shown and other.public_id in shown
    wallets.freeze(wallet_id=other.pk, reason="Looked at", actor=STAFF, at=world.at)
    assert f'value="{wallet.public_id}"' in page_of(client, row)


def test_one_is_assigned_with_a_reason_and_the_next_opens(sit, world):
    first, second, wallet = lost(world, name="a"), lost(world, name="b"), world.wallet()
    client = sit(Role.OPERATIONS)
    assert press(client, first, "assign", wallet=wallet.public_id).status_code == 400
    assert press(client, first, "assign", wallet="wal_x", reason=WHY).status_code == 400
    refusal = press(client, first, "assign", wallet=world.wallet(currency="EUR").public_id, reason=WHY)
    assert refusal.status_code == 422 and "The wallet is in EUR" in refusal.content.decode()
    assert stands(first) == "OPEN"
    answer = press(client, first, "assign", wallet=f" {wallet.public_id} ", reason=WHY)
    assert (answer.status_code, answer["Location"]) == (302, cells.admin_url(second))
    assert (stands(first), world.funds(wallet)[0]) == ("ASSIGNED", Decimal(50))
    shown = page_of(client, first.payment)
    assert "50.00 USD out of suspense to" in shown and "Assigned" in shown and WHY in shown
    assert buttons(client, first) == {}
    books_are_sound()


def test_above_the_threshold_it_waits_for_another_person_and_says_so(sit, world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": Decimal(5)}
    maker, checker = sit(Role.OPERATIONS), sit(Role.FINANCE)
    row, wallet = lost(world), world.wallet()
    press(maker, row, "assign", wallet=wallet.public_id, reason=WHY)
    asked = Approval.objects.get()
    assert (asked.subject, stands(row)) == (row.public_id, "OPEN")
    assert "asked for, waits for another person" in page_of(maker, row)
    assert buttons(maker, row)["assign"]
    assert press(maker, asked, "approve").status_code == 403
    press(checker, asked, "approve")
    assert (stands(row), world.funds(wallet)[0]) == ("ASSIGNED", Decimal(50))


def test_what_no_rail_takes_back_has_a_grey_button_that_says_what_to_do(sit, world):
    row = lost(world)
    assert buttons(sit(Role.OPERATIONS), row)["send_back"].startswith("This rail takes nothing back")
    assert "send_back" not in buttons(sit(Role.FINANCE), row)
    assert buttons(sit(Role.AUDITOR), row) == {}


def test_a_wire_goes_back_by_a_button(sit, world):
    declared(world, currency="USD", identification="000123456789")
    heard(world, received(world, "who?"))
    row, client = SuspenseItem.objects.get(), sit(Role.OPERATIONS)
    assert press(client, row, "send_back", code="").status_code == 400
    press(client, row, "send_back", code="AC01", note="No such account")
    row.payment.refresh_from_db()
    assert (stands(row), row.payment.status, Recall.objects.get().message) == (
        "RETURNED",
        PaymentStatus.RETURNED,
        "pacs.004.001.10",
    )


def test_it_is_handed_over_to_somebody_who_may_look_after_it(sit, world):
    row, client = lost(world), sit(Role.OPERATIONS)
    grace, ada = sit(Role.FINANCE), sit(Role.AUDITOR)
    press(client, row, "hand_over", owner=str(User.objects.get(email="finance@flowlet.test").pk))
    row.refresh_from_db()
    assert row.owner.public_id == grace.actor.id
    auditor = User.objects.get(email="auditor@flowlet.test")
    assert auditor.public_id == ada.actor.id
    assert press(client, row, "hand_over", owner=str(auditor.pk)).status_code == 400


def test_the_pages_cost_the_same_whatever_lies_there(sit, world):
    client, admin = sit(Role.OPERATIONS), site._registry[SuspenseItem]
    rows = [lost(world, name=f"n-{number}") for number in range(12)]
    client.get(LIST)
    with at_most(admin.query_budget):
        client.get(LIST)
    with at_most(admin.page_budget):
        page_of(client, rows[0])
    assert 'aria-label="In suspense"' in page_of(client, rows[0].payment)
    assert 'aria-label="In suspense"' not in page_of(client, world.credit(world.wallet(), "1.00", name="well"))


def test_the_first_page_says_how_much_since_when_and_what_nobody_looks_after(sit, world):
    client = sit(Role.OPERATIONS)
    row = lost(world, days=2)
    assert "payments/suspenseitem/?mode=LIVE" not in client.get("/admin/").content.decode()
    Partner.objects.filter(pk=world.partner.pk).update(mode="LIVE", name="Acme Payments")
    lost(world, name="b")
    press(client, row, "take")
    waiting = page.lies_there(client.get("/admin/").wsgi_request)
    assert (waiting.count, waiting.text, waiting.is_late, waiting.oldest_at) == (2, "1 without owner", True, row.created_at)
    assert [one.pk for one in client.get(waiting.url).context["cl"].result_list][0] == row.pk
    assert "1 without owner" in client.get("/admin/").content.decode()
    assert "payments/suspenseitem/?mode=LIVE" not in sit(Role.COMPLIANCE_OFFICER).get("/admin/").content.decode()


# The command


def call(*arguments):
    out = StringIO()
    call_command("suspense", *map(str, arguments), stdout=out)
    return out.getvalue()


def refused(match, *arguments):
    with pytest.raises(CommandError, match=match):
        call(*arguments)


def test_the_command_lists_shows_takes_hands_over_and_assigns(sit, world):
    row, wallet = lost(world, text="for Ada"), world.wallet()
    sit(Role.OPERATIONS), sit(Role.FINANCE), sit(Role.AUDITOR)
    who = ("--as", "operations@flowlet.test")
    line = call("list", "--mode", "SANDBOX").strip()
    for shown in (row.public_id, "50.00 USD", "nothing names a wallet", "G•••• H•••••", "nobody's"):
        assert shown in line, shown
    assert call("list") == ""
    shown = call("show", row.public_id)
    assert "for Ada" in shown and "Payment received" in shown and "Hopper" not in shown
    refused("payments.assign_suspense", "take", row.public_id, "--as", "auditor@flowlet.test")
    call("take", row.public_id, *who)
    assert "operations@flowlet.test" in call("list", "--mode", "SANDBOX")
    refused("no active member", "hand-over", row.public_id, "--owner", "auditor@flowlet.test", *who)
    call("hand-over", row.public_id, "--owner", "finance@flowlet.test", *who)
    refused("reason", "assign", row.public_id, "--wallet", wallet.public_id, "--reason", "no", *who)
    refused("payments.not_recallable", "send-back", row.public_id, "--code", "AC01", *who)
    said = call("assign", row.public_id, "--wallet", wallet.public_id, "--reason", WHY, *who)
    assert said == f"{row.public_id}  assigned to a wallet\n"
    assert (stands(row), world.funds(wallet)[0]) == ("ASSIGNED", Decimal(50))
    refused("payments.not_in_suspense", "take", row.public_id, *who)
    assert wallet.public_id in call("show", row.public_id)
    assert "Assigned" in shown_payment(row.payment)
    books_are_sound()


def shown_payment(payment):
    out = StringIO()
    call_command("payments", "show", payment.public_id, stdout=out)
    return out.getvalue()


def test_what_was_taken_out_by_hand_is_closed_by_button_and_by_command(sit, world):
    rows, wallet, client = [lost(world, name=name) for name in ("a", "b")], world.wallet(), sit(Role.OPERATIONS)
    assert "No manual journal" in str(buttons(client, rows[0])["close"])
    first = taken_by_hand(world, wallet)
    journal = Journal.objects.get(pk=first)
    press(client, rows[0], "close", journal=str(first), reason=WHY)
    assert "Another person has to approve it now." in page_of(client, rows[0])
    assert journal.public_id in page_of(client, Approval.objects.get())
    second = taken_by_hand(world, wallet)
    name = Journal.objects.get(pk=second).public_id
    who = ("--reason", WHY, "--as", "operations@flowlet.test")
    refused("request.invalid", "close", rows[1].public_id, "--journal", journal_of_another(world), *who)
    assert "another person" in call("close", rows[1].public_id, "--journal", name, *who)
    checker = sit(Role.FINANCE).actor
    for asked in Approval.objects.all():
        requests.approve(approval_id=asked.pk, actor=checker, at=clock.now())
    assert {stands(row) for row in rows} == {"CLOSED"}
    assert journal.public_id in page_of(client, rows[0])
    assert listed(client, work="CLOSED") == [row.pk for row in reversed(rows)]
    assert name in call("show", rows[1].public_id)
    books_are_sound()


def journal_of_another(world):
    """A journal of the book that took nothing out of suspense."""
    return Journal.objects.filter(book__partner=world.partner).earliest("pk").public_id


def test_the_command_asks_for_a_second_person_above_the_threshold(sit, world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": Decimal(5)}
    row, wallet, checker = lost(world), world.wallet(), sit(Role.FINANCE)
    sit(Role.OPERATIONS)
    said = call("assign", row.public_id, "--wallet", wallet.public_id, "--reason", WHY, "--as", "operations@flowlet.test")
    assert said == f"{Approval.objects.get().public_id}: another person has to approve it.\n"
    requests.approve(approval_id=Approval.objects.get().pk, actor=checker.actor, at=clock.now())
    assert (stands(row), Payment.objects.get(pk=row.payment_id).wallet_id) == ("ASSIGNED", wallet.pk)
