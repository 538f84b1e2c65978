"""Deposit instructions: closed ones lead no money to their wallet; their pages and command show, close and open them again."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.choices import Role
from accounts.errors import ReasonMissing
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press, reveal
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from payments import errors
from payments.choices import DepositInstructionStatus, InboundState, SuspenseCause
from payments.models import DepositInstruction, Payment, SuspenseItem
from payments.services import deposit_instructions
from payments.tests.test_deposits import declared, entry, heard, instruction, notice, part, received
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world
from wallets.errors import WalletClosed
from wallets.services import wallets

D, Q, I = Decimal, DepositInstructionStatus, InboundState  # noqa: E741
LIST = cells.admin_url(DepositInstruction, "changelist")
VIRTUAL = "DE75512108001245126199"
WHY = "the number was published by mistake"


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def wallet(world):
    return world.wallet(currency="EUR")


def close(world, row, reason=WHY):
    return deposit_instructions.close(instruction_id=row.pk, reason=reason, actor=STAFF, at=world.at)


def reopen(world, row, reason=WHY):
    return deposit_instructions.reopen(instruction_id=row.pk, reason=reason, actor=STAFF, at=world.at)


def numbered(world, wallet, number=VIRTUAL):
    row = instruction(world, wallet)
    return deposit_instructions.assign_number(instruction_id=row.pk, number=number, actor=STAFF, at=world.at)


def status(row):
    row.refresh_from_db()
    return row.status


# Closing


@pytest.mark.parametrize("by_number", [True, False])
def test_money_that_names_a_closed_instruction_lies_in_suspense_and_says_why(world, wallet, by_number):
    declared(world)
    told = numbered(world, wallet)
    close(world, told)
    named = part(paid_to=VIRTUAL, text="rent") if by_number else part(text=told.reference)
    [item] = heard(world, notice(entry(world, "10.00", named)))
    row = SuspenseItem.objects.get()
    assert (item.state, item.reason) == (I.HANDLED, "Booked to suspense: the instruction that is named was closed.")
    assert (row.cause, row.payment.wallet, world.funds(wallet)[0]) == (SuspenseCause.ENDED, None, D(0))
    reopen(world, told)
    heard(world, notice(entry(world, "11.00", named, name="BANK-2"), number=2))
    assert (world.funds(wallet)[0], SuspenseItem.objects.count()) == (D(11), 1)
    books_are_sound()


def test_a_closed_virtual_account_still_says_whose_book_the_money_is_in(world):
    wallet = world.wallet()
    close(world, numbered(world, wallet, "000123456789"))
    heard(world, received(world, "who?"))
    row = SuspenseItem.objects.get()
    assert (row.partner_id, row.cause) == (world.partner.pk, SuspenseCause.ENDED)


def test_closing_and_opening_again_take_a_reason_and_are_told(world, wallet):
    told = instruction(world, wallet)
    with pytest.raises(ReasonMissing):
        close(world, told, " ")
    row = close(world, told)
    assert (row.status, row.close_reason, row.closed_at) == (Q.CLOSED, WHY, world.at)
    with pytest.raises(IllegalMove):
        close(world, told)
    assert instruction(world, wallet).status == Q.CLOSED
    row = reopen(world, told)
    assert (row.status, row.close_reason, row.closed_at) == (Q.ACTIVE, "", None)
    with pytest.raises(IllegalMove):
        reopen(world, told)
    found = Event.objects.filter(subject=told.public_id).order_by("id")
    assert [(one.type, one.partner_id, one.data["status"]) for one in found] == [
        ("deposit_instruction.closed", world.partner.pk, "CLOSED"),
        ("deposit_instruction.reopened", world.partner.pk, "ACTIVE"),
    ]
    assert Record.objects.get(action="deposit_instruction.closed").reason == WHY
    with pytest.raises(errors.DepositInstructionNotFound):
        deposit_instructions.close(instruction_id=wallet.pk, reason=WHY, actor=STAFF, at=world.at)


def test_the_instruction_of_a_closed_wallet_is_not_opened_again(world, wallet):
    told = instruction(world, wallet)
    close(world, told)
    wallets.close(wallet_id=wallet.pk, actor=KEY, at=world.at)
    with pytest.raises(WalletClosed):
        reopen(world, told)
    assert status(told) == Q.CLOSED


def test_the_database_asks_when_and_why_it_was_closed(world, wallet):
    told = instruction(world, wallet)
    with pytest.raises(IntegrityError, match="closed_instruction_says_when_and_why"), transaction.atomic():
        DepositInstruction.objects.filter(pk=told.pk).update(status="CLOSED")


# Pages


def page_of(client, row):
    answer = client.get(cells.admin_url(row))
    assert answer.status_code == 200
    return answer.content.decode()


def buttons(client, row):
    answer = client.get(cells.admin_url(row))
    return {button["transition"].name: button["refusal"] for button in answer.context["buttons"]}


def listed(client, **params):
    return {row.pk for row in client.get(LIST, params).context["cl"].result_list}


def test_a_page_shows_wallet_account_and_what_came_and_no_number(sit, world, wallet):
    declared(world)
    told = numbered(world, wallet)
    heard(world, notice(entry(world, "120.50", part(text=told.reference))))
    client = sit(Role.OPERATIONS)
    shown = page_of(client, told)
    paid = Payment.objects.get()
    for text in (told.reference, wallet.public_id, "••••6199", paid.public_id, "120.50", "COBADEFFXXX", "Active"):
        assert text in shown, text
    assert VIRTUAL not in shown
    assert VIRTUAL in reveal(sit(Role.COMPLIANCE_OFFICER), told).content.decode()
    assert reveal(client, told).status_code == 403
    assert told.reference in client.get(cells.admin_url(wallet)).content.decode()


def test_the_list_finds_by_reference_number_wallet_and_customer(sit, world, wallet):
    one, other = numbered(world, wallet), instruction(world, world.wallet())
    client = sit(Role.OPERATIONS)
    assert listed(client) == {one.pk, other.pk}
    typed = one.reference.lower().replace("-", " ")
    for term in (typed, "DE75 5121 0800 1245 1261 99", wallet.public_id, wallet.customer.public_id, one.public_id):
        assert listed(client, q=term) == {one.pk}, term
    assert listed(client, q="DE02120300000000202051") == set()
    assert (listed(client, account="no"), listed(client, status="CLOSED")) == ({other.pk}, set())
    with at_most(site._registry[DepositInstruction].query_budget):
        client.get(LIST)


def test_buttons_give_a_number_close_and_open_again(sit, world, wallet):
    told, client = instruction(world, wallet), sit(Role.OPERATIONS)
    assert set(buttons(client, told)) == {"assign_number", "close"}
    assert press(client, told, "assign_number", number="12").status_code == 400
    press(client, told, "assign_number", number="de75 5121 0800 1245 1261 99")
    told.refresh_from_db()
    assert deposit_instructions.number_of(told) == VIRTUAL
    assert press(client, told, "close").status_code == 400
    press(client, told, "close", reason=WHY)
    assert (status(told), set(buttons(client, told))) == (Q.CLOSED, {"reopen"})
    press(client, told, "reopen", reason="it was another number")
    assert status(told) == Q.ACTIVE
    assert buttons(sit(Role.FINANCE), told) == {}


# The command


def call(*arguments):
    out = StringIO()
    call_command("deposit_instructions", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_lists_shows_gives_numbers_closes_and_opens_again(sit, world, wallet):
    told = instruction(world, wallet)
    sit(Role.OPERATIONS), sit(Role.AUDITOR)
    who = ("--as", "operations@flowlet.test")
    call("assign-number", told.public_id, "--number", VIRTUAL, *who)
    line = call("list", "--mode", "SANDBOX")
    assert told.reference in line and "••••6199" in line and VIRTUAL not in line
    with pytest.raises(CommandError, match="payments.virtual_account_given"):
        call("assign-number", told.public_id, "--number", "DE02120300000000202051", *who)
    with pytest.raises(CommandError, match="payments.manage_deposit_instructions"):
        call("close", told.public_id, "--reason", WHY, "--as", "auditor@flowlet.test")
    assert call("close", told.public_id, "--reason", WHY, *who) == f"{told.public_id}  closed\n"
    assert WHY in call("show", told.public_id)
    assert call("list", "--mode", "SANDBOX", "--status", "ACTIVE") == ""
    call("reopen", told.public_id, "--reason", "it was another number", *who)
    assert status(told) == Q.ACTIVE
