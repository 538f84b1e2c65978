"""rights_requests: requests of persons for a copy of their data or for erasure."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from accounts.management.arguments import day
from accounts.management.deeds import OPTIONAL, REQUIRED, Deed, DeedCommand, line, option, write_new
from accounts.models import Customer
from compliance.choices import RightState
from compliance.models import RightsRequest
from compliance.policies import rights as policies
from compliance.services import rights
from flowlet.core.actors import Actor

PERMISSION = "compliance.answer_rights_request"


def receive(*, customer: str, **given: Any) -> RightsRequest:
    """By the customer's public id."""
    return rights.receive(customer_id=Customer.fetch(customer).pk, **given)


def download(*, rightsrequest_id: Any, to: Path, reason: str, actor: Actor, at: datetime) -> str:
    """Write the document, as JSON or, where the name ends so, as a page."""
    found = rights.document(rightsrequest_id=rightsrequest_id, reason=reason, actor=actor, at=at)
    content = policies.readable(found) if to.suffix == ".html" else json.dumps(found, indent=2, ensure_ascii=False).encode()
    return write_new(to, content)


class Command(DeedCommand):
    help = "Requests of persons: a copy of their data (GDPR Art. 15 and 20), or erasure (Art. 17)."
    shows = RightsRequest
    list_options = (option("--all", action="store_true", help="those that are answered too"),)
    deeds = (
        Deed(
            name="receive",
            permission=PERMISSION,
            service=receive,
            options=(
                option("customer", metavar="cus_…"),
                option("--kind", choices=["ACCESS", "ERASURE"], required=True),
                option("--received-on", type=day, default=None, help="the day on which it came; today without it"),
            ),
        ),
        Deed(name="answer", model=RightsRequest, permission=PERMISSION, service=rights.answer),
        Deed(name="extend", model=RightsRequest, permission=PERMISSION, service=rights.extend, reason=REQUIRED),
        Deed(name="withdraw", model=RightsRequest, permission=PERMISSION, service=rights.withdraw, reason=REQUIRED),
        Deed(
            name="download",
            model=RightsRequest,
            permission=PERMISSION,
            service=download,
            reason=OPTIONAL,
            options=(option("--to", type=Path, required=True, metavar="FILE", help="….json, or ….html to read"),),
            told=str,
        ),
    )

    def listed(self, **wanted: Any) -> Iterable[str]:
        """By the day on which they are due."""
        rows = RightsRequest.objects.select_related("customer").order_by("due_on", "pk")
        for row in rows if wanted["all"] else rows.filter(state=RightState.OPEN):
            erased = row.erase_on and f"erased on {row.erase_on}"
            yield line(row.public_id, row.customer.public_id, row.kind, row.state, f"due {row.due_on}", erased)

    def described(self, row: RightsRequest) -> Iterable[tuple[str, Any]]:
        """Without the document."""
        for name in (
            "kind",
            "state",
            "received_on",
            "due_on",
            "extension",
            "answered_at",
            "cleared",
            "erase_on",
            "not_before",
            "digest",
        ):
            yield name.replace("_", " ").capitalize(), getattr(row, name)
