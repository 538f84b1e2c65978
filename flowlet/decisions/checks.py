"""System checks: whoever is required is there, and nobody waits at a point that does not exist."""

from typing import Any

from django.conf import settings
from django.core import checks

from flowlet.decisions import registry


@checks.register
def deciders_are_there(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """E001: a required decider is missing. E002: settings or a decider name a point that no app declares."""
    known = {point.name for point in registry.points()}
    found: list[checks.CheckMessage] = []
    for point in sorted(settings.DECISIONS_REQUIRED):
        if point not in known:
            found.append(checks.Error(f"DECISIONS_REQUIRED names {point}, which no app declares.", id="flowlet_decisions.E002"))
        for name in registry.missing_at(point):
            found.append(
                checks.Error(f"{name} has to decide at {point}, and no app has registered it.", id="flowlet_decisions.E001")
            )
    for decider in registry.deciders():
        if decider.point not in known:
            found.append(
                checks.Error(f"{decider.name} decides at {decider.point}, which no app declares.", id="flowlet_decisions.E002")
            )
    return found
