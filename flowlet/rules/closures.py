"""From the tree to a Python function of the facts, once; the live form of a rule.

The functions answer True, False or None (unknown), as the SQL of ``sql`` does. A group asks its cheapest parts first and stops as soon
as it is decided, so a window is only counted where it matters; three-valued logic has no order, so nothing else changes.
"""

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from moneyed import Money

from flowlet.rules import parsing, tree
from flowlet.rules.kinds import EXACT, Kind
from flowlet.rules.tree import Comparison, Quotient
from flowlet.rules.vocabulary import NamedList

Test = Callable[[Any], bool | None]
Read = Callable[[Any], Any]
Judge = Callable[[Any, Any], bool]

_JUDGES: dict[Comparison, Judge] = {
    Comparison.EQ: operator.eq,
    Comparison.NE: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
}


@lru_cache(maxsize=1024)
def compiled(condition: tree.Condition) -> Test:
    """The function of the facts (or, for the condition of a window, of a row)."""
    match condition:
        case tree.And(parts):
            return _all([compiled(part) for part in _cheapest_first(parts)])
        case tree.Or(parts):
            return _any([compiled(part) for part in _cheapest_first(parts)])
        case tree.Not(part):
            return _not(compiled(part))
        case tree.Compare(comparison, left, tree.Value() as right):
            return _against(comparison, left, right)
        case tree.Compare(comparison, left, right):
            return _two(comparison, left, right)
        case tree.Between(left, low, high):
            return _all([_against(Comparison.GE, left, low), _against(Comparison.LE, left, high)])
        case tree.Member(left, values, is_negated):
            return _member(left, values, is_negated=is_negated)
        case tree.Contains(left, needle, at_start):
            return _contains(left, needle, at_start=at_start)
        case tree.Missing(left):
            return _missing(left)
    raise TypeError(condition)


def _cheapest_first(parts: tuple[tree.Condition, ...]) -> list[tree.Condition]:
    return sorted(parts, key=parsing.cost)


# Groups


def _all(parts: list[Test]) -> Test:
    def test(facts: Any) -> bool | None:
        answer: bool | None = True
        for part in parts:
            found = part(facts)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return test


def _any(parts: list[Test]) -> Test:
    def test(facts: Any) -> bool | None:
        answer: bool | None = False
        for part in parts:
            found = part(facts)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    return test


def _not(part: Test) -> Test:
    def test(facts: Any) -> bool | None:
        found = part(facts)
        return None if found is None else not found

    return test


# Operands


def reader(operand: tree.Operand | tree.Value) -> Read:
    """The function that looks an operand up; None where it is missing, a Quotient for a ratio and an average."""
    match operand:
        case tree.Value(_, value):
            return lambda facts: value
        case tree.FactRef(fact, True):
            name = fact.name
            return lambda row: row.outer[name]
        case tree.FactRef(fact) | tree.FieldRef(fact):
            return itemgetter(fact.name)
        case tree.Window():
            return lambda facts: facts.window(operand)
        case tree.Age(of):
            return _age(of)
        case tree.Ratio(top, bottom, is_percent):
            return _ratio(reader(top), reader(bottom), factor=Decimal(100 if is_percent else 1))
    raise TypeError(operand)


def _age(of: tree.Operand) -> Read:
    read, in_row = reader(of), isinstance(of, tree.FieldRef) or is_outer(of)

    def age(facts: Any) -> timedelta | None:
        moment: datetime | None = read(facts)
        if moment is None:
            return None
        return (facts.outer.at if in_row else facts.at) - moment

    return age


def is_outer(operand: tree.Operand) -> bool:
    """Whether the condition of a window looks out at a fact of what is judged."""
    return isinstance(operand, tree.FactRef) and operand.is_outer


def _ratio(top: Read, bottom: Read, *, factor: Decimal) -> Read:
    def ratio(facts: Any) -> Quotient | None:
        above, below = top(facts), bottom(facts)
        if above is None or below is None:
            return None
        if isinstance(above, Money):
            if above.currency.code != below.currency.code:
                return None
            above, below = above.amount, below.amount
        if not below:
            return None
        return Quotient(EXACT.multiply(Decimal(above), factor), Decimal(below))

    return ratio


def is_quotient(operand: tree.Operand | tree.Value) -> bool:
    """Whether its reader answers a Quotient."""
    return isinstance(operand, tree.Ratio) or (isinstance(operand, tree.Window) and operand.aggregate == tree.Aggregate.AVERAGE)


# Comparisons


def _against(comparison: Comparison, left: tree.Operand, right: tree.Value) -> Test:
    """Against a threshold; for a fact, which is what rules do most, in a form of its own that calls as little as possible."""
    if not isinstance(left, (tree.FactRef, tree.FieldRef)) or is_outer(left):
        return _two(comparison, left, right)
    against = _money_against if left.kind == Kind.MONEY else _plain_against
    return against(left.fact.name, _JUDGES[comparison], right.value)


def _plain_against(name: str, judge: Judge, limit: Any) -> Test:
    def test(facts: Any) -> bool | None:
        value = facts[name]
        return None if value is None else judge(value, limit)

    return test


def _money_against(name: str, judge: Judge, limit: Money) -> Test:
    code, amount = limit.currency.code, limit.amount

    def test(facts: Any) -> bool | None:
        value = facts[name]
        return None if value is None or value.currency.code != code else judge(value.amount, amount)

    return test


def _two(comparison: Comparison, left: tree.Operand, right: tree.Right) -> Test:
    """Any two operands."""
    judge, read, other = _JUDGES[comparison], reader(left), reader(right)
    compare = _judge_quotient if is_quotient(left) else _judge_money if left.kind == Kind.MONEY else None

    def test(facts: Any) -> bool | None:
        value, limit = read(facts), other(facts)
        if value is None or limit is None:
            return None
        return judge(value, limit) if compare is None else compare(judge, value, limit)

    return test


def _judge_money(judge: Judge, value: Money, limit: Money) -> bool | None:
    return judge(value.amount, limit.amount) if value.currency.code == limit.currency.code else None


def _judge_quotient(judge: Judge, value: Quotient, limit: Any) -> bool | None:
    """top/bottom against a limit, by multiplying: nothing is divided, so nothing is rounded."""
    top, bottom, currency = value
    if isinstance(limit, Money):
        if limit.currency.code != currency:
            return None
        limit = limit.amount
    product = EXACT.multiply(Decimal(limit), bottom)
    return judge(top, product) if bottom > 0 else judge(product, top)


# Lists, texts, missing values


def _member(left: tree.Operand, values: tuple[Any, ...] | NamedList, *, is_negated: bool) -> Test:
    read, wanted = reader(left), not is_negated
    if isinstance(values, NamedList):
        current: Callable[[], frozenset[Any]] = values.values
    else:
        fixed = frozenset(values)
        current = lambda: fixed  # noqa: E731
    is_set = left.kind == Kind.SET

    def test(facts: Any) -> bool | None:
        value = read(facts)
        if value is None:
            return None
        return (not value.isdisjoint(current()) if is_set else value in current()) is wanted

    return test


def _contains(left: tree.Operand, needle: str, *, at_start: bool) -> Test:
    read = reader(left)

    def test(facts: Any) -> bool | None:
        value = read(facts)
        if value is None:
            return None
        return value.startswith(needle) if at_start else needle in value

    return test


def _missing(left: tree.Operand) -> Test:
    read = reader(left)
    return lambda facts: read(facts) is None
