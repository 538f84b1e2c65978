"""Which fee schedules count."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from payments.models import FeeSchedule


def schedule_for(*, partner_id: UUID, rail: str, kind: str, currency: str, at: datetime) -> FeeSchedule | None:
    """The schedule that counts for a payment at the moment ``at``; None where nothing is charged. One query."""
    latest = (
        FeeSchedule.objects.filter(Q(partner_id=partner_id) | Q(partner_id__isnull=True), currency=currency, valid_from__lte=at)
        .filter(rail__in=("", rail), kind__in=("", kind))
        .order_by("partner_id", "rail", "kind", "-valid_from", "-id")
        .distinct("partner_id", "rail", "kind")
    )
    own_first = sorted(latest, key=lambda row: (row.partner_id is not None, row.rail != "", row.kind != ""), reverse=True)
    return next((row for row in own_first if row.terms is not None), None)


def same_scope(*, partner_id: UUID | None, rail: str, kind: str, currency: str) -> QuerySet[FeeSchedule]:
    """All schedules for exactly this, those that come first."""
    return FeeSchedule.objects.filter(partner_id=partner_id, rail=rail, kind=kind, currency=currency).order_by(
        "-valid_from", "-id"
    )
