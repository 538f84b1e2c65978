"""legal_holds: data that courts and authorities want kept, whatever the clocks say."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from accounts.models import Customer
from compliance.models import LegalHold
from compliance.services import legal_holds
from flowlet.approvals.models import Approval
from flowlet.core import clock

ASK = "compliance.request_legal_hold"


def request(*, customer: str, **given: Any) -> Approval:
    """By the customer's public id."""
    return legal_holds.request(customer_id=Customer.fetch(customer).pk, **given)


class Command(DeedCommand):
    help = "List legal holds that stand; ask for one, or for its release: another person approves."
    shows = LegalHold
    list_options = (option("--all", action="store_true", help="those that ended too"),)
    deeds = (
        Deed(
            name="request",
            permission=ASK,
            service=request,
            reason=REQUIRED,
            options=(
                option("customer", metavar="cus_…"),
                option("--authority", required=True, help="court or authority, with its reference; no personal data"),
                option("--until", type=arguments.day, metavar="DAY", help="the first day on which it holds no more"),
            ),
        ),
        Deed(name="request-release", model=LegalHold, permission=ASK, service=legal_holds.request_release, reason=REQUIRED),
    )

    def listed(self, **wanted: Any) -> Iterable[str]:
        """The oldest first."""
        rows = LegalHold.objects.select_related("customer").order_by("pk")
        stands = Q(released_at=None) & (Q(until=None) | Q(until__gt=clock.now().date()))
        for row in rows if wanted["all"] else rows.filter(stands):
            yield line(
                row.public_id,
                row.customer.public_id,
                f"from {row.begins_at:%Y-%m-%d}",
                row.until and f"until {row.until}",
                row.authority,
            )

    def described(self, row: LegalHold) -> Iterable[tuple[str, Any]]:
        """Who wanted it, and until when."""
        yield "Customer", row.customer.public_id
        for name in ("authority", "reason", "begins_at", "until", "asked_by", "approved_by", "released_at", "release_reason"):
            yield name.replace("_", " ").capitalize(), getattr(row, name)
