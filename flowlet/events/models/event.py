"""One fact."""

from uuid import UUID

from django.db import models

from flowlet.db import transactions
from flowlet.db.models import Identified

API_VERSION = "v1"


class Event(Identified):
    """One row is one fact, written in the transaction that made it true. Only ``relayed_at`` ever changes.

    ``sealed`` is what is personal in ``data``, under the key of ``person_id``: whoever reads the event for its partner reads both together
    (``selectors.told``), and once the person's data were erased, ``data`` alone.

    Without a partner it is the platform's own affair and no partner sees it. The order (xid, id) is the order of the feed: below
    the commit horizon nothing can appear in it later.
    """

    PREFIX = "evt"

    type = models.TextField(help_text="dotted, past tense: wallet.transfer.posted")
    partner_id = models.UUIDField(null=True)
    subject = models.TextField(help_text="public id of what it is about")
    data = models.JSONField()
    person_id = models.UUIDField(null=True, help_text="under whose key something of it is sealed")
    sealed = models.BinaryField(null=True, editable=False)
    api_version = models.TextField(default=API_VERSION, help_text="the API version whose shapes data follows")
    created_at = models.DateTimeField(help_text="the moment of the fact, as handed to the service")
    xid = models.BigIntegerField(
        db_default=transactions.own_id(),
        help_text="the transaction that wrote it",
    )
    relayed_at = models.DateTimeField(null=True, help_text="when it was handed to its handlers' queues")

    class Meta:
        indexes = [
            models.Index("partner_id", "xid", "id", name="event_feed"),
            models.Index("subject", "xid", "id", name="event_by_subject"),
            models.Index("id", condition=models.Q(relayed_at__isnull=True), name="event_waiting_for_relay"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(type__regex=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"), name="event_type_is_dotted"
            ),
            models.CheckConstraint(
                condition=models.Q(person_id=None, sealed=None) | models.Q(person_id__isnull=False, sealed__isnull=False),
                name="event_is_sealed_under_somebodys_key",
            ),
        ]


def sealed_aad(event_id: UUID) -> str:
    """The place of what is sealed in an event."""
    return f"flowlet_events_event.sealed:{event_id}"
