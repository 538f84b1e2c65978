"""Files to and from banks and messages about payments that lie under the keyring, as one may name many people.

What is about one customer goes with the customer's data (``traces``); here is what is about many, or about nobody who is known.
"""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from accounts.services.papers import Paper
from payments.choices import BatchStatus, SuspenseState
from payments.models import Batch, InboundEvent, InboundFile, InboundItem, Recall, SuspenseItem
from payments.models.inbound_file import OPEN

_LEFT: Final = (BatchStatus.DELIVERED, BatchStatus.ACKNOWLEDGED, BatchStatus.REJECTED, BatchStatus.CANCELED)
PAPERS: Final = (
    Paper(name="payment_files", model=Batch, made="created_at", only=Q(status__in=_LEFT)),
    Paper(
        name="bank_files",
        model=InboundFile,
        made="received_at",
        only=~Q(Exists(InboundItem.objects.filter(file=OuterRef("pk"), state__in=OPEN))),
    ),
    Paper(
        name="recall_messages",
        model=Recall,
        made="updated_at",
        only=Q(payment__customer=None, ended_at__isnull=False, delivered_at__isnull=False),
    ),
    Paper(name="payers", model=SuspenseItem, made="ended_at", only=Q(payment__customer=None) & ~Q(state=SuspenseState.OPEN)),
    Paper(name="provider_messages", model=InboundEvent, made="received_at"),
)
