"""Where screening stands, for those who may not know what it found, and hits for those who may."""

from uuid import UUID

from django.db.models import QuerySet

from compliance.choices import HitState, ListKind, ScreeningStatus, SubjectKind
from compliance.models import Hit, ScreeningSubject

_OWN = (SubjectKind.CUSTOMER, SubjectKind.OWNER)


def status_of(customer_id: UUID) -> ScreeningStatus:
    """What the customer's partner may know: CLEAR, or IN_PROGRESS while somebody is to be screened or looked at, for whatever reason.

    Counterparties and texts are none of it. A confirmed hit looks like one that nobody has looked at yet.
    """
    rows = ScreeningSubject.objects.filter(customer_id=customer_id, ended_at=None, kind__in=_OWN)
    screened = list(rows.values_list("screened_at", flat=True))
    if not screened or None in screened:
        return ScreeningStatus.IN_PROGRESS
    standing = standing_hits(customer_id).exclude(list_kind=ListKind.PEP)
    return ScreeningStatus.IN_PROGRESS if standing.exists() else ScreeningStatus.CLEAR


def standing_hits(customer_id: UUID) -> QuerySet[Hit]:
    """Hits of the customer and the owners that are open or confirmed."""
    states = [HitState.OPEN, HitState.CONFIRMED]
    return Hit.objects.filter(subject__customer_id=customer_id, subject__kind__in=_OWN, subject__ended_at=None, state__in=states)
