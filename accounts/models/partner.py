"""The tenant."""

from django.db import models

from accounts.choices import Mode, PartnerStatus
from flowlet.db.models import Identified, Timestamped


class Partner(Identified, Timestamped):
    """One row is one company in one mode: the LIVE row and the SANDBOX row of a company are siblings with rows of their own."""

    PREFIX = "par"

    name = models.CharField(max_length=200)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    status = models.CharField(max_length=12, choices=PartnerStatus.choices, default=PartnerStatus.PENDING)
    sibling = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name; the days of the books are days of this zone")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "mode"], name="partner_name_is_unique_per_mode")]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_mode_display()})"

    @property
    def is_live(self) -> bool:
        """Whether this row is real money."""
        return self.mode == Mode.LIVE
