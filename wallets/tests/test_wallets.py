"""Wallets open, freeze, unfreeze and close; what stands in the way is named, and a refusal leaves nothing."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts import errors as people
from accounts.services import customers, partners
from flowlet.audit.models import Record
from flowlet.core import states
from flowlet.core.errors import DomainError, NotFound
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from flowlet.vault.services import subjects
from ledger.models import Account
from ledger.services import accounts
from wallets import errors
from wallets.choices import HoldStatus, TransferStatus, WalletStatus
from wallets.models import Wallet
from wallets.services import wallets
from wallets.services.limits import Limits
from wallets.states import HOLD_MOVES, TRANSFER_MOVES, WALLET_MOVES
from wallets.tests.conftest import KEY, ROBOT, STAFF, footprint, new_partner


def told(subject):
    actions = list(Record.objects.filter(target=subject).order_by("id").values_list("action", flat=True))
    types = list(Event.objects.filter(subject=subject).order_by("id").values_list("type", flat=True))
    return actions, types


def values_of(record):
    """What of the record lies under the customer's key, as names and notes of a partner may name people."""
    return json.loads(subjects.decrypt(record.subject_id, bytes(record.personal), aad=record.personal_aad))


def test_a_new_wallet_is_empty_open_and_told_of(world):
    wallet = world.wallet(name="Savings", external_id="w-1", metadata={"colour": "red"})
    account = Account.objects.get(pk=wallet.account_id)
    assert (wallet.status, account.mode, account.floor, account.owner) == ("OPEN", "STRICT", Decimal(0), wallet.public_id)
    assert world.balance(wallet) == ("0", "0")
    assert told(wallet.public_id) == (["wallet.created"], ["wallet.created"])
    wallet.customer.refresh_from_db()
    assert wallet.customer.open_products == 1


def change(wallet, **changes):
    return wallets.update(wallet_id=wallet.pk, partner_id=wallet.partner_id, changes=changes, actor=KEY, at=wallet.at)


def test_name_and_metadata_change_and_what_changed_is_told(world):
    wallet = world.wallet("5", name="Savings", metadata={"colour": "red", "n": "1"})
    wallet.at = world.at + timedelta(hours=1)
    found = change(wallet, name="  Holiday   money ", metadata={"colour": "blue"})
    wallet.refresh_from_db()
    assert (found.name, wallet.name, wallet.metadata) == ("Holiday money", "Holiday money", {"colour": "blue"})
    assert wallet.updated_at == world.at + timedelta(hours=1)
    assert told(wallet.public_id)[1][-1] == "wallet.updated"
    record = Record.objects.get(action="wallet.updated")
    assert (record.before, record.after) == (None, {"changed": ["name", "metadata"]})
    assert values_of(record) == {
        "before": {"name": "Savings", "metadata": {"colour": "red", "n": "1"}},
        "after": {"name": "Holiday money", "metadata": {"colour": "blue"}},
    }
    event = Event.objects.get(type="wallet.updated")
    assert (event.partner_id, event.data["id"], event.data["changed"]) == (
        world.partner.pk,
        wallet.public_id,
        ["name", "metadata"],
    )
    assert "Holiday" not in str(event.data)
    change(wallet, name=None)
    assert Wallet.objects.get().name == ""
    assert values_of(Record.objects.filter(action="wallet.updated").last())["after"] == {"name": None}


def test_a_change_that_changes_nothing_is_not_told(world):
    wallet = world.wallet(name="Savings", metadata={"colour": "red"})
    wallet.at = world.at + timedelta(hours=1)
    before = footprint()
    for changes in ({}, {"name": " Savings"}, {"metadata": {"colour": "red"}, "name": "Savings"}):
        change(wallet, **changes)
    assert footprint() == before
    assert Wallet.objects.get().updated_at == wallet.updated_at


@pytest.mark.parametrize(
    "changes",
    [{"status": "OPEN"}, {"currency": "EUR"}, {"name": "x" * 121}, {"name": "a\tb\x07"}, {"metadata": {"n": "x" * 5000}}],
)
def test_nothing_else_about_a_wallet_is_changed(world, changes):
    wallet = world.wallet(name="Savings")
    wallet.at = world.at
    before = footprint()
    with pytest.raises(DomainError) as refusal:
        change(wallet, **changes)
    assert refusal.value.status == 400
    assert footprint() == before
    assert Wallet.objects.get().name == "Savings"


def test_a_frozen_wallet_is_renamed_and_a_closed_or_foreign_one_is_not(world):
    wallet, stranger = world.wallet(), new_partner("Globex")
    wallet.at = world.at
    wallets.freeze(wallet_id=wallet.pk, reason="lost", actor=STAFF, at=world.at)
    assert change(wallet, name="Lost").status == "FROZEN"
    with pytest.raises(NotFound):
        wallets.update(wallet_id=wallet.pk, partner_id=stranger.pk, changes={"name": "Mine"}, actor=KEY, at=world.at)
    wallets.unfreeze(wallet_id=wallet.pk, reason="found", actor=STAFF, at=world.at)
    wallets.close(wallet_id=wallet.pk, actor=KEY, at=world.at)
    before = footprint()
    with pytest.raises(errors.WalletClosed):
        change(wallet, name="Again")
    assert footprint() == before
    assert Wallet.objects.get().name == "Lost"


def test_a_customer_has_many_wallets_and_one_allowance_per_currency(world):
    ada = world.customer()
    first, second, yen = world.wallet(customer=ada), world.wallet(customer=ada), world.wallet(customer=ada, currency="JPY")
    assert first.allowance_id == second.allowance_id != yen.allowance_id


@pytest.mark.parametrize("standing", ["frozen", "closed", "suspended", "foreign"])
def test_refuses_a_wallet_for_whom_it_cannot_be(world, standing):
    ada = world.customer()
    if standing == "frozen":
        customers.freeze(customer_id=ada.pk, reason="check", actor=ROBOT, at=world.at)
        refusal = people.CustomerFrozen
    elif standing == "closed":
        customers.close(customer_id=ada.pk, actor=ROBOT, at=world.at)
        refusal = people.CustomerClosed
    elif standing == "suspended":
        partners.suspend(partner_id=world.partner.pk, reason="check", actor=ROBOT, at=world.at)
        refusal = people.PartnerSuspended
    else:
        world.partner = new_partner("Globex")
        refusal = people.CustomerNotFound
    before = footprint()
    with pytest.raises(refusal), transaction.atomic():
        world.wallet(customer=ada)
    assert footprint() == before


def test_refuses_a_currency_without_limits(world):
    before = footprint()
    ada = world.customer()
    before = footprint()
    with pytest.raises(errors.NoLimitForCurrency) as refusal, transaction.atomic():
        world.wallet(customer=ada, currency="CHF")
    assert refusal.value.details == {"currency": "CHF"}
    assert footprint() == before


@pytest.mark.parametrize(
    "limits",
    [
        Limits(daily=Decimal("1.001")),
        Limits(daily=Decimal(-1)),
        Limits(daily=Decimal(10), monthly=Decimal(9)),
        Limits(per_transaction=Decimal(10), daily=Decimal(9)),
    ],
)
def test_refuses_limits_of_the_wrong_form(world, limits):
    with pytest.raises(errors.MalformedLimits), transaction.atomic():
        world.wallet(limits=limits)
    assert not Wallet.objects.exists()


def test_an_external_id_names_one_wallet(world):
    twin = world.wallet(external_id="w-1")
    with pytest.raises(errors.DuplicateExternalId) as refusal, transaction.atomic():
        world.wallet(external_id="w-1")
    assert refusal.value.details["id"] == twin.public_id
    assert Wallet.objects.count() == 1


def test_a_frozen_wallet_neither_sends_nor_receives(world):
    a, b = world.wallet("10"), world.wallet("10")
    wallets.freeze(wallet_id=a.pk, partner_id=world.partner.pk, reason="lost phone", actor=KEY, at=world.at)
    before = footprint()
    for source, target in ((a, b), (b, a)):
        with pytest.raises(errors.WalletFrozen) as refusal, transaction.atomic():
            world.send(source, target, "1")
        assert refusal.value.details == {"wallet_id": a.public_id}
    with pytest.raises(errors.WalletFrozen), transaction.atomic():
        world.hold(a, "1")
    assert footprint() == before
    wallets.unfreeze(wallet_id=a.pk, partner_id=world.partner.pk, reason="found", actor=KEY, at=world.at)
    world.send(a, b, "1")
    assert world.balance(b) == ("11", "0")
    assert told(a.public_id)[1] == [
        "wallet.created", "wallet.topped_up", "wallet.frozen", "wallet.unfrozen",
    ]  # fmt: skip


def test_holds_stay_on_a_frozen_wallet_and_can_be_released_but_not_captured(world):
    a, b = world.wallet("10"), world.wallet()
    hold = world.hold(a, "4").hold
    wallets.freeze(wallet_id=a.pk, reason="check", actor=STAFF, at=world.at)
    assert world.balance(a) == ("10", "4")
    with pytest.raises(errors.WalletFrozen), transaction.atomic():
        world.capture(hold, b, "1")
    world.release(hold)
    assert world.balance(a) == ("10", "0")


def test_the_platforms_freeze_is_not_the_partners_to_lift(world):
    a = world.wallet()
    wallets.freeze(wallet_id=a.pk, reason="lost phone", actor=KEY, at=world.at)
    wallets.freeze(wallet_id=a.pk, reason="court order", actor=STAFF, at=world.at)
    with pytest.raises(errors.FrozenByPlatform), transaction.atomic():
        wallets.unfreeze(wallet_id=a.pk, partner_id=world.partner.pk, reason="please", actor=KEY, at=world.at)
    assert Account.objects.get(pk=a.account_id).status == "FROZEN"
    left = wallets.unfreeze(wallet_id=a.pk, reason="lifted", actor=STAFF, at=world.at)
    assert (left.status, left.freeze_reason, left.freeze_origin) == ("FROZEN", "lost phone", "PARTNER")
    assert Account.objects.get(pk=a.account_id).status == "FROZEN"
    assert wallets.unfreeze(wallet_id=a.pk, reason="found", actor=KEY, at=world.at).status == "OPEN"
    assert Account.objects.get(pk=a.account_id).status == "OPEN"


@pytest.mark.parametrize("first", ["books", "wallet"])
def test_an_account_that_finance_froze_opens_when_finance_lets_go(world, first):
    a, b = world.wallet("10"), world.wallet()
    deeds = {
        "books": lambda: accounts.freeze(account_id=a.account_id, reason="a question", actor=STAFF, at=world.at),
        "wallet": lambda: wallets.freeze(wallet_id=a.pk, reason="lost phone", actor=KEY, at=world.at),
    }
    for name in sorted(deeds, key=lambda name: name != first):
        deeds[name]()
    with pytest.raises(IllegalMove), transaction.atomic():
        deeds["books"]()
    assert wallets.unfreeze(wallet_id=a.pk, reason="found", actor=KEY, at=world.at).status == "OPEN"
    account = Account.objects.get(pk=a.account_id)
    assert (account.status, account.frozen_by) == ("FROZEN", ["ledger"])
    with pytest.raises(errors.WalletFrozen), transaction.atomic():
        world.send(a, b, "1")
    accounts.unfreeze(account_id=a.account_id, reason="answered", actor=STAFF, at=world.at)
    world.send(a, b, "1")
    with pytest.raises(IllegalMove), transaction.atomic():
        accounts.unfreeze(account_id=a.account_id, reason="again", actor=STAFF, at=world.at)


def test_finance_does_not_open_an_account_whose_wallet_is_frozen(world):
    a = world.wallet("10")
    wallets.freeze(wallet_id=a.pk, reason="court order", actor=STAFF, at=world.at)
    with pytest.raises(IllegalMove), transaction.atomic():
        accounts.unfreeze(account_id=a.account_id, reason="opened", actor=STAFF, at=world.at)
    with pytest.raises(IntegrityError, match="account_is_frozen_by_somebody"), transaction.atomic():
        Account.objects.filter(pk=a.account_id).update(status="OPEN")


def test_closes_only_at_zero_and_without_holds(world):
    a, b = world.wallet("10"), world.wallet()
    world.hold(a, "10")
    for hold in (a.holds.get(), None):
        before = footprint()
        with pytest.raises(errors.WalletNotEmpty), transaction.atomic():
            wallets.close(wallet_id=a.pk, actor=KEY, at=world.at)
        assert footprint() == before
        if hold:
            world.release(hold)
    world.send(a, b, "10")
    closed = wallets.close(wallet_id=a.pk, actor=KEY, at=world.at)
    assert (closed.status, closed.closed_at) == ("CLOSED", world.at)
    closed.customer.refresh_from_db()
    assert closed.customer.open_products == 0
    with pytest.raises(errors.WalletClosed), transaction.atomic():
        world.send(b, a, "1")
    for step in (wallets.freeze, wallets.unfreeze, wallets.close):
        with pytest.raises(errors.WalletClosed), transaction.atomic():
            step(wallet_id=a.pk, reason="again", actor=STAFF, at=world.at)


def test_an_expired_hold_does_not_keep_a_wallet_from_closing(world):
    a, b = world.wallet("1"), world.wallet()
    hold = world.authorize(a, b, "1", expires_at=world.at + timedelta(hours=1)).transfer
    world.at += timedelta(hours=2)
    world.send(a, b, "1")
    wallets.close(wallet_id=a.pk, actor=KEY, at=world.at)
    hold.refresh_from_db()
    assert hold.status == "EXPIRED"


def test_another_partners_wallet_is_not_there(world):
    a = world.wallet()
    other = new_partner("Globex")
    for step in (wallets.freeze, wallets.close):
        with pytest.raises(NotFound), transaction.atomic():
            step(wallet_id=a.pk, partner_id=other.pk, reason="mine", actor=KEY, at=world.at)


def test_the_database_keeps_wallets_as_they_are(world):
    a, b = world.wallet(), world.wallet(currency="EUR")
    for change in ({"currency": "EUR"}, {"account_id": b.account_id}, {"customer_id": b.customer_id}, {"partner_id": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Wallet.objects.filter(pk=a.pk).update(**change)
    with pytest.raises(DatabaseError, match="never removed"), transaction.atomic():
        Wallet.objects.filter(pk=a.pk).delete()


@pytest.mark.parametrize(
    ("moves", "choices"), [(WALLET_MOVES, WalletStatus), (HOLD_MOVES, HoldStatus), (TRANSFER_MOVES, TransferStatus)]
)
def test_every_state_is_in_its_table_and_ends_somewhere(moves, choices):
    assert set(moves) == set(choices)
    assert {target for targets in moves.values() for target in targets} <= set(choices)
    assert any(not targets for targets in moves.values())
    for state, targets in moves.items():
        for target in choices:
            if target in targets:
                states.check_move(moves, state, target)
            else:
                with pytest.raises(IllegalMove):
                    states.check_move(moves, state, target)
