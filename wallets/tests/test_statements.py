"""History and statements: every movement once, opening and movements make closing, in all three forms."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlet.core import clock
from ledger.models import Journal
from ledger.services import snapshots
from wallets import errors
from wallets.choices import Direction, TransactionType
from wallets.selectors import balances, transactions
from wallets.selectors import wallets as selectors
from wallets.services import statement_pdf, statements, transfers
from wallets.tests.conftest import KEY, World, new_partner, usd


def amounts(statement):
    return [line.transaction.signed.amount for line in statement.lines]


@pytest.fixture
def busy(world):
    """A wallet with a top-up, transfers in and out, a capture, a refund, on several days of two months."""
    a, b = world.wallet("100"), world.wallet("100")
    month = world.at.date().replace(day=1)
    before = month - timedelta(days=3)
    world.send(b, a, "10", effective_on=before, description="last month")
    made = world.send(a, b, "30", effective_on=month, external_id="t-1", metadata={"order": "7"}, description="=SUM(A1)")
    world.capture(world.hold(a, "20").hold, b, "5")
    world.refund(made.transfer, "4", external_id="r-1")
    world.month, world.before = month, before
    return world, a, b


def test_a_statement_foots_and_runs_in_order_of_effective_days(busy):
    world, a, _ = busy
    last = statements.of_month(a, month=world.before, at=world.at)
    this = statements.of_month(a, month=world.month, at=world.at)
    assert (last.opening, last.closing, amounts(last)) == (usd(0), usd(10), [10])
    assert (this.opening, this.closing) == (usd(10), usd(79))
    expected = [-30, 100, -5, 4] if world.month != world.at.date() else [100, -30, -5, 4]
    assert amounts(this) == expected
    assert (this.incoming, this.outgoing) == (usd(104), usd(35))
    assert [line.balance for line in this.lines][-1] == this.closing
    assert (last.is_final, this.is_final, this.through) == (True, False, world.at.date())


def test_backdating_changes_the_month_it_counts_for_and_the_opening_after_it(busy):
    world, a, b = busy
    world.send(b, a, "7", effective_on=world.before)
    assert statements.of_month(a, month=world.before, at=world.at).closing == usd(17)
    assert statements.of_month(a, month=world.month, at=world.at).opening == usd(17)


def test_refuses_months_that_have_not_begun_or_lie_before_the_books(busy):
    world, a, _ = busy
    for month in (date(2019, 12, 1), world.month + timedelta(days=40)):
        with pytest.raises(errors.StatementOutOfRange):
            statements.of_month(a, month=month, at=world.at)


def test_refuses_to_show_what_does_not_foot(busy, monkeypatch):
    world, a, _ = busy
    true, asked = balances.totals, []

    def wrong_the_second_time(keys, on):
        asked.append(on)
        return {key: value + Decimal("0.01") * (len(asked) == 2) for key, value in true(keys, on=on).items()}

    monkeypatch.setattr(balances, "totals", wrong_the_second_time)
    with pytest.raises(statements.DoesNotFoot):
        statements.of_month(a, month=world.month, at=world.at)


def test_csv_has_every_movement_and_no_formula(busy):
    world, a, b = busy
    rows = list(csv.DictReader(io.StringIO(statements.as_csv(statements.of_month(a, month=world.month, at=world.at)).decode())))
    assert (rows[0]["type"], rows[0]["balance"], rows[-1]["type"], rows[-1]["balance"]) == (
        "OPENING",
        "10.00",
        "CLOSING",
        "79.00",
    )
    assert Decimal(rows[0]["balance"]) + sum(Decimal(row["amount"]) for row in rows[1:-1]) == Decimal(rows[-1]["balance"])
    out = next(row for row in rows if row["amount"] == "-30.00")
    assert (out["description"], out["external_id"], out["counterparty_wallet_id"]) == ("'=SUM(A1)", "t-1", b.public_id)


@pytest.mark.parametrize("text", ["Café <b>&amp;</b>", "日本語の説明", "Ελληνικά"])
def test_pdf_is_a_pdf_with_any_text(busy, text):
    world, a, b = busy
    world.send(a, b, "1", description=text)
    content = statements.as_pdf(statements.of_month(a, month=world.month, at=world.at))
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("Café <b>", "Café &lt;b&gt;"),
        ("Rent 家賃 May", 'Rent <font name="HeiseiKakuGo-W5">家賃 </font>May'),
        ("Ελλάδα & Київ", '<font name="HeiseiKakuGo-W5">Ελλ□δα </font>&amp; <font name="HeiseiKakuGo-W5">Ки□в</font>'),
        ("汉语", '<font name="STSong-Light">汉语</font>'),
        ("한국", '<font name="HYSMyeongJo-Medium">한국</font>'),
        ("سلام", '<font name="HeiseiKakuGo-W5">□□□□</font>'),
    ],
)
def test_each_run_of_a_text_has_a_font_that_can_write_it_or_squares(text, markup):
    assert statement_pdf.marked(text) == markup


def test_a_pdf_of_too_many_pages_is_refused(busy, monkeypatch):
    world, a, _ = busy
    monkeypatch.setattr(statements, "PDF_LIMIT", 3)
    with pytest.raises(errors.StatementTooLong):
        statements.as_pdf(statements.of_month(a, month=world.month, at=world.at))


def found(wallet, **filters):
    entries = list(transactions.of_wallet(wallet, **filters).order_by("-id"))
    return [one.signed.amount for one in transactions.read(entries, wallet=wallet)]


def test_history_is_filtered_by_what_partners_know(busy):
    world, a, b = busy
    assert found(a) == [4, -5, -30, 10, 100]
    assert found(a, type=TransactionType.TRANSFER) == [-30, 10]
    assert found(a, type=TransactionType.CAPTURE) == [-5]
    assert found(a, type=TransactionType.REFUND) == [4]
    assert found(a, type=TransactionType.TOP_UP) == [100]
    assert found(a, type=TransactionType.OTHER) == []
    assert found(a, direction=Direction.OUT) == [-5, -30]
    assert found(a, direction=Direction.IN, amount__gte=Decimal(10)) == [10, 100]
    assert found(a, effective_on__lt=world.month) == [10]
    assert found(a, counterparty_id=b.pk) == [4, -5, -30, 10]
    assert found(a, counterparty_id=world.wallet().pk) == []
    assert found(a, external_id="t-1") == [-30]
    assert found(a, external_id="r-1") == [4]
    assert found(a, external_id="nobody") == []
    assert found(a, metadata={"order": "7"}) == [-30]
    assert found(a, metadata={"order": "8"}) == []


def test_a_transaction_names_what_is_behind_it(busy):
    _, a, b = busy
    entry = transactions.of_wallet(a, type=TransactionType.REFUND).get()
    (one,) = transactions.read([entry], wallet=a)
    assert (one.counterparty, one.external_id, one.amount, one.direction) == (b.public_id, "r-1", usd(4), Direction.IN)
    assert one.id == f"{Journal.objects.get(pk=entry.journal_id).public_id}.2"
    assert transactions.entry_id(one.id, wallet=a) == entry.id


def test_balances_of_any_day_count_holds_that_ran_then(world):
    world.at = clock.now() - timedelta(days=10)
    a, b = world.wallet("100"), world.wallet()
    hold = world.hold(a, "20", expires_at=world.at + timedelta(days=5)).hold
    lapsing = world.hold(a, "30", expires_at=world.at + timedelta(days=2)).hold
    placed, today = world.at.date(), clock.now().date()

    def held_on(days):
        return balances.on(a, day=placed + timedelta(days=days), at=clock.now()).held

    assert [held_on(days) for days in (-1, 0, 1, 2, 4, 5, 9)] == [usd(x) for x in (0, 50, 50, 20, 20, 0, 0)]
    world.at += timedelta(days=3)
    world.release(hold)
    lapsing.refresh_from_db()
    assert lapsing.status == "EXPIRED"
    assert [held_on(days) for days in (0, 1, 2, 3, 9)] == [usd(x) for x in (50, 50, 20, 0, 0)]
    assert balances.on(a, day=today, at=clock.now()).available == usd(100)
    assert balances.on(a, day=today - timedelta(days=1), at=clock.now()).total == usd(0)
    assert world.balance(b) == ("0", "0")


def test_refuses_a_balance_of_tomorrow(world):
    a = world.wallet()
    with pytest.raises(errors.DayOutOfRange):
        balances.on(a, day=world.at.date() + timedelta(days=1), at=world.at)


def test_a_partly_captured_hold_is_held_for_the_rest(world):
    a, b = world.wallet("100"), world.wallet()
    transfer = world.authorize(a, b, "50").transfer
    transfers.capture(partner_id=world.partner.pk, transfer_id=transfer.pk, amount=usd(20), actor=KEY, at=world.at)
    found = balances.on(a, day=world.at.date(), at=clock.now())
    assert (found.total, found.held, found.available) == (usd(80), usd(30), usd(50))


def test_the_balance_now_leaves_out_holds_that_have_lapsed(world):
    a = world.wallet("100")
    world.hold(a, "20", expires_at=world.at + timedelta(seconds=1))
    before, after = (
        selectors.balance_of(selectors.get(a.pk, partner_id=world.partner.pk, at=at))
        for at in (world.at, world.at + timedelta(seconds=1))
    )
    assert (before.available, before.held) == (usd(80), usd(20))
    assert (after.available, after.held, after.total) == (usd(100), usd(0), usd(100))


def test_the_curve_is_the_same_before_and_after_a_roll_up(busy):
    world, a, _ = busy
    day = world.at.date()
    before = balances.daily(a, last=day, days=40)
    assert before[-1] == (day, 79)
    assert dict(before) == {one: balances.totals([a.account_id], on=one)[a.account_id] for one, _ in before}


@pytest.mark.django_db(transaction=True)
def test_statements_and_curves_read_snapshots_like_the_tail(transactional_db):
    world = World(new_partner(), clock.now())
    a, b = world.wallet("100"), world.wallet()
    day = world.at.date()
    world.send(a, b, "30", effective_on=day - timedelta(days=1))
    before = balances.daily(a, last=day, days=5), amounts(statements.of_month(a, month=day, at=world.at))
    snapshots.roll_up()
    world.send(a, b, "1")
    curve = balances.daily(a, last=day, days=5)
    assert (curve[:-1], curve[-1][1]) == (before[0][:-1], 69)
    assert sorted(amounts(statements.of_month(a, month=day, at=clock.now()))) == sorted([*before[1], -1])


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=st.lists(st.tuples(st.booleans(), st.integers(1, 900), st.integers(0, 75)), max_size=15))
def test_opening_and_movements_make_closing_whatever_was_posted_in_whatever_order(db, moves):
    with transaction.atomic():
        world = World(new_partner(), clock.now())
        a, b = world.wallet("1000"), world.wallet("1000")
        today = world.at.date()
        sent: dict[date, Decimal] = {today: Decimal(1000)}
        for outwards, cents, days in moves:
            day, amount = today - timedelta(days=days), Decimal(cents) / 100
            world.send(*((a, b) if outwards else (b, a)), amount, effective_on=day)
            sent[day] = sent.get(day, Decimal(0)) + (-amount if outwards else amount)
        closing = usd(0)
        month = (today - timedelta(days=80)).replace(day=1)
        while month <= today:
            found = statements.of_month(a, month=month, at=world.at)
            assert found.opening == closing
            assert found.opening + found.incoming - found.outgoing == found.closing
            assert sum(amounts(found), Decimal(0)) == sum(
                (amount for day, amount in sent.items() if (day.year, day.month) == (month.year, month.month)), Decimal(0)
            )
            closing, month = found.closing, (month + timedelta(days=32)).replace(day=1)
        assert closing.amount == sum(sent.values())
        transaction.set_rollback(True)
