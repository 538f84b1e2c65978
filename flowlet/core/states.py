"""Transition tables: one mapping per state machine, obeyed by services, walked by tests, drawn in the docs."""

from collections.abc import Collection, Mapping
from typing import Any

from flowlet.core.errors import Conflict

Moves = Mapping[Any, Collection[Any]]


class IllegalMove(Conflict):
    """The state does not allow this move."""

    code, title = "state.illegal_move", "The resource is in a state that does not allow this"


def check_move(moves: Moves, current: Any, target: Any) -> None:
    """Raise IllegalMove unless the table leads from ``current`` to ``target``."""
    if target not in moves.get(current, ()):
        raise IllegalMove(f"{current} cannot become {target}.", current=str(current), target=str(target))


def can_move(moves: Moves, current: Any, target: Any) -> bool:
    """Whether the table leads from ``current`` to ``target``."""
    return target in moves.get(current, ())
