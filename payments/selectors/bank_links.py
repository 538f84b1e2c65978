"""Links to customers' banks: found, locked, and their token opened."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from flowlet.vault.services import subjects
from payments import errors
from payments.choices import BankLinkStatus
from payments.models import BankLink

READ_AGAIN = timedelta(minutes=5)
MOST_TRIES = 12


def access_aad(link_id: UUID) -> str:
    """The place that a link's sealed token belongs to: table, column, row."""
    return f"payments_banklink.access:{link_id}"


def get(link_id: UUID, *, partner_id: UUID | None = None) -> BankLink:
    """The link, of this partner if one is named. Raises BankLinkNotFound."""
    return _one(BankLink.objects.all(), link_id, partner_id)


def for_update(link_id: UUID, *, partner_id: UUID | None = None) -> BankLink:
    """As ``get``, with the row locked. Locks: the link, then its accounts."""
    return _one(BankLink.objects.select_for_update(no_key=True), link_id, partner_id)


def matching(*, partner_id: UUID, metadata: Mapping[str, str] | None = None, **exact: Any) -> QuerySet[BankLink]:
    """The partner's links with all that is given."""
    found = BankLink.objects.filter(partner_id=partner_id, **exact)
    return found.filter(metadata__contains=metadata) if metadata else found


def by_item(provider: str, item: str) -> BankLink | None:
    """The link behind the aggregator's own name for the login."""
    return BankLink.objects.filter(provider=provider, item=item).first() if item else None


def access_of(link: BankLink) -> str:
    """The aggregator's token. Raises BankLinkEnded, and SubjectErased when the customer's data was erased."""
    if link.access is None:
        raise errors.BankLinkEnded(bank_link=link.public_id)
    return subjects.decrypt(link.customer_id, bytes(link.access), aad=access_aad(link.pk))


def unread(at: datetime) -> QuerySet[BankLink]:
    """Open links whose accounts could not be read yet and may be tried again, the one tried least recently first."""
    found = BankLink.objects.filter(read_at=None, status=BankLinkStatus.ACTIVE, tries__lt=MOST_TRIES)
    return found.filter(updated_at__lte=at - READ_AGAIN).order_by("updated_at", "id")


def untold() -> QuerySet[BankLink]:
    """Links that have ended without the aggregator knowing, the one that was tried least recently first."""
    return BankLink.objects.filter(status=BankLinkStatus.ENDED, access__isnull=False).order_by("updated_at", "id")


def _one(queryset: QuerySet[BankLink], link_id: UUID, partner_id: UUID | None) -> BankLink:
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = queryset.filter(pk=link_id, **scope).first()
    if found is None:
        raise errors.BankLinkNotFound()
    return found
