"""provider_events: what providers told us, from the command line."""

from collections.abc import Iterable
from typing import Any

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from payments.choices import InboundStatus
from payments.models import InboundEvent
from payments.services import inbox


class Command(DeedCommand):
    help = "List events of providers, and have one that was given up handled again."
    shows = InboundEvent
    list_options = (
        option("--status", choices=InboundStatus.values, type=str.upper, default=InboundStatus.DEAD.value, help="default: DEAD"),
        option("--limit", type=int, default=100),
    )
    deeds = (
        Deed(
            name="retry",
            model=InboundEvent,
            permission="payments.retry_inbound_event",
            service=inbox.retry,
            subject="inbound_id",
            reason=REQUIRED,
            help="handle it again, from the first attempt",
        ),
    )

    def listed(self, *, status: str, limit: int) -> Iterable[str]:
        """The newest first."""
        for row in InboundEvent.objects.filter(status=status).defer("sealed").order_by("-pk")[:limit]:
            yield line(row.public_id, row.provider, row.kind, row.about, f"{row.received_at:%Y-%m-%d %H:%M}", row.error)

    def described(self, row: InboundEvent) -> Iterable[tuple[str, Any]]:
        """Without its body."""
        return (
            ("Event", row.public_id),
            ("Provider", row.provider),
            ("What", row.kind),
            ("Of what", row.about),
            ("State", row.get_status_display()),
            ("Received", row.received_at),
            ("Attempts", row.attempts),
            ("Last error", row.error),
        )
