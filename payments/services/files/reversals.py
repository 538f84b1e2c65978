"""SEPA files of refunds that take collections back (pain.007): those of one file of collections, as that file had them."""

from collections.abc import Sequence
from typing import Any

from payments import errors
from payments.models import Batch, Payment
from payments.providers.iso20022 import reversals
from payments.providers.iso20022.reversals import Original
from payments.services.files import sepa
from payments.services.files.built import Built, Material, me, our_party
from payments.services.files.sealed import content_of


def write(batch: Batch, material: Material) -> Built:
    """The reversals. Raises NotReversible, BreaksScheme, FileDiffers."""
    written = reversals.write(**_message(batch, material.payments))
    return Built(f"SDD-RVSL-{batch.created_at:%Y%m%d}-{batch.number:08d}.xml", written.message, written.content)


def check(batch: Batch, material: Material) -> None:
    """Refuse what ``write`` refuses."""
    reversals.check(**_message(batch, material.payments))


def of_one_file(payments: Sequence[Payment]) -> list[Payment]:
    """Those of the payments that take back collections of the first one's file: a message speaks of one."""
    first = payments[0].original
    return [payment for payment in payments if payment.original and first and payment.original.batch_id == first.batch_id]


def members(batch: Batch, payments: Sequence[Payment]) -> dict[str, list[Payment]]:
    """The refunds by the name of the group in which they stand: one for each group of the collections."""
    return {name: [payment for payment, _ in found] for name, found in _groups(batch, payments).items()}


def _groups(batch: Batch, payments: Sequence[Payment]) -> dict[str, list[tuple[Payment, Original]]]:
    references = {_original(payment).reference for payment in payments}
    originals = reversals.originals(content_of(_collected(payments)), references=references)
    found: dict[str, list[tuple[Payment, Original]]] = {}
    for payment in payments:
        original = originals.get(_original(payment).reference)
        if original is None:
            raise errors.NotReversible("The collection does not stand in its file.")
        found.setdefault(original.group_id, []).append((payment, original))
    return {sepa.group_id(batch, place): refunds for place, (_, refunds) in enumerate(sorted(found.items()), start=1)}


def _message(batch: Batch, payments: Sequence[Payment]) -> dict[str, Any]:
    """What the message is made of."""
    collected = _collected(payments)
    return {
        "message_id": sepa.message_id(batch),
        "created_at": batch.created_at,
        "creditor": our_party(me(batch)),
        "original_id": sepa.message_id(collected),
        "original": collected.format,
        "groups": [
            reversals.Group(
                id=name,
                reversals=tuple(reversals.Reversal(id=payment.reference, original=original) for payment, original in refunds),
            )
            for name, refunds in _groups(batch, payments).items()
        ],
    }


def _original(payment: Payment) -> Payment:
    assert payment.original is not None  # noqa: S101 - a refund has one
    return payment.original


def _collected(payments: Sequence[Payment]) -> Batch:
    """The file whose collections are taken back."""
    found = _original(payments[0]).batch
    if found is None:
        raise errors.NotReversible("Only what was collected by a file is reversed.")
    return found
