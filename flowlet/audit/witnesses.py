"""Rows of apps that have to be what the trail says of them: each app registers a function that yields what is not, in words.

``witnesses.register("decisions about alerts", alert_proofs.differences)`` in ``ready()``; ``verify_audit`` asks all of them.
"""

from collections.abc import Callable, Iterable, Iterator

_witnesses: dict[str, Callable[[], Iterable[str]]] = {}


def register(name: str, differences: Callable[[], Iterable[str]]) -> None:
    """Make a witness known under ``name``; a second registration replaces the first."""
    _witnesses[name] = differences


def unregister(name: str) -> None:
    """Forget a witness."""
    _witnesses.pop(name, None)


def differences() -> Iterator[str]:
    """What rows say otherwise than the trail, witness by witness."""
    for name, found in sorted(_witnesses.items()):
        yield from (f"{name}: {text}" for text in found())
