"""One debit and one credit go by a function of their own: it books, answers and refuses what the general one does."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moneyed import Money

from flowlet.core import clock
from flowlet.core.errors import DomainError
from ledger import errors
from ledger.models import Account, Balance, Book, Entry, Journal
from ledger.services import accounts, books, journals
from ledger.services.journals import Leg
from ledger.tests.conftest import ACTOR, cash, fund, new_partner, open_wallet

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
ODD = ["", "'", '"', "\\", "\\\\", '"",(),', "{NULL}", " a ", "ä€𝄞", "null", "\n\t"]
texts = st.sampled_from(ODD) | TEXTS
AGES = [None, 0, 1, 40, 400, 4000, -1]  # days back: today, open, soft-closed, closed, before the book, still to come


@pytest.fixture
def pool(db):
    """Accounts of every kind, in a book with closed days."""
    today = clock.now().date()
    book = books.create(partner=new_partner("Acme"), actor=ACTOR, at=clock.now(), opened_on=today - timedelta(days=1000))
    elsewhere = books.create(partner=new_partner("Other"), actor=ACTOR, at=clock.now(), opened_on=today - timedelta(days=1000))
    rich, poor, frozen, closed = [open_wallet(book) for _ in range(4)]
    for account in (rich, frozen):
        fund(book, account, "50.00")
    accounts.freeze(account_id=frozen.pk, actor=ACTOR, at=clock.now(), reason="check")
    accounts.close(account_id=closed.pk, actor=ACTOR, at=clock.now())
    floorless, euro = open_wallet(book, floor=None), open_wallet(book, "EUR")
    fund(book, euro, "50.00")
    Book.objects.filter(pk=book.pk).update(
        closed_through=today - timedelta(days=100), soft_closed_through=today - timedelta(days=30)
    )
    found = [rich, poor, floorless, cash(book), frozen, closed, euro, cash(book, "EUR"), open_wallet(elsewhere)]
    return book, [account.pk for account in found]


def outcome(path, **asked):
    """What a posting answers and leaves behind, or why it was refused; rolled back."""
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        if path == "general":
            patch.setattr(journals, "_is_pair", lambda legs: False)
        stack.enter_context(transaction.atomic())
        try:
            with transaction.atomic():
                posted = journals.post(**asked)
        except DomainError as refusal:
            transaction.set_rollback(True)
            # The general function tells what is needed as it was handed in, the guard as it is stored.
            return type(refusal), {name: Decimal(value) if name == "needed" else value for name, value in refusal.details.items()}
        journal = Journal.objects.filter(pk=posted.journal_id).values().get()
        legs = list(Entry.objects.filter(journal_id=posted.journal_id).order_by("ordinal").values())
        assert {leg.pop("posted_at") for leg in legs} == {journal.pop("posted_at")} == {posted.posted_at}
        assert {leg.pop("posted_xid") for leg in legs} == {journal.pop("posted_xid")}
        assert all(leg.pop("id") for leg in legs)
        left = sorted(Balance.objects.filter(book_id=asked["book_id"]).values_list("account_id", "posted", "held", "seq"))
        transaction.set_rollback(True)
        return posted.balances, posted.effective_on, journal, legs, left


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_pair_is_booked_answered_and_refused_as_by_the_general_function(pool, data):
    book, keys = pool
    usual = st.sampled_from(keys[:4])
    one, other = data.draw(st.lists(usual | usual | st.sampled_from(keys), min_size=2, max_size=2, unique=True))
    money = Money(
        data.draw(st.sampled_from(["0.01", "10", "49.99", "50.00", "50.01", "1e3"]).map(Decimal)),
        data.draw(st.sampled_from(["USD"] * 4 + ["EUR"])),
    )
    sides = data.draw(st.sampled_from([("DEBIT", "CREDIT"), ("CREDIT", "DEBIT")]))
    age = data.draw(st.sampled_from([None] * 6 + AGES))
    asked = {
        "book_id": book.pk + data.draw(st.sampled_from([0] * 20 + [10_000])),
        "legs": [Leg(one, sides[0], money), Leg(other, sides[1], money)],
        "kind": data.draw(texts),
        "actor": ACTOR,
        "effective_on": None if age is None else clock.now().date() - timedelta(days=age),
        "description": data.draw(texts),
        "external_id": data.draw(texts),
        "cause": data.draw(texts),
        "metadata": data.draw(st.none() | st.dictionaries(texts, texts, max_size=2)),
        "journal_id": journals.ids.uuid7(),
    }
    assert journals._is_pair(asked["legs"])
    assert outcome("pair", **asked) == outcome("general", **asked)


def test_the_function_of_pairs_takes_no_pair_on_one_account(pool):
    book, keys = pool
    with pytest.raises(Exception, match="a pair is on two accounts"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(journals._PAIR, [f'(,{book.pk},x,,t,"","","",{{}},{keys[0]},{keys[0]},1,USD,1,2)'])
    assert Balance.objects.get(pk=keys[0]).posted == 50


@pytest.mark.parametrize("ordinals", ["1,1", "1,3", "0,1", "2,2"])
def test_the_function_of_pairs_takes_no_other_ordinals_than_one_and_two(pool, ordinals):
    book, keys = pool
    before = Entry.objects.count()
    with pytest.raises(Exception, match="not announced|taken_once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(journals._PAIR, [f'(,{book.pk},x,,t,"","","",{{}},{keys[0]},{keys[1]},1,USD,{ordinals})'])
    assert Entry.objects.count() == before


def waiting(sessions):
    """Until so many sessions wait for a lock."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= sessions:
                return
        time.sleep(0.05)
    pytest.fail("nobody waits")


def posted_meanwhile(other, statement, values, **asked):
    """Post while another session has run ``statement`` and not committed yet; it commits once the posting waits for it."""

    def post():
        try:
            return journals.post(kind="late", actor=ACTOR, **asked)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as crew, other.cursor() as cursor:
        cursor.execute(statement, values)
        posting = crew.submit(post)
        waiting(1)
        other.commit()
        return posting.result(30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("position", [0, 1])
def test_a_freeze_that_the_posting_waited_for_is_seen(book, second_connection, position):
    a, b = open_wallet(book, funds="5.00"), open_wallet(book, funds="5.00")
    money = Money("1.00", "USD")
    with pytest.raises(errors.AccountFrozen):
        posted_meanwhile(
            second_connection,
            "UPDATE ledger_account SET status = 'FROZEN', frozen_by = '{ledger}' WHERE id = %s",
            [(a, b)[position].pk],
            book_id=book.pk,
            legs=[Leg(a.pk, "DEBIT", money), Leg(b.pk, "CREDIT", money)],
        )
    assert set(Balance.objects.filter(pk__in=[a.pk, b.pk]).values_list("posted", "seq")) == {(Decimal(5), 1)}


@pytest.mark.django_db(transaction=True)
def test_a_floor_that_the_posting_waited_for_is_seen(book, second_connection):
    a, b = open_wallet(book, funds="5.00"), open_wallet(book)
    money = Money("5.00", "USD")
    with pytest.raises(errors.InsufficientFunds):
        posted_meanwhile(
            second_connection,
            "UPDATE ledger_account SET floor = 1 WHERE id = %s",
            [a.pk],
            book_id=book.pk,
            legs=[Leg(a.pk, "DEBIT", money), Leg(b.pk, "CREDIT", money)],
        )
    assert Account.objects.get(pk=a.pk).floor == 1


@pytest.mark.django_db(transaction=True)
def test_a_close_that_the_posting_waited_for_is_seen(book, second_connection):
    a, b = open_wallet(book, funds="5.00"), open_wallet(book)
    yesterday = clock.now().date() - timedelta(days=1)
    money = Money("1.00", "USD")
    before = Journal.objects.count()
    with pytest.raises(errors.PeriodClosed):
        posted_meanwhile(
            second_connection,
            "UPDATE ledger_book SET closed_through = %s WHERE id = %s",
            [yesterday, book.pk],
            book_id=book.pk,
            legs=[Leg(a.pk, "DEBIT", money), Leg(b.pk, "CREDIT", money)],
            effective_on=yesterday,
        )
    assert Journal.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_pairs_in_opposite_directions_lock_in_one_order(book):
    a, b = open_wallet(book, funds="500.00"), open_wallet(book, funds="500.00")
    money = Money("1.00", "USD")

    def there(number):
        try:
            pair = (a, b) if number % 2 else (b, a)
            for _ in range(40):
                journals.post(
                    book_id=book.pk,
                    kind="to_and_fro",
                    actor=ACTOR,
                    legs=[Leg(pair[0].pk, "DEBIT", money), Leg(pair[1].pk, "CREDIT", money)],
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as crew:
        list(crew.map(there, range(4)))
    assert sorted(Balance.objects.filter(pk__in=[a.pk, b.pk]).values_list("posted", "seq")) == [(500, 161), (500, 161)]
