"""Posting one journal: what it answers, what it refuses, and that a refusal leaves nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from moneyed import Money

from flowlet.core import clock
from ledger import errors
from ledger.models import Balance, Entry, Journal
from ledger.services import accounts, journals
from ledger.services.journals import HoldChange, Leg
from ledger.tests.conftest import ACTOR, cash, fund, move

pytestmark = pytest.mark.django_db


def footprint():
    return (
        Journal.objects.count(),
        Entry.objects.count(),
        sorted(Balance.objects.values_list("account_id", "posted", "held", "seq")),
    )


def test_a_transfer_answers_the_balances_of_both_wallets(wallet):
    a, b = wallet(funds="100.00"), wallet()
    posted = move(a, b, "30.25")
    assert posted.balances[a.pk].posted == Decimal("69.75")
    assert posted.balances[b.pk].posted == Decimal("30.25")
    assert posted.balances[a.pk].seq == 2
    assert posted.balances[b.pk].seq == 1
    legs = list(
        Entry.objects.filter(journal_id=posted.journal_id)
        .order_by("ordinal")
        .values_list("account_id", "side", "amount", "balance_after")
    )
    assert legs == [(a.pk, "DEBIT", Decimal("30.25"), Decimal("69.75")), (b.pk, "CREDIT", Decimal("30.25"), Decimal("30.25"))]


def test_legs_on_the_same_account_count_one_by_one(book, wallet):
    a, b = wallet(funds="100.00"), wallet()
    move(a, b, "100.00")
    fund(book, a, "10.00")
    posted = journals.post(
        book_id=book.pk,
        kind="mixed",
        actor=ACTOR,
        legs=[
            Leg(a.pk, "DEBIT", Money("15", "USD")),
            Leg(b.pk, "CREDIT", Money("10", "USD")),
            Leg(a.pk, "CREDIT", Money("5", "USD")),
        ],
    )
    assert posted.balances[a.pk] == journals.BalanceAfter(Decimal("0"), Decimal("0"), 5)
    running = list(Entry.objects.filter(account=a).order_by("id").values_list("seq", "balance_after"))
    assert running == [(1, 100), (2, 0), (3, 10), (4, -5), (5, 0)]


def test_refuses_to_cross_the_floor_and_leaves_nothing(wallet):
    a, b = wallet(funds="10.00"), wallet()
    before = footprint()
    with pytest.raises(errors.InsufficientFunds) as refusal, transaction.atomic():
        move(a, b, "10.01")
    assert refusal.value.details["available"] == "10.0000"
    assert footprint() == before


def test_counts_holds_against_the_floor(book, wallet):
    a, b = wallet(funds="10.00"), wallet()
    with connection.cursor() as cursor:
        cursor.execute("SELECT held FROM ledger_hold(%s, %s, %s)", [book.pk, [a.pk], [Decimal(4)]])
        assert cursor.fetchone() == (Decimal(4),)
    with pytest.raises(errors.InsufficientFunds), transaction.atomic():
        move(a, b, "6.01")
    posted = move(a, b, "10.00", holds=[HoldChange(a.pk, Decimal(-4))])
    assert posted.balances[a.pk].available == 0
    assert posted.balances[a.pk].held == 0


def test_refuses_to_release_more_than_is_held(wallet):
    a, b = wallet(funds="10.00"), wallet()
    with pytest.raises(errors.HoldExceeded), transaction.atomic():
        move(a, b, "1.00", holds=[HoldChange(a.pk, Decimal(-1))])


def test_refuses_an_unbalanced_journal(book, wallet):
    a = wallet()
    before = footprint()
    with pytest.raises(errors.Unbalanced), transaction.atomic():
        journals.post(
            book_id=book.pk,
            kind="wrong",
            actor=ACTOR,
            legs=[Leg(cash(book).pk, "DEBIT", Money("1.00", "USD")), Leg(a.pk, "CREDIT", Money("1.01", "USD"))],
        )
    assert footprint() == before


def test_balances_each_currency_on_its_own(book, wallet):
    dollars, yen = wallet("USD"), wallet("JPY")
    with pytest.raises(errors.Unbalanced), transaction.atomic():
        journals.post(
            book_id=book.pk,
            kind="fx",
            actor=ACTOR,
            legs=[Leg(dollars.pk, "CREDIT", Money("1", "USD")), Leg(cash(book, "JPY").pk, "DEBIT", Money("1", "JPY"))],
        )
    posted = journals.post(
        book_id=book.pk,
        kind="fx",
        actor=ACTOR,
        legs=[
            Leg(dollars.pk, "CREDIT", Money("1", "USD")),
            Leg(cash(book, "USD").pk, "DEBIT", Money("1", "USD")),
            Leg(yen.pk, "CREDIT", Money("150", "JPY")),
            Leg(cash(book, "JPY").pk, "DEBIT", Money("150", "JPY")),
        ],
    )
    assert {k: v.posted for k, v in posted.balances.items()} == {dollars.pk: Decimal(1), yen.pk: Decimal(150)}


def test_refuses_an_amount_in_another_currency_than_the_account(book, wallet):
    a = wallet("USD")
    with pytest.raises(errors.CurrencyMismatch), transaction.atomic():
        journals.post(
            book_id=book.pk,
            kind="wrong",
            actor=ACTOR,
            legs=[Leg(cash(book, "EUR").pk, "DEBIT", Money("1", "EUR")), Leg(a.pk, "CREDIT", Money("1", "EUR"))],
        )


@pytest.mark.parametrize("state", ["frozen", "closed"])
def test_refuses_a_posting_on_an_account_that_is_not_open(wallet, state):
    a, b = wallet(funds="5.00"), wallet()
    if state == "frozen":
        accounts.freeze(account_id=b.pk, actor=ACTOR, at=clock.now(), reason="check")
        expected = errors.AccountFrozen
    else:
        accounts.close(account_id=b.pk, actor=ACTOR, at=clock.now())
        expected = errors.AccountClosed
    before = footprint()
    with pytest.raises(expected), transaction.atomic():
        move(a, b, "1.00")
    assert footprint() == before


def test_closes_an_account_only_at_zero(wallet):
    a = wallet(funds="5.00")
    with pytest.raises(errors.AccountNotEmpty):
        accounts.close(account_id=a.pk, actor=ACTOR, at=clock.now())
    assert Balance.objects.get(pk=a.pk).status == "OPEN"


def test_refuses_an_account_of_another_book(wallet):
    a, b = wallet(funds="5.00"), wallet()
    money = Money("1", "USD")
    with pytest.raises(errors.BookNotFound), transaction.atomic():
        journals.post(
            book_id=a.book_id + 1000, kind="x", actor=ACTOR, legs=[Leg(a.pk, "DEBIT", money), Leg(b.pk, "CREDIT", money)]
        )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2019, 12, 31), errors.EffectiveDayOutOfRange),
        (clock.now().date() + timedelta(days=2), errors.EffectiveDayOutOfRange),
    ],
)
def test_refuses_a_day_outside_the_book(wallet, day, expected):
    a, b = wallet(funds="5.00"), wallet()
    with pytest.raises(expected), transaction.atomic():
        move(a, b, "1.00", effective_on=day)


def test_takes_an_external_id_once_per_book(wallet):
    a, b = wallet(funds="5.00"), wallet()
    move(a, b, "1.00", external_id="order-1")
    before = footprint()
    with pytest.raises(errors.DuplicateExternalId), transaction.atomic():
        move(a, b, "1.00", external_id="order-1")
    assert footprint() == before


def test_a_dry_run_answers_as_the_posting_would_and_leaves_nothing(wallet):
    a, b = wallet(funds="5.00"), wallet()
    before = footprint()
    assert move(a, b, "2.00", dry_run=True).balances[a.pk].posted == Decimal("3.00")
    assert footprint() == before
    with pytest.raises(errors.InsufficientFunds):
        move(a, b, "6.00", dry_run=True)


def test_reverses_a_journal_once(book, wallet):
    a, b = wallet(funds="5.00"), wallet()
    posted = move(a, b, "2.00")
    back = journals.reverse(book_id=book.pk, journal_id=posted.journal_id, actor=ACTOR, reason="mistake")
    assert back.balances[a.pk].posted == Decimal("5.00")
    assert back.balances[b.pk].posted == 0
    before = footprint()
    with pytest.raises(errors.AlreadyReversed):
        journals.reverse(book_id=book.pk, journal_id=posted.journal_id, actor=ACTOR, reason="again")
    with pytest.raises(errors.ReversalOfReversal):
        journals.reverse(book_id=book.pk, journal_id=back.journal_id, actor=ACTOR, reason="undo")
    assert footprint() == before


def test_the_database_refuses_a_reversal_that_is_not_the_mirror(wallet):
    a, b = wallet(funds="5.00"), wallet()
    posted = move(a, b, "2.00")
    with pytest.raises(DatabaseError, match="not the mirror"), transaction.atomic():
        move(b, a, "1.00", reverses=posted.journal_id)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
