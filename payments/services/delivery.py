"""Where a batch's file goes: to the sandbox bank, or to the place of the settings."""

from itertools import islice
from typing import Final

from django.conf import settings

from flowlet.core import clock
from payments.choices import Rail
from payments.models import Batch, Payment
from payments.providers.delivery import Delivery
from payments.providers.delivery.folder import Folder
from payments.providers.delivery.sftp import Sftp
from payments.selectors.payments import is_sandbox
from payments.services import gateways, sandbox_bank, sending

CHUNK: Final = 1000  # payments that the sandbox bank hears of at once


def place_of(batch: Batch | Payment) -> Delivery:
    """The place for the rail of a batch or payment: its bank's SFTP server where that is set up, else the folder."""
    found = settings.PAYMENT_SFTP.get(gateways.BANKS[Rail(batch.rail)])
    if found is not None:
        return Sftp(**{**found, "port": int(found["port"])})
    return Folder(settings.PAYMENT_FILES_FOLDER / batch.rail)


def deliver_message(payment: Payment, *, name: str, content: bytes) -> str:
    """Deliver a message about a payment, which moves nothing by itself, and answer where; the sandbox bank files it away.

    Raises FileDiffers, DeliveryFailed.
    """
    return f"sandbox:{name}" if is_sandbox(payment.partner_id) else place_of(payment).put(name=name, content=content)


def deliver(batch: Batch, content: bytes) -> str:
    """Deliver the file and answer where. The sandbox bank reads it at once. Raises FileDiffers, DeliveryFailed."""
    if not is_sandbox(batch.partner_id):
        return place_of(batch).put(name=batch.file_name, content=content)
    at = clock.now()
    rows = batch.payments.select_related("original").order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        told = [sending.instruction_of(payment, with_details=False) for payment in chunk]
        sandbox_bank.take_many(told, rail=batch.rail, at=at)
    return f"sandbox:{batch.file_name}"
