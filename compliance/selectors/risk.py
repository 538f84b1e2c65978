"""Customers' risk: where one stands, who has no rating, whose review is due."""

from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.choices import CustomerStatus
from accounts.models import Customer
from compliance import errors
from compliance.choices import DiligenceState
from compliance.models import CustomerProfile, CustomerRisk, DueDiligence


def of_customer(customer_id: UUID) -> CustomerRisk:
    """Where the customer stands. Raises CustomerNotRated."""
    found = CustomerRisk.objects.filter(customer_id=customer_id).select_related("customer", "rating").first()
    if found is None:
        raise errors.CustomerNotRated()
    return found


def profile_of(customer_id: UUID) -> CustomerProfile | None:
    """What was declared of the customer, if anything was."""
    return CustomerProfile.objects.filter(customer_id=customer_id).first()


def unrated() -> QuerySet[Customer]:
    """Open customers without a rating."""
    return Customer.objects.exclude(status=CustomerStatus.CLOSED).filter(Q(risk=None) | Q(risk__rating=None))


def rated() -> QuerySet[CustomerRisk]:
    """Where open customers stand that have a rating."""
    return CustomerRisk.objects.filter(rating__isnull=False).exclude(customer__status=CustomerStatus.CLOSED)


def reviews_due(*, on: date) -> QuerySet[CustomerRisk]:
    """Open customers whose data have to be brought up to date by the day, the longest due first."""
    return rated().filter(review_on__lte=on).order_by("review_on", "pk")


def open_diligence() -> QuerySet[DueDiligence]:
    """Due diligence that somebody has to work on or decide."""
    return DueDiligence.objects.filter(state__in=[DiligenceState.OPEN, DiligenceState.READY]).order_by("pk")
