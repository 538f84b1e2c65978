"""Which vocabularies exist. An upper app declares its own in a module that its ``ready()`` imports::

registry.vocabulary(
    Vocabulary(
        "payments.payment",
        label="A payment before it leaves",
        relation="payments_payment AS p",
        key="p.id",
        clock="at",
        facts=(Fact("at", Kind.MOMENT, label="Moment", sql="p.created_at"), ...),
    )
)
"""

from collections.abc import Callable, Mapping
from typing import Any

from flowlet.rules.errors import UnknownName
from flowlet.rules.tree import Condition
from flowlet.rules.vocabulary import Vocabulary

Check = Callable[[Condition, Mapping[str, Any]], None]
_vocabularies: dict[str, Vocabulary] = {}
_limits: dict[str, Check] = {}


def vocabulary(found: Vocabulary) -> Vocabulary:
    """Register it under its name: unique, never renamed, since rules are stored by it."""
    if _vocabularies.setdefault(found.name, found) != found:
        raise ValueError(f"Two vocabularies are called {found.name}.")
    return found


def find(name: str) -> Vocabulary:
    """The vocabulary of this name. Raises UnknownName."""
    try:
        return _vocabularies[name]
    except (KeyError, TypeError):
        raise UnknownName(f"There is no vocabulary called {str(name)[:60]}.", param="vocabulary") from None


def limit(name: str, check: Check) -> None:
    """Have ``check`` refuse conditions and effects that make no sense in rules of this vocabulary, whichever way they are written."""
    _limits[name] = check


def check_limits(name: str, condition: Condition, effect: Mapping[str, Any]) -> None:
    """Raise what the check of the vocabulary raises, if it has one."""
    if name in _limits:
        _limits[name](condition, effect)


def vocabularies() -> list[Vocabulary]:
    """All vocabularies, by name."""
    return [_vocabularies[name] for name in sorted(_vocabularies)]
