"""What customers owe: rows that grow and end with their journals, recovered from wallets, written off by two, shown to officers and
partners."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.choices import Role
from accounts.errors import ReasonMissing
from flowlet.approvals.errors import FourEyesRequired, Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import at_most, press
from flowlet.core.money import Money
from flowlet.events.models import Event
from payments import errors
from payments.choices import PaymentKind
from payments.models import Receivable
from payments.services import checks, outcomes, receivables
from payments.states import RECEIVABLE_MOVES
from payments.tests import standings
from payments.tests.test_payment_commands import call, refused
from payments.tests.test_suspense import person
from payments.tests.test_suspense_pages import buttons, page_of
from payments.tests.world import KEY, OTHER, STAFF, books_are_sound, fresh_world
from wallets.services import holds, wallets

D = Decimal
LIST = cells.admin_url(Receivable, "changelist")
WHY = "no money to be had"


@pytest.fixture
def world(db):
    return fresh_world()


def taken_back(world, wallet, amount="50.00", *, spent="50.00", name="in-1"):
    """Money that came in, was spent, and is taken back."""
    payment = world.credit(wallet, amount, name=name)
    if D(spent):
        world.pay(wallet, spent, kind=PaymentKind.FEE, rail="book")
    return world.act(outcomes.return_, payment, reason_code="R06")


def owing(world, amount="50.00", **options) -> Receivable:
    taken_back(world, world.wallet(), amount, **{"spent": amount} | options)
    return Receivable.objects.latest("pk")


def act(service, row, **options):
    return service(receivable_id=row.pk, **{"actor": STAFF, "at": row.created_at} | options)


def stands(row):
    row.refresh_from_db()
    return row.state, row.owed, row.recovered


def told():
    return list(Event.objects.filter(type__startswith="receivable.").order_by("pk").values_list("type", flat=True))


def footprint(world):
    return world.lines(), Event.objects.count(), Approval.objects.count(), list(Receivable.objects.order_by("pk").values())


# What is owed


def test_what_a_wallet_does_not_have_its_customer_owes(world):
    wallet = world.wallet()
    payment = taken_back(world, wallet, "50.00", spent="30.00")
    row = Receivable.objects.get()
    assert (row.customer_id, row.payment_id, row.currency, row.owner) == (wallet.customer_id, payment.pk, "USD", None)
    assert stands(row) == ("OPEN", D(30), D(0))
    assert (world.funds(wallet)[0], world.lines()["1210"]) == (D(0), D(30))
    event = Event.objects.get(type="receivable.grew")
    assert (event.partner_id, event.subject) == (world.partner.pk, row.public_id)
    assert (event.data["amount"], event.data["left"]) == ({"amount": "30.00", "currency": "USD"},) * 2
    assert (event.data["customer_id"], event.data["payment_id"]) == (wallet.customer.public_id, payment.public_id)
    books_are_sound()


def test_a_customer_owes_once_in_a_currency_and_what_comes_adds_to_it(world):
    wallet = world.wallet()
    taken_back(world, wallet, "50.00", spent="50.00")
    second = taken_back(world, wallet, "20.00", spent="20.00", name="in-2")
    row = Receivable.objects.get()
    assert (stands(row), row.payment_id) == (("OPEN", D(70), D(0)), second.pk)
    assert told() == ["receivable.grew", "receivable.grew"]
    taken_back(world, world.wallet(), "5.00", spent="5.00", name="in-3")
    assert Receivable.objects.count() == 2
    books_are_sound()


def test_what_the_wallet_carries_leaves_nothing_owed(world):
    taken_back(world, world.wallet(), "50.00", spent="0")
    assert (Receivable.objects.count(), told()) == (0, [])


def test_a_disputed_card_payment_that_was_spent_is_owed_and_a_won_dispute_leaves_the_debt_to_be_recovered(world):
    payment = standings.card_payment(world)
    world.pay(payment.wallet, str(payment.amount), kind=PaymentKind.FEE, rail="book")
    world.act(outcomes.dispute, payment, reason_code="fraudulent")
    row = Receivable.objects.get()
    assert stands(row) == ("OPEN", payment.amount, D(0))
    world.act(outcomes.dispute_won, payment)
    assert stands(row)[0] == "OPEN"
    act(receivables.recover, row)
    assert stands(row) == ("RECOVERED", payment.amount, payment.amount)
    assert world.funds(payment.wallet)[0] == 0 and "1210" not in world.lines()
    books_are_sound()


# Recovered


def test_what_wallets_have_is_taken_the_oldest_first_up_to_what_is_owed(world):
    first = world.wallet()
    taken_back(world, first)
    row = Receivable.objects.get()
    second = wallets.create(partner_id=world.partner.pk, customer_id=first.customer_id, currency="USD", actor=KEY, at=world.at)
    world.fund(first, "20.00")
    world.fund(second, "15.00")
    act(receivables.recover, row)
    assert (stands(row), world.lines()["1210"]) == (("OPEN", D(50), D(35)), D(15))
    world.fund(first, "10.00")
    world.fund(second, "40.00")
    act(receivables.recover, row, actor=OTHER)
    assert stands(row) == ("RECOVERED", D(50), D(50))
    assert (world.funds(first)[0], world.funds(second)[0], row.ended_by) == (D(0), D(35), str(OTHER))
    assert told() == ["receivable.grew", "receivable.recovered", "receivable.recovered"]
    last = Event.objects.filter(type="receivable.recovered").latest("pk")
    assert (last.data["amount"], last.data["left"], last.data["state"]) == (
        {"amount": "15.00", "currency": "USD"},
        {"amount": "0.00", "currency": "USD"},
        "RECOVERED",
    )
    books_are_sound()


def test_held_frozen_and_other_customers_money_is_left_alone(world):
    wallet, frozen = world.wallet(), None
    taken_back(world, wallet)
    row = Receivable.objects.get()
    frozen = wallets.create(partner_id=world.partner.pk, customer_id=wallet.customer_id, currency="USD", actor=KEY, at=world.at)
    world.fund(frozen, "9.00")
    wallets.freeze(wallet_id=frozen.pk, reason="Looked at", actor=STAFF, at=world.at)
    world.wallet("99.00")
    world.fund(wallet, "10.00")
    holds.place(partner_id=world.partner.pk, wallet_id=wallet.pk, amount=Money("10.00", "USD"), actor=KEY, at=world.at)
    before = footprint(world)
    with pytest.raises(errors.NothingToRecover), transaction.atomic():
        act(receivables.recover, row)
    assert footprint(world) == before


def test_after_it_has_ended_nothing_is_taken_and_what_comes_begins_another(world):
    wallet = world.wallet()
    taken_back(world, wallet, "10.00", spent="10.00")
    row = Receivable.objects.get()
    world.fund(wallet, "10.00")
    act(receivables.recover, row)
    for deed, more in ((receivables.recover, {}), (receivables.request_write_off, {"reason": WHY})):
        with pytest.raises(errors.NotOwed):
            act(deed, row, **more)
    taken_back(world, wallet, "5.00", spent="5.00", name="in-2")
    assert [stands(one)[:2] for one in Receivable.objects.order_by("pk")] == [("RECOVERED", D(10)), ("OPEN", D(5))]
    books_are_sound()


# Written off


def test_what_is_given_up_takes_two_people_and_is_a_loss(world):
    row = owing(world)
    maker, checker = person(Role.OPERATIONS, "ops@flowlet.test"), person(Role.FINANCE, "fin@flowlet.test")
    with pytest.raises(ReasonMissing):
        act(receivables.request_write_off, row, reason=" ", actor=maker)
    asked = act(receivables.request_write_off, row, reason=WHY, actor=maker)
    assert stands(row) == ("OPEN", D(50), D(0))
    assert receivables.describe_write_off(asked)["Given up"] == "50.00 USD"
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=maker, at=world.at)
    requests.approve(approval_id=asked.pk, actor=checker, at=world.at)
    assert (stands(row), row.reason, row.ended_by) == (("WRITTEN_OFF", D(50), D(0)), WHY, str(checker))
    assert (world.lines()["5020"], "1210" in world.lines()) == (D(50), False)
    assert told() == ["receivable.grew", "receivable.written_off"]
    books_are_sound()


def test_an_amount_that_changed_since_is_not_written_off(world):
    wallet = world.wallet()
    taken_back(world, wallet)
    row = Receivable.objects.get()
    maker, checker = person(Role.OPERATIONS, "ops@flowlet.test"), person(Role.FINANCE, "fin@flowlet.test")
    asked = act(receivables.request_write_off, row, reason=WHY, actor=maker)
    world.fund(wallet, "1.00")
    act(receivables.recover, row)
    with pytest.raises(Obsolete), transaction.atomic():
        receivables.execute_write_off(approval=asked, actor=checker, at=world.at)
    assert stands(row) == ("OPEN", D(50), D(1)) and "5020" not in world.lines()


# The database, the checks, what was there before


@pytest.mark.parametrize(
    "change",
    [
        {"owed": D(49)},
        {"currency": "EUR"},
        {"recovered": D(51)},
        {"state": "RECOVERED"},
        {"state": "WRITTEN_OFF"},
    ],
)
def test_the_database_refuses_a_row_that_lies(world, change):
    row = owing(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Receivable.objects.filter(pk=row.pk).update(**change)


def test_the_books_are_read_aloud_against_the_rows(world):
    row = owing(world)
    Receivable.objects.filter(pk=row.pk).update(owed=D(60))
    ((where, said),) = list(checks.receivables_are_booked())
    assert (where, said) == (row.customer.public_id, "60 USD is said to be owed; the books say 50")


def test_every_end_is_an_end():
    assert {state for state, onward in RECEIVABLE_MOVES.items() if not onward} == {"RECOVERED", "WRITTEN_OFF"}


# Pages and command


def test_the_page_shows_what_is_owed_takes_it_and_opens_the_next(sit, world):
    first, second = owing(world, name="a"), owing(world, name="b")
    client = sit(Role.OPERATIONS)
    assert [one.pk for one in client.get(LIST).context["cl"].result_list] == [first.pk, second.pk]
    shown = page_of(client, first)
    for part in ("50.00", "Payment returned", first.customer.public_id, "nobody"):
        assert part in shown, part
    press(client, first, "take")
    assert [one.pk for one in client.get(LIST, {"work": "mine"}).context["cl"].result_list] == [first.pk]
    refusal = press(client, first, "recover")
    assert refusal.status_code == 409 and "No wallet" in refusal.content.decode()
    world.fund(first.payment.wallet, "50.00")
    answer = press(client, first, "recover")
    assert (answer.status_code, answer["Location"]) == (302, cells.admin_url(second))
    assert buttons(client, first) == {} and stands(first)[0] == "RECOVERED"
    press(client, second, "write_off", reason=WHY)
    assert "asked for, waits for another person" in page_of(client, second)
    press(sit(Role.FINANCE), Approval.objects.get(), "approve")
    assert stands(second)[0] == "WRITTEN_OFF"
    assert buttons(sit(Role.AUDITOR), second) == {}
    books_are_sound()


def test_the_pages_cost_the_same_whatever_is_owed(sit, world):
    client, admin = sit(Role.OPERATIONS), site._registry[Receivable]
    rows = [owing(world, name=f"n-{number}") for number in range(8)]
    client.get(LIST)
    with at_most(admin.query_budget):
        client.get(LIST)
    with at_most(admin.page_budget):
        page_of(client, rows[0])


def test_the_command_does_what_the_page_does(world):
    row = owing(world)
    person(Role.OPERATIONS, "ops@flowlet.test"), person(Role.AUDITOR, "aud@flowlet.test")
    by = ("--as", "ops@flowlet.test")
    mode = ("--mode", world.partner.mode)
    assert row.public_id in call("receivables", "list", *mode) and "50.00 USD" in call("receivables", "list", *mode)
    assert "Could come from" in call("receivables", "show", row.public_id)
    refused("recover_receivable", "receivables", "recover", row.public_id, "--as", "aud@flowlet.test")
    refused("nothing_to_recover", "receivables", "recover", row.public_id, *by)
    refused("looks after", "receivables", "hand-over", row.public_id, "--owner", "aud@flowlet.test", *by)
    call("receivables", "hand-over", row.public_id, "--owner", "ops@flowlet.test", *by)
    assert "ops@flowlet.test" in call("receivables", "list", *mode)
    assert Record.objects.filter(action="payments.receivable.owned", target=row.public_id).count() == 1
    world.fund(row.payment.wallet, "60.00")
    call("receivables", "recover", row.public_id, *by)
    assert stands(row)[0] == "RECOVERED"
    assert row.public_id in call("receivables", "list", *mode, "--state", "recovered")
