"""Transfers and refunds by what they are."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from wallets.models import Refund, Transfer
from wallets.selectors.metadata import noted


def matching(
    *, partner_id: UUID, wallet_id: UUID | None = None, metadata: Mapping[str, str] | None = None, **exactly: Any
) -> QuerySet[Transfer]:
    """The partner's transfers with these values; ``wallet_id`` stands on either side."""
    found = Transfer.objects.filter(partner_id=partner_id, **exactly)
    if wallet_id is not None:
        found = found.filter(Q(source_id=wallet_id) | Q(target_id=wallet_id))
    return noted(found, metadata)


def refunds_of(transfer: Transfer) -> QuerySet[Refund]:
    """The transfer's refunds."""
    return Refund.objects.filter(transfer=transfer)
