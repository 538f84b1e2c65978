"""Batches: all or nothing, or each on its own with a result per item."""

from datetime import timedelta
from decimal import Decimal

import pytest
from moneyed import Money

from flowlet.core import clock
from ledger import errors
from ledger.models import Balance, Entry, Journal
from ledger.services import accounts, journals
from ledger.services.journals import Leg, NewJournal
from ledger.tests.conftest import ACTOR, cash, fund, move

pytestmark = pytest.mark.django_db


def item(source, target, amount, **kwargs):
    money = Money(amount, source.currency)
    return NewJournal(legs=[Leg(source.pk, "DEBIT", money), Leg(target.pk, "CREDIT", money)], kind="transfer", **kwargs)


def batch(book, items, **kwargs):
    return journals.post_batch(book_id=book.pk, items=items, actor=ACTOR, **kwargs)


def footprint():
    return (
        Journal.objects.count(),
        Entry.objects.count(),
        sorted(Balance.objects.values_list("account_id", "posted", "held", "seq")),
    )


def test_an_atomic_batch_posts_in_order_and_answers_each_journals_balances(book, wallet):
    a, b, c = wallet(funds="10.00"), wallet(), wallet()
    results = batch(book, [item(a, b, "10.00"), item(b, c, "4.00"), item(c, a, "1.00")], atomic=True)
    assert [sorted((k, v.posted) for k, v in r.posted.balances.items()) for r in results] == [
        [(a.pk, Decimal(0)), (b.pk, Decimal(10))],
        [(b.pk, Decimal(6)), (c.pk, Decimal(4))],
        [(a.pk, Decimal(1)), (c.pk, Decimal(3))],
    ]
    assert list(Entry.objects.filter(account=a).order_by("id").values_list("seq", "balance_after")) == [(1, 10), (2, 0), (3, 1)]
    assert [Journal.objects.get(pk=r.posted.journal_id).leg_count for r in results] == [2, 2, 2]


def test_an_atomic_batch_is_refused_as_a_whole_by_its_last_item(book, wallet):
    a, b = wallet(funds="10.00"), wallet()
    before = footprint()
    with pytest.raises(errors.BatchRefused) as refusal:
        batch(book, [item(a, b, "6.00"), item(a, b, "4.00"), item(a, b, "0.01")], atomic=True)
    assert (refusal.value.details["item"], refusal.value.details["reason"]) == (2, "ledger.insufficient_funds")
    assert footprint() == before


def test_money_that_comes_later_in_the_batch_cannot_be_spent_earlier(book, wallet):
    a, b = wallet(funds="10.00"), wallet()
    with pytest.raises(errors.BatchRefused) as refusal:
        batch(book, [item(b, a, "1.00"), item(a, b, "5.00")], atomic=True)
    assert refusal.value.details["item"] == 0


def test_each_on_its_own_posts_what_it_can_and_names_what_it_refused(book, wallet):
    a, b, frozen, yen = wallet(funds="10.00"), wallet(), wallet(), wallet("JPY")
    fund(book, yen, "5")
    move(a, b, "1.00", external_id="taken")
    accounts.freeze(account_id=frozen.pk, actor=ACTOR, at=clock.now(), reason="check")
    results = batch(
        book,
        [
            item(a, b, "8.00"),
            item(a, b, "2.00"),
            item(b, a, "9.00"),
            item(a, b, "9.50"),
            item(a, frozen, "1.00"),
            item(a, yen, "1.00"),
            item(a, b, "0.10", external_id="taken"),
            item(a, b, "0.10", external_id="new"),
            item(a, b, "0.10", external_id="new"),
            item(a, b, "0.10", effective_on=clock.now().date() + timedelta(days=3)),
            NewJournal(legs=[Leg(a.pk, "DEBIT", Money(1, "USD")), Leg(cash(book).pk, "CREDIT", Money(2, "USD"))], kind="wrong"),
        ],
        atomic=False,
    )
    assert [r.refusal.code if r.refusal else "posted" for r in results] == [
        "posted",
        "ledger.insufficient_funds",
        "posted",
        "posted",
        "ledger.account_frozen",
        "ledger.currency_mismatch",
        "ledger.duplicate_external_id",
        "posted",
        "ledger.duplicate_external_id",
        "ledger.effective_day_out_of_range",
        "ledger.unbalanced",
    ]
    assert Balance.objects.get(pk=a.pk).posted == Decimal("0.40")
    assert Balance.objects.get(pk=b.pk).posted == Decimal("9.60")


def test_a_dry_run_of_a_batch_leaves_nothing(book, wallet):
    a, b = wallet(funds="10.00"), wallet()
    before = footprint()
    results = batch(book, [item(a, b, "6.00"), item(a, b, "6.00")], atomic=False, dry_run=True)
    assert [bool(r.posted) for r in results] == [True, False]
    assert footprint() == before


def test_refuses_more_than_a_thousand(book, wallet):
    a, b = wallet(funds="10.00"), wallet()
    with pytest.raises(errors.BatchTooLarge):
        batch(book, [item(a, b, "0.01")] * 1001, atomic=True)


def test_a_thousand_journals_with_many_legs_are_one_call(book, wallet, django_assert_num_queries):
    a, b, c = wallet(funds="1000.00"), wallet(), wallet()
    one = Money("0.01", "USD")
    items = [
        NewJournal(
            legs=[Leg(a.pk, "DEBIT", Money("0.02", "USD")), Leg(b.pk, "CREDIT", one), Leg(c.pk, "CREDIT", one)], kind="split"
        )
    ] * 1000
    with django_assert_num_queries(3):  # savepoint, posting, release
        results = batch(book, items, atomic=True)
    assert len({r.posted.journal_id for r in results}) == 1000
    assert Balance.objects.get(pk=a.pk).posted == Decimal("980.00")
    assert (Balance.objects.get(pk=b.pk).posted, Balance.objects.get(pk=b.pk).seq) == (Decimal("10.00"), 1000)
