"""What is read aloud of wallets is true, and a lie is found."""

import pytest

from ledger.services import verification
from wallets.services import checks, transfers
from wallets.tests.conftest import KEY, World, new_partner, usd

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    from flowlet.core import clock

    return World(new_partner(), clock.now())


def test_the_checks_are_among_the_ledgers():
    assert {"What is held is what is left of the holds", "Transfers moved what they say", "Refunds add up"} <= set(
        verification.names()
    )


def test_finds_nothing_in_true_books_and_each_lie_in_false_ones(world, superuser_connection):
    a, b = world.wallet("100"), world.wallet()
    world.hold(a, "10")
    made = world.send(a, b, "20").transfer
    world.refund(made, "5")
    parts = world.authorize(a, b, "30").transfer
    for _ in range(2):
        transfers.capture(partner_id=world.partner.pk, transfer_id=parts.pk, amount=usd(10), actor=KEY, at=world.at)
    world.authorize(a, b, "1")
    report = verification.verify()
    assert (report.is_clean, report.findings) == (True, [])
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE wallets_hold SET amount = amount + 1, released = released WHERE status = 'OPEN' AND amount = 10")
        cursor.execute("UPDATE wallets_transfer SET captured = captured - 1 WHERE kind = 'AUTHORIZED' AND captured = 20")
        cursor.execute("UPDATE wallets_transfer SET captured = 19, refunded = 4 WHERE id = %s", [str(made.pk)])
    assert list(checks.holds_add_up()) == [(a.public_id, "the books hold 21.0000, the holds say 22.0000")]
    assert sorted(checks.transfers_moved()) == sorted(
        [
            (made.public_id, "19.0000 was captured, its journals moved 20.0000"),
            (parts.public_id, "19.0000 was captured, its journals moved 20.0000"),
        ]
    )
    assert list(checks.refunds_add_up()) == [(made.public_id, "4.0000 was refunded, its refunds are 5.0000")]
