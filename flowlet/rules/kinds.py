"""Types of values: what a fact may be, what a threshold looks like in JSON, and the exact arithmetic on both.

Every value is bounded, so that sums and products of them are exact in Python (``EXACT`` raises rather than rounds) as they are in
PostgreSQL. Missing is None, for every type.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from enum import StrEnum
from typing import Any

from moneyed import Money

from flowlet.core import money
from flowlet.core.errors import DomainError
from flowlet.rules.errors import MalformedFact, MalformedRule, RuleTooLarge

DIGITS = 40  # of a decimal, and at most PLACES of them after the point
PLACES = 20
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1
LONGEST_TEXT = 10_000  # characters of a fact
LONGEST_LITERAL = 256  # characters of a text in a rule
FIRST_YEAR = 1000  # so that ten years can be counted back from any moment
LONGEST_SPAN = timedelta(days=3660)
SPANS = {"minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}  # seconds; a day is 24 hours

# Exact or an error: nothing is rounded on the way to a verdict.
EXACT = Context(prec=400, Emin=-1000, Emax=1000, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])


class Kind(StrEnum):
    """What a value is. SPAN and QUOTIENT are results only: no fact is declared so."""

    MONEY = "money"
    DECIMAL = "decimal"
    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    SET = "set of text"
    SPAN = "span"


NUMBERS = frozenset({Kind.DECIMAL, Kind.INTEGER})
ORDERED = frozenset({Kind.MONEY, Kind.DECIMAL, Kind.INTEGER, Kind.TEXT, Kind.DATE, Kind.MOMENT, Kind.SPAN})


# Facts


def check(value: Any, kind: Kind, *, name: str) -> Any:
    """The value as the engine wants it (moments in UTC, sets frozen), or None. Raises MalformedFact."""
    if value is None:
        return None
    found = _CHECKS[kind](value)
    if found is None:
        raise MalformedFact(f"{name}: {shown(value)} is not {_ARTICLES[kind]}.", param=name)
    return found


def _decimal(value: Any) -> Decimal | None:
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    _, digits, exponent = value.as_tuple()
    fits = exponent >= -PLACES and len(digits) <= DIGITS and value.adjusted() < DIGITS
    return value if fits else None


def _integer(value: Any) -> int | None:
    return value if type(value) is int and SMALLEST_INTEGER <= value <= LARGEST_INTEGER else None


def _text(value: Any) -> str | None:
    return value if type(value) is str and len(value) <= LONGEST_TEXT and is_storable(value) else None


def _boolean(value: Any) -> bool | None:
    return value if type(value) is bool else None


def _date(value: Any) -> date | None:
    return value if type(value) is date and value.year >= FIRST_YEAR else None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return None
    try:
        # Python compares two moments of one zone by their wall clocks; in UTC there is one clock.
        found = value.astimezone(UTC)
    except OverflowError:
        return None
    return found if found.year >= FIRST_YEAR else None


def _money(value: Any) -> Money | None:
    return value if isinstance(value, Money) and _decimal(value.amount) is not None else None


def _set(value: Any) -> frozenset[str] | None:
    if not isinstance(value, (set, frozenset, list, tuple)) or any(_text(item) is None for item in value):
        return None
    return frozenset(value)


_CHECKS: dict[Kind, Callable[[Any], Any]] = {
    Kind.MONEY: _money,
    Kind.DECIMAL: _decimal,
    Kind.INTEGER: _integer,
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.SET: _set,
}
_ARTICLES = {
    Kind.MONEY: "money",
    Kind.DECIMAL: f"a finite Decimal of at most {DIGITS} digits, {PLACES} of them after the point",
    Kind.INTEGER: "an integer of 64 bits",
    Kind.TEXT: f"a text of at most {LONGEST_TEXT} characters",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: f"a date from the year {FIRST_YEAR} on",
    Kind.MOMENT: f"a moment with a time zone, from the year {FIRST_YEAR} on",
    Kind.SET: "a set of texts",
}


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text: no NUL, no half of a surrogate pair."""
    try:
        return "\0" not in text and text.encode() is not None
    except UnicodeEncodeError:
        return False


# Literals in rules


def literal(raw: Any, kind: Kind, *, path: str) -> Any:
    """A threshold of the type from its JSON. Raises MalformedRule and RuleTooLarge, which name the path.

    Money is ``{"amount": "12.50", "currency": "USD"}``, a decimal a string, an integer a JSON number, a date ``"2026-01-31"``, a moment
    ``"2026-01-31T09:00:00Z"`` with its offset, a span ``{"days": 7}``.
    """
    found = _LITERALS[kind](raw, path)
    if found is None:
        raise MalformedRule(f"{path}: {shown(raw)} is not {_FORMS[kind]}.", param=path)
    return found


def _money_literal(raw: Any, path: str) -> Money | None:
    try:
        return money.from_json(raw, positive=False)
    except DomainError as refused:
        raise MalformedRule(f"{path}: {refused.message}", param=path) from None


def _decimal_literal(raw: Any, path: str) -> Decimal | None:
    if not isinstance(raw, str) or len(raw) > DIGITS + 2:
        return None
    whole, point, fraction = raw.removeprefix("-").partition(".")
    if not is_digits(whole) or (point and not is_digits(fraction)) or (len(whole) > 1 and whole[0] == "0"):
        return None
    return _decimal(Decimal(raw))


def _text_literal(raw: Any, path: str) -> str | None:
    if not isinstance(raw, str) or not raw or not is_storable(raw):
        return None
    if len(raw) > LONGEST_LITERAL:
        raise RuleTooLarge(f"{path}: a text in a rule has at most {LONGEST_LITERAL} characters.", param=path)
    return raw


def _date_literal(raw: Any, path: str) -> date | None:
    parts = raw.split("-") if isinstance(raw, str) and len(raw) == 10 else []
    if [len(part) for part in parts] != [4, 2, 2] or not all(map(is_digits, parts)):
        return None
    try:
        return _date(date(*map(int, parts)))
    except ValueError:
        return None


def _moment_literal(raw: Any, path: str) -> datetime | None:
    if not isinstance(raw, str) or not 20 <= len(raw) <= 32 or raw[10] != "T" or _date_literal(raw[:10], path) is None:
        return None
    if not raw.isascii() or (raw[13], raw[16]) != (":", ":") or raw[19] not in ".Z+-":
        return None
    if raw[19] == "." and not 1 <= len(raw[20:]) - len(raw[20:].lstrip("0123456789")) <= 6:
        return None  # finer than a microsecond: Python would cut it off
    try:
        return _moment(datetime.fromisoformat(raw))
    except ValueError:
        return None


def span(raw: Any, *, path: str) -> timedelta:
    """A span from ``{"days": 7}``: one unit of SPANS, up to LONGEST_SPAN. Raises MalformedRule and RuleTooLarge."""
    if not isinstance(raw, Mapping) or len(raw) != 1 or next(iter(raw)) not in SPANS:
        raise MalformedRule(f'{path}: a span is {{"days": 7}}, with one of {", ".join(SPANS)}.', param=path)
    unit, count = next(iter(raw.items()))
    if type(count) is not int or count < 1:
        raise MalformedRule(f"{path}.{unit}: a whole number from 1 on.", param=f"{path}.{unit}")
    if count * SPANS[unit] > LONGEST_SPAN.total_seconds():
        raise RuleTooLarge(f"{path}.{unit}: at most {LONGEST_SPAN.days:,} days.", param=f"{path}.{unit}")
    return timedelta(seconds=count * SPANS[unit])


_LITERALS: dict[Kind, Callable[[Any, str], Any]] = {
    Kind.MONEY: _money_literal,
    Kind.DECIMAL: _decimal_literal,
    Kind.INTEGER: lambda raw, path: _integer(raw),
    Kind.TEXT: _text_literal,
    Kind.BOOLEAN: lambda raw, path: _boolean(raw),
    Kind.DATE: _date_literal,
    Kind.MOMENT: _moment_literal,
    Kind.SPAN: lambda raw, path: span(raw, path=path),
}
_FORMS = {
    Kind.MONEY: 'money such as {"amount": "12.50", "currency": "USD"}',
    Kind.DECIMAL: 'a decimal in a string such as "12.5"',
    Kind.INTEGER: "a whole number of 64 bits",
    Kind.TEXT: "a text that is not empty",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: 'a date such as "2026-01-31"',
    Kind.MOMENT: 'a moment with its offset such as "2026-01-31T09:00:00Z"',
}


def is_digits(text: str) -> bool:
    """Whether the text is ASCII digits and nothing else."""
    return text.isascii() and text.isdigit()


def to_json(value: Any) -> Any:
    """The literal that ``literal`` reads back as this value; moments in UTC, spans in the largest unit up to days that is whole."""
    if isinstance(value, Money):
        return money.to_json(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        unit = next(name for name in ("days", "hours", "minutes") if seconds % SPANS[name] == 0)
        return {unit: seconds // SPANS[unit]}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def shown(value: Any) -> str:
    """The beginning of a value that is refused; a huge integer, which Python refuses to write, is only told of."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "a number of more than 128 bits"
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return f"a {type(value).__name__} of {len(value)}"
    return ascii(value)[:60]
