"""What is read aloud of payments is true, and each lie is found by the check that is meant to find it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ledger.services import verification
from payments.choices import PaymentKind, Rail
from payments.models import Batch, FeeSchedule
from payments.policies import fees
from payments.services import checks, outcomes, payments, sending, settlement
from payments.tests.world import KEY, STAFF, fresh_world

pytestmark = pytest.mark.django_db(transaction=True)
CHECKS = {
    "Payments booked what their states say": checks.booked_as_they_stand,
    "Payments hold what they are to send": checks.holds_are_right,
    "Refunds of payments add up": checks.refunds_add_up,
    "Timelines of payments lead to where they stand": checks.timelines_lead_there,
    "Each journal of a payment belongs to one of its moves": checks.journals_belong_to_moves,
    "Files carry the payments that they count": checks.files_carry_their_payments,
}


class Cast:
    """Payments in every state that books something, all with a fee of 0.25 (refunds without)."""

    def __init__(self, world):
        FeeSchedule.objects.create(
            partner_id=world.partner.pk,
            currency="USD",
            terms=fees.to_json(fees.Fees(currency="USD", tiers=(fees.Tier(flat=Decimal("0.25")),))),
            valid_from=world.at - timedelta(days=1),
            reason="for the test",
            approval_id=world.partner.pk,
            created_at=world.at - timedelta(days=1),
        )
        wallet, other = world.wallet("500.00"), world.wallet()
        bank, card = world.bank(wallet), world.card(wallet)
        own = world.bank(wallet, relation="OWN")
        mandate = world.ach_mandate(own).pk

        def ach():
            return world.pay(wallet, "10.00", to=bank)

        def pull():
            return world.pay(wallet, "20.00", kind=PaymentKind.COLLECTION, to=own, mandate_id=mandate)

        def charge():
            made = world.pay(wallet, "30.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=card)
            return sending.send(payment_id=made.pk, actor=STAFF, at=world.at)

        self.settled, self.failed, self.returned, self.sent = ach(), ach(), ach(), ach()
        self.pulled, self.bounced, self.refused, self.asked = pull(), pull(), pull(), pull()
        settlement.run(at=world.at, actor=STAFF, early=True)
        self.batch = Batch.objects.get(direction="OUT")
        for payment in (self.settled, self.returned, self.pulled, self.bounced):
            world.act(outcomes.settle, payment)
        for payment in (self.failed, self.refused):
            world.act(outcomes.fail, payment, reason_code="R01")
        for payment in (self.returned, self.bounced):
            world.act(outcomes.return_, payment, reason_code="R01")
        self.charged, self.disputed, self.won = charge(), charge(), charge()
        for payment in (self.disputed, self.won):
            world.act(outcomes.dispute, payment, reason_code="fraudulent")
        world.act(outcomes.dispute_won, self.won)
        refund = payments.refund(payment_id=self.charged.pk, amount=None, actor=KEY, at=world.at)
        sending.send(payment_id=refund.pk, actor=STAFF, at=world.at)
        self.inside = world.pay(wallet, "5.00", rail=Rail.BOOK, target_wallet_id=other.pk)
        self.price = world.pay(wallet, "1.00", kind=PaymentKind.FEE, rail=Rail.BOOK)
        self.received = world.credit(wallet, "7.00", name="c1")
        self.held, self.canceled = ach(), ach()
        payments.cancel(payment_id=self.canceled.pk, actor=KEY, at=world.at)


@pytest.fixture
def cast(transactional_db):
    return Cast(fresh_world())


def test_finds_nothing_in_true_books_and_each_lie_in_false_ones(cast, superuser_connection):
    assert set(CHECKS) <= set(verification.names())
    assert verification.verify().findings == []

    cursor = superuser_connection.cursor()
    cursor.execute("SET session_replication_role = replica")

    def lie(table, column, value, row):
        """What the checks find after one lie, which is then taken back."""
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [str(row.pk)])
        (true,) = cursor.fetchone()
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, str(row.pk)])
        found = {name: told for name, check in CHECKS.items() if (told := list(check()))}
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [true, str(row.pk)])
        return found

    booked, held, refunds, timelines, belong, carry = CHECKS
    # A status that the journals do not bear out is on every line that it speaks of; the timeline does not lead there either.
    claims = {
        cast.sent: ("SETTLED", ["1120 should say 0; its journals say -10"]),
        cast.settled: (
            "UNKNOWN",
            ["1010 should say 0; its journals say -10", "1120 should say -10; its journals say 0"],
        ),
        cast.failed: (
            "SUBMITTED",
            ["1120 should say -10; its journals say 0", "4010 should say -0.25; its journals say 0"],
        ),
        cast.asked: ("FAILED", ["1110 should say 0; its journals say 20", "2020 should say 0; its journals say -20"]),
        cast.charged: ("FAILED", ["1110 should say 0; its journals say 30"]),
        cast.inside: ("FAILED", ["4010 should say 0; its journals say -0.25"]),
        cast.price: ("FAILED", ["4010 should say 0; its journals say -1"]),
        cast.canceled: (
            "UNKNOWN",
            ["1120 should say -10; its journals say 0", "4010 should say -0.25; its journals say 0"],
        ),
    }
    for payment, (status, lines) in claims.items():
        found = lie("payments_payment", "status", status, payment)
        told = [message.partition(", so ")[2] for where, message in found[booked] if where == payment.public_id]
        assert sorted(told) == sorted(lines), (status, found[booked])
        assert [where for where, _ in found[timelines]] == [payment.public_id]
    for payment, column, value in [
        (cast.returned, "returned", "9.00"),
        (cast.bounced, "returned", "0.00"),
        (cast.disputed, "returned", "1.00"),
        (cast.received, "amount", "7.01"),
        (cast.pulled, "fee", "0.24"),
        (cast.won, "settled_at", None),
    ]:
        found = lie("payments_payment", column, value, payment)
        assert {where for where, _ in found[booked]} == {payment.public_id}, (column, found)

    hold = cast.held.hold
    found = lie("wallets_hold", "amount", "11.00", hold)
    assert found[held] == [(cast.held.public_id, "is HELD, so 10.25 should be held; 11 is")]
    found = lie("wallets_hold", "kept_for", cast.canceled.public_id, hold)
    assert sorted(found[held]) == sorted(
        [
            (cast.held.public_id, "is HELD, so 10.25 should be held; 0 is"),
            (cast.canceled.public_id, "is unknown, so 0 should be held; 10.25 is"),
        ]
    )
    found = lie("payments_payment", "refunded", "29.00", cast.charged)
    assert found == {refunds: [(cast.charged.public_id, "29 was refunded, its settled refunds are 30")]}

    move = cast.sent.moves.get(went_to="HELD")
    found = lie("payments_move", "came_from", "REVIEW", move)
    assert [where for where, _ in found[timelines]] == [cast.sent.public_id]
    move = cast.sent.moves.get(went_to="SUBMITTED")
    found = lie("payments_move", "journal_id", None, move)
    assert [(where, message.partition(" is ")[2]) for where, message in found[belong]] == [(cast.sent.public_id, "of no move")]
    found = lie("payments_move", "journal_id", str(cast.sent.pk), move)
    assert sorted(message.partition(" is ")[2] for _, message in found[belong]) == ["missing or of another cause", "of no move"]

    found = lie("payments_batch", "total", "39.00", cast.batch)
    assert found == {carry: [(cast.batch.public_id, "says 4 payments of 39; it has 4 of 40, 0 of them do not belong")]}
    found = lie("payments_payment", "batch_id", None, cast.sent)
    assert found == {carry: [(cast.batch.public_id, "says 4 payments of 40; it has 3 of 30, 0 of them do not belong")]}
    found = lie("payments_payment", "currency", "EUR", cast.sent)
    assert found == {carry: [(cast.batch.public_id, "says 4 payments of 40; it has 4 of 40, 1 of them do not belong")]}
    assert verification.verify().findings == []


def test_a_journal_of_a_payment_that_there_is_not_is_found(cast, superuser_connection):
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE ledger_journal SET cause = 'pay_01h00000000000000000000000' WHERE id = %s", [str(cast.received.journal_id)]
        )
    stranger = "pay_01h00000000000000000000000"
    assert (stranger, "is unknown, so 1010 should say 0; its journals say 7") in list(checks.booked_as_they_stand())
    assert [where for where, _ in checks.journals_belong_to_moves()] == [cast.received.public_id]
