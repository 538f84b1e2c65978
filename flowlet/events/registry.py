"""Who listens to which events.

An app registers its handlers in its ``handlers`` module::

    @registry.handler("compliance.screen_customer", types=("customer.created", "customer.updated"))
    def screen(event: Event) -> None: ...

A handler runs in a transaction with the row that says it was delivered, so its effects in the database happen once. It may run
again after a failure: what it does outside the database has to bear that. It may call ``task.delay()`` directly: the event's
own facts are committed already, and a broker that is away fails the handler, which is then tried again.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowlet.events.models import Event

_NAME = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered function. ``types`` are event types; ``payment.*`` means all below it and ``*`` means all."""

    name: str
    types: tuple[str, ...]
    run: Callable[["Event"], None]

    def listens_to(self, event_type: str) -> bool:
        """Whether events of this type are handed to it."""
        return any(
            wanted in ("*", event_type) or (wanted.endswith(".*") and event_type.startswith(wanted[:-1])) for wanted in self.types
        )


_handlers: dict[str, Handler] = {}


def handler(name: str, *, types: Iterable[str]) -> Callable[[Callable[["Event"], None]], Callable[["Event"], None]]:
    """Register the decorated function under ``name`` (dotted, unique, never renamed: delivery is recorded under it)."""
    wanted = tuple(types)
    if not _NAME.match(name):
        raise ValueError(f"{name!r}: a handler's name is dotted lower case, such as compliance.screen_customer.")
    if isinstance(types, str) or not wanted:
        raise ValueError(f"{name}: types is a non-empty tuple of event types.")

    def register(function: Callable[["Event"], None]) -> Callable[["Event"], None]:
        known = _handlers.get(name)
        if known is not None and known.run is not function:
            raise ValueError(f"Two handlers are called {name}.")
        _handlers[name] = Handler(name=name, types=wanted, run=function)
        return function

    return register


def handlers() -> list[Handler]:
    """All registered handlers, by name."""
    return [_handlers[name] for name in sorted(_handlers)]


def handlers_of(event_type: str) -> list[Handler]:
    """The handlers that listen to this type, by name."""
    return [found for found in handlers() if found.listens_to(event_type)]


def find(name: str) -> Handler | None:
    """The handler of this name, if this process knows it."""
    return _handlers.get(name)
