"""Payments and batches by what they are."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.choices import Mode
from accounts.models import Partner
from payments.models import Batch, Payment
from wallets.selectors.metadata import noted


def matching(*, partner_id: UUID, metadata: Mapping[str, str] | None = None, **exactly: Any) -> QuerySet[Payment]:
    """The partner's payments with these values."""
    return noted(Payment.objects.filter(partner_id=partner_id, **exactly), metadata)


def refunds_of(payment: Payment) -> QuerySet[Payment]:
    """The payments that give this one back."""
    return Payment.objects.filter(original=payment)


def batches(*, partner_id: UUID, **exactly: Any) -> QuerySet[Batch]:
    """The partner's batches with these values, without the files themselves."""
    return Batch.objects.filter(partner_id=partner_id, **exactly).defer("sealed")


def is_sandbox(partner_id: UUID) -> bool:
    """Whether the partner row is a sandbox."""
    return Partner.objects.values_list("mode", flat=True).get(pk=partner_id) == Mode.SANDBOX
