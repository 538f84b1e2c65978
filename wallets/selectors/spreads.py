"""What a partner's customers pay on top of the market's rate."""

from uuid import UUID

from django.conf import settings

from wallets.models import FxSpread


def pair_of(first: str, second: str) -> str:
    """The name of a pair of currencies, the same in both directions."""
    return "".join(sorted((first, second)))


def basis_points(*, partner_id: UUID, first: str, second: str) -> int:
    """The pair's own spread, else the partner's for all pairs, else the platform's."""
    rows = dict(
        FxSpread.objects.filter(partner_id=partner_id, pair__in=[pair_of(first, second), ""]).values_list("pair", "basis_points")
    )
    return rows.get(pair_of(first, second), rows.get("", settings.FX_SPREAD_BASIS_POINTS))
