"""What banks have executed is settled in chunks: one journal each, once, whatever dies in between, and one's trouble is not the others'."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.choices import PartnerStatus
from accounts.models import Partner
from flowlet.core.errors import DomainError
from ledger.models import Journal
from ledger.services import accounts as ledger_accounts
from payments.choices import BatchStatus, PaymentKind, PaymentStatus
from payments.models import Batch, Payment, SandboxOrder
from payments.services import delivery, outcomes, postings, recipes, sandbox_bank, settlement
from payments.tests.world import STAFF, books_are_sound, fresh_world
from wallets.services import wallets

S = PaymentStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(transactional_db):
    return fresh_world()


@pytest.fixture
def world(transactional_db, settings, tmp_path):
    """A live partner, whose files go to a folder."""
    settings.PAYMENT_FILES_FOLDER = tmp_path
    made = fresh_world()
    made.partner = Partner.objects.get(name=made.partner.name, mode="LIVE")
    Partner.objects.filter(pk=made.partner.pk).update(status=PartnerStatus.ACTIVE)
    made.partner.refresh_from_db()
    return made


def run(world, *, days=0):
    return settlement.run(at=world.at + timedelta(days=days), actor=STAFF, early=True, partner_id=world.partner.pk)


def payouts(world, count):
    wallet = world.wallet()
    world.credit(wallet, "1000.00", name="funds")
    bank = world.bank(wallet)
    return [world.pay(wallet, "1.00", to=bank) for _ in range(count)]


def collections(world, count):
    """Collections of 10.00 to as many wallets."""
    found = []
    for _ in range(count):
        wallet = world.wallet()
        account = world.bank(wallet, relation="OWN")
        mandate = world.ach_mandate(account)
        found.append(world.pay(wallet, "10.00", kind=PaymentKind.COLLECTION, to=account, mandate_id=mandate.pk))
    return found


def states(payments):
    return [Payment.objects.get(pk=payment.pk).status for payment in payments]


def journals(kind):
    return Journal.objects.filter(kind=kind)


def test_payments_of_several_files_settle_together_on_their_value_day(world, monkeypatch):
    made = payouts(world, 5)
    monkeypatch.setitem(settlement.files.LARGEST, "ach", 2)
    assert run(world).settled == 0
    assert Batch.objects.count() == 3
    calls = []
    real = outcomes.settle_many
    monkeypatch.setattr(outcomes, "settle_many", lambda **options: calls.append(len(options["payment_ids"])) or real(**options))
    assert run(world, days=9).settled == 5
    assert calls == [5]
    assert set(states(made)) == {S.SETTLED}
    assert journals(recipes.SETTLEMENT).count() == 5
    books_are_sound()


def test_a_run_that_dies_between_two_chunks_leaves_the_rest_to_the_next(world, monkeypatch):
    made = payouts(world, 5)
    run(world)
    real = outcomes.settle_many

    def dying(**options):
        if journals(recipes.SETTLEMENT).count() == 4:
            raise KeyboardInterrupt
        return real(**options)

    monkeypatch.setattr(outcomes, "CHUNK", 2)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(outcomes, "settle_many", dying)
        run(world, days=9)
    assert sorted(states(made)) == [S.SETTLED] * 4 + [S.SUBMITTED]
    assert run(world, days=9).settled == 1
    assert run(world, days=9).settled == 0
    assert journals(recipes.SETTLEMENT).count() == 5
    books_are_sound()


def test_a_chunk_that_dies_after_its_journals_settles_none_of_it(world, monkeypatch):
    made = payouts(world, 3)
    run(world)

    def die(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(outcomes.steps, "take_many", die)
        run(world, days=9)
    assert set(states(made)) == {S.SUBMITTED}
    assert not journals(recipes.SETTLEMENT).exists()
    assert run(world, days=9).settled == 3
    books_are_sound()


def test_collections_arrive_together_each_with_its_journal(world):
    made = collections(world, 3)
    run(world)
    assert run(world, days=9).settled == 3
    assert set(states(made)) == {S.SETTLED}
    assert journals(recipes.COLLECTED).count() == 3
    assert [world.funds(payment.wallet) for payment in made] == [(Decimal(10), Decimal(0))] * 3
    assert world.lines() == {"1010": Decimal(30), "2010": Decimal(-30)}
    books_are_sound()


def test_of_collections_that_arrive_together_those_for_a_frozen_wallet_go_to_suspense(world):
    made = collections(world, 3)
    run(world)
    wallets.freeze(wallet_id=made[1].wallet_id, reason="watch", actor=STAFF, at=world.at)
    assert run(world, days=9).settled == 3
    assert [payment.moves.get(went_to="SETTLED").details for payment in made] == [{}, {"in_suspense": True}, {}]
    assert world.lines() == {"1010": Decimal(30), "2010": Decimal(-20), "2900": Decimal(-10)}
    books_are_sound()


def test_of_collections_that_arrive_together_those_for_an_account_that_finance_froze_go_to_suspense(world):
    made = collections(world, 3)
    run(world)
    ledger_accounts.freeze(account_id=made[1].wallet.account_id, reason="audit", actor=STAFF, at=world.at)
    assert run(world, days=9).settled == 3
    assert [payment.moves.get(went_to="SETTLED").details for payment in made] == [{}, {"in_suspense": True}, {}]
    assert world.lines() == {"1010": Decimal(30), "2010": Decimal(-20), "2900": Decimal(-10)}
    books_are_sound()


def test_one_that_the_books_refuse_is_named_and_the_others_settle(world, monkeypatch):
    made = payouts(world, 3)
    run(world)
    real = postings.settled_out

    def refusing(payments, **options):
        if any(payment.pk == made[1].pk for payment in payments):
            raise DomainError("Not this one.")
        return real(payments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(postings, "settled_out", refusing)
        patch.setattr(outcomes, "CHUNK", 2)
        done = run(world, days=9)
    assert done.settled == 2
    assert [(refusal["batch"], refusal["message"]) for refusal in done.refusals] == [
        (Batch.objects.get().public_id, "Not this one.")
    ]
    assert states(made) == [S.SETTLED, S.SUBMITTED, S.SETTLED]
    assert run(world, days=9).settled == 1
    books_are_sound()


def test_a_delivery_that_dies_half_way_is_told_again_and_each_order_is_taken_once(sandbox, monkeypatch):
    wallet = sandbox.wallet("100.00")
    bank = sandbox.bank(wallet)
    made = [sandbox.pay(wallet, "1.00", to=bank) for _ in range(5)]
    real = sandbox_bank.take_many

    def dying(told, **options):
        if SandboxOrder.objects.count() == 2:
            raise KeyboardInterrupt
        real(told, **options)

    monkeypatch.setattr(delivery, "CHUNK", 2)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sandbox_bank, "take_many", dying)
        run(sandbox)
    assert (Batch.objects.get().status, SandboxOrder.objects.count()) == (BatchStatus.RELEASED, 2)
    run(sandbox)
    assert Batch.objects.get().status == BatchStatus.DELIVERED
    orders = {order.reference: order for order in SandboxOrder.objects.all()}
    assert {key: order.amount for key, order in orders.items()} == {payment.public_id: Decimal(1) for payment in made}
    assert sorted(order.times_told for order in orders.values()) == [1, 1, 1, 2, 2]


def test_a_run_tells_how_far_it_is(world):
    payouts(world, 3)
    told = []

    def tell(*step):
        told.append(step)

    for days in (0, 9):
        settlement.run(at=world.at + timedelta(days=days), actor=STAFF, early=True, partner_id=world.partner.pk, told=tell)
    assert told == [("Building files", 3, 3), ("Delivering files", 3, 3), ("Settling", 3, 3)]
