"""fees: what payments cost, and other fees asked for, from the command line."""

from collections.abc import Iterable
from datetime import datetime

import orjson

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from accounts.models import Partner
from flowlet.approvals.models import Approval
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from payments.choices import Rail
from payments.models import FeeSchedule
from payments.policies import fees
from payments.services import fee_schedules


def request(
    *,
    currency: str,
    partner: str,
    rail: str,
    kind: str,
    terms: str,
    withdraw: bool,
    valid_from: datetime | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """With the terms as the API and the export write them."""
    if bool(terms) == withdraw:
        raise Invalid("Give --terms, or --withdraw for no fees of its own any more.", param="terms")
    try:
        found = None if withdraw else fees.from_json(orjson.loads(terms), currency=currency)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"--terms is no JSON: {error}", param="terms") from None
    return fee_schedules.request_change(
        partner_id=Partner.fetch(partner).pk if partner else None,
        rail=rail,
        kind=kind,
        currency=currency,
        terms=found,
        valid_from=valid_from,
        reason=reason,
        actor=actor,
        at=at,
    )


class Command(DeedCommand):
    help = "List what payments cost, and ask for other fees, which another person approves."
    list_options = (option("--limit", type=int, default=200),)
    deeds = (
        Deed(
            name="request",
            permission="payments.request_fee_change",
            service=request,
            reason=REQUIRED,
            options=(
                option("currency", type=str.upper, help="such as USD"),
                option("--partner", default="", metavar="par_…", help="default: all partners"),
                option("--rail", default="", choices=["", *Rail.values], help="default: all rails"),
                option(
                    "--kind", default="", choices=["", *(kind.value for kind in fee_schedules.KINDS)], help="default: all kinds"
                ),
                option(
                    "--terms",
                    default="",
                    metavar="JSON",
                    help='such as {"tiers": [{"flat": "0.30", "basis_points": "290"}], "minimum": "0.50"}',
                ),
                option("--withdraw", action="store_true", help="no fees of its own any more: the more general ones count again"),
                option(
                    "--from",
                    keyword="valid_from",
                    type=arguments.moment,
                    metavar="MOMENT",
                    help="with its zone (default: the approval)",
                ),
            ),
            help="ask for other fees",
        ),
    )

    def listed(self, *, limit: int) -> Iterable[str]:
        """The newest first; of what is for the same, the newest whose moment has come counts."""
        for row in FeeSchedule.objects.select_related("partner").order_by("-pk")[:limit]:
            terms = "none of its own" if row.terms is None else fees.describe(fee_schedules.fees_of(row))
            yield line(
                row.partner or "all partners",
                row.rail or "all rails",
                row.kind or "all kinds",
                row.currency,
                f"from {row.valid_from:%Y-%m-%d %H:%M}",
                terms,
            )
