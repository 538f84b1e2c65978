"""Who listens to providers' events.

A handler has two halves. ``look`` asks the provider how things stand, outside of any transaction, for an event may be late, early or
one of two. ``apply`` books what was seen, in the transaction that marks the event handled, and bears to find it booked already.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowlet.core.actors import Actor
from payments.providers.ports import InboundFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A registered pair. ``kinds`` are a provider's own words; ``charge.dispute.*`` means all below it."""

    name: str
    provider: str
    kinds: tuple[str, ...]
    look: Callable[[InboundFact], Any]
    apply: Callable[..., None]

    def listens_to(self, fact: InboundFact) -> bool:
        """Whether the fact is for it."""
        return self.provider == fact.provider and any(
            kind == fact.kind or (kind.endswith(".*") and fact.kind.startswith(kind[:-1])) for kind in self.kinds
        )

    def book(self, fact: InboundFact, seen: Any, *, actor: Actor, at: datetime) -> None:
        """Run ``apply``."""
        self.apply(fact, seen, actor=actor, at=at)


_handlers: dict[str, Handler] = {}


def register(handler: Handler) -> None:
    """Let it listen; a second registration under the name replaces the first."""
    _handlers[handler.name] = handler


def unregister(name: str) -> None:
    """Forget it."""
    _handlers.pop(name, None)


def listeners(fact: InboundFact) -> list[Handler]:
    """The handlers of the fact, by name."""
    return [_handlers[name] for name in sorted(_handlers) if _handlers[name].listens_to(fact)]
