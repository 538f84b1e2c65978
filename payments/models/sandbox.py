"""The sandbox bank: what it was told, and what it did."""

from django.db import models

from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import OrderStatus


class SandboxOrder(Identified):
    """One row is one order that the sandbox bank took. It knows no payment, only what it was sent; ``reference`` makes it take one once."""

    PREFIX = "sbo"

    reference = models.CharField(max_length=64, unique=True)
    rail = models.CharField(max_length=12)
    direction = models.CharField(max_length=3)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    status = models.CharField(max_length=8, choices=OrderStatus.choices, default=OrderStatus.ACCEPTED)
    reason_code = models.CharField(max_length=40, blank=True)
    times_told = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()


class SandboxFault(models.Model):
    """One row makes the sandbox misbehave the next ``times`` times for one partner: see ``sandbox_bank.FAULTS``."""

    id = models.BigAutoField(primary_key=True)
    partner_id = models.UUIDField()
    fault = models.CharField(max_length=16)
    times = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["partner_id", "fault"], name="sandbox_fault_by_partner")]

    def __str__(self) -> str:
        return f"{self.fault} x{self.times}"
