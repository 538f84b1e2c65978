"""Short words for conditions in the form that ``flowlet.rules`` reads."""

from typing import Any

Json = dict[str, Any]
SOURCE = "customer.activity"


def fact(name: str) -> Json:
    """A fact of what is judged."""
    return {"fact": name}


def field(name: str) -> Json:
    """A field of a window's rows."""
    return {"field": name}


def value(given: Any, unit: str = "") -> Json:
    """A threshold."""
    return {"value": given, "unit": unit} if unit else {"value": given}


def usd(amount: str) -> Json:
    """So many US dollars."""
    return value({"amount": amount, "currency": "USD"})


def all_of(*parts: Json) -> Json:
    """Every part."""
    return {"and": list(parts)}


def any_of(*parts: Json) -> Json:
    """At least one part."""
    return {"or": list(parts)}


def test(op: str, left: Json, right: Json) -> Json:
    """A comparison: ``eq ne lt le gt ge``."""
    return {"op": op, "left": left, "right": right}


def is_(left: Json, given: Any = True) -> Json:
    """Equal to a word, or true."""
    return test("eq", left, value(given))


def between(left: Json, low: Json, high: Json) -> Json:
    """Both ends included."""
    return {"op": "between", "left": left, "low": low, "high": high}


def one_of(left: Json, *values: str) -> Json:
    """One of the words."""
    return {"op": "in", "left": left, "values": list(values)}


def listed(left: Json, name: str) -> Json:
    """On a named list."""
    return {"op": "in", "left": left, "list": name}


def percent(top: Json, bottom: Json) -> Json:
    """``top`` in percent of ``bottom``."""
    return {"percent": [top, bottom]}


def window(aggregate: str, where: Json | None = None, *, of: str = "", source: str = SOURCE, ago: int = 0, **span: int) -> Json:
    """An aggregate over the customer's activities within ``span`` (``days=7``), ended ``ago`` days earlier."""
    found: Json = {"source": source, "aggregate": aggregate, "span": span}
    if of:
        found["of"] = of
    if ago:
        found["ago"] = {"days": ago}
    if where is not None:
        found["where"] = where
    return {"window": found}
