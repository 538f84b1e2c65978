"""Random rules, and random things and rows for them: few values of each type, so that they meet, and those at the edges."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from moneyed import Money

from flowlet.rules.kinds import NUMBERS, ORDERED, Kind
from flowlet.rules.tests.shop import AT, PAYMENTS, SHOP, fact, window

BERLIN = ZoneInfo("Europe/Berlin")
AMOUNTS = ["0", "0.01", "-0.01", "-3", "-12.34", "10", "10.0000", "12.3456", "9999.99", "10000", "9999999999999999.9999"]
DECIMALS = [
    "0",
    "-0",
    "-0.5",
    "-1",
    "-100",
    "1.10",
    "1.1",
    "0.33333333333333333333",
    "-3",
    "1E+39",
    "9" * 40,
    "1E-20",
    "3",
    "100",
]
INTEGERS = [0, 1, -1, 2, 3, 100, 2**31 - 1, -(2**31)]
LARGE_INTEGERS = [*INTEGERS, 2**63 - 1, -(2**63)]
TEXTS = [
    "",
    "a",
    "A",
    "Z",
    "aZ",
    " a",
    "a ",
    "ä",
    "a\u0308",
    "\uffff",
    "\U0001f600",
    "%",
    "_",
    "\\",
    "'",
    "%(p1)s",
    "IR",
    "KP",
    "ﬁ",
    "ß",
]
DATES = [date(1000, 1, 1), date(1582, 10, 10), date(2024, 2, 29), date(2026, 3, 29), date(9999, 12, 31)]
SPANS = [{"minutes": 1}, {"hours": 23}, {"days": 1}, {"days": 7}, {"weeks": 522}]
TICKS = [timedelta(0), timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=23), timedelta(days=1), timedelta(days=7)]
MOMENTS = [
    *(AT + sign * (tick + extra) for tick in TICKS for sign in (-1, 1) for extra in (timedelta(0), timedelta(microseconds=1))),
    datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),
    datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
    datetime(1000, 1, 2, tzinfo=UTC),
    datetime(9999, 12, 30, tzinfo=UTC),
]
VALUES = {
    Kind.DECIMAL: st.sampled_from(DECIMALS).map(Decimal),
    Kind.INTEGER: st.sampled_from(LARGE_INTEGERS),
    Kind.TEXT: st.sampled_from(TEXTS) | st.text("aZä\U0001f600\uffff", max_size=3),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: st.sampled_from(DATES) | st.dates(min_value=date(1000, 1, 1)),
    Kind.MOMENT: st.sampled_from(MOMENTS),
    Kind.SET: st.frozensets(st.sampled_from(TEXTS), max_size=3),
}


def values_of(declared):
    if declared.kind == Kind.MONEY:
        currency = st.just(declared.unit) if declared.unit else st.sampled_from(["USD", "EUR", "JPY"])
        return st.builds(Money, st.sampled_from(AMOUNTS).map(Decimal), currency)
    if declared.name in {"days", "items"}:
        return st.sampled_from(INTEGERS)
    return VALUES[declared.kind]


def row_of(facts, **always):
    """A row of these facts, each of them sometimes missing."""
    optional = {}
    for one in facts:
        if one.name not in always:
            found = values_of(one)
            optional[one.name] = st.one_of(found, found, found, found, st.none())
    return st.fixed_dictionaries(optional | always)


CUSTOMERS = st.sampled_from([1, 2])
THINGS = st.lists(row_of(SHOP.facts, customer=CUSTOMERS, at=st.just(AT) | st.sampled_from(MOMENTS)), min_size=1, max_size=6)
ROWS = st.lists(row_of(PAYMENTS.fields, customer=CUSTOMERS, happened=st.sampled_from(MOMENTS)), max_size=8)


# Random rules


class Draws:
    """Draws a rule's JSON. ``inside`` says that it speaks of a window's rows."""

    def __init__(self, draw):
        self.draw = draw
        self.parts = 0

    def one(self, *choices):
        return self.draw(st.sampled_from(choices))

    def condition(self, depth, *, inside=False):
        self.parts += 1
        group = self.one("and", "or", "not", "leaf") if depth and self.parts < 25 else "leaf"
        if group == "leaf":
            return self.leaf(depth, inside=inside)
        if group == "not":
            return {"not": self.condition(depth - 1, inside=inside)}
        return {group: [self.condition(depth - 1, inside=inside) for _ in range(self.one(1, 2, 3))]}

    def leaf(self, depth, *, inside):
        left, kind, unit, is_quotient = self.operand(depth, inside=inside)
        operators = ["missing"]
        if kind != Kind.SET:
            operators += ["eq", "ne", "eq", "ne"]
        if kind in ORDERED:
            operators += ["lt", "le", "gt", "ge", "between"] * 2
        if kind in {Kind.DECIMAL, Kind.INTEGER, Kind.TEXT, Kind.DATE, Kind.SET} and not is_quotient:
            operators += ["in", "not_in"]
        if kind in {Kind.TEXT, Kind.SET}:
            operators += ["contains", "list"]
        if kind == Kind.TEXT:
            operators += ["starts_with"]
        operator = self.one(*operators)
        document = {"op": operator, "left": left}
        match operator:
            case "missing":
                return document
            case "between":
                ends = [self.value(kind, unit) for _ in range(2)]
                low, high = sorted(ends, key=lambda end: rank(end["value"], kind))
                if kind == Kind.MONEY:
                    high["value"]["currency"] = low["value"]["currency"]
                    low, high = sorted([low, high], key=lambda end: Decimal(end["value"]["amount"]))
                return document | {"low": low, "high": high}
            case "list":
                return document | {"op": self.one("in", "not_in"), "list": self.one("risky", "nobody")}
            case "in" | "not_in":
                element = Kind.TEXT if kind == Kind.SET else kind
                literals = [self.literal(element, unit) for _ in range(self.one(1, 2, 3))]
                return document | {
                    "values": [one for number, one in enumerate(literals) if not same(one, literals[:number], element)]
                }
            case "contains" | "starts_with":
                return document | {"right": {"value": self.literal(Kind.TEXT, "")}}
        return document | {"right": self.right(kind, unit, inside=inside)}

    def right(self, kind, unit, *, inside):
        """A threshold, or another operand of the same type and unit."""
        if self.one(True, True, False):
            for _ in range(3):
                found, other, other_unit, is_quotient = self.operand(0, inside=inside)
                goes = other == kind or {other, kind} <= NUMBERS
                same_unit = unit == other_unit or (kind == Kind.MONEY and not (unit and other_unit))
                if goes and same_unit and not is_quotient:
                    return found
        return self.value(kind, unit)

    def value(self, kind, unit):
        found = {"value": self.literal(kind, unit)}
        return found | {"unit": unit} if unit and kind in NUMBERS else found

    def literal(self, kind, unit):
        match kind:
            case Kind.MONEY:
                return {
                    "amount": self.one("0", "10", "-3", "10000", "9999999999999999"),
                    "currency": unit or self.one("USD", "EUR", "JPY"),
                }
            case Kind.SPAN:
                return self.one(*SPANS)
            case Kind.TEXT:
                return self.draw(VALUES[Kind.TEXT].filter(bool))
            case Kind.DECIMAL:
                return f"{self.draw(VALUES[Kind.DECIMAL]):f}"
            case Kind.DATE:
                return self.draw(VALUES[Kind.DATE]).isoformat()
            case Kind.MOMENT:
                return self.draw(VALUES[Kind.MOMENT]).isoformat()
        return self.draw(VALUES[kind])

    def operand(self, depth, *, inside):
        """An operand with its type, its unit, and whether it is a ratio or an average."""
        shape = self.one("plain", "plain", "plain", "window", "window", "ratio", "ratio", "age")
        if shape == "ratio":
            return self.ratio(inside=inside)
        if shape == "age":
            of = self.one({"fact": "opened"}, {"fact": "at"}, {"field": "seen"} if inside else window("last_seen"))
            return {"age": of}, Kind.SPAN, "", False
        return self.window(depth) if shape == "window" and not inside else self.plain(inside=inside)

    def plain(self, *, inside):
        if inside and self.one(True, True, False):
            declared = self.one(*PAYMENTS.fields)
            return {"field": declared.name}, declared.kind, declared.unit, False
        declared = self.one(*SHOP.facts)
        return {"fact": declared.name}, declared.kind, declared.unit, False

    def ratio(self, *, inside):
        word = self.one("ratio", "percent")
        for _ in range(10):
            parts = [self.window(0) if not inside and self.one(True, False) else self.plain(inside=inside) for _ in range(2)]
            (top, kind, unit, top_is), (bottom, other, other_unit, bottom_is) = parts
            is_money = kind == other == Kind.MONEY and (unit == other_unit or not (unit and other_unit))
            if (is_money or ({kind, other} <= NUMBERS and unit == other_unit)) and not top_is and not bottom_is:
                break
        else:
            top, bottom = fact("items"), fact("score")
        return {word: [top, bottom]}, Kind.DECIMAL, "%" if word == "percent" else "", True

    def window(self, depth):
        aggregate = self.one("count", "sum", "average", "min", "max", "distinct", "first_seen", "last_seen")
        content = {"source": PAYMENTS.name, "aggregate": aggregate}
        kind, unit = Kind.INTEGER, ""
        if aggregate in {"sum", "average", "min", "max"}:
            declared = self.one(*(one for one in PAYMENTS.fields if one.kind in {Kind.MONEY, Kind.DECIMAL, Kind.INTEGER}))
            if aggregate in {"min", "max"} and self.one(True, False, False):
                declared = self.one(*(one for one in PAYMENTS.fields if one.kind in {Kind.DATE, Kind.MOMENT}))
            content["of"], kind, unit = declared.name, declared.kind, declared.unit
            if kind == Kind.MONEY:
                content["currency"] = unit = unit or self.one("USD", "EUR")
            if aggregate == "average" and kind == Kind.INTEGER:
                kind = Kind.DECIMAL
        elif aggregate == "distinct":
            content["of"] = self.one("party", "items", "on")
        elif aggregate != "count":
            kind = Kind.MOMENT
        if self.one(True, True, False):
            content["span"] = self.one(*SPANS)
        if self.one(True, False, False):
            content["ago"] = self.one(*SPANS)
        if depth and self.one(True, False):
            content["where"] = self.condition(depth - 1, inside=True)
        return {"window": content}, kind, unit, aggregate == "average"


def rank(literal, kind):
    if kind == Kind.MONEY:
        return Decimal(literal["amount"])
    if kind == Kind.SPAN:
        return SPANS.index(literal)
    if kind == Kind.MOMENT:
        return datetime.fromisoformat(literal).astimezone(UTC)
    return Decimal(literal) if kind == Kind.DECIMAL else literal


def same(literal, others, kind):
    return any(rank(literal, kind) == rank(other, kind) for other in others)


@st.composite
def documents(draw):
    return Draws(draw).condition(draw(st.sampled_from([0, 1, 2, 3])))
