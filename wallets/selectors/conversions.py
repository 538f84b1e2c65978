"""Quotes and conversions by what they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from wallets.choices import QuoteStatus
from wallets.models import Conversion, FxQuote
from wallets.selectors.metadata import noted


def matching(
    *, partner_id: UUID, wallet_id: UUID | None = None, metadata: Mapping[str, str] | None = None, **exactly: Any
) -> QuerySet[Conversion]:
    """The partner's conversions with these values; ``wallet_id`` stands on either side."""
    found = Conversion.objects.filter(partner_id=partner_id, **exactly)
    if wallet_id is not None:
        found = found.filter(Q(source_id=wallet_id) | Q(target_id=wallet_id))
    return noted(found, metadata)


def status_of(quote: FxQuote, *, at: datetime) -> QuoteStatus:
    """How the quote stands at a moment."""
    if conversion_of(quote) is not None:
        return QuoteStatus.USED
    return QuoteStatus.OPEN if at < quote.expires_at else QuoteStatus.EXPIRED


def conversion_of(quote: FxQuote) -> Conversion | None:
    """The conversion that took the quote, if one did."""
    try:
        return quote.conversion
    except Conversion.DoesNotExist:
        return None
