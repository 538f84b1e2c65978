"""Rules that somebody wants to see tried."""

from compliance import events
from compliance.tasks import rules
from flowlet.events import registry
from flowlet.events.models import Event


@registry.handler("compliance.try_rule", types=(events.TRIAL_ASKED,))
def try_rule(event: Event) -> None:
    """A backtest was asked for: a worker runs it, outside of this transaction."""
    rules.try_rule.delay(trial_id=event.subject)
