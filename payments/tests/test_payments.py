"""Payments from end to end in the books: every move, its journal, and what is left when it ends."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.choices import PartnerStatus
from accounts.errors import CustomerFrozen, PartnerSuspended
from accounts.models import Partner
from accounts.services import customers
from flowlet.core import ids
from flowlet.core.errors import FourEyesRequired
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome
from flowlet.decisions.opinions import Opinion, Reason
from flowlet.decisions.services import decisions
from ledger.models import Journal
from payments import errors
from payments.choices import PaymentKind, PaymentStatus, Rail
from payments.models import FeeSchedule, Move, Payment, SandboxOrder
from payments.policies import fees
from payments.selectors import reports
from payments.services import deciding, external_accounts, outcomes, payments, proofs, sending, settlement
from payments.states import PAYMENT_MOVES
from payments.tests.world import KEY, OTHER, STAFF, PaymentWorld, books_are_sound, fresh_world
from wallets.errors import HoldIsKept, InsufficientFunds, WalletClosed, WalletFrozen
from wallets.services import holds, wallets
from wallets.tests.conftest import new_partner

K, R, S = PaymentKind, Rail, PaymentStatus
D = Decimal


@pytest.fixture
def world(db):
    return fresh_world()


def sent(world, payment):
    """As settlement does it, for one payment."""
    from payments.services import gathering

    gathering.gather(
        (payment.partner_id, payment.rail, payment.currency, payment.direction, payment.value_on),
        at=world.at,
        actor=STAFF,
        early=True,
    )
    payment.refresh_from_db()
    return payment


def test_a_payment_out_holds_leaves_and_settles(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    assert payment.status == S.HELD
    assert world.funds(wallet) == (D(100), D(30))
    sent(world, payment)
    assert payment.status == S.SUBMITTED
    assert world.funds(wallet) == (D(70), D(0))
    assert world.lines() == {"1010": D(100), "1120": D(-30), "2010": D(-70)}
    payment = world.act(outcomes.settle, payment)
    assert world.path(payment) == ["CREATED", "APPROVED", "HELD", "SUBMITTED", "SETTLED"]
    assert world.lines() == {"1010": D(70), "2010": D(-70)}
    assert [bool(move.journal_id) for move in payment.moves.order_by("ordinal")] == [False, False, False, True, True]
    books_are_sound()


def test_settling_twice_books_once(world):
    wallet = world.wallet("100.00")
    payment = sent(world, world.pay(wallet, "30.00", to=world.bank(wallet)))
    world.act(outcomes.settle, payment)
    before = Move.objects.count()
    world.act(outcomes.settle, payment)
    assert Move.objects.count() == before
    assert world.lines()["1010"] == D(70)


def test_what_was_not_sent_cannot_settle(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet, relation="OWN")
    tomorrow = (world.at + timedelta(days=1)).date()
    waiting = [
        world.pay(wallet, "30.00", to=world.bank(wallet)),
        world.pay(wallet, "30.00", to=world.bank(wallet), scheduled_on=tomorrow),
        world.pay(wallet, "30.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk),
    ]
    assert [payment.status for payment in waiting] == [S.HELD, S.CREATED, S.APPROVED]
    for payment in waiting:
        with pytest.raises(IllegalMove):
            world.act(outcomes.settle, payment)
    assert world.funds(wallet) == (D(100), D(30))
    assert world.lines() == {"1010": D(100), "2010": D(-100)}


def test_a_payment_that_fails_after_it_was_sent_gives_all_of_it_back(world):
    wallet = world.wallet("100.00")
    payment = sent(world, world.pay(wallet, "30.00", to=world.bank(wallet)))
    payment = world.act(outcomes.fail, payment, reason_code="R03")
    assert (payment.status, payment.reason_code) == (S.FAILED, "R03")
    assert world.funds(wallet) == (D(100), D(0))
    assert world.lines() == {"1010": D(100), "2010": D(-100)}
    books_are_sound()


def test_a_return_after_settlement_goes_back_to_the_wallet(world):
    wallet = world.wallet("100.00")
    payment = sent(world, world.pay(wallet, "30.00", to=world.bank(wallet)))
    world.act(outcomes.settle, payment)
    payment = world.act(outcomes.return_, payment, reason_code="R02")
    assert (payment.status, payment.returned) == (S.RETURNED, D(30))
    assert world.lines() == {"1010": D(100), "2010": D(-100)}


@pytest.mark.parametrize("kind", [K.TRANSFER, K.FEE])
def test_what_stayed_in_the_book_is_returned_by_nobody(world, kind):
    wallet, friend = world.wallet("100.00"), world.wallet()
    target = {"target_wallet_id": friend.pk} if kind == K.TRANSFER else {}
    payment = world.pay(wallet, "30.00", kind=kind, rail=R.BOOK, **target)
    before = world.lines()
    with pytest.raises(IllegalMove):
        world.act(outcomes.return_, payment, reason_code="R02")
    assert (world.path(payment)[-1], world.lines(), world.funds(wallet)) == (S.SETTLED, before, (D(70), D(0)))
    books_are_sound()


def test_a_return_for_a_closed_wallet_goes_to_suspense(world):
    wallet = world.wallet("30.00")
    payment = sent(world, world.pay(wallet, "30.00", to=world.bank(wallet)))
    world.act(outcomes.settle, payment)
    wallets.close(wallet_id=wallet.pk, actor=KEY, at=world.at)
    payment = world.act(outcomes.return_, payment, reason_code="R02")
    assert world.lines() == {"1010": D(30), "2900": D(-30)}
    assert payment.moves.get(went_to="RETURNED").details == {"in_suspense": True}
    books_are_sound()


def test_a_collection_is_expected_then_there_and_a_return_takes_what_is_left_and_a_receivable(world):
    wallet = world.wallet()
    account = world.bank(wallet, relation="OWN")
    payment = world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk)
    assert payment.status == S.APPROVED
    sent(world, payment)
    assert world.lines() == {"1110": D(50), "2020": D(-50)}
    world.act(outcomes.settle, payment)
    assert world.lines() == {"1010": D(50), "2010": D(-50)}
    away = world.wallet()
    world.send(wallet, away, "40.00")
    payment = world.act(outcomes.return_, payment, reason_code="R10")
    assert world.lines() == {"1210": D(40), "2010": D(-40)}
    assert world.funds(wallet) == (D(0), D(0))
    assert payment.moves.get(went_to="RETURNED").details == {"owed": "40.0000"}
    redeemed = world.act(outcomes.redeem, payment)
    assert redeemed.status == S.SETTLED
    assert redeemed.returned == D(0)
    books_are_sound()


def test_a_collection_that_is_returned_before_it_settled_leaves_nothing(world):
    wallet = world.wallet()
    account = world.bank(wallet, relation="OWN")
    payment = sent(world, world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk))
    world.act(outcomes.return_, payment, reason_code="R01")
    assert world.lines() == {}


def test_a_credit_is_taken_in_once_and_finds_its_wallet_or_suspense(world):
    wallet = world.wallet()
    first = world.credit(wallet, "12.34", name="line-1")
    assert world.credit(wallet, "12.34", name="line-1").pk == first.pk
    assert first.status == S.SETTLED
    lost = world.credit(None, "1.00", name="line-2")
    assert world.lines() == {"1010": D("13.34"), "2010": D("-12.34"), "2900": D("-1")}
    assert lost.moves.get(went_to="SETTLED").details == {"in_suspense": True}


def test_what_came_for_a_frozen_wallet_goes_back_from_suspense_and_not_from_the_thawed_wallet(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet, relation="OWN")
    payment = sent(world, world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk))
    wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)
    world.act(outcomes.settle, payment)
    wallets.unfreeze(wallet_id=wallet.pk, reason="All is well", actor=STAFF, at=world.at)
    before = world.lines()
    with pytest.raises(errors.NotRefundable, match="in suspense"):
        world.act(payments.refund, payment)
    assert world.lines() == before and before["2900"] == D(-50)
    payment = world.act(outcomes.return_, payment, reason_code="R10")
    assert (world.funds(wallet), world.lines().get("2900", D(0))) == ((D(100), D(0)), D(0))
    assert payment.moves.get(went_to="RETURNED").details == {"in_suspense": True}
    books_are_sound()


def test_of_what_lies_in_suspense_less_its_fee_the_customer_gives_the_fee(world):
    terms = {"terms": fees.to_json(fees.flat(Money("1.00", "USD"))), "approval_id": ids.uuid7()}
    row = {"rail": R.ACH, "kind": K.COLLECTION, "currency": "USD", "valid_from": world.at, "created_at": world.at}
    FeeSchedule.objects.create(partner_id=world.partner.pk, **row, **terms)
    wallet = world.wallet("100.00")
    account = world.bank(wallet, relation="OWN")
    payment = sent(world, world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk))
    wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)
    world.act(outcomes.settle, payment)
    world.act(outcomes.return_, payment, reason_code="R10")
    lines = world.lines()
    assert (lines.get("2900", D(0)), lines["1210"], lines["4010"], world.funds(wallet)[0]) == (D(0), D(1), D(-1), D(100))
    books_are_sound()


def test_a_payment_inside_the_book_settles_at_once(world):
    source, target = world.wallet("10.00"), world.wallet()
    payment = world.pay(source, "4.00", rail=R.BOOK, target_wallet_id=target.pk)
    assert payment.status == S.SETTLED
    assert world.funds(target) == (D(4), D(0))
    assert world.path(payment) == ["CREATED", "APPROVED", "HELD", "SETTLED"]


def test_too_little_money_refuses_and_leaves_nothing(world):
    wallet = world.wallet("10.00")
    account = world.bank(wallet)
    with pytest.raises(InsufficientFunds):
        world.pay(wallet, "10.01", to=account)
    assert not Payment.objects.exists()
    assert world.funds(wallet) == (D(10), D(0))


def test_cancel_frees_the_money_and_the_limit(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    payment = world.act(payments.cancel, payment)
    assert payment.status == S.CANCELED
    assert world.funds(wallet) == (D(100), D(0))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(used) FROM wallets_usage")
        assert cursor.fetchone()[0] == 0
    with pytest.raises(errors.NotCancelable):
        world.act(payments.cancel, payment)


def test_what_was_sent_can_no_longer_be_canceled(world):
    wallet = world.wallet("100.00")
    payment = sent(world, world.pay(wallet, "30.00", to=world.bank(wallet)))
    with pytest.raises(errors.NotCancelable):
        world.act(payments.cancel, payment)


def test_the_hold_of_a_payment_is_not_the_partners_to_release(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    with pytest.raises(HoldIsKept):
        holds.release(hold_id=payment.hold_id, actor=KEY, at=world.at)


def test_the_hold_of_a_payment_does_not_lapse(world):
    from wallets.services import lapses

    wallet = world.wallet("100.00")
    world.pay(wallet, "30.00", to=world.bank(wallet))
    assert lapses.sweep(at=world.at + timedelta(days=3650)) == 0
    assert world.funds(wallet)[1] == D(30)


def test_a_wallet_frozen_after_the_hold_keeps_its_payment_back(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    wallets.freeze(wallet_id=wallet.pk, reason="court order", actor=STAFF, at=world.at)
    assert sent(world, payment).status == S.HELD
    assert payment.batch_id is None


@pytest.fixture
def opinion(monkeypatch):
    said = {"outcome": Outcome.ALLOW}
    monkeypatch.setattr(registry, "_deciders", {})

    @registry.decider("tests.decider", point=deciding.POINT)
    def decide(facts):
        if said["outcome"] == Outcome.ALLOW:
            return Opinion(outcome=Outcome.ALLOW)
        return Opinion(outcome=said["outcome"], reasons=(Reason(code="tests.reason", text="Because."),))

    return said


def test_a_blocked_payment_is_kept_as_rejected_and_holds_nothing(world, opinion):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.BLOCK
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    assert (payment.status, payment.reason_code) == (S.REJECTED, "tests.reason")
    assert world.funds(wallet) == (D(100), D(0))


def test_a_payment_in_review_holds_nothing_until_it_is_released(world, opinion):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.REVIEW
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    assert payment.status == S.REVIEW
    assert world.funds(wallet) == (D(100), D(0))
    assert world.act(payments.release, payment, reason="known customer").status == S.APPROVAL
    assert world.funds(wallet) == (D(100), D(0))
    with pytest.raises(errors.NotInReview):
        world.act(payments.release, payment, reason="again")
    with pytest.raises(FourEyesRequired):
        world.act(payments.approve, payment)
    approved = world.act(payments.approve, payment, actor=OTHER)
    assert (approved.status, approved.released_by, approved.approved_by) == (S.HELD, str(STAFF), str(OTHER))
    assert world.funds(wallet) == (D(100), D(30))


def test_a_released_payment_without_its_money_ends_and_says_why(world, opinion):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.REVIEW
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    world.send(wallet, world.wallet(), "90.00")
    payment = world.let_go(payment)
    assert (payment.status, payment.reason_code) == (S.REJECTED, "wallets.insufficient_funds")
    assert world.funds(wallet) == (D(10), D(0))


def test_above_the_threshold_another_person_has_to_approve(world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(20)}
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), actor=STAFF)
    assert payment.status == S.APPROVAL
    with pytest.raises(FourEyesRequired):
        world.act(payments.approve, payment, actor=STAFF)
    assert world.act(payments.approve, payment, actor=OTHER).status == S.HELD
    other = world.pay(wallet, "20.00", to=world.bank(wallet), actor=STAFF)
    assert other.status == S.HELD


def test_the_database_knows_that_maker_and_checker_differ(world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(20)}
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), actor=STAFF)
    with pytest.raises(IntegrityError, match="payment_is_approved_by_another"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(approved_by=str(STAFF))


def test_the_database_lets_nothing_out_of_review_by_one_person(world, opinion):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.REVIEW
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    row = Payment.objects.filter(pk=payment.pk)
    for wrong, refusal in (
        ({"status": S.APPROVED}, "REVIEW cannot become APPROVED"),
        ({"status": S.APPROVAL}, "who released"),
    ):
        with pytest.raises(IntegrityError, match=refusal), transaction.atomic():
            row.update(**wrong, moves_made=F("moves_made") + 1)
    world.act(payments.release, payment, reason="known customer")
    for name in (str(STAFF), ""):
        with pytest.raises(IntegrityError, match="payment_is_released_by_two"), transaction.atomic():
            row.update(status=S.APPROVED, approved_by=name, moves_made=F("moves_made") + 1)
    with pytest.raises(IntegrityError, match="who released"), transaction.atomic():
        row.update(released_by=str(OTHER))
    world.act(payments.approve, payment, actor=OTHER)
    with pytest.raises(IntegrityError, match="who approved"), transaction.atomic():
        row.update(approved_by="staff:usr_z")


def test_what_was_released_is_not_approved_once_a_hit_is_open_again(world, opinion, monkeypatch):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.REVIEW
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    world.act(payments.release, payment, reason="known customer")

    def undecided(**_):
        raise errors.NotInReview("There is something to decide first.")

    monkeypatch.setattr(decisions, "check_release", undecided)
    with pytest.raises(errors.NotInReview, match="decide first"):
        world.act(payments.approve, payment, actor=OTHER)
    assert Payment.objects.get(pk=payment.pk).status == S.APPROVAL


def test_a_scheduled_payment_waits_for_its_day(world):
    wallet = world.wallet("100.00")
    day = (world.at + timedelta(days=3)).date()
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), scheduled_on=day)
    assert payment.status == S.CREATED
    assert payments.release_due(at=world.at, actor=STAFF) == 0
    assert payments.release_due(at=world.at + timedelta(days=3), actor=STAFF) == 1
    payment.refresh_from_db()
    assert payment.status == S.HELD


def test_a_scheduled_payment_without_money_on_its_day_fails_and_says_why(world):
    wallet = world.wallet("10.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), scheduled_on=(world.at + timedelta(days=1)).date())
    assert payments.release_due(at=world.at + timedelta(days=1), actor=STAFF) == 1
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (S.FAILED, "wallets.insufficient_funds")


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"kind": K.CARD_PAYMENT}, errors.KindNotOnRail),
        ({"rail": R.SEPA_CT}, errors.CurrencyNotOnRail),
        ({"same_day": True, "amount": "1000000.01"}, errors.AmountOutsideRail),
        ({"to": None}, errors.ExternalAccountMissing),
        ({"kind": K.WITHDRAWAL}, errors.ExternalAccountUnfit),
        ({"kind": K.COLLECTION, "own": True}, errors.MandateMissing),
        ({"kind": K.COLLECTION}, errors.NotDebitable),
        ({"kind": K.WITHDRAWAL, "own": True, "verified": False}, errors.ExternalAccountPending),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(world, options, refusal):
    wallet = world.wallet("100.00")
    options = dict(options)
    relation, verified = "OWN" if options.pop("own", False) else "THIRD_PARTY", options.pop("verified", True)
    account = world.bank(wallet, relation=relation, verified=verified)
    amount = options.pop("amount", "10.00")
    with pytest.raises(refusal):
        world.pay(wallet, amount, **{"to": account} | options)
    assert not Payment.objects.exists()


def test_refunds_add_up_and_end_the_payment(world):
    wallet = world.wallet()
    account = world.bank(wallet, relation="OWN")
    payment = sent(world, world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk))
    world.act(outcomes.settle, payment)
    part = world.act(payments.refund, payment, amount=Money("20.00", "USD"))
    assert (part.kind, part.status, part.amount) == (K.REFUND, S.HELD, D(20))
    with pytest.raises(errors.RefundTooLarge):
        world.act(payments.refund, payment, amount=Money("30.01", "USD"))
    world.act(outcomes.settle, sent(world, part))
    payment.refresh_from_db()
    assert (payment.refunded, payment.status) == (D(20), S.SETTLED)
    rest = world.act(payments.refund, payment)
    assert rest.amount == D(30)
    world.act(outcomes.settle, sent(world, rest))
    payment.refresh_from_db()
    assert (payment.refunded, payment.status) == (D(50), S.REFUNDED)
    assert world.lines() == {}
    books_are_sound()


def test_a_refund_of_all_that_is_left_leaves_out_what_is_under_way(world):
    wallet = world.wallet()
    account = world.bank(wallet, relation="OWN")
    payment = sent(world, world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk))
    world.act(outcomes.settle, payment)
    world.act(payments.refund, payment, amount=Money("20.00", "USD"))
    rest = world.act(payments.refund, payment)
    assert (rest.status, rest.amount) == (S.HELD, D(30))
    with pytest.raises(errors.RefundTooLarge) as refusal:
        world.act(payments.refund, payment)
    assert refusal.value.details == {"left": {"amount": "0.00", "currency": "USD"}}


def test_the_provider_naming_another_amount_books_nothing(world):
    wallet = world.wallet("100.00")
    payment = sent(world, world.pay(wallet, "30.00", to=world.bank(wallet)))
    payment.refresh_from_db()
    with pytest.raises(errors.AmountDiffers, match=r"^30\.00 USD was expected, the provider says 29\.99 USD\.$"):
        world.act(outcomes.settle, payment, amount=Money("29.99", "USD"))
    payment.refresh_from_db()
    assert payment.status == S.SUBMITTED


def test_the_database_obeys_the_same_table(db):
    with connection.cursor() as cursor:
        for came_from in PaymentStatus:
            for to in PaymentStatus:
                cursor.execute("SELECT payments_may_move(%s, %s)", [came_from, to])
                assert cursor.fetchone()[0] == (to in PAYMENT_MOVES[came_from]), (came_from, to)


def test_a_status_is_never_changed_without_its_move(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    with pytest.raises(IntegrityError, match="cannot become"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(status="SETTLED")
    with pytest.raises(IntegrityError, match="fixed"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(amount=D(31))
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Move.objects.filter(payment=payment).update(actor="another")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Move.objects.filter(payment=payment).update(reason="another")
    with pytest.raises(IntegrityError, match="timeline"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(status="SUBMITTED", moves_made=payment.moves_made + 1)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_settling_what_was_never_sent_is_refused(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    world.act(payments.cancel, payment)
    with pytest.raises(IllegalMove):
        world.act(outcomes.settle, payment)


def test_a_payment_that_nobody_decides_ends_after_fourteen_days(world, opinion):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.REVIEW
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    assert payments.expire_waiting(at=world.at + timedelta(days=13), actor=STAFF) == 0
    assert payments.expire_waiting(at=world.at + timedelta(days=14), actor=STAFF) == 1
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (S.EXPIRED, "payment.expired")


def test_the_report_counts_what_settled_and_what_came_back(world):
    wallet = world.wallet("100.00")
    first, second = (sent(world, world.pay(wallet, amount, to=world.bank(wallet))) for amount in ("30.00", "20.00"))
    for payment in (first, second):
        world.act(outcomes.settle, payment)
    world.act(outcomes.return_, second, reason_code="R02")
    day = world.at.date()
    lines = reports.settlement(partner_id=world.partner.pk, first=day, last=day)
    assert [(line.rail, line.direction, line.outcome, line.count, line.amount) for line in lines] == [
        ("ach", "OUT", "returned", 1, D(20)),
        ("ach", "OUT", "settled", 2, D(50)),
    ]
    assert reports.settlement(partner_id=world.partner.pk, first=day + timedelta(days=1), last=day + timedelta(days=1)) == []


def test_the_statement_proves_a_payment_until_the_match_is_taken_back(world):
    wallet = world.wallet("100.00")
    payment = sent(world, world.pay(wallet, "30.00", to=world.bank(wallet)))
    payment = world.act(outcomes.settle, payment)
    name = Journal(pk=payment.journal_id).public_id
    assert proofs.prove(journals=[name], booked_on="2026-11-20") == 1
    payment.refresh_from_db()
    assert str(payment.reconciled_on) == "2026-11-20"
    assert proofs.withdraw(journals=[name]) == 1
    payment.refresh_from_db()
    assert payment.reconciled_on is None


def test_a_return_for_a_fault_of_ours_does_not_count_against_the_account(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    for code, streak in (("R18", 0), ("R01", 1)):
        payment = sent(world, world.pay(wallet, "10.00", to=account))
        world.act(outcomes.settle, payment)
        account.refresh_from_db()
        world.act(outcomes.return_, payment, reason_code=code)
        account.refresh_from_db()
        assert account.return_streak == streak, code


def collected(world, wallet):
    account = world.bank(wallet, relation="OWN")
    payment = sent(world, world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=world.ach_mandate(account).pk))
    return world.act(outcomes.settle, payment)


def test_the_bank_takes_the_whole_back_although_a_refund_is_under_way(world):
    wallet = world.wallet("100.00")
    payment = collected(world, wallet)
    refund = sent(world, world.act(payments.refund, payment, amount=Money("20.00", "USD")))
    payment = world.act(outcomes.return_, payment, reason_code="R10")
    world.act(outcomes.settle, refund)
    payment.refresh_from_db()
    assert (payment.status, payment.returned, payment.refunded, payment.refundable) == (S.RETURNED, D(50), D(20), D(0))
    assert world.funds(wallet) == (D(80), D(0))
    books_are_sound()


def test_a_refund_that_has_not_left_fails_when_the_bank_takes_the_whole_back(world):
    wallet = world.wallet("100.00")
    payment = collected(world, wallet)
    refund = world.act(payments.refund, payment, amount=Money("20.00", "USD"))
    world.act(outcomes.return_, payment, reason_code="R06")
    run = settlement.run(at=world.at, actor=STAFF, early=True, partner_id=world.partner.pk)
    refund.refresh_from_db()
    assert (refund.status, refund.reason_code, run.built) == (S.FAILED, "payments.refund_too_large", [])
    assert world.funds(wallet) == (D(100), D(0))
    books_are_sound()


def test_refunds_that_wait_leave_as_far_as_the_payment_still_carries_them(world):
    wallet = world.wallet("100.00")
    payment = sending.send(
        payment_id=world.pay(wallet, "50.00", kind=K.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet)).pk,
        actor=STAFF,
        at=world.at,
    )
    first, second = (world.act(payments.refund, payment, amount=Money("20.00", "USD")) for _ in range(2))
    world.act(outcomes.dispute, payment, reason_code="fraudulent", amount=Money("20.00", "USD"))
    world.act(outcomes.dispute_lost, payment)
    for refund in (second, first):
        sending.send(payment_id=refund.pk, actor=STAFF, at=world.at)
        refund.refresh_from_db()
    assert (first.status, second.status) == (S.SETTLED, S.FAILED)
    payment.refresh_from_db()
    assert (payment.refunded, payment.returned) == (D(20), D(20))
    books_are_sound()


def test_the_bank_takes_the_whole_back_after_all_was_refunded(world):
    wallet = world.wallet("100.00")
    payment = collected(world, wallet)
    world.act(outcomes.settle, sent(world, world.act(payments.refund, payment)))
    payment.refresh_from_db()
    assert payment.status == S.REFUNDED
    payment = world.act(outcomes.return_, payment, reason_code="R10")
    assert (payment.status, payment.returned) == (S.RETURNED, D(50))
    assert world.funds(wallet) == (D(50), D(0))
    books_are_sound()


def test_a_refund_that_comes_back_opens_the_refunded_payment_again_and_its_redemption_ends_it(world):
    wallet = world.wallet("100.00")
    payment = collected(world, wallet)
    refund = world.act(outcomes.settle, sent(world, world.act(payments.refund, payment)))
    world.act(outcomes.return_, refund, reason_code="R20")
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == (S.SETTLED, D(0))
    books_are_sound()
    world.act(outcomes.redeem, refund)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == (S.REFUNDED, D(50))
    books_are_sound()


def test_a_refund_that_came_back_is_not_redeemed_after_the_money_was_refunded_again(world):
    wallet = world.wallet("100.00")
    payment = collected(world, wallet)
    first = world.act(outcomes.settle, sent(world, world.act(payments.refund, payment)))
    world.act(outcomes.return_, first, reason_code="R20")
    external_accounts.unblock(
        external_account_id=first.external_account_id, reason="It is the right one", actor=STAFF, at=world.at
    )
    world.act(outcomes.settle, sent(world, world.act(payments.refund, payment)))
    before = world.lines()
    with pytest.raises(errors.NotInReview, match="given back again"):
        world.act(outcomes.redeem, first)
    assert (world.path(first)[-1], world.lines()) == (S.RETURNED, before)
    books_are_sound()


def stop(world, wallet, how):
    """Somebody stops the wallet, its customer, or the partner."""
    common = {"reason": "a question", "actor": STAFF, "at": world.at}
    if how == "wallet frozen":
        wallets.freeze(wallet_id=wallet.pk, **common)
    elif how == "wallet closed":
        wallets.close(wallet_id=wallet.pk, **common)
    elif how == "customer frozen":
        customers.freeze(customer_id=wallet.customer_id, **common)
    else:
        Partner.objects.filter(pk=world.partner.pk).update(status=PartnerStatus.SUSPENDED)


STOPS = {
    "wallet frozen": WalletFrozen,
    "wallet closed": WalletClosed,
    "customer frozen": CustomerFrozen,
    "partner suspended": PartnerSuspended,
}


@pytest.mark.parametrize("how", STOPS)
def test_nothing_is_taken_in_for_who_was_stopped(world, how):
    wallet = world.wallet()
    card = world.card(wallet)
    stop(world, wallet, how)
    with pytest.raises(STOPS[how]):
        world.pay(wallet, "5.00", kind=K.CARD_PAYMENT, rail=R.CARD, to=card)
    assert (Payment.objects.count(), Journal.objects.count()) == (0, 0)


@pytest.mark.parametrize("how", STOPS)
def test_a_transfer_inside_the_book_goes_to_nobody_who_was_stopped(world, how):
    source, target = world.wallet("50.00"), world.wallet()
    stop(world, target, how)
    with pytest.raises(STOPS[how]):
        world.pay(source, "5.00", rail=R.BOOK, target_wallet_id=target.pk)
    assert (Payment.objects.count(), world.funds(source)) == (0, (D(50), D(0)))


@pytest.mark.parametrize("how", STOPS)
def test_a_card_is_not_charged_for_who_was_stopped_meanwhile(world, how):
    wallet = world.wallet()
    payment = world.pay(wallet, "5.00", kind=K.CARD_PAYMENT, rail=R.CARD, to=world.card(wallet))
    stop(world, wallet, how)
    payment = sending.send(payment_id=payment.pk, actor=STAFF, at=world.at)
    assert (payment.status, payment.reason_code) == (S.APPROVED, STOPS[how].code)
    assert (Journal.objects.count(), SandboxOrder.objects.count()) == (0, 0)


@pytest.mark.parametrize("amount", ["120.01", "-120.00"])
def test_a_credit_told_again_of_another_amount_is_refused(world, amount):
    wallet = world.wallet()
    first = world.credit(wallet, "120.00", name="A1")
    with pytest.raises(errors.AmountDiffers):
        world.credit(wallet, amount, name="A1")
    assert world.credit(wallet, "120.00", name="A1") == first
    assert world.funds(wallet) == (D(120), D(0))


def test_a_credit_of_another_partner_is_not_shown_under_the_same_name(world):
    other = PaymentWorld(partner=new_partner("Zenith"), at=world.at)
    other.credit(other.wallet(), "120.00", name="A1")
    with pytest.raises(errors.InboundRepeated):
        world.credit(world.wallet(), "120.00", name="A1")


# What it costs


def test_a_payment_is_made_and_held_in_nineteen_statements_of_which_one_reads_its_partner_beside_those_of_deciders(
    world, monkeypatch
):
    monkeypatch.setattr(registry, "_deciders", {})
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    with CaptureQueriesContext(connection) as taken:
        world.pay(wallet, "10.00", to=account)
    asked = [found["sql"].strip() for found in taken if "SAVEPOINT" not in found["sql"]]
    assert [sql for sql in asked if 'FROM "accounts_partner"' in sql] == asked[:1]
    assert len(asked) == 19, "\n".join(sql[:150] for sql in asked)
