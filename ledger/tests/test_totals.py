"""Totals from snapshots and tail equal the plain sum over the entries, for every day and moment."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from moneyed import Money

from flowlet.core import clock
from ledger import errors
from ledger.models import Account, AccountDay, ChartLine, Entry, LineDay, Mark, RollUp
from ledger.selectors import balances, movements
from ledger.services import journals, snapshots
from ledger.services.journals import Leg
from ledger.tests.conftest import ACTOR, cash, open_wallet


def by_hand(account, on, recorded_at):
    debits = credits_ = Decimal(0)
    for entry in Entry.objects.filter(account=account):
        if (on is None or entry.effective_on <= on) and (recorded_at is None or entry.posted_at <= recorded_at):
            if entry.side == "DEBIT":
                debits += entry.amount
            else:
                credits_ += entry.amount
    return balances.Totals(debits, credits_)


def compare(book, days, moments):
    accounts = list(Account.objects.filter(book=book))
    for on in days:
        for moment in moments:
            found = balances.as_of(account_ids=[a.pk for a in accounts], on=on, recorded_at=moment)
            lines = {}
            for account in accounts:
                expected = by_hand(account, on, moment)
                assert found[account.pk] == expected, (account, on, moment)
                key = account.line_id, account.currency
                old = lines.get(key, (Decimal(0), Decimal(0)))
                lines[key] = old[0] + expected.debits, old[1] + expected.credits
            totals = {
                (t.line_id, t.currency): (t.debits, t.credits)
                for t in balances.line_totals(book_id=book.pk, on=on, recorded_at=moment)
            }
            assert totals == {key: value for key, value in lines.items() if any(value)}
    for moment in moments:
        for first, last in ((date(2020, 1, 1), days[1]), (days[3], days[2])):
            moved = {}
            for entry in Entry.objects.filter(account__in=accounts, effective_on__range=(first, last)).select_related("account"):
                if moment is None or entry.posted_at <= moment:
                    key = entry.account.line_id, entry.currency, entry.effective_on
                    moved[key] = moved.get(key, 0) + (entry.amount if entry.side == "CREDIT" else -entry.amount)
            found = movements.by_day(book=book, first=first, last=last, recorded_at=moment)
            assert {(*cell, day): net for cell, nets in found.items() for day, net in nets.items()} == {
                key: net for key, net in moved.items() if net
            }


@pytest.mark.django_db(transaction=True)
def test_totals_equal_the_sum_of_entries_with_roll_ups_and_backdating_in_between(book):
    dice = random.Random(7)
    wallets = [open_wallet(book, currency) for currency in ("USD", "USD", "JPY")]
    today = clock.now().date()
    moments = []
    for step in range(60):
        wallet = dice.choice(wallets)
        money = Money(dice.randint(1, 500), wallet.currency)
        journals.post(
            book_id=book.pk,
            kind="funding",
            actor=ACTOR,
            effective_on=today - timedelta(days=dice.choice([0, 0, 0, 1, 2, 5, 30])),
            legs=[Leg(cash(book, wallet.currency).pk, "DEBIT", money), Leg(wallet.pk, "CREDIT", money)],
        )
        if step % 9 == 4:
            snapshots.roll_up()
        if step % 15 == 7:
            moments.append(clock.now())
    days = [None, today, today - timedelta(days=1), today - timedelta(days=3), today - timedelta(days=30), date(2020, 1, 1)]
    compare(book, days, [None, *moments, clock.now()])
    before = (
        list(AccountDay.objects.order_by("account_id", "effective_on").values()),
        list(LineDay.objects.order_by("line_id", "currency", "effective_on").values()),
    )
    snapshots.roll_up()
    assert RollUp.objects.get().xid > Entry.objects.order_by("-posted_xid").first().posted_xid
    compare(book, days, [None, *moments])
    rolled = list(AccountDay.objects.order_by("account_id", "effective_on").values())
    assert rolled != before[0]
    assert snapshots.rebuild() == Entry.objects.count()
    assert list(AccountDay.objects.order_by("account_id", "effective_on").values()) == rolled


@pytest.mark.django_db(transaction=True)
def test_refuses_a_moment_that_an_open_transaction_may_still_change(book, second_connection, monkeypatch):
    monkeypatch.setattr(balances, "SETTLE_SECONDS", 0.1)
    account = open_wallet(book)
    snapshots.roll_up()
    settled = Mark.objects.order_by("-id").first().at
    with second_connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
        moment = clock.now()
        with pytest.raises(errors.BeyondHorizon):
            balances.as_of(account_ids=[account.pk], recorded_at=moment)
        assert balances.as_of(account_ids=[account.pk], recorded_at=settled - timedelta(microseconds=1)) == {
            account.pk: balances.Totals()
        }
        second_connection.rollback()
    assert balances.as_of(account_ids=[account.pk], recorded_at=moment) == {account.pk: balances.Totals()}
    with pytest.raises(errors.BeyondHorizon):
        balances.as_of(account_ids=[account.pk], recorded_at=clock.now() + timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_a_slow_transaction_is_taken_by_a_later_roll_up_and_never_lost(book, second_connection):
    account = open_wallet(book)
    bank = cash(book)
    with second_connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_post(NULL, %s, 'slow', NULL, 't', '', '', '', '{}', NULL, false, %s, '{-5,5}', '{USD,USD}', '{1,2}')",
            [book.pk, [account.pk, bank.pk]],
        )
        other = open_wallet(book)
        journals.post(
            book_id=book.pk,
            kind="fast",
            actor=ACTOR,
            legs=[Leg(bank.pk, "DEBIT", Money(7, "USD")), Leg(other.pk, "CREDIT", Money(7, "USD"))],
        )
        assert snapshots.roll_up() == 0, "the fast one is above the horizon of the slow one"
        assert balances.as_of(account_ids=[bank.pk])[bank.pk].debits == 7
        second_connection.commit()
    assert balances.as_of(account_ids=[bank.pk])[bank.pk].debits == 12
    assert snapshots.roll_up() == 4
    assert balances.as_of(account_ids=[bank.pk])[bank.pk].debits == 12
    line = ChartLine.objects.get(book=book, code="1010")
    assert {t.line_id for t in balances.line_totals(book_id=book.pk)} >= {line.pk}
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_roll_up()")
        assert cursor.fetchone() == (0,)
