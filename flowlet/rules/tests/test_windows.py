"""Windows: which rows are in them, and what they answer, nothing included."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from moneyed import Money

from flowlet.rules import closures
from flowlet.rules.errors import MalformedFact
from flowlet.rules.tests.shop import AT, compare, decide, dollars, fact, row, rule, sheet, usd, value, window
from flowlet.rules.tree import Quotient

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def answer(operand, **values):
    """What the window answers."""
    found = rule({"op": "missing", "left": operand}).condition.left
    return closures.reader(found)(sheet(**values))


# Which rows are in a window


def test_a_window_is_open_at_its_beginning_and_closed_at_its_end(rows):
    rows += [row(before=before) for before in (-TICK, timedelta(0), DAY, 7 * DAY - TICK, 7 * DAY, 8 * DAY)]
    assert answer(window("count", span={"days": 7})) == 3
    assert answer(window("count", span={"weeks": 1})) == 3
    assert answer(window("count")) == 5
    assert answer(window("count", span={"days": 7}, ago={"days": 1})) == 3
    assert answer(window("count", span={"minutes": 1}, ago={"days": 7})) == 1


def test_rows_of_others_are_not_in_it(rows):
    rows += [row(), row(customer=2)]
    assert answer(window("count")) == 1
    assert answer(window("count"), customer=3) == 0


def test_only_rows_for_which_the_condition_is_true_are_in_it(rows):
    rows += [row(is_cash=True), row(is_cash=False), row()]
    assert answer(window("count", where=compare("eq", {"field": "is_cash"}, value(True)))) == 1
    assert answer(window("count", where={"not": compare("eq", {"field": "is_cash"}, value(True))})) == 1
    assert answer(window("count", where={"op": "missing", "left": {"field": "is_cash"}})) == 1


def test_a_condition_looks_out_at_what_is_judged(rows):
    rows += [row(party="Ann", before=3 * DAY), row(party="Bob", before=2 * DAY), row(party="Ann"), row()]
    same = compare("eq", {"field": "party"}, fact("country"))
    assert answer(window("first_seen", where=same), country="Ann") == AT - 3 * DAY
    assert answer(window("count", where=same), country="Bob") == 1
    assert answer(window("count", where=same)) == 0
    larger = compare("gt", {"field": "amount"}, fact("limit"))
    rows += [row(amount=dollars("6")), row(amount=dollars("5")), row(amount=Money(6, "EUR"))]
    assert answer(window("count", where=larger), limit=dollars("5")) == 1


def test_ages_and_ratios_within_a_window(rows):
    rows += [
        row(seen=AT - 2 * DAY, items=3, score=Decimal(4)),
        row(seen=AT - DAY, items=1, score=Decimal(4)),
        row(items=3, score=Decimal(0)),
    ]
    assert answer(window("count", where=compare("gt", {"age": {"field": "seen"}}, value({"days": 1})))) == 1
    assert answer(window("count", where=compare("gt", {"age": {"field": "seen"}}, {"age": fact("opened")})), opened=AT - DAY) == 1
    share = {"percent": [{"field": "items"}, {"field": "score"}]}
    assert answer(window("count", where=compare("ge", share, value("75", "%")))) == 1


# What a window answers


def test_an_empty_window_has_zeros_and_missing_values():
    zero = {
        "count": window("count"),
        "distinct": window("distinct", of="party"),
        "items": window("sum", of="items"),
        "score": window("sum", of="score"),
        "amount": window("sum", of="amount", currency="JPY"),
    }
    assert {name: answer(one) for name, one in zero.items()} == {
        "count": 0,
        "distinct": 0,
        "items": 0,
        "score": Decimal(0),
        "amount": Money(0, "JPY"),
    }
    for missing in (
        window("average", of="score"),
        window("min", of="amount", currency="USD"),
        window("max", of="on"),
        window("first_seen"),
        window("last_seen"),
    ):
        assert answer(missing) is None


def test_missing_fields_are_skipped_and_their_rows_are_counted(rows):
    rows += [row(score=Decimal(1), party="Ann"), row(score=Decimal(2), party="Ann"), row(before=DAY)]
    assert answer(window("count")) == 3
    assert answer(window("sum", of="score")) == Decimal(3)
    assert answer(window("average", of="score")) == Quotient(Decimal(3), Decimal(2))
    assert answer(window("distinct", of="party")) == 1
    assert (answer(window("min", of="score")), answer(window("max", of="score"))) == (Decimal(1), Decimal(2))
    assert (answer(window("first_seen")), answer(window("last_seen"))) == (AT - DAY, AT)


def test_money_is_added_up_in_one_currency(rows):
    rows += [row(amount=dollars("0.10")), row(amount=dollars("0.20")), row(amount=Money("7", "EUR")), row(amount=None)]
    assert answer(window("sum", of="amount", currency="USD")) == dollars("0.30")
    assert answer(window("sum", of="amount", currency="EUR")) == Money("7", "EUR")
    assert answer(window("max", of="amount", currency="USD")) == dollars("0.20")
    assert answer(window("average", of="amount", currency="USD")) == Quotient(Decimal("0.30"), Decimal(2), "USD")
    assert answer(window("count")) == 4


def test_sums_are_exact_beyond_what_a_fact_may_be(rows):
    rows += [row(score=Decimal("9" * 40), items=2**63 - 1), row(score=Decimal("0.00000000000000000001"), items=2**63 - 1)]
    assert answer(window("sum", of="score")) == Decimal("9" * 40 + ".00000000000000000001")
    assert answer(window("sum", of="items")) == 2**64 - 2
    assert decide(compare("gt", window("sum", of="score"), value("9" * 40))) is True


def test_an_average_is_compared_without_being_rounded(rows):
    rows += [row(items=1), row(items=0), row(items=0)]
    third = window("average", of="items")
    assert decide(compare("gt", third, value("0.33333333333333333333"))) is True
    assert decide(compare("eq", third, value("0.33333333333333333333"))) is False
    assert decide(compare("ge", window("average", of="fee"), usd("1"))) is None
    rows += [row(fee=dollars("1")), row(fee=dollars("2"))]
    assert decide(compare("eq", window("average", of="fee"), usd("1.50"))) is True
    assert decide({"op": "between", "left": window("average", of="fee"), "low": usd("1.50"), "high": usd("2")}) is True
    assert decide(compare("ge", window("average", of="fee"), fact("limit")), limit=Money(1, "EUR")) is None


def test_days_have_a_smallest_and_a_largest(rows):
    rows += [row(on=date(2026, 1, 31)), row(on=date(2024, 2, 29)), row(seen=AT + DAY)]
    assert (answer(window("min", of="on")), answer(window("max", of="on"))) == (date(2024, 2, 29), date(2026, 1, 31))
    assert answer(window("max", of="seen")) == AT + DAY


def test_the_share_of_money_that_left_again(rows):
    rows += [row(amount=dollars("3000"), is_cash=True), row(amount=dollars("2400"), is_cash=False)]
    share = {
        "percent": [
            window("sum", of="amount", currency="USD", where=compare("eq", {"field": "is_cash"}, value(kind)))
            for kind in (False, True)
        ]
    }
    assert decide(compare("ge", share, value("80", "%"))) is True
    assert decide(compare("gt", share, value("80", "%"))) is False
    rows.pop(0)
    assert decide(compare("ge", share, value("80", "%"))) is None


# What a source may not answer


@pytest.mark.parametrize("moment", [None, datetime(2026, 3, 1), "2026-03-01", date(2026, 3, 1)])  # noqa: DTZ001
def test_a_row_has_a_moment(rows, moment):
    rows.append(row() | {"happened": moment})
    with pytest.raises(MalformedFact) as caught:
        answer(window("count"))
    assert caught.value.param == "happened"


def test_a_field_is_of_its_type(rows):
    rows.append(row(items=1.0))
    with pytest.raises(MalformedFact) as caught:
        answer(window("count"))
    assert caught.value.param == "items"


@pytest.mark.parametrize(
    ("operand", "given"),
    [
        (window("count"), None),
        (window("count"), True),
        (window("count"), Decimal(1)),
        (window("sum", of="amount", currency="USD"), Decimal(1)),
        (window("sum", of="amount", currency="USD"), Money(1, "EUR")),
        (window("sum", of="score"), Decimal("NaN")),
        (window("max", of="amount", currency="USD"), Money(1, "EUR")),
        (window("average", of="score"), Decimal(1)),
        (window("average", of="score"), Quotient(Decimal(1), Decimal(0))),
        (window("average", of="fee"), Quotient(Decimal(1), Decimal(1), "EUR")),
        (window("first_seen"), datetime(2026, 3, 1)),  # noqa: DTZ001
    ],
)
def test_refuses_a_source_that_answers_nonsense(operand, given):
    found = rule({"op": "missing", "left": operand}).condition.left
    with pytest.raises(MalformedFact) as caught:
        found.check(given)
    assert caught.value.param == "customer.payments"


def test_moments_of_rows_are_compared_in_utc(rows):
    berlin = ZoneInfo("Europe/Berlin")
    rows += [row() | {"happened": datetime(2025, 10, 26, 2, 30, tzinfo=berlin, fold=fold)} for fold in (0, 1)]
    assert answer(window("first_seen")) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert answer(window("last_seen")) == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
