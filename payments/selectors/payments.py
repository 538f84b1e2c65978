"""Payments and batches by what they are."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.choices import Mode
from accounts.models import Partner
from payments.choices import PaymentKind, PaymentStatus
from payments.models import Batch, Dispute, InboundEvent, Move, Payment, Recurring
from wallets.selectors.metadata import noted


def matching(*, partner_id: UUID, metadata: Mapping[str, str] | None = None, **exactly: Any) -> QuerySet[Payment]:
    """The partner's payments with these values."""
    return noted(Payment.objects.filter(partner_id=partner_id, **exactly), metadata)


def refunds_of(payment: Payment) -> QuerySet[Payment]:
    """The payments that give this one back."""
    return Payment.objects.filter(original=payment)


def moves_to(status: PaymentStatus) -> QuerySet[Move]:
    """The steps that led to the state; by moment they are found through an index."""
    return Move.objects.filter(went_to=status)


def journals_of(payments: QuerySet[Payment]) -> QuerySet:
    """The keys of the journals that the steps of the payments posted."""
    return Move.objects.filter(payment__in=payments, journal_id__isnull=False).values_list("journal_id")


def dispute_of(payment: Payment) -> Dispute | None:
    """The newest dispute of it, without the evidence."""
    return payment.disputes.defer("sealed").order_by("-id").first()


def messages_about(payment: Payment) -> QuerySet[InboundEvent]:
    """What its provider told of it, the newest first, without the bodies."""
    found = InboundEvent.objects.filter(about=payment.provider_reference, provider=payment.provider)
    return found.exclude(about="").defer("sealed").order_by("-id")


def called(name: str) -> QuerySet[Payment]:
    """The keys of payments with this external id, or with this number in a file: two indexes, one answer."""
    by_partner = Payment.objects.filter(external_id=name).order_by().values("pk")
    return by_partner.union(Payment.objects.filter(trace=name).order_by().values("pk"), all=True)


def deposits_told_by_banks(wallet_id: UUID) -> QuerySet[Payment]:
    """The wallet's money of which a bank told us by itself, the newest first."""
    return Payment.objects.filter(wallet_id=wallet_id, kind=PaymentKind.DEPOSIT, provider="bank").order_by("-pk")


def batches(*, partner_id: UUID, **exactly: Any) -> QuerySet[Batch]:
    """The partner's batches with these values, without the files themselves."""
    return Batch.objects.filter(partner_id=partner_id, is_verification=False, **exactly).defer("sealed")


def payments_of(batch: Batch) -> QuerySet[Payment]:
    """The batch's payments as its file is built from them."""
    return batch.payments.select_related("external_account", "mandate", "original").order_by("pk")


def recurring(*, partner_id: UUID, metadata: Mapping[str, str] | None = None, **exactly: Any) -> QuerySet[Recurring]:
    """The partner's recurring payments with these values."""
    return noted(Recurring.objects.filter(partner_id=partner_id, **exactly), metadata)


def is_sandbox(partner_id: UUID) -> bool:
    """Whether the partner row is a sandbox."""
    return Partner.objects.values_list("mode", flat=True).get(pk=partner_id) == Mode.SANDBOX
