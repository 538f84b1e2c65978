"""Many at once, with real threads and commits: money, limits, holds and refunds are counted without a race."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, transaction

from accounts.services import customers
from flowlet.core import clock
from flowlet.core.errors import DomainError
from ledger.models import Balance
from wallets.models import Hold, Refund, Transfer, Usage
from wallets.selectors.holds import accounts_out_of_step
from wallets.services import lapses, transfers, wallets
from wallets.tests.conftest import KEY, ROBOT, World, new_partner, usd

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return World(new_partner(), clock.now())


def at_once(count, step):
    """Run ``step(n)`` in ``count`` threads that start together; what each answered: "done" or the refusal's code."""
    gate = Barrier(count)

    def run(n):
        try:
            gate.wait()
            with transaction.atomic():
                step(n)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(run, range(count)))


def books_agree():
    """Cached balances are the sums of their entries, and what is held is what is left of the holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM ledger_balance b
            JOIN (SELECT account_id, sum(CASE side WHEN 'CREDIT' THEN amount ELSE -amount END) AS posted, count(*) AS seq
                  FROM ledger_entry GROUP BY account_id) e USING (account_id)
            WHERE b.posted <> e.posted OR b.seq <> e.seq"""
        )
        return cursor.fetchone()[0] == 0 and accounts_out_of_step() == []


def test_of_sixteen_transfers_of_a_whole_balance_exactly_one_succeeds(world):
    a, targets = world.wallet("100"), [world.wallet() for _ in range(16)]
    found = at_once(16, lambda n: world.send(a, targets[n], "100"))
    assert found == {"done": 1, "wallets.insufficient_funds": 15}
    assert world.balance(a) == ("0", "0")
    assert sum(Balance.objects.filter(account_id__in=[t.account_id for t in targets]).values_list("posted", flat=True)) == 100
    assert Transfer.objects.count() == 1
    assert list(Usage.objects.values_list("used", flat=True)) == [100]
    assert books_agree()


def test_opposite_transfers_between_the_same_wallets_never_deadlock(world):
    ada = world.customer()
    a, b, c = world.wallet("1000", customer=ada), world.wallet("1000"), world.wallet("1000", customer=ada)
    pairs = [(a, b), (b, a), (c, b), (b, c), (a, c), (c, a)]

    def step(n):
        for turn in range(10):
            source, target = pairs[(n + turn) % 6]
            with transaction.atomic():
                world.send(source, target, "1")

    gate = Barrier(12)

    def run(n):
        try:
            gate.wait()
            step(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(run, range(12)))  # raises what a thread raised: a deadlock would be ledger.busy
    assert Transfer.objects.count() == 120
    assert sum(Balance.objects.filter(pk__in=[w.account_id for w in (a, b, c)]).values_list("posted", flat=True)) == 3000
    assert books_agree()


def test_opposite_transfers_over_lapsed_holds_never_deadlock(world):
    pairs = [(world.wallet("100"), world.wallet("100")) for _ in range(4)]
    for a, b in pairs:
        for wallet in (a, b):
            world.hold(wallet, "60", expires_at=world.at + timedelta(seconds=1))
    world.at += timedelta(seconds=1)
    found = at_once(8, lambda n: world.send(*(pairs[n // 2] if n % 2 else pairs[n // 2][::-1]), "70"))
    assert found == {"done": 8}
    assert set(Hold.objects.values_list("status", flat=True)) == {"EXPIRED"}
    assert books_agree()


def test_concurrent_captures_never_exceed_the_hold(world):
    a, targets = world.wallet("100"), [world.wallet() for _ in range(8)]
    hold = world.hold(a, "50").hold
    found = at_once(12, lambda n: world.capture(hold, targets[n % 8], "10"))
    assert found == {"done": 5, "wallets.hold_ended": 7}
    hold.refresh_from_db()
    assert (hold.captured, hold.status) == (50, "CAPTURED")
    assert world.balance(a) == ("50", "0")
    assert books_agree()


def test_concurrent_captures_of_an_authorised_transfer_never_exceed_it(world):
    a, b = world.wallet("100"), world.wallet()
    transfer = world.authorize(a, b, "50").transfer
    found = at_once(
        10,
        lambda n: transfers.capture(partner_id=world.partner.pk, transfer_id=transfer.pk, amount=usd(20), actor=KEY, at=world.at),
    )
    assert found == {"done": 2, "wallets.hold_too_small": 8}
    assert world.balance(b) == ("40", "0")
    assert books_agree()


def test_a_hold_is_captured_released_or_expired_but_not_two_of_them(world):
    a, b = world.wallet("1000"), world.wallet()
    for _ in range(4):
        hold = world.hold(a, "50", expires_at=world.at + timedelta(seconds=1)).hold
        steps = [
            lambda: world.capture(hold, b),  # noqa: B023
            lambda: world.release(hold),  # noqa: B023
            lambda: lapses.sweep(at=world.at + timedelta(seconds=1)),
        ]
        at_once(9, lambda n: steps[n % 3]())  # noqa: B023
        hold.refresh_from_db()
        assert hold.status != "OPEN" and hold.remaining == 0
        assert hold.captured in (0, 50)
    assert world.balance(a)[1] == "0"
    assert books_agree()


def test_concurrent_refunds_never_exceed_what_was_captured(world):
    a, b = world.wallet("100"), world.wallet("100")
    transfer = world.send(a, b, "50").transfer
    found = at_once(10, lambda n: world.refund(transfer, "20"))
    assert found == {"done": 2, "wallets.refund_too_large": 8}
    transfer.refresh_from_db()
    assert transfer.refunded == 40 == sum(Refund.objects.values_list("amount", flat=True))
    assert world.balance(a) == ("90", "0")
    assert books_agree()


def test_limits_hold_under_twenty_transfers_from_several_wallets_at_once(world):
    ada = world.customer("UNVERIFIED")
    sources, target = [world.wallet("1000", customer=ada) for _ in range(4)], world.wallet()
    found = at_once(20, lambda n: world.send(sources[n % 4], target, "10") if n % 5 else world.hold(sources[n % 4], "10"))
    assert found == {"done": 10, "wallets.limit_exceeded": 10}
    assert sum(Usage.objects.values_list("used", flat=True)) == Decimal(100)
    assert books_agree()


def test_a_freeze_stops_what_comes_after_it(world):
    a, targets = world.wallet("1000"), [world.wallet() for _ in range(8)]

    def step(n):
        if n == 4:
            wallets.freeze(wallet_id=a.pk, reason="stolen phone", actor=KEY, at=world.at)
        elif n == 5:
            customers.freeze(customer_id=a.customer_id, reason="stolen phone", actor=ROBOT, at=world.at)
        else:
            world.send(a, targets[n % 8], "10")

    found = at_once(10, step)
    assert set(found) <= {"done", "wallets.wallet_frozen", "customer.frozen"}
    moved = Transfer.objects.count()
    assert world.balance(a)[0] == str(1000 - 10 * moved)
    assert at_once(4, lambda n: world.send(a, targets[n], "1")).keys() <= {"wallets.wallet_frozen", "customer.frozen"}
    assert books_agree()


def test_batches_and_transfers_crossing_each_other_never_deadlock(world):
    from wallets.services import batches
    from wallets.services.batches import NewTransfer

    pots = [world.wallet("1000") for _ in range(6)]

    def step(n):
        if n % 2:
            world.send(pots[n % 6], pots[(n + 3) % 6], "1")
            return
        order = pots if n % 4 else pots[::-1]
        items = [
            NewTransfer(source_id=one.pk, target_id=other.pk, amount=usd(1))
            for one, other in zip(order, order[1:] + order[:1], strict=True)
        ]
        batches.make(partner_id=world.partner.pk, items=items, is_atomic=n % 4 == 0, actor=KEY, at=world.at)

    assert at_once(12, step) == {"done": 12}
    assert Transfer.objects.count() == 6 + 6 * 6
    assert books_agree()
