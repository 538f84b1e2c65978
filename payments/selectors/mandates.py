"""Mandates: found, and the evidence behind them opened."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from flowlet.vault.services import subjects
from payments import errors
from payments.choices import MandateStatus, Sequence
from payments.models import Mandate, MandateAmendment, MandateUse, Payment

OPEN = (MandateStatus.ACTIVE, MandateStatus.SUSPENDED)


def evidence_aad(mandate_id: UUID) -> str:
    """The place that a mandate's sealed evidence belongs to: table, column, row."""
    return f"payments_mandate.evidence:{mandate_id}"


def get(mandate_id: UUID, *, partner_id: UUID | None = None) -> Mandate:
    """The mandate, of this partner if one is named. Raises MandateNotFound, also for another partner's."""
    return _one(Mandate.objects.all(), mandate_id, partner_id)


def for_update(mandate_id: UUID, *, partner_id: UUID | None = None) -> Mandate:
    """As ``get``, with the row locked against other changes; foreign keys to it stay possible."""
    return _one(Mandate.objects.select_for_update(no_key=True), mandate_id, partner_id)


def _one(queryset: QuerySet[Mandate], mandate_id: UUID, partner_id: UUID | None) -> Mandate:
    scope = {} if partner_id is None else {"partner_id": partner_id}
    mandate = queryset.filter(pk=mandate_id, **scope).first()
    if mandate is None:
        raise errors.MandateNotFound()
    return mandate


def matching(*, partner_id: UUID | None = None, metadata: dict[str, str] | None = None, **exact: Any) -> QuerySet[Mandate]:
    """Mandates with all that is given."""
    found = Mandate.objects.all() if partner_id is None else Mandate.objects.filter(partner_id=partner_id)
    if metadata:
        found = found.filter(metadata__contains=metadata)
    return found.filter(**exact)


def unused_until(day: date) -> QuerySet[Mandate]:
    """Open mandates whose 36 months without a collection are over on this day."""
    return Mandate.objects.filter(status__in=OPEN, expires_on__lte=day)


def evidence_of(mandate: Mandate) -> str | None:
    """How an ACH authorization was given; None where there is none, or where it was erased with the customer."""
    if mandate.evidence is None or subjects.is_erased(mandate.customer_id):
        return None
    return subjects.decrypt(mandate.customer_id, bytes(mandate.evidence), aad=evidence_aad(mandate.pk))


def untold(mandate: Mandate) -> QuerySet[MandateAmendment]:
    """Changes of which the debtor's bank has to hear and was not told."""
    return MandateAmendment.objects.filter(mandate=mandate, is_for_bank=True, carried_by="")


def amendments_of(payments: Iterable[Payment]) -> dict[UUID, list[MandateAmendment]]:
    """The changes of which collections tell, the oldest first, by the payment's key."""
    by_reference = {payment.public_id: payment.pk for payment in payments if payment.mandate_id is not None}
    found: dict[UUID, list[MandateAmendment]] = {}
    rows = MandateAmendment.objects.filter(carried_by__in=list(by_reference)).select_related("former_account").order_by("id")
    for row in rows if by_reference else ():
        found.setdefault(by_reference[row.carried_by], []).append(row)
    return found


def places_of(payments: Iterable[Payment]) -> dict[UUID, Sequence]:
    """The places that collections have taken in the sequences of their mandates, by the payment's key; those given back too."""
    by_reference = {payment.public_id: payment for payment in payments if payment.mandate_id is not None}
    if not by_reference:
        return {}
    mandates = {payment.mandate_id for payment in by_reference.values()}
    rows = MandateUse.objects.filter(mandate__in=mandates, reference__in=by_reference)
    return {by_reference[row.reference].pk: Sequence(row.sequence) for row in rows}
