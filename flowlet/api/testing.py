"""For tests: how the things behind the example ids are made.

An app says it once, in ``<app>/tests/seeds.py``::

    @seed(example_id("wal"))
    def wallet(tenant: Tenant) -> str:
        return wallets.open(partner_id=tenant.partner_id, customer_id=tenant.uuid(example_id("cus")), …).public_id

A test then executes the example of every endpoint against a tenant, with each example id replaced by the id of a real thing: in
the path, in the query and in the body. Seeds may ask the tenant for other example ids (``tenant.id``, ``tenant.uuid``); each is
made once per tenant. ``@seed(…, fresh=True)`` makes a new one for each example, for things that an example uses up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps

from flowlet.core import clock, ids
from flowlet.core.actors import Actor, system

Make = Callable[["Tenant"], str]


@dataclass(frozen=True, slots=True)
class Seed:
    """How the thing behind one example id is made."""

    make: Make
    fresh: bool


SEEDS: dict[str, Seed] = {}


@dataclass(slots=True)
class Tenant:
    """A partner with a key that has every scope, in the world of the examples."""

    partner_id: UUID
    key: str
    mode: str = "LIVE"
    made: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """Now."""
        return clock.now()

    @property
    def actor(self) -> Actor:
        """Who makes the seeds."""
        return system("examples")

    def id(self, example: str) -> str:
        """The public id of the tenant's own thing behind an example id."""
        if example not in self.made:
            known = SEEDS.get(example)
            if known is None:
                raise LookupError(f"No seeds.py makes {example}.")
            self.made[example] = known.make(self)
        return self.made[example]

    def uuid(self, example: str) -> UUID:
        """The UUID of the tenant's own thing behind an example id."""
        found = self.id(example)
        return ids.parse(found.rpartition("_")[0], found)

    def forget_fresh(self) -> None:
        """Forget the things that examples use up, so that the next example gets new ones."""
        self.made = {example: made for example, made in self.made.items() if not SEEDS[example].fresh}

    def real(self, value: Any) -> Any:
        """``value`` with every example id in it, however deep, replaced by the id of the tenant's own thing."""
        if isinstance(value, str):
            return self.id(value) if value in SEEDS else value
        if isinstance(value, dict):
            return {name: self.real(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.real(item) for item in value]
        return value


def seed(example: str, *, fresh: bool = False) -> Callable[[Make], Make]:
    """Register how the thing behind the example id is made: a function from a tenant to the thing's public id. Each example has one."""

    def register(make: Make) -> Make:
        if example in SEEDS:
            raise ValueError(f"{example} is made by {SEEDS[example].make.__qualname__} already.")
        SEEDS[example] = Seed(make, fresh)
        return make

    return register


def discover() -> None:
    """Import every app's ``tests.seeds``."""
    for config in apps.get_app_configs():
        if (Path(config.path) / "tests" / "seeds.py").exists():
            import_module(f"{config.name}.tests.seeds")
