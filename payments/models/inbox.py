"""What providers told us."""

from django.db import models
from django.db.models import Q

from flowlet.db.models import Identified
from payments.choices import InboundStatus


class InboundEvent(Identified):
    """One row is one event of a provider whose signature was good; however often it is sent, it is one row, handled once.

    ``sealed`` is the body under the keyring, for it may name people; it is forgotten some time after the event was handled.
    ``digest`` is the SHA-256 of the plain body. ``proof`` names what proved the signature (which secret, which key). ``happened_at`` is the
    provider's clock. ``next_attempt_at`` is also a lease: until then it is somebody's.
    """

    PREFIX = "inb"

    provider = models.CharField(max_length=24)
    event_id = models.CharField(max_length=128)
    kind = models.CharField(max_length=120)
    about = models.CharField(max_length=128, blank=True, help_text="the provider's id of what it is about")
    is_live = models.BooleanField(help_text="whether the provider says that it is real money")
    happened_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    proof = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=8, choices=InboundStatus.choices, default=InboundStatus.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="inbound_event_is_taken_once"),
            models.CheckConstraint(
                condition=Q(status=InboundStatus.RECEIVED, handled_at=None, next_attempt_at__isnull=False, sealed__isnull=False)
                | (~Q(status=InboundStatus.RECEIVED) & Q(handled_at__isnull=False, next_attempt_at=None)),
                name="inbound_event_waits_until_it_is_handled",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="inbound_event_due", condition=Q(status=InboundStatus.RECEIVED)),
            models.Index(fields=["about", "id"], name="inbound_event_by_subject", condition=~Q(about="")),
            models.Index(fields=["status", "id"], name="inbound_event_by_status"),
            models.Index(fields=["handled_at"], name="inbound_event_with_body", condition=Q(sealed__isnull=False)),
        ]
