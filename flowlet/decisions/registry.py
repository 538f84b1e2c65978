"""Which points exist, and who decides at them.

The asker declares a point once, beside its facts::

    registry.point("payment.create", facts=PaymentFacts)

and an upper app registers deciders in its ``deciders`` module, which its ``ready()`` imports::

    @registry.decider("fraud.score", point="payment.create", budget_ms=80)
    def score(facts: PaymentFacts) -> Opinion: ...

A decider reads local state and nothing else: no network, no locks, no writing (the database refuses it). It may look at the facts
only; who asks, and what becomes of the answer, is not its business.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from flowlet.decisions.opinions import Opinion

_NAME = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")
LONGEST_MS = 5_000
# So many times its time has who decides unhurried.
PATIENCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place where upper apps are asked: the type of its facts, and how long all deciders together may take."""

    name: str
    facts: type
    budget_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """A function of the facts with a name, and how long it may take, the database included."""

    name: str
    point: str
    run: Callable[[Any], Opinion]
    budget_ms: int


_points: dict[str, Point] = {}
_deciders: dict[tuple[str, str], Decider] = {}
_vetoes: dict[tuple[str, str], Callable[[Any, Any], None]] = {}
_patience = 1


def point(name: str, *, facts: type, budget_ms: int = 1_000) -> Point:
    """Declare a point (dotted, unique, never renamed: verdicts are recorded under it). ``facts`` is a frozen dataclass."""
    _check(name, budget_ms)
    if not dataclasses.is_dataclass(facts) or not facts.__dataclass_params__.frozen:
        raise TypeError(f"{name}: facts is a frozen dataclass.")
    found = Point(name=name, facts=facts, budget_ms=budget_ms)
    if _points.setdefault(name, found) != found:
        raise ValueError(f"Two points are called {name}.")
    return found


def decider(name: str, *, point: str, budget_ms: int = 250) -> Callable[[Callable[[Any], Opinion]], Callable[[Any], Opinion]]:
    """Register the decorated function under ``name`` at the point; both are dotted, and one name decides once at a point."""
    _check(name, budget_ms)

    def register(function: Callable[[Any], Opinion]) -> Callable[[Any], Opinion]:
        found = Decider(name=name, point=point, run=function, budget_ms=budget_ms)
        if _deciders.setdefault((point, name), found) != found:
            raise ValueError(f"Two deciders are called {name} at {point}.")
        return function

    return register


def veto(name: str, *, point: str) -> Callable[[Callable[[Any, Any], None]], Callable[[Any, Any], None]]:
    """Register the decorated function to be heard before a person lets go what waits at the point: it gets the asker's row and its verdict,
    and raises a DomainError that says what has to be decided first.
    """

    def register(function: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        if _vetoes.setdefault((point, name), function) is not function:
            raise ValueError(f"Two vetoes are called {name} at {point}.")
        return function

    return register


def vetoes_at(point: str) -> list[Callable[[Any, Any], None]]:
    """Who is heard before something is let go at the point, by name."""
    return [found for (at, _), found in sorted(_vetoes.items(), key=lambda item: item[0]) if at == point]


def find(name: str) -> Point:
    """The point of this name. Raises LookupError: to ask at an undeclared point is a fault of the asker."""
    try:
        return _points[name]
    except KeyError:
        raise LookupError(f"No app has declared the point {name}.") from None


def points() -> list[Point]:
    """All points, by name."""
    return [_points[name] for name in sorted(_points)]


def deciders() -> list[Decider]:
    """All deciders, by point and name."""
    return [_deciders[key] for key in sorted(_deciders)]


def deciders_at(point: str) -> list[Decider]:
    """Who decides at the point, by name."""
    return [found for found in deciders() if found.point == point]


def required_at(point: str) -> list[str]:
    """The names of those without whom nothing is decided at the point."""
    return sorted(settings.DECISIONS_REQUIRED.get(point, ()))


def missing_at(point: str) -> list[str]:
    """The required deciders of the point that no app has registered."""
    return [name for name in required_at(point) if (point, name) not in _deciders]


@contextmanager
def unhurried() -> Iterator[None]:
    """Inside, all that is decided by this process and those it forks has a hundred times its time: for a story whose outcome may not
    hang on how busy the machine is, never for a customer's payment.
    """
    global _patience
    before, _patience = _patience, PATIENCE
    try:
        yield
    finally:
        _patience = before


def seconds(budget_ms: int) -> float:
    """How long whoever has this budget may take now."""
    return budget_ms * _patience / 1_000


def _check(name: str, budget_ms: int) -> None:
    if not _NAME.match(name):
        raise ValueError(f"{name!r}: a name is dotted lower case, such as payment.create.")
    if not 0 < budget_ms <= LONGEST_MS:
        raise ValueError(f"{name}: budget_ms lies between 1 and {LONGEST_MS}.")
