"""Refusals of the app."""

from flowlet.core.errors import DomainError


class DeciderMissing(DomainError):
    """The settings require a decider that no app has registered: nobody may pass unseen."""

    code, status, title = "decision.decider_missing", 503, "This cannot be decided at the moment; try again later"
