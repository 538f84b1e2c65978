"""A partner's key to the API."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.choices import Scope
from accounts.models.partner import Partner
from flowlet.db.models import Identified, Timestamped


class ApiKey(Identified, Timestamped):
    """One row is one secret that a partner's machines show. The secret itself is not here: only its keyed digest and its ends.

    A key is usable until ``revoked_at`` or ``expires_at``, whichever comes first. A rotation makes a second row with the same
    rights and gives the first an early ``expires_at``, so that both work while they overlap.
    """

    PREFIX = "key"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="what the key is for; shown in audit records")
    digest = models.BinaryField(max_length=32, unique=True, help_text="HMAC-SHA-256 of the key under the pepper")
    hint = models.CharField(max_length=24, help_text="how the key begins and ends, to recognise it")
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope.choices))
    allowed_networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, help_text="CIDR, IPv4 or IPv6; empty allows every address"
    )
    rate_per_second = models.PositiveIntegerField(default=100, help_text="sustained rate of requests")
    burst = models.PositiveIntegerField(default=200, help_text="requests that may come at once")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_key_has_a_scope"),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gte=F("created_at")), name="api_key_expires_after_its_issue"
            ),
            models.CheckConstraint(condition=Q(rate_per_second__gte=1, burst__gte=1), name="api_key_may_call_at_all"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"
