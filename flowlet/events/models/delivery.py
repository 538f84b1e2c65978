"""One event on its way to one handler."""

from django.db import models

from flowlet.events.choices import DeliveryStatus
from flowlet.events.models.event import Event


class Delivery(models.Model):
    """One row is one event for one handler; DELIVERED is written in the transaction of the handler's own effects."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.TextField()
    status = models.CharField(max_length=9, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING)
    attempts = models.IntegerField(default=0, help_text="times it was claimed, whether or not the process survived")
    next_attempt_at = models.DateTimeField(help_text="not claimed before this moment")
    last_error = models.TextField(default="", help_text="class and first line of the last failure")
    finished_at = models.DateTimeField(null=True, help_text="when it was delivered or given up")

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index("next_attempt_at", "id", condition=models.Q(status=DeliveryStatus.PENDING), name="delivery_due"),
            models.Index("id", condition=models.Q(status=DeliveryStatus.DEAD), name="delivery_dead"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="event_is_delivered_once_per_handler"),
            models.CheckConstraint(
                condition=models.Q(status=DeliveryStatus.PENDING, finished_at__isnull=True)
                | (~models.Q(status=DeliveryStatus.PENDING) & models.Q(finished_at__isnull=False)),
                name="delivery_is_finished_when_it_is_not_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler} {self.event_id}"
