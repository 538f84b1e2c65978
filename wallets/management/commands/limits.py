"""limits: how much may go through wallets, by KYC tier and currency, and other limits asked for, from the command line."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.choices import KycTier
from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from flowlet.approvals.models import Approval
from flowlet.core.money import to_text
from wallets.models import TierLimit, Wallet
from wallets.services import limits
from wallets.services.limits import SPANS, Limits


def _limits(given: dict[str, Any]) -> Limits:
    return Limits(**{span: given.pop(span) for span in SPANS})


def of_tier(**given: Any) -> Approval:
    """All three, for a tier in a currency."""
    return limits.request_tier_change(limits=_limits(given), **given)


def of_wallet(*, wallet_id: UUID, **given: Any) -> Approval:
    """What is not named is no limit of the wallet's own."""
    return limits.request_wallet_change(wallet_id=wallet_id, limits=_limits(given), **given)


def _figures(*, required: bool) -> list[Any]:
    return [option(f"--{span.replace('_', '-')}", type=arguments.amount, required=required, metavar="N") for span in SPANS]


class Command(DeedCommand):
    help = "List the limits of KYC tiers, and ask for others of a tier or of one wallet, which another person approves."
    deeds = (
        Deed(
            name="tier",
            permission="wallets.request_limit_change",
            service=of_tier,
            reason=REQUIRED,
            options=(
                option("tier", type=str.upper, choices=KycTier.values),
                option("currency", type=str.upper, help="such as KRW"),
                *_figures(required=True),
            ),
            help="ask for other limits of a tier in a currency, or for its first",
        ),
        Deed(
            name="wallet",
            model=Wallet,
            subject="wallet_id",
            permission="wallets.request_limit_change",
            service=of_wallet,
            reason=REQUIRED,
            options=_figures(required=False),
            help="ask for other limits of one wallet; what is not named is not limited, but by its tier",
        ),
    )

    def listed(self) -> Iterable[str]:
        """By currency and tier."""
        rank = {tier: place for place, tier in enumerate(KycTier.values)}
        for row in sorted(TierLimit.objects.all(), key=lambda row: (row.currency, rank[row.tier])):
            found = {span: to_text(getattr(row, span), row.currency) for span in SPANS}
            yield line(row.currency, row.tier, *(f"{span.replace('_', ' ')} {text}" for span, text in found.items()))
