"""The first page: what waits for this person, and how the platform is. Apps register panels; the page composes them.

``register(Queue(name="approvals", …))`` in an app's admin package is all it takes. A panel's ``load(request)`` answers in a
fixed number of queries, or None to stay away; one that raises is logged and shown as not available, because the page must open
when one part is ill.
"""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, transaction
from django.http import HttpRequest

from flowlet.backoffice import permissions

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class HomePanel:
    """A box on the home page, shown to whoever holds ``permission`` (to everybody in the back office without one)."""

    template: ClassVar[str] = ""
    area: ClassVar[str] = "main"

    name: str
    title: str
    load: Callable[[HttpRequest], Any]
    permission: str = ""
    order: int = 50
    note: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many items wait in a queue, since when the oldest does, and where the queue is. ``mine`` of them only I can take on."""

    count: int
    url: str
    oldest_at: datetime | None = None
    is_late: bool = False
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Queue(HomePanel):
    """Work that waits: ``load`` gives a ``Waiting``."""

    template: ClassVar[str] = "backoffice/home/queue.html"
    area: ClassVar[str] = "work"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its name; ``tone`` colours it, ``url`` leads to what is behind it."""

    label: str
    value: Any
    text: str = ""
    url: str = ""
    tone: str = "neutral"


@dataclass(frozen=True, kw_only=True)
class Figures(HomePanel):
    """A row of figures: ``load`` gives a list of ``Figure``."""

    template: ClassVar[str] = "backoffice/home/figures.html"


@dataclass(frozen=True, kw_only=True)
class Health(Figures):
    """The same, for the state of the platform."""

    area: ClassVar[str] = "side"


@dataclass(frozen=True, kw_only=True)
class Chart(HomePanel):
    """Pictures: ``load`` gives ``{"charts": [{"drawing": charts.Drawing, "unit": "USD"}, …], "empty": "…"}``."""

    template: ClassVar[str] = "backoffice/home/chart.html"


@dataclass(frozen=True, kw_only=True)
class Custom(HomePanel):
    """Anything else, by an own template."""

    page: str


@dataclass
class Shown:
    """A panel with what it loaded."""

    panel: HomePanel
    data: Any = None
    is_ill: bool = False
    template: str = field(default="")


_panels: dict[str, HomePanel] = {}


def register(panel: HomePanel) -> HomePanel:
    """Add a panel to the first page. Refuses a name that is taken by another."""
    known = _panels.get(panel.name)
    if known is not None and known is not panel:
        raise ValueError(f"There is a home panel called {panel.name!r} already.")
    _panels[panel.name] = panel
    return panel


def unregister(name: str) -> None:
    """Take a panel off the first page."""
    _panels.pop(name, None)


def shown_to(request: HttpRequest) -> dict[str, list[Shown]]:
    """The panels this person sees, loaded, by area: ``work`` (queues), ``main``, ``side``."""
    areas: dict[str, list[Shown]] = {"work": [], "main": [], "side": []}
    for panel in sorted(_panels.values(), key=lambda found: (found.order, found.name)):
        if panel.permission and not permissions.allows(request.user, panel.permission):
            continue
        template = panel.page if isinstance(panel, Custom) else panel.template
        try:
            # Inside a transaction a failed query would spoil those of the panels after it; on a page of its own there is none.
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                data = panel.load(request)
        except Exception:
            logger.exception("home panel %s failed", panel.name)
            areas[panel.area].append(Shown(panel, is_ill=True, template=template))
            continue
        if data is not None:
            areas[panel.area].append(Shown(panel, data, template=template))
    return areas
