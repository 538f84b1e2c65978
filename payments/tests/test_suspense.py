"""Money in suspense: what lies there and why, given to a wallet once, by two above the threshold, or sent back; afterwards as if it had
come to that wallet."""

from decimal import Decimal
from unittest import mock

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.choices import Role
from accounts.errors import CustomerFrozen, ReasonMissing
from accounts.models import User
from accounts.services import customers
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import AlreadyPending, FourEyesRequired, MayNot
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from flowlet.events.models import Event
from ledger.models import Journal
from ledger.services import accounts, charts, journals
from ledger.services.journals import Leg
from payments import errors
from payments.choices import InboundState, PaymentKind, PaymentStatus, Rail, SuspenseCause, SuspenseState
from payments.models import Move, Payment, Recall, SuspenseItem
from payments.selectors import deposit_payers, flows, reports
from payments.services import checks, outcomes, payments, postings, recalls, sending, settlement, suspense, suspense_rows
from payments.services.suspense_rows import Arrival, Payer
from payments.states import STAYS
from payments.tests import standings
from payments.tests.test_deposits import another, declared, entry, heard, instruction, notice, part, received, states
from payments.tests.test_recalls import wanted
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world
from wallets.errors import WalletClosed, WalletFrozen, WalletNotFound
from wallets.services import wallets

D, S, C, I = Decimal, PaymentStatus, SuspenseCause, InboundState  # noqa: E741
WHY = "the payer wrote to us"


@pytest.fixture
def world(db):
    return fresh_world()


def lost(world, amount="50.00", **options) -> SuspenseItem:
    """A credit for nobody."""
    return world.credit(None, amount, **{"name": "lost-1"} | options).suspense_items.get()


def assign(world, row, wallet, **options):
    options = {"reason": WHY, "actor": STAFF, "at": world.at} | options
    return suspense.assign(item_id=row.pk, wallet_id=wallet.pk, **options)


def person(role, email):
    user = User.objects.create_user(email, name="Somebody", is_staff=True, roles=[role])
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


def refused(world, row, wallet, error, **options):
    """The assignment is refused, and nothing has happened."""
    before = (world.lines(), Move.objects.count(), Event.objects.count(), Approval.objects.count())
    with pytest.raises(error) as caught, transaction.atomic():
        assign(world, row, wallet, **options)
    row.refresh_from_db()
    assert (world.lines(), Move.objects.count(), Event.objects.count(), Approval.objects.count()) == before
    return caught.value


def stands(row):
    row.refresh_from_db()
    return row.state


# What lies there, and why


def test_a_credit_for_nobody_lies_in_suspense_with_what_the_bank_says_of_the_payer(world):
    declared(world)
    payer = "<Dbtr><Nm>Grace Hopper</Nm></Dbtr><DbtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></DbtrAcct>"
    told = part(text="who?", paid_to="DE02120300000000202051").replace("<RltdPties>", f"<RltdPties>{payer}")
    heard(world, notice(entry(world, "120.50", told)))
    row = SuspenseItem.objects.get()
    assert (row.state, row.cause, row.amount, row.currency, row.came_by) == (
        "OPEN",
        C.NOBODY,
        D("120.50"),
        "EUR",
        "payments.receipt",
    )
    assert (row.payment.status, row.payment.wallet, row.owner) == (S.SETTLED, None, None)
    assert suspense_rows.payer_of(row) == suspense_rows.Payer(name="Grace Hopper", account="FR1420041010050500013M02606")
    assert suspense_rows.masked_payer(row) == "G•••• H•••••"
    assert b"Hopper" not in bytes(row.sealed)
    event = Event.objects.get(type="payment.booked_to_suspense")
    assert (event.partner_id, event.subject) == (world.partner.pk, row.payment.public_id)
    assert (event.data["amount"], event.data["cause"]) == ({"amount": "120.50", "currency": "EUR"}, "NOBODY")
    assert "Hopper" not in str(event.data)
    books_are_sound()


def test_a_wires_payer_is_known_too(world):
    declared(world, currency="USD", identification="000123456789")
    heard(world, received(world, "who?"))
    payer = suspense_rows.payer_of(SuspenseItem.objects.get())
    assert payer.name and payer.account


def test_each_row_says_why_no_wallet_got_the_money(world):
    declared(world)
    one, two = (world.wallet(currency="EUR") for _ in range(2))
    both = f"{instruction(world, one).reference} {instruction(world, two).reference}"
    heard(world, notice(entry(world, "1.00", part(text=both))))
    frozen, closed, euros = world.wallet(), world.wallet(), world.wallet(currency="EUR")
    wallets.freeze(wallet_id=frozen.pk, reason="Looked at", actor=STAFF, at=world.at)
    wallets.close(wallet_id=closed.pk, actor=KEY, at=world.at)
    for number, wallet in enumerate((frozen, closed, euros)):
        world.credit(wallet, "2.00", name=f"c-{number}")
    assert list(SuspenseItem.objects.order_by("pk").values_list("cause", flat=True)) == [
        C.SEVERAL,
        C.FROZEN,
        C.CLOSED,
        C.CURRENCY,
    ]
    books_are_sound()


def test_of_collections_that_arrive_together_each_that_finds_no_wallet_has_a_row(world):
    stopped = world.wallet()
    made = []
    for wallet in (world.wallet(), stopped):
        account = world.bank(wallet, relation="OWN")
        mandate = world.ach_mandate(account)
        made.append(world.pay(wallet, "5.00", kind=PaymentKind.COLLECTION, to=account, mandate_id=mandate.pk))
    settlement.run(at=world.at, actor=STAFF, early=True)
    wallets.freeze(wallet_id=stopped.pk, reason="Looked at", actor=STAFF, at=world.at)
    outcomes.settle_many(payment_ids=[one.pk for one in made], actor=STAFF, at=world.at)
    assert [(row.payment_id, row.cause, row.amount) for row in SuspenseItem.objects.all()] == [(made[1].pk, C.FROZEN, D(5))]
    books_are_sound()


def test_what_goes_back_out_of_suspense_ends_its_row(world):
    row = lost(world)
    world.act(outcomes.return_, row.payment, reason_code="R02")
    assert (stands(row), row.amount, row.ended_by) == (SuspenseState.RETURNED, D(50), str(STAFF))
    assert world.lines() == {}
    world.act(outcomes.redeem, row.payment)
    assert list(SuspenseItem.objects.order_by("pk").values_list("state", flat=True)) == ["RETURNED", "OPEN"]
    assert world.lines() == {"1010": D(50), "2900": D(-50)}
    books_are_sound()


def test_of_a_part_that_goes_back_the_rest_stays(world):
    wallet = world.wallet("100.00")
    made = world.pay(wallet, "25.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet))
    outcome = {"actor": STAFF, "at": world.at}
    with mock.patch.object(postings, "came_in", frozen_first(world, wallet)):
        sending.send(payment_id=made.pk, **outcome)
    row = SuspenseItem.objects.get()
    outcomes.dispute(payment_id=made.pk, reason_code="fraudulent", amount=Money("10.00", "USD"), **outcome)
    row.refresh_from_db()
    assert (row.state, row.amount) == (SuspenseState.OPEN, D(15))
    outcomes.dispute_won(payment_id=made.pk, **outcome)
    row.refresh_from_db()
    assert (row.state, row.amount, SuspenseItem.objects.count()) == (SuspenseState.OPEN, D(25), 1)
    books_are_sound()


def frozen_first(world, wallet):
    """As ``postings.came_in``, with the wallet frozen just before."""
    real = postings.came_in

    def came_in(payment, **options):
        wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)
        return real(payment, **options)

    return came_in


# Given to a wallet


def test_money_for_nobody_is_assigned_and_the_payment_the_books_and_the_partner_know(world):
    row, wallet = lost(world), world.wallet()
    done = assign(world, row, wallet)
    payment = Payment.objects.get(pk=row.payment_id)
    assert (done.state, done.wallet, done.reason, done.ended_by) == (SuspenseState.ASSIGNED, wallet, WHY, str(STAFF))
    assert (payment.status, payment.wallet_id, payment.customer_id) == (S.SETTLED, wallet.pk, wallet.customer_id)
    assert (world.funds(wallet), world.lines()) == ((D(50), D(0)), {"1010": D(50), "2010": D(-50)})
    step = payment.moves.order_by("-ordinal").first()
    assert (step.came_from, step.went_to, step.reason_code, step.reason) == ("SETTLED", "SETTLED", "payment.assigned", WHY)
    assert step.details == {"assigned_to": wallet.public_id, "amount": "50.00", "currency": "USD"}
    journal = Journal.objects.get(pk=step.journal_id)
    assert (journal.kind, journal.cause, payment.journal_id) == ("payments.assignment", payment.public_id, journal.pk)
    event = Event.objects.filter(subject=payment.public_id).order_by("-id").first()
    assert (event.type, event.partner_id) == ("payment.assigned", world.partner.pk)
    assert (event.data["wallet_id"], event.data["assigned"]["amount"]) == (wallet.public_id, "50.00")
    assert Record.objects.filter(action="payment.assigned", target=payment.public_id).get().reason == WHY
    books_are_sound()


@pytest.mark.parametrize(
    ("payer", "is_named"),
    [
        (Payer(name="Grace Hopper", account="DE89 3704 0044 0532 0130 00"), True),
        (Payer(name="Grace Hopper"), False),
        (Payer(), None),
    ],
    ids=["name and account", "name alone", "nothing"],
)
def test_what_the_bank_said_of_the_payer_is_kept_with_the_step_that_assigns_it_and_told_to_nobody(world, payer, is_named):
    wallet = world.wallet()
    row = lost(world, arrival=Arrival(payer=payer))
    assign(world, row, wallet)
    payment = Payment.objects.get(pk=row.payment_id)
    step = payment.moves.order_by("-ordinal").first()
    told = step.details.get("payer")
    assert (told and told["is_named"], step.details["assigned_to"]) == (is_named, wallet.public_id)
    assert getattr(deposit_payers.of(payment), "name", None) == (payer.name or None)
    said = [event.data for event in Event.objects.all()] + [record.after for record in Record.objects.all()]
    assert "Hopper" not in str(step.details) and "payer" not in str(said) and "sealed" not in str(said)


def test_money_that_was_its_customers_already_keeps_its_payer_where_it_settled(world):
    wallet = world.wallet()
    wallets.freeze(wallet_id=wallet.pk, reason="Seen.", actor=STAFF, at=world.at)
    payment = world.credit(
        wallet, "50.00", name="frozen-1", arrival=Arrival(payer=Payer(name="Grace Hopper", account="12-345678"))
    )
    wallets.unfreeze(wallet_id=wallet.pk, reason="Well.", actor=STAFF, at=world.at)
    assign(world, payment.suspense_items.get(), wallet)
    assert [("payer" in step.details) for step in payment.moves.filter(went_to=S.SETTLED).order_by("ordinal")] == [True, False]


def test_it_is_assigned_once(world):
    row, wallet, other = lost(world), world.wallet(), world.wallet()
    assign(world, row, wallet)
    for one in (wallet, other):
        assert refused(world, row, one, errors.NotInSuspense).details == {"state": "ASSIGNED"}
    assert (world.funds(wallet)[0], world.funds(other)[0]) == (D(50), D(0))


def test_a_wallet_of_another_partner_currency_or_customer_is_refused(world):
    row = lost(world)
    refused(world, row, another().wallet(), WalletNotFound)
    refused(world, row, world.wallet(currency="EUR"), errors.SuspenseWalletUnfit)
    stopped = world.wallet()
    wallets.freeze(wallet_id=stopped.pk, reason="Looked at", actor=STAFF, at=world.at)
    theirs = world.credit(stopped, "5.00", name="c-1").suspense_items.get()
    refused(world, theirs, world.wallet(), errors.SuspenseWalletUnfit)
    refused(world, theirs, stopped, WalletFrozen)
    second = world.wallet(customer=stopped.customer)
    assert assign(world, theirs, second).wallet == second
    assert Payment.objects.get(pk=theirs.payment_id).wallet_id == second.pk
    books_are_sound()


def test_a_wallet_that_takes_no_money_is_refused(world):
    row = lost(world)
    closed, owned = world.wallet(), world.wallet()
    wallets.close(wallet_id=closed.pk, actor=KEY, at=world.at)
    refused(world, row, closed, WalletClosed)
    customers.freeze(customer_id=owned.customer_id, reason="Looked at", actor=STAFF, at=world.at)
    refused(world, row, owned, CustomerFrozen)
    refused(world, row, world.wallet(), ReasonMissing, reason="  ")
    assert stands(row) == SuspenseState.OPEN


def test_what_was_booked_out_by_hand_is_not_assigned_again(world):
    row, wallet = lost(world), world.wallet()
    taken_by_hand(world, wallet, "30.00")
    refusal = refused(world, row, wallet, errors.SuspenseSpent)
    assert "20.00 USD" in refusal.message


# Taken out by hand


def taken_by_hand(world, wallet, amount="50.00", *, kind="manual", side="DEBIT"):
    """A journal that somebody posted; its id."""
    common = {"book_id": postings.book_of(world.partner.pk), "currency": "USD", "actor": STAFF, "at": world.at}
    there, value = accounts.system_account(line=charts.SUSPENSE, **common), Money(amount, "USD")
    other = {"DEBIT": "CREDIT", "CREDIT": "DEBIT"}[side]
    legs = [Leg(there.pk, side, value), Leg(wallet.account_id, other, value)]
    return journals.post(book_id=there.book_id, legs=legs, kind=kind, actor=STAFF).journal_id


def reversed_(world, journal_id):
    book_id = postings.book_of(world.partner.pk)
    return journals.reverse(book_id=book_id, journal_id=journal_id, reason="wrong", actor=STAFF).journal_id


def closing(world, row, journal_id, **options):
    """Asked for by operations and approved by finance."""
    maker, checker = person(Role.OPERATIONS, "maker@flowlet.test"), person(Role.FINANCE, "checker@flowlet.test")
    asked = suspense.close(item_id=row.pk, journal_id=journal_id, reason=WHY, actor=maker, at=world.at)
    assert (asked.status, stands(row)) == (ApprovalStatus.PENDING, SuspenseState.OPEN)
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=maker, at=world.at)
    return asked, lambda: requests.approve(approval_id=asked.pk, actor=checker, at=world.at)


def test_money_that_a_manual_journal_took_out_ends_its_row_by_two_people(world):
    row, wallet = lost(world), world.wallet()
    journal_id = taken_by_hand(world, wallet)
    asked, approve = closing(world, row, journal_id)
    shown = suspense.describe_closing(asked)
    assert (shown["Amount"], shown["Payment"]) == ("50.00 USD", row.payment.public_id)
    assert shown["Journal"].startswith(Journal.objects.get(pk=journal_id).public_id)
    approve()
    row.refresh_from_db()
    assert (row.state, row.journal_id, row.reason) == (SuspenseState.CLOSED, journal_id, WHY)
    assert Record.objects.filter(action="payments.suspense.closed", target=row.public_id).count() == 1
    assert world.funds(wallet)[0] == D(50)
    books_are_sound()


@pytest.mark.parametrize(
    "journal",
    [
        lambda world, wallet: taken_by_hand(world, wallet, "49.00"),
        lambda world, wallet: taken_by_hand(world, wallet, kind="transfer"),
        lambda world, wallet: world.credit(wallet, "50.00", name="other").journal_id,
        lambda world, wallet: reversed_(world, taken_by_hand(world, wallet)),
    ],
    ids=["another amount", "not by hand", "not out of suspense", "a reversal"],
)
def test_a_journal_that_does_not_take_it_out_of_suspense_ends_nothing(world, journal):
    row, wallet = lost(world), world.wallet("100.00")
    with pytest.raises(Invalid) as refusal:
        closing(world, row, journal(world, wallet))
    assert refusal.value.param == "journal_id"
    assert stands(row) == SuspenseState.OPEN


def test_a_journal_ends_one_row_and_only_while_it_stands(world):
    first, second, wallet = lost(world), lost(world, name="lost-2"), world.wallet()
    journal_id = taken_by_hand(world, wallet)
    _, approve = closing(world, first, journal_id)
    approve()
    assert journal_id not in {one.pk for one in suspense.fitting_journals(second)}
    third = taken_by_hand(world, wallet)
    assert [one.pk for one in suspense.fitting_journals(second)] == [third]
    maker = Actor(kind=ActorKind.STAFF, id=User.objects.get(email="maker@flowlet.test").public_id, label="maker")
    checker = Actor(kind=ActorKind.STAFF, id=User.objects.get(email="checker@flowlet.test").public_id, label="checker")
    asked = suspense.close(item_id=second.pk, journal_id=third, reason=WHY, actor=maker, at=world.at)
    reversed_(world, third)
    assert requests.approve(approval_id=asked.pk, actor=checker, at=world.at).status == ApprovalStatus.FAILED
    assert stands(second) == SuspenseState.OPEN


def test_what_was_taken_out_by_hand_is_not_given_back_out_of_suspense(world):
    row, wallet = lost(world), world.wallet()
    _, approve = closing(world, row, taken_by_hand(world, wallet))
    approve()
    with pytest.raises(errors.SuspenseSpent):
        world.act(outcomes.return_, row.payment, reason_code="R02")
    assert world.lines()["1010"] == D(50)
    books_are_sound()


# Two people


def test_above_the_threshold_another_person_approves(world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(40)}
    maker, checker = person(Role.OPERATIONS, "maker@flowlet.test"), person(Role.FINANCE, "checker@flowlet.test")
    row, wallet = lost(world), world.wallet()
    refused(world, row, wallet, MayNot, actor=person(Role.AUDITOR, "auditor@flowlet.test"))
    asked = assign(world, row, wallet, actor=maker)
    assert isinstance(asked, Approval)
    assert (stands(row), world.funds(wallet)[0], asked.subject) == (SuspenseState.OPEN, D(0), row.public_id)
    refused(world, row, wallet, AlreadyPending, actor=maker)
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=maker, at=world.at)
    shown = suspense.describe_assignment(asked)
    assert (shown["Amount"], shown["Wallet"], shown["Because"]) == ("50.00 USD", wallet.public_id, "Nothing names a wallet")
    requests.approve(approval_id=asked.pk, actor=checker, at=world.at)
    row.refresh_from_db()
    assert (row.state, row.ended_by, row.reason, world.funds(wallet)[0]) == (SuspenseState.ASSIGNED, str(checker), WHY, D(50))
    assert row.payment.moves.order_by("-ordinal").first().details["approval"] == asked.public_id
    books_are_sound()


def test_at_the_threshold_one_person_is_enough(world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(50)}
    assert assign(world, lost(world), world.wallet()).state == SuspenseState.ASSIGNED


def test_a_request_for_money_that_went_back_meanwhile_fails(world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(40)}
    maker, checker = person(Role.OPERATIONS, "maker@flowlet.test"), person(Role.FINANCE, "checker@flowlet.test")
    row, wallet = lost(world), world.wallet()
    asked = assign(world, row, wallet, actor=maker)
    world.act(outcomes.return_, row.payment, reason_code="R02")
    assert requests.approve(approval_id=asked.pk, actor=checker, at=world.at).status == ApprovalStatus.FAILED
    assert (world.funds(wallet)[0], stands(row)) == (D(0), SuspenseState.RETURNED)


def test_a_request_for_a_wallet_that_was_frozen_meanwhile_waits(world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(40)}
    maker, checker = person(Role.OPERATIONS, "maker@flowlet.test"), person(Role.FINANCE, "checker@flowlet.test")
    row, wallet = lost(world), world.wallet()
    asked = assign(world, row, wallet, actor=maker)
    wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)
    with pytest.raises(WalletFrozen), transaction.atomic():
        requests.approve(approval_id=asked.pk, actor=checker, at=world.at)
    asked.refresh_from_db()
    assert (asked.status, stands(row)) == (ApprovalStatus.PENDING, SuspenseState.OPEN)


# Afterwards it is as if it had come to the wallet


@pytest.mark.parametrize("spent", ["", "30.00"])
def test_a_return_takes_from_suspense_before_and_from_the_wallet_after(world, spent):
    before, wallet = lost(world, name="before"), world.wallet()
    after = lost(world, name="after")
    assign(world, after, wallet)
    world.act(outcomes.return_, before.payment, reason_code="R02")
    assert (world.funds(wallet)[0], world.lines()) == (D(50), {"1010": D(50), "2010": D(-50)})
    if spent:
        world.send(wallet, world.wallet(), spent)
    payment = world.act(outcomes.return_, after.payment, reason_code="R02")
    assert (payment.status, payment.returned, world.funds(wallet)) == (S.RETURNED, D(50), (D(0), D(0)))
    assert world.lines() == ({"1210": D(30), "2010": D(-30)} if spent else {})
    assert payment.moves.order_by("-ordinal").first().details == ({"owed": "30.0000"} if spent else {})
    redeemed = world.act(outcomes.redeem, payment)
    assert (redeemed.status, world.funds(wallet)[0]) == (S.SETTLED, D(50))
    books_are_sound()


def test_a_refund_is_refused_before_and_made_after(world):
    wallet = world.wallet()
    account = world.bank(wallet, relation="OWN")
    row = lost(world)
    with pytest.raises(errors.NotRefundable):
        world.act(payments.refund, row.payment)
    assign(world, row, wallet)
    with pytest.raises(errors.ExternalAccountMissing):
        world.act(payments.refund, row.payment)
    stopped = world.wallet(customer=wallet.customer)
    made = world.pay(stopped, "20.00", kind=PaymentKind.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk)
    settlement.run(at=world.at, actor=STAFF, early=True)
    wallets.freeze(wallet_id=stopped.pk, reason="Looked at", actor=STAFF, at=world.at)
    world.act(outcomes.settle, made)
    held = SuspenseItem.objects.get(payment=made)
    with pytest.raises(errors.NotRefundable, match="in suspense"):
        world.act(payments.refund, made)
    assign(world, held, wallet)
    assert world.funds(wallet)[0] == D(70)
    back = world.act(payments.refund, made, amount=Money("5.00", "USD"))
    assert (back.wallet_id, back.status, world.funds(wallet)) == (wallet.pk, S.HELD, (D(70), D(5)))
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, back)
    made.refresh_from_db()
    assert (made.refunded, world.funds(wallet), world.funds(stopped)) == (D(5), (D(65), D(0)), (D(0), D(0)))
    books_are_sound()


@pytest.mark.parametrize("is_assigned", [False, True])
def test_a_bank_that_asks_for_it_is_given_it_from_where_it_lies(world, is_assigned):
    declared(world)
    heard(world, notice(entry(world, "120.50", part(text="who?", e2e="PAYER-7"))))
    row, wallet = SuspenseItem.objects.get(), world.wallet("10.00", currency="EUR")
    if is_assigned:
        assign(world, row, wallet)
    assert world.funds(wallet)[0] == (D("130.50") if is_assigned else D(10))
    assert states(heard(world, wanted(world, {"end_to_end_id": "PAYER-7"}, "120.50"))) == [(I.HANDLED, "")]
    recalls.accept(recall_id=Recall.objects.get().pk, actor=STAFF, at=world.at)
    row.refresh_from_db()
    assert (row.state, row.payment.status) == ("ASSIGNED" if is_assigned else "RETURNED", S.RETURNED)
    assert (world.funds(wallet)[0], world.lines().get("2900", D(0))) == (D(10), D(0))
    books_are_sound()


def test_money_that_went_out_and_came_back_to_a_closed_wallet_is_given_to_another_of_its_customer(world):
    wallet = world.wallet("30.00")
    payment = standings.sent(world, wallet, "30.00")
    world.act(outcomes.settle, payment)
    wallets.close(wallet_id=wallet.pk, actor=KEY, at=world.at)
    world.act(outcomes.return_, payment, reason_code="R02")
    row, second = SuspenseItem.objects.get(), world.wallet(customer=wallet.customer)
    assert (row.cause, row.came_by) == (C.CLOSED, "payments.return")
    refused(world, row, world.wallet(), errors.SuspenseWalletUnfit)
    assign(world, row, second)
    payment.refresh_from_db()
    assert (payment.status, payment.wallet_id, payment.reason_code) == (S.RETURNED, wallet.pk, "R02")
    assert (world.funds(second)[0], world.lines()) == (D(30), {"1010": D(30), "2010": D(-30)})
    world.act(outcomes.redeem, payment)
    assert (world.funds(second)[0], world.lines()) == (D(0), {})
    books_are_sound()


def test_a_failure_that_a_frozen_wallet_cannot_take_is_given_to_it_when_it_is_thawed(world):
    wallet = world.wallet("100.00")
    payment = standings.sent(world, wallet, "10.00")
    wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)
    payment = world.act(outcomes.fail, payment, reason_code="R03")
    row = SuspenseItem.objects.get()
    wallets.unfreeze(wallet_id=wallet.pk, reason="All is well", actor=STAFF, at=world.at)
    assign(world, row, wallet)
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code, world.funds(wallet)) == (S.FAILED, "R03", (D(100), D(0)))
    assert payment.external_account.return_streak == 1
    books_are_sound()


def test_an_assignment_counts_in_no_report_as_another_settlement_or_return(world):
    row, wallet = lost(world), world.wallet()
    first = last = world.at.date()

    def counted():
        told = reports.settlement(partner_id=world.partner.pk, first=first, last=last)
        return [(line.outcome, line.count) for line in told], flows.of_day(first, modes=["SANDBOX"])

    before = counted()
    assign(world, row, wallet)
    assert counted() == before
    assert before[0] == [("settled", 1)]


def test_a_streak_of_returns_is_still_taken_back_after_an_assignment(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    made = [world.pay(wallet, "5.00", to=account) for _ in range(2)]
    settlement.run(at=world.at, actor=STAFF, early=True)
    for payment in made:
        world.act(outcomes.settle, payment)
    wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)
    for payment in made:
        world.act(outcomes.return_, payment, reason_code="R01")
    wallets.unfreeze(wallet_id=wallet.pk, reason="All is well", actor=STAFF, at=world.at)
    for row in SuspenseItem.objects.all():
        assign(world, row, wallet)
    account.refresh_from_db()
    assert account.return_streak == 2
    world.act(outcomes.redeem, made[0])
    account.refresh_from_db()
    assert account.return_streak == 1
    books_are_sound()


# Sent back


def test_a_wire_for_nobody_goes_back_out_of_suspense(world):
    declared(world, currency="USD", identification="000123456789")
    heard(world, received(world, "who?"))
    row = SuspenseItem.objects.get()
    done = suspense.send_back(item_id=row.pk, code="AC01", note="No such account", actor=STAFF, at=world.at)
    recall = Recall.objects.get()
    assert (done.state, done.payment.status, recall.message, recall.reason_code) == (
        SuspenseState.RETURNED,
        S.RETURNED,
        "pacs.004.001.10",
        "AC01",
    )
    assert (world.lines(), recall.payment_id) == ({}, row.payment_id)
    with pytest.raises(errors.NotInSuspense):
        suspense.send_back(item_id=row.pk, code="AC01", actor=STAFF, at=world.at)
    books_are_sound()


def test_what_no_rail_takes_back_is_refused_in_words(world):
    declared(world)
    heard(world, notice(entry(world, "120.50", part(text="who?"))))
    wallet = world.wallet("30.00")
    payment = standings.sent(world, wallet, "30.00")
    wallets.close(wallet_id=wallet.pk, actor=KEY, at=world.at)
    world.act(outcomes.fail, payment, reason_code="R03")
    lost(world)
    before = world.lines()
    said = {}
    for row in SuspenseItem.objects.all():
        with pytest.raises(errors.NotRecallable) as caught:
            suspense.send_back(item_id=row.pk, code="AC01", actor=STAFF, at=world.at)
        said[row.payment.rail, row.payment.direction] = caught.value.message
    assert "its customer's own money" in said["ach", "OUT"]
    assert said["ach", "IN"].startswith("This rail takes nothing back")
    assert said["sepa_ct", "IN"].startswith("Only what came as a wire of its own")
    assert (world.lines(), Recall.objects.count()) == (before, 0)


# Who looks after it


def test_a_person_takes_it_or_hands_it_over(world):
    actor, row = person(Role.OPERATIONS, "ada@flowlet.test"), lost(world)
    ada, grace = (
        User.objects.get(),
        User.objects.create_user("grace@flowlet.test", name="Grace", is_staff=True, roles=["FINANCE"]),
    )
    assert suspense.take(item_id=row.pk, actor=actor, at=world.at).owner == ada
    assert suspense.hand_over(item_id=row.pk, owner=grace, actor=actor, at=world.at).owner == grace
    record = Record.objects.filter(action="payments.suspense.owned").order_by("-id").first()
    assert (record.before, record.after) == ({"owner": ada.public_id}, {"owner": grace.public_id})
    with pytest.raises(Invalid):
        suspense.take(item_id=row.pk, actor=KEY, at=world.at)
    assign(world, row, world.wallet())
    with pytest.raises(errors.NotInSuspense):
        suspense.take(item_id=row.pk, actor=actor, at=world.at)


# What the database keeps


def test_only_an_assignment_gives_a_payment_another_wallet(world):
    row, wallet = lost(world), world.wallet()
    with pytest.raises(IntegrityError, match="wallet and customer are fixed"), transaction.atomic():
        Payment.objects.filter(pk=row.payment_id).update(wallet=wallet, customer=wallet.customer)
    assign(world, row, wallet)
    with pytest.raises(IntegrityError, match="wallet and customer are fixed"), transaction.atomic():
        Payment.objects.filter(pk=row.payment_id).update(wallet=world.wallet())
    for change in ({"amount": 1}, {"wallet": world.wallet()}, {"state": "OPEN", "ended_at": None, "wallet": None}):
        with pytest.raises(IntegrityError, match="is fixed"), transaction.atomic():
            SuspenseItem.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError, match="never removed"), transaction.atomic():
        SuspenseItem.objects.all().delete()


@pytest.mark.django_db
def test_the_database_knows_where_a_step_may_change_no_state():
    with connection.cursor() as cursor:
        cursor.execute("SELECT s FROM unnest(%s::text[]) s WHERE payments_may_stay(s)", [list(S.values)])
        assert {S(name) for (name,) in cursor.fetchall()} == STAYS


def test_verification_names_a_row_that_differs_from_the_books(world):
    row = lost(world)
    SuspenseItem.objects.filter(pk=row.pk).update(amount=D(49))
    assert list(checks.suspense_is_there()) == [
        (row.payment.public_id, "49 is said to be in suspense; its journals left 50 there")
    ]
