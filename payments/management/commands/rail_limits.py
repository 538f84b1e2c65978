"""rail_limits: what may go over the rails, and other limits asked for, from the command line."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from accounts.models import Partner
from flowlet.approvals.models import Approval
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import to_text
from payments.choices import Direction, PaymentKind, Rail
from payments.models import RailLimit
from payments.policies.rail_limits import RailLimits
from payments.services import rail_limits

NAMES = tuple(one.name for one in fields(RailLimits))


def request(*, partner: str, withdraw: bool, actor: Actor, at: datetime, **given: Any) -> Approval:
    """What is not named is not limited."""
    figures = {name: given.pop(name) for name in NAMES}
    if withdraw == any(figure is not None for figure in figures.values()):
        raise Invalid("Name a limit, or --withdraw for none of its own any more.", param="withdraw")
    return rail_limits.request_change(
        partner_id=Partner.fetch(partner).pk if partner else None,
        limits=None if withdraw else RailLimits(**figures),
        actor=actor,
        at=at,
        **given,
    )


class Command(DeedCommand):
    help = "List what may go over the rails, and ask for other limits, which another person approves."
    list_options = (option("--limit", type=int, default=200),)
    deeds = (
        Deed(
            name="request",
            permission="payments.request_limit_change",
            service=request,
            reason=REQUIRED,
            options=(
                option("rail", choices=Rail.values),
                option("direction", type=str.upper, choices=Direction.values),
                option("currency", type=str.upper, help="such as USD"),
                option("--partner", default="", metavar="par_…", help="default: all partners, each for itself"),
                option("--kind", default="", choices=["", *PaymentKind.values], help="default: all kinds together"),
                *(
                    option(f"--{name.replace('_', '-')}", type=int if name.endswith("_count") else arguments.amount, metavar="N")
                    for name in NAMES
                ),
                option("--withdraw", action="store_true", help="none of its own any more"),
                option(
                    "--from",
                    keyword="valid_from",
                    type=arguments.moment,
                    metavar="MOMENT",
                    help="with its zone (default: the approval)",
                ),
            ),
            help="ask for other limits; what is not named is not limited",
        ),
    )

    def listed(self, *, limit: int) -> Iterable[str]:
        """The newest first; of what is for the same, the newest whose moment has come counts."""
        for row in RailLimit.objects.select_related("partner").order_by("-pk")[:limit]:
            figures = [
                f"{name.replace('_', ' ')} {value if isinstance(value, int) else to_text(value, row.currency)}"
                for name in NAMES
                if (value := getattr(row, name)) is not None
            ]
            yield line(
                row.partner or "all partners",
                row.rail,
                row.direction.lower(),
                row.kind or "all kinds",
                row.currency,
                f"from {row.valid_from:%Y-%m-%d %H:%M}",
                ", ".join(figures) or "none of its own",
            )
