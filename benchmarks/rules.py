"""What rules cost: python -m benchmarks.rules [--json] [--rounds N] [--seconds N].

A rule of five conditions over facts of five types, all of which have to be looked at; the reference is the same rule as a function that
somebody wrote by hand in Python, with the same care for missing values and currencies. CPU seconds of this process; no database.
"""

import itertools
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from moneyed import Money

from benchmarks import rounds
from flowlet.rules.engine import compile_rule
from flowlet.rules.kinds import Kind
from flowlet.rules.vocabulary import Fact, Facts, NamedList, Vocabulary

TITLE = "Rules"
MUST_PER_SECOND, MUST_GROWTH = 300_000, 12
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RISKY = frozenset({"AF", "BY", "CU", "IR", "KP", "MM", "RU", "SY"})
LIMIT, LOW = Decimal("8000.00"), Decimal("0.25")

VOCABULARY = Vocabulary(
    "benchmarks.payment",
    label="A payment",
    relation="payment AS p",
    key="p.id",
    clock="at",
    facts=(
        Fact("at", Kind.MOMENT, label="Moment", sql="p.at"),
        Fact("amount", Kind.MONEY, label="Amount", sql=("p.amount", "p.currency")),
        Fact("country", Kind.TEXT, label="Country", sql="p.country"),
        Fact("age", Kind.INTEGER, label="Age of the account", unit="days", sql="p.age"),
        Fact("score", Kind.DECIMAL, label="Score", sql="p.score"),
        Fact("is_first", Kind.BOOLEAN, label="First payment", sql="p.is_first"),
    ),
    lists=(NamedList("risky", label="High-risk countries", values=lambda: RISKY),),
)
CONDITIONS: list[dict[str, Any]] = [
    {"op": "ge", "left": {"fact": "amount"}, "right": {"value": {"amount": "8000.00", "currency": "USD"}}},
    {"op": "in", "left": {"fact": "country"}, "list": "risky"},
    {"op": "lt", "left": {"fact": "age"}, "right": {"value": 30, "unit": "days"}},
    {"op": "gt", "left": {"fact": "score"}, "right": {"value": "0.25"}},
    {"op": "eq", "left": {"fact": "is_first"}, "right": {"value": True}},
]


def by_hand(facts: Facts) -> bool | None:
    """The five conditions as somebody would write them."""
    answer: bool | None = True
    amount = facts["amount"]
    if amount is None or amount.currency.code != "USD":
        answer = None
    elif not amount.amount >= LIMIT:
        return False
    country = facts["country"]
    if country is None:
        answer = None
    elif country not in RISKY:
        return False
    age = facts["age"]
    if age is None:
        answer = None
    elif not age < 30:
        return False
    score = facts["score"]
    if score is None:
        answer = None
    elif not score > LOW:
        return False
    is_first = facts["is_first"]
    if is_first is None:
        answer = None
    elif not is_first:
        return False
    return answer


def payments(count: int) -> list[dict[str, Any]]:
    """Payments that match, so that every condition has to be looked at."""
    return [
        {
            "at": AT,
            "amount": Money(Decimal(8000 + number), "USD"),
            "country": sorted(RISKY)[number % len(RISKY)],
            "age": number % 30,
            "score": Decimal(26 + number % 50) / 100,
            "is_first": True,
        }
        for number in range(count)
    ]


def rate(function: Callable[[Any], Any], things: list[Any], seconds: float) -> float:
    """Calls per second of CPU."""
    calls, began, spent = 0, time.process_time(), 0.0
    while spent < seconds:
        for thing in things:
            function(thing)
        calls += len(things)
        spent = time.process_time() - began
    return calls / spent


def main() -> int:
    """Measure all of them in turns."""
    asked = rounds.parser(__doc__, rounds=5, seconds=1).parse_args()
    given = payments(1_000)
    sheets = [VOCABULARY.sheet(thing) for thing in given]
    five = compile_rule({"and": CONDITIONS}, VOCABULARY)
    fifty = compile_rule({"and": CONDITIONS * 10}, VOCABULARY)
    for sheet in sheets:
        if not five.decide(sheet) is fifty.decide(sheet) is by_hand(sheet) is five.explain(sheet).outcome:
            raise RuntimeError("they do not agree")
    loads: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
        "five conditions by hand": (by_hand, sheets),
        "five conditions, compiled": (five.decide, sheets),
        "fifty conditions, compiled": (fifty.decide, sheets),
        "five conditions, facts checked before": (lambda thing: five.decide(VOCABULARY.sheet(thing)), given),
        "five conditions, explained": (five.explain, sheets[:50]),
    }
    names = list(loads)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(asked.rounds):
        for name in itertools.islice(itertools.cycle(names), number % len(names), number % len(names) + len(names)):
            rates[name].append(rate(*loads[name], asked.seconds / len(names)))
    compiled = rates[names[1]]
    rows = []
    for name in names:
        row: dict[str, Any] = {
            "name": name,
            "ratio": round(statistics.median(a / b for a, b in zip(rates[name], rates[names[0]], strict=True)), 3),
            "per_second": round(statistics.median(rates[name])),
        }
        if name == names[1]:
            row |= {"must_per_second": MUST_PER_SECOND, "reached": row["per_second"] >= MUST_PER_SECOND}
        if name == names[2]:
            growth = statistics.median(a / b for a, b in zip(compiled, rates[name], strict=True))
            row |= {"growth": round(growth, 1), "must_growth": MUST_GROWTH, "reached": growth <= MUST_GROWTH}
        rows.append(row)
    return rounds.report(TITLE, rows, as_json=asked.json)


if __name__ == "__main__":
    raise SystemExit(main())
