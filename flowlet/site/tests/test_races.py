"""Threads against the same accounts of the books: one of them wins, none hangs, and the books add up."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection, connections
from moneyed import Money

from flowlet.core import clock
from ledger import errors
from ledger.models import Balance, Entry, Journal
from ledger.services import accounts, journals, verification
from ledger.services.journals import Leg, NewJournal
from ledger.tests.conftest import ACTOR, cash, fund, move, open_wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book(transactional_db):
    from datetime import date

    from accounts.models import Partner
    from ledger.services import books

    partner = Partner.objects.create(name="Racers", mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")
    return books.create(partner=partner, actor=ACTOR, at=clock.now(), opened_on=date(2020, 1, 1))


def at_once(*works):
    """Run the works in a thread each, all starting together; their answers or refusals, in order."""
    gate = threading.Barrier(len(works))

    def run(work):
        try:
            connection.ensure_connection()
            gate.wait(30)
            return work()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_of_sixteen_transfers_of_the_whole_balance_exactly_one_succeeds(book):
    source = open_wallet(book, funds="100.00")
    targets = [open_wallet(book) for _ in range(16)]

    answers = at_once(*[lambda target=target: move(source, target, "100.00") for target in targets])

    won = [answer for answer in answers if not isinstance(answer, Exception)]
    refused = [answer for answer in answers if isinstance(answer, errors.InsufficientFunds)]
    assert (len(won), len(refused)) == (1, 15)
    assert Journal.objects.filter(kind="transfer").count() == 1
    assert Balance.objects.get(pk=source.pk).posted == 0
    assert sum(Balance.objects.get(pk=target.pk).posted for target in targets) == Decimal("100.00")
    assert verification.verify().is_clean


@pytest.mark.timeout(180)
def test_five_hundred_journals_reversed_twice_at_once_give_exactly_five_hundred_reversals(book):
    # No more than what is reversed: the second of two is refused for what it is and not for want of money.
    bank, wallets = cash(book), [open_wallet(book) for _ in range(20)]
    money = Money("3.00", "USD")
    items = [
        NewJournal(legs=[Leg(bank.pk, "DEBIT", money), Leg(wallets[i % 20].pk, "CREDIT", money)], kind="funding")
        for i in range(500)
    ]
    made = [result.posted.journal_id for result in journals.post_batch(book_id=book.pk, items=items, atomic=True, actor=ACTOR)]
    turns = made * 2
    random.Random(7).shuffle(turns)

    def reverse(part):
        outcomes = []
        for key in part:
            try:
                outcomes.append(journals.reverse(book_id=book.pk, journal_id=key, actor=ACTOR, reason="twice").journal_id)
            except errors.AlreadyReversed:
                outcomes.append(None)
        return outcomes

    answers = at_once(*[lambda number=number: reverse(turns[number::8]) for number in range(8)])

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    outcomes = [outcome for answer in answers for outcome in answer]
    assert (sum(outcome is not None for outcome in outcomes), outcomes.count(None)) == (500, 500)
    reversals = Journal.objects.filter(kind="reversal")
    assert reversals.count() == 500
    assert set(reversals.values_list("reverses_id", flat=True)) == set(made)
    assert set(Balance.objects.filter(book=book).values_list("posted", flat=True)) == {Decimal(0)}
    assert verification.verify().is_clean


@pytest.mark.timeout(180)
def test_opposite_transfers_and_batches_between_the_same_accounts_never_deadlock(book):
    wallets = [open_wallet(book, funds="1000.00") for _ in range(4)]

    def singles(seed):
        dice, done = random.Random(seed), 0
        for _ in range(60):
            source, target = dice.sample(wallets, 2)
            move(source, target, "1.00")
            done += 1
        return done

    def batches(seed):
        dice, done = random.Random(seed), 0
        for turn in range(12):
            items = []
            for _ in range(10):
                source, target = dice.sample(wallets, 2)
                money = Money("1.00", "USD")
                items.append(NewJournal(legs=[Leg(source.pk, "DEBIT", money), Leg(target.pk, "CREDIT", money)], kind="transfer"))
            found = journals.post_batch(book_id=book.pk, items=items, atomic=bool(turn % 2), actor=ACTOR)
            done += sum(result.posted is not None for result in found)
        return done

    answers = at_once(*[lambda n=n: singles(n) for n in range(5)], *[lambda n=n: batches(n) for n in range(3)])

    assert answers == [60] * 5 + [120] * 3
    assert sum(Balance.objects.filter(book=book).values_list("posted", flat=True)) == Decimal("4000.00")
    assert verification.verify().is_clean


def test_a_busy_deferred_account_takes_postings_from_all_sides_without_a_queue(book):
    bank, wallets = cash(book), [open_wallet(book) for _ in range(8)]

    def pour(wallet):
        for _ in range(25):
            fund(book, wallet, "2.00")
        return wallet.pk

    assert at_once(*[lambda wallet=wallet: pour(wallet) for wallet in wallets]) == [wallet.pk for wallet in wallets]
    assert Entry.objects.filter(account_id=bank.pk).count() == 200
    assert set(Balance.objects.filter(book=book).values_list("posted", "seq")) == {(Decimal("50.00"), 25)}
    assert verification.verify().is_clean


def test_freezing_and_posting_at_once_leave_no_entry_after_the_freeze(book):
    source, target = open_wallet(book, funds="100.00"), open_wallet(book)

    def spend():
        done = 0
        for _ in range(40):
            try:
                move(source, target, "1.00")
            except errors.AccountFrozen:
                return done
            done += 1
        return done

    def freeze():
        accounts.freeze(account_id=source.pk, actor=ACTOR, at=clock.now(), reason="suspicion")
        return Balance.objects.get(pk=source.pk).seq

    *spent, frozen_at = at_once(spend, spend, spend, freeze)

    assert all(isinstance(count, int) for count in spent)
    assert Balance.objects.get(pk=source.pk).seq == frozen_at == 1 + sum(spent)
    assert Balance.objects.get(pk=source.pk).posted == Decimal(100 - sum(spent))
