"""A vocabulary as an editor needs it: what can be asked, of which type and unit, and which comparisons go with it. Plain JSON."""

from typing import Any

from flowlet.rules import kinds, parsing
from flowlet.rules.kinds import Kind
from flowlet.rules.vocabulary import Fact, Vocabulary

_ORDER = {"ge": "is at least", "gt": "is more than", "le": "is at most", "lt": "is less than", "between": "is from … to"}
_TIME = {"ge": "is on or after", "gt": "is after", "le": "is on or before", "lt": "is before", "between": "is from … to"}
_SAME = {"eq": "is", "ne": "is not"}
_ONE = {"in": "is one of", "not_in": "is none of"}
_MISSING = {"missing": "is missing"}
OPERATORS: dict[Kind, dict[str, str]] = {
    Kind.MONEY: _ORDER | _SAME | _MISSING,
    Kind.DECIMAL: _ORDER | _SAME | _ONE | _MISSING,
    Kind.INTEGER: _ORDER | _SAME | _ONE | _MISSING,
    Kind.SPAN: _ORDER | _SAME | _MISSING,
    Kind.DATE: _TIME | _SAME | _ONE | _MISSING,
    Kind.MOMENT: _TIME | _SAME | _MISSING,
    Kind.TEXT: _SAME | _ONE | {"starts_with": "starts with", "contains": "contains"} | _MISSING,
    Kind.BOOLEAN: _SAME | _MISSING,
    Kind.SET: {"in": "has one of", "not_in": "has none of", "contains": "contains"} | _MISSING,
}
AGGREGATES = {
    "count": "Number of",
    "sum": "Sum of",
    "average": "Average of",
    "min": "Smallest",
    "max": "Largest",
    "distinct": "Number of different",
    "first_seen": "First of",
    "last_seen": "Last of",
}


def described(vocabulary: Vocabulary) -> dict[str, Any]:
    """Facts, lists and sources with their fields; comparisons by type; aggregates with the types of field that they take."""
    return {
        "facts": [_fact(one) for one in vocabulary.facts],
        "lists": [{"name": one.name, "label": one.label} for one in vocabulary.lists],
        "sources": [
            {"name": one.name, "label": one.label, "fields": [_fact(field) for field in one.fields]} for one in vocabulary.sources
        ],
        "operators": {kind.value: words for kind, words in OPERATORS.items()},
        "aggregates": {
            name: {"label": label, "of": sorted(parsing.OF.get(parsing.Aggregate(name), ()))}
            for name, label in AGGREGATES.items()
        },
        "spans": list(kinds.SPANS),
    }


def _fact(one: Fact) -> dict[str, str]:
    return {"name": one.name, "label": one.label, "kind": one.kind.value, "unit": one.unit}
