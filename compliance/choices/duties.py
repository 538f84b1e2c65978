"""What the law asks of the platform."""

from django.db.models import TextChoices


class Recurrence(TextChoices):
    """How often a duty comes round."""

    ALWAYS = "ALWAYS", "Always"
    WEEKLY = "WEEKLY", "Every week"
    MONTHLY = "MONTHLY", "Every month"
    QUARTERLY = "QUARTERLY", "Every quarter"
    YEARLY = "YEARLY", "Every year"

    @property
    def months(self) -> int:
        """In months; 0 for what is not counted in them."""
        return {"MONTHLY": 1, "QUARTERLY": 3, "YEARLY": 12}.get(self.value, 0)
