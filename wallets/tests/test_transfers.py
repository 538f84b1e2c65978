"""Money goes from wallet to wallet, or a refusal leaves nothing."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from moneyed import Money

from accounts import errors as people
from accounts.services import customers, partners
from flowlet.audit.models import Record
from flowlet.events.models import Event
from ledger import errors as ledger_errors
from ledger.models import Entry, Journal
from wallets import errors
from wallets.models import Hold, Refund, Transfer
from wallets.selectors import words
from wallets.selectors.words import Words
from wallets.services import refunds, transfers
from wallets.tests.conftest import KEY, ROBOT, footprint, new_partner, usd


def test_a_transfer_moves_the_amount_and_answers_both_balances(world):
    a, b = world.wallet("10"), world.wallet("1")
    made = world.send(a, b, "2.50", description="lunch", external_id="t-1", metadata={"order": "7"})
    assert [(x.wallet_id, x.total, x.held, x.available) for x in made.balances] == [
        (a.pk, usd("7.50"), usd(0), usd("7.50")),
        (b.pk, usd("3.50"), usd(0), usd("3.50")),
    ]
    transfer = Transfer.objects.get()
    assert (transfer.status, transfer.captured, transfer.amount, transfer.completed_at) == ("COMPLETED", 2.5, 2.5, world.at)
    journal = Journal.objects.get(pk=transfer.journal_id)
    assert (journal.kind, journal.cause) == ("wallets.transfer", transfer.public_id)
    assert (journal.description, journal.metadata) == ("", {})
    assert words.of([journal]) == {journal.pk: Words("t-1", "lunch", {"order": "7"})}
    legs = Entry.objects.filter(journal=journal).order_by("ordinal").values_list("account_id", "side")
    assert list(legs) == [(a.account_id, "DEBIT"), (b.account_id, "CREDIT")]
    record = Record.objects.get(target=transfer.public_id)
    event = Event.objects.get(subject=transfer.public_id)
    assert record.action == event.type == "transfer.completed"
    assert event.data == record.after == {
        "id": transfer.public_id,
        "source_wallet_id": a.public_id,
        "target_wallet_id": b.public_id,
        "status": "COMPLETED",
        "amount": {"amount": "2.50", "currency": "USD"},
        "captured": {"amount": "2.50", "currency": "USD"},
        "refunded": {"amount": "0.00", "currency": "USD"},
        "external_id": "t-1",
    }  # fmt: skip


def test_a_backdated_transfer_counts_for_its_day_in_the_books_and_today_for_limits(world):
    a, b = world.wallet("10"), world.wallet()
    day = world.at.date() - timedelta(days=40)
    world.send(a, b, "1", effective_on=day)
    assert Journal.objects.get(kind="wallets.transfer").effective_on == day
    assert list(a.usage.values_list("day", "used")) == [(world.at.date(), 1)]


@pytest.mark.parametrize(
    ("case", "refusal"),
    [
        ("poor", errors.InsufficientFunds),
        ("held", errors.InsufficientFunds),
        ("same", errors.SameWallet),
        ("yen", errors.CurrencyMismatch),
        ("target yen", errors.CurrencyMismatch),
        ("foreign", errors.WalletNotFound),
        ("source customer frozen", people.CustomerFrozen),
        ("target customer frozen", people.CustomerFrozen),
        ("suspended", people.PartnerSuspended),
        ("future", ledger_errors.EffectiveDayOutOfRange),
        ("taken", errors.DuplicateExternalId),
        ("long", errors.MalformedExternalId),
    ],
)
def test_refuses_and_leaves_nothing(world, case, refusal):
    a, b = world.wallet("10"), world.wallet()
    options = {}
    source, target, amount = a, b, "1"
    if case == "poor":
        amount = "10.01"
    elif case == "held":
        world.hold(a, "9.50")
    elif case == "same":
        target = a
    elif case == "yen":
        source, target = a, world.wallet(currency="JPY")
        a.currency = "JPY"
    elif case == "target yen":
        target = world.wallet(currency="JPY")
    elif case == "foreign":
        mine = world.partner
        world.partner = new_partner("Globex")
        target = world.wallet()
        world.partner = mine
    elif case.endswith("customer frozen"):
        wallet = a if case.startswith("source") else b
        customers.freeze(customer_id=wallet.customer_id, reason="check", actor=ROBOT, at=world.at)
    elif case == "suspended":
        partners.suspend(partner_id=world.partner.pk, reason="check", actor=ROBOT, at=world.at)
    elif case == "future":
        options["effective_on"] = world.at.date() + timedelta(days=3)
    elif case == "taken":
        world.send(a, b, "1", external_id="t-1")
        options["external_id"] = "t-1"
    elif case == "long":
        options["external_id"] = "x" * 129
    before = footprint()
    with pytest.raises(refusal), transaction.atomic():
        world.send(source, target, amount, **options)
    assert footprint() == before


def test_too_little_says_how_much_there_is(world):
    a, b = world.wallet("10"), world.wallet()
    world.hold(a, "4")
    with pytest.raises(errors.InsufficientFunds) as refusal, transaction.atomic():
        world.send(a, b, "6.01")
    assert refusal.value.details == {
        "wallet_id": a.public_id,
        "available": {"amount": "6.00", "currency": "USD"},
        "needed": {"amount": "6.01", "currency": "USD"},
    }
    assert refusal.value.message == "6.00 USD is available, 6.01 is needed."


def test_an_authorised_transfer_is_captured_in_parts(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.authorize(a, b, "6").transfer
    assert world.balance(a) == ("10", "6")
    step = {"partner_id": world.partner.pk, "transfer_id": transfer.pk, "actor": KEY, "at": world.at}
    first = transfers.capture(amount=usd(2), **step)
    assert (first.transfer.status, world.balance(a), world.balance(b)) == ("AUTHORIZED", ("8", "4"), ("2", "0"))
    with pytest.raises(errors.HoldTooSmall) as refusal, transaction.atomic():
        transfers.capture(amount=usd("4.01"), **step)
    assert refusal.value.details["left"] == {"amount": "4.00", "currency": "USD"}
    last = transfers.capture(**step)
    assert (last.transfer.status, last.transfer.captured, last.hold.status) == ("COMPLETED", 6, "CAPTURED")
    assert (world.balance(a), world.balance(b)) == (("4", "0"), ("6", "0"))
    with pytest.raises(errors.TransferNotAuthorized), transaction.atomic():
        transfers.capture(**step)
    assert [journal.kind for journal in Journal.objects.filter(cause=transfer.public_id)] == ["wallets.capture"] * 2
    assert list(Event.objects.filter(subject=transfer.public_id).order_by("id").values_list("type", flat=True)) == [
        "transfer.authorized", "transfer.captured", "transfer.completed",
    ]  # fmt: skip


def test_a_final_capture_releases_the_rest(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.authorize(a, b, "6").transfer
    done = transfers.capture(
        partner_id=world.partner.pk, transfer_id=transfer.pk, amount=usd(2), is_final=True, actor=KEY, at=world.at
    )
    assert (done.transfer.status, done.hold.captured, done.hold.released) == ("COMPLETED", 2, 4)
    assert (world.balance(a), world.balance(b)) == (("8", "0"), ("2", "0"))
    assert list(a.usage.values_list("used", flat=True)) == [2]


@pytest.mark.parametrize(("captured", "status"), [("", "VOIDED"), ("1", "COMPLETED")])
def test_a_void_gives_back_what_is_left(world, captured, status):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.authorize(a, b, "6").transfer
    step = {"partner_id": world.partner.pk, "transfer_id": transfer.pk, "actor": KEY, "at": world.at}
    if captured:
        transfers.capture(amount=usd(captured), **step)
    done = transfers.void(reason="cancelled", **step)
    assert done.transfer.status == status
    assert done.balances[0].held == usd(0)
    assert list(a.usage.values_list("used", flat=True)) == [int(captured or 0)]
    with pytest.raises(errors.TransferNotAuthorized), transaction.atomic():
        transfers.void(**step)


def test_the_hold_of_a_transfer_is_the_transfers(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.authorize(a, b, "6").transfer
    hold = Hold.objects.get()
    before = footprint()
    with pytest.raises(errors.HoldBelongsToTransfer) as refusal, transaction.atomic():
        world.capture(hold, b)
    assert refusal.value.details == {"transfer_id": transfer.public_id}
    with pytest.raises(errors.HoldBelongsToTransfer), transaction.atomic():
        world.release(hold)
    assert footprint() == before


def test_an_expired_authorisation_ends_the_transfer(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.authorize(a, b, "6", expires_at=world.at + timedelta(minutes=1)).transfer
    world.at += timedelta(minutes=1)
    with pytest.raises(errors.TransferNotAuthorized), transaction.atomic():
        transfers.capture(partner_id=world.partner.pk, transfer_id=transfer.pk, actor=KEY, at=world.at)
    world.send(a, b, "10")
    transfer.refresh_from_db()
    assert transfer.status == "EXPIRED"
    assert world.balance(a) == ("0", "0")


def test_refunds_go_back_in_parts_and_never_beyond(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.send(a, b, "6").transfer
    world.refund(transfer, "1.50", reason="broken", external_id="r-1")
    assert (world.balance(a), world.balance(b)) == (("5.5", "0"), ("4.5", "0"))
    before = footprint()
    with pytest.raises(errors.RefundTooLarge) as refusal, transaction.atomic():
        world.refund(transfer, "4.51")
    assert refusal.value.details["left"] == {"amount": "4.50", "currency": "USD"}
    assert footprint() == before
    done = world.refund(transfer)
    assert (done.transfer.refunded, done.transfer.status) == (6, "COMPLETED")
    with pytest.raises(errors.RefundTooLarge), transaction.atomic():
        world.refund(transfer)
    assert (world.balance(a), world.balance(b)) == (("10", "0"), ("0", "0"))
    kinds = Journal.objects.filter(cause=transfer.public_id).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["wallets.transfer", "wallets.refund", "wallets.refund"]
    assert list(a.usage.values_list("used", flat=True)) == [6]


def test_only_what_was_captured_is_refunded(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.authorize(a, b, "6").transfer
    with pytest.raises(errors.RefundTooLarge), transaction.atomic():
        world.refund(transfer, "1")
    transfers.capture(partner_id=world.partner.pk, transfer_id=transfer.pk, amount=usd(2), actor=KEY, at=world.at)
    with pytest.raises(errors.RefundTooLarge), transaction.atomic():
        world.refund(transfer, "2.01")
    assert world.refund(transfer, "2").transfer.refunded == 2


def test_refuses_a_refund_that_the_target_cannot_pay(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.send(a, b, "6").transfer
    world.send(b, a, "5")
    before = footprint()
    with pytest.raises(errors.InsufficientFunds), transaction.atomic():
        world.refund(transfer)
    with pytest.raises(errors.CurrencyMismatch), transaction.atomic():
        refunds.make(partner_id=world.partner.pk, transfer_id=transfer.pk, amount=Money("1", "EUR"), actor=KEY, at=world.at)
    assert footprint() == before


def test_the_database_refuses_what_the_services_would(world):
    a, b = world.wallet("10"), world.wallet()
    transfer = world.send(a, b, "6").transfer
    rows = Transfer.objects.filter(pk=transfer.pk)
    for change in ({"refunded": 7}, {"captured": 7}, {"amount": 7}, {"target_id": a.pk}, {"status": "AUTHORIZED"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError, match="do not add up"), transaction.atomic():
        rows.update(refunded=1)
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    world.refund(transfer, "1")
    for change in ({"amount": 2}, {"currency": "EUR"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Refund.objects.update(**change)


def test_another_partners_transfer_is_not_there(world):
    transfer = world.send(world.wallet("10"), world.wallet(), "6").transfer
    world.partner = new_partner("Globex")
    with pytest.raises(errors.TransferNotFound), transaction.atomic():
        world.refund(transfer)
