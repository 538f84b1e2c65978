"""Words of the app."""

from collections.abc import Iterable

from django.db import models


class Outcome(models.TextChoices):
    """What may become of it, from the best to the worst."""

    ALLOW = "ALLOW", "Allowed"
    REVIEW = "REVIEW", "For review"
    BLOCK = "BLOCK", "Blocked"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"ALLOW": "good", "REVIEW": "warn", "BLOCK": "bad"}[self.value]


_ORDER = list(Outcome)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of them: ALLOW < REVIEW < BLOCK; ALLOW of none."""
    return max(outcomes, key=_ORDER.index, default=Outcome.ALLOW)
