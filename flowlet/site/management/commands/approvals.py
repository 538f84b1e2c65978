"""approvals: what waits for a second person, decided from the command line."""

from collections.abc import Iterable
from typing import Any

from accounts.management.deeds import OPTIONAL, REQUIRED, Deed, DeedCommand, line, option
from flowlet.approvals import selectors
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import UnknownKind
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests

VIEW = "flowlet_approvals.view_approval"


def _deed(name: str, service: Any, reason: str, text: str) -> Deed:
    # Each kind names the right to check it; the service asks for that.
    return Deed(name=name, model=Approval, permission=VIEW, service=service, reason=reason, help=text)


class Command(DeedCommand):
    help = (
        "List requests that wait for a second person, and approve, reject or withdraw one. Whoever asked cannot approve, and each kind "
        "asks for its own right."
    )
    shows = Approval
    list_options = (
        option("--status", choices=ApprovalStatus.values, type=str.upper, default="PENDING", help="default: PENDING"),
    )
    deeds = (
        _deed("approve", requests.approve, OPTIONAL, "it is carried out at once"),
        _deed("reject", requests.reject, REQUIRED, "it is not carried out"),
        _deed("withdraw", requests.withdraw, OPTIONAL, "take back what one has asked for oneself"),
    )

    def listed(self, *, status: str) -> Iterable[str]:
        """The oldest first."""
        for row in Approval.objects.filter(status=status).order_by("id")[:500]:
            yield line(row.public_id, row.kind, row.subject, row.maker_label, f"{row.created_at:%Y-%m-%d %H:%M}", row.reason)

    def described(self, row: Approval) -> Iterable[tuple[str, Any]]:
        """What the checker sees."""
        yield from (("Request", row.public_id), ("What", row.kind), ("About", row.subject), ("State", row.get_status_display()))
        try:
            yield from selectors.description_of(row).items()
        except UnknownKind:
            yield from sorted(row.payload.items())
        yield from (
            ("Asked by", f"{row.maker_id} ({row.maker_label})"),
            ("Why", row.reason),
            ("Expires", row.expires_at),
            ("Decided by", row.checker_id),
            ("Decision", row.decision_reason),
        )
