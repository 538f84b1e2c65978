"""Consents: found, and what is kept for their banks opened."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.choices import CustomerStatus
from flowlet.vault.services import subjects
from payments import errors
from payments.choices import ConsentStatus
from payments.models import Consent
from payments.models.consent import OPEN
from payments.providers.openbanking.vocabulary import Session

# Nobody comes back from a bank later than this.
UNANSWERED = timedelta(days=1)


def session_aad(consent_id: UUID) -> str:
    """The place that a consent's sealed session belongs to: table, column, row."""
    return f"payments_consent.session:{consent_id}"


def get(consent_id: UUID, *, partner_id: UUID | None = None) -> Consent:
    """The consent, of this partner if one is named. Raises ConsentNotFound, also for another partner's."""
    return _one(Consent.objects.all(), consent_id, partner_id)


def for_update(consent_id: UUID, *, partner_id: UUID | None = None) -> Consent:
    """As ``get``, with the row locked against other changes."""
    return _one(Consent.objects.select_for_update(no_key=True), consent_id, partner_id)


def matching(*, partner_id: UUID, metadata: dict[str, str] | None = None, **exact: Any) -> QuerySet[Consent]:
    """The partner's consents with all that is given."""
    found = Consent.objects.filter(partner_id=partner_id, **exact)
    return found.filter(metadata__contains=metadata) if metadata else found


def over(at: datetime) -> QuerySet[Consent]:
    """Open consents whose time is over: past their end, unanswered for a day, or of customers who were closed."""
    past = Q(expires_at__lte=at) | Q(status=ConsentStatus.AWAITING, created_at__lte=at - UNANSWERED)
    return Consent.objects.filter(past | Q(customer__status=CustomerStatus.CLOSED), status__in=OPEN).order_by("expires_at", "id")


def untold() -> QuerySet[Consent]:
    """Consents that have ended without their bank knowing, the one that was tried least recently first."""
    return Consent.objects.filter(is_told_to_bank=False).exclude(status__in=OPEN).order_by("updated_at", "id")


def session_of(consent: Consent) -> Session:
    """What is kept for the bank. Raises ConsentEnded, and SubjectErased when the customer's data was erased."""
    if consent.session is None:
        raise errors.ConsentEnded(status=consent.status)
    return Session.load(subjects.decrypt(consent.customer_id, bytes(consent.session), aad=session_aad(consent.pk)))


def _one(queryset: QuerySet[Consent], consent_id: UUID, partner_id: UUID | None) -> Consent:
    scope = {} if partner_id is None else {"partner_id": partner_id}
    consent = queryset.filter(pk=consent_id, **scope).first()
    if consent is None:
        raise errors.ConsentNotFound()
    return consent
