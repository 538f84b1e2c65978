"""Rules, values and operands in plain words: what an officer reads, in the editor and on an alert."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from moneyed import Money

from flowlet.rules import tree
from flowlet.rules.kinds import SPANS, Kind
from flowlet.rules.tree import Aggregate, Comparison
from flowlet.rules.vocabulary import NamedList

MOST_SHOWN = 5  # values of a list
LONGEST_SHOWN = 120  # characters of a text
_PLACES = 4  # of a ratio, for people; the verdict is exact
_SHOWN = Context(prec=60, rounding=ROUND_HALF_EVEN)

_WORDS = {
    Comparison.EQ: "equal to",
    Comparison.NE: "other than",
    Comparison.LT: "less than",
    Comparison.LE: "at most",
    Comparison.GT: "more than",
    Comparison.GE: "at least",
}
_TIMES = {
    Comparison.EQ: "exactly",
    Comparison.NE: "other than",
    Comparison.LT: "before",
    Comparison.LE: "on or before",
    Comparison.GT: "after",
    Comparison.GE: "on or after",
}
_AGGREGATES = {
    Aggregate.SUM: "Sum of {0}",
    Aggregate.AVERAGE: "Average {0}",
    Aggregate.MIN: "Smallest {0}",
    Aggregate.MAX: "Largest {0}",
    Aggregate.DISTINCT: "Number of different values of {0}",
    Aggregate.COUNT: "Number",
    Aggregate.FIRST_SEEN: "First",
    Aggregate.LAST_SEEN: "Last",
}


def value(shown: Any, *, unit: str = "") -> str:
    """A value as people read it: ``12,500.00 USD``, ``7 days``, ``2026-01-31 09:00:00 UTC``."""
    text = _bare(shown)
    has_unit = isinstance(shown, Money) or (isinstance(shown, tree.Quotient) and shown.currency) or shown is None
    return text if has_unit or not unit else f"{text} {unit}"


def _bare(shown: Any) -> str:
    match shown:
        case None:
            return "missing"
        case bool():
            return "yes" if shown else "no"
        case Money():
            return f"{_number(shown.amount, at_least=len(str(shown.currency.sub_unit)) - 1)} {shown.currency.code}"
        case tree.Quotient(top, bottom, currency):
            places = Decimal(1).scaleb(-_PLACES)
            exact = _SHOWN.divide(top, bottom)
            near = exact.quantize(places, context=_SHOWN) if exact.adjusted() < 40 else exact
            about = "" if _SHOWN.multiply(near, bottom) == top else "about "
            return f"{about}{_number(near)}{' ' * bool(currency)}{currency}"
        case Decimal():
            return _number(shown)
        case int():
            return f"{shown:,}"
        case datetime():
            return f"{shown:%Y-%m-%d %H:%M:%S}{f'.{shown.microsecond:06}' if shown.microsecond else ''} UTC"
        case date():
            return shown.isoformat()
        case timedelta():
            return _span(shown)
        case frozenset():
            return _listed(sorted(shown)) if shown else "nothing"
    return _quoted(str(shown))


def _number(shown: Decimal, *, at_least: int = 0) -> str:
    """With thousands apart, without idle zeros beyond ``at_least`` places."""
    whole, _, fraction = f"{shown:,f}".partition(".")
    fraction = fraction.rstrip("0").ljust(at_least, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _span(shown: timedelta) -> str:
    seconds = shown // timedelta(seconds=1)
    unit = next((name for name in ("days", "hours", "minutes") if seconds and seconds % SPANS[name] == 0), None)
    count, name = (seconds // SPANS[unit], unit) if unit else (seconds, "seconds")
    if not unit and abs(seconds) >= SPANS["days"]:
        return f"{'-' if seconds < 0 else ''}{abs(seconds) / SPANS['days']:,.1f} days"
    return f"{count:,} {name[:-1] if count == 1 else name}"


def _quoted(text: str) -> str:
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return f"“{shown}”"


def _listed(values: Sequence[Any]) -> str:
    shown = ", ".join(_bare(one) for one in values[:MOST_SHOWN])
    more = len(values) - MOST_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


# Operands


def operand(found: tree.Operand | tree.Value) -> str:
    """What is looked at: ``Amount``, ``Sum of amount over payments of the customer in 7 days``."""
    match found:
        case tree.Value(_, threshold, unit):
            return value(threshold, unit=unit)
        case tree.FactRef(fact, is_outer):
            return f"this one's {_small(fact.label)}" if is_outer else fact.label
        case tree.FieldRef(fact):
            return _small(fact.label)
        case tree.Window():
            return _window(found)
        case tree.Age(of):
            return f"Age of {_small(operand(of))}"
        case tree.Ratio(top, bottom, is_percent):
            return f"{operand(top)} {'in percent of' if is_percent else 'divided by'} {_small(operand(bottom))}"
    raise TypeError(found)


def _window(window: tree.Window) -> str:
    of = _small(window.of.label) if window.of is not None else ""
    words = [_AGGREGATES[window.aggregate].format(of)]
    if window.currency and window.of is not None and not window.of.unit:
        words.append(f"in {window.currency}")
    words += ["of" if window.of is None else "over", _small(window.source.label)]
    if window.span is not None:
        words.append(f"in {_span(window.span)}")
    if window.ago is not None:
        words.append(f"up to {_span(window.ago)} before")
    if window.where is not None:
        words.append(f"where {_small(condition(window.where))}")
    return " ".join(words)


def _small(label: str) -> str:
    """A label within a sentence: its first letter small, unless the word is an abbreviation."""
    return label[:1].lower() + label[1:] if label[1:2].islower() or label[1:2] == " " else label


# Conditions


def sign(found: tree.Compare) -> str:
    """The comparison alone: ``at least``, ``before``."""
    return (_TIMES if found.left.kind in {Kind.DATE, Kind.MOMENT} else _WORDS)[found.comparison]


def phrases(leaf: tree.Leaf) -> tuple[str, str]:
    """What is said behind the operand where the condition is true, and where it is false."""
    match leaf:
        case tree.Compare(comparison, left, right):
            told = f"{sign(leaf)} {operand(right)}"
            if left.kind == Kind.BOOLEAN and comparison == Comparison.EQ:
                told = operand(right)
            return f"is {told}", f"is not {told}"
        case tree.Between(_, low, high):
            told = f"from {operand(low)} to {operand(high)}"
            return f"is {told}", f"is not {told}"
        case tree.Member(left, values, is_negated):
            verb = "has" if left.kind == Kind.SET else "is"
            if isinstance(values, NamedList):
                told = ("something on the list " if left.kind == Kind.SET else "on the list ") + _quoted(values.label)
                none = f"{verb} {'nothing' + told[9:] if left.kind == Kind.SET else 'not ' + told}"
            else:
                told, none = f"one of {_listed(values)}", f"{verb} none of {_listed(values)}"
            one = f"{verb} {told}"
            return (none, one) if is_negated else (one, none)
        case tree.Contains(_, needle, at_start):
            verb = "start" if at_start else "contain"
            end = f"{' with' if at_start else ''} {_quoted(needle)}"
            return f"{verb}s{end}", f"does not {verb}{end}"
        case tree.Missing():
            return "is missing", "is not missing"
    raise TypeError(leaf)


def condition(found: tree.Condition) -> str:
    """A whole condition in words: ``Amount is at least 10,000.00 USD and (Country is one of … or …)``."""
    match found:
        case tree.And(parts):
            return " and ".join(_grouped(part) for part in parts)
        case tree.Or(parts):
            return " or ".join(_grouped(part) for part in parts)
        case tree.Not(part):
            return f"not ({condition(part)})"
        case _:
            return f"{operand(found.left)} {phrases(found)[0]}"


def _grouped(found: tree.Condition) -> str:
    is_group = isinstance(found, (tree.And, tree.Or)) and len(found.parts) > 1
    return f"({condition(found)})" if is_group else condition(found)
