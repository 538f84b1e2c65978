"""Words of the app."""

from django.db import models


class DeliveryStatus(models.TextChoices):
    """How far one event is with one handler."""

    PENDING = "PENDING", "Waiting"
    DELIVERED = "DELIVERED", "Delivered"
    DEAD = "DEAD", "Given up"
