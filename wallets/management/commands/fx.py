"""fx: exchange rates entered by hand, and spreads asked for, from the command line."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from accounts.models import Partner
from flowlet.approvals.models import Approval
from ledger.services import rates
from wallets.models import FxSpread
from wallets.services import spreads


def spread(*, partner_id: UUID, pair: str, **given: Any) -> Approval:
    """Of a pair such as EURUSD, or of all pairs without one of their own."""
    currencies = (pair[:3], pair[3:]) if pair else None
    return spreads.request_change(partner_id=partner_id, currencies=currencies, **given)


class Command(DeedCommand):
    help = (
        "List exchange spreads, ask for another (another person approves), and enter a rate by hand. import_fx_rates brings published "
        "rates in, revalue_fx revalues positions."
    )
    deeds = (
        Deed(
            name="rate",
            permission="ledger.set_rate",
            service=rates.enter,
            options=(
                option("base", help="such as EUR"),
                option("quote", help="such as USD"),
                option("rate", type=arguments.amount, help="how much of QUOTE one BASE is worth"),
                option("--date", keyword="valid_on", required=True, type=arguments.day, help="the day it is of"),
            ),
            told=lambda made: f"{made.base}{made.quote} {made.rate.normalize():f} on {made.valid_on}",
            help="enter a rate, for good",
        ),
        Deed(
            name="spread",
            model=Partner,
            permission="wallets.request_spread_change",
            service=spread,
            reason=REQUIRED,
            options=(
                option("--basis-points", required=True, type=int),
                option("--pair", default="", type=str.upper, help="such as EURUSD (default: all without one of their own)"),
            ),
            help="ask for another spread for a partner's customers",
        ),
    )

    def listed(self) -> Iterable[str]:
        """By partner."""
        for row in FxSpread.objects.select_related("partner").order_by("partner__name", "pair"):
            yield line(row.partner.public_id, row.partner, row.pair or "all pairs", f"{row.basis_points} basis points")
