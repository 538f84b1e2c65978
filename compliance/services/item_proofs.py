"""Whether what counts as accepted in verifications was accepted, by whom the audit tells.

Documents are refused by the scanner alone, and erased with their customer; what officers decide is the item that they are given for.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from compliance import events
from compliance.choices import ItemStatus
from compliance.models import Verification, VerificationItem
from flowlet.audit.models import Record
from flowlet.audit.selectors import told
from flowlet.core import ids

_ACCEPTED: Final = (events.VERIFICATION_ITEM_ACCEPTED, events.VERIFICATION_APPROVED)


def differences() -> Iterator[str]:
    """Items that nobody accepted: neither one by one, nor with the whole verification."""
    rows = VerificationItem.objects.filter(status=ItemStatus.ACCEPTED).order_by("pk")
    for found in told.chunks(rows.iterator(told.CHUNK)):
        accepted = _accepted(found)
        for row in found:
            said = (row.accepted_by, row.updated_at)
            if not accepted & {(row.public_id, *said), (_verification(row), *said)}:
                yield f"{row.public_id} is accepted, and nobody accepted it."


def _accepted(rows: Sequence[VerificationItem]) -> set[tuple[object, ...]]:
    records = told.records({_verification(row) for row in rows}, _ACCEPTED)
    return {(_what(record), told.who(record), record.at) for record in records}


def _what(record: Record) -> str:
    """The item that was accepted, or the verification with all that it asks for."""
    return record.target if record.action == events.VERIFICATION_APPROVED else (record.after or {}).get("item", "")


def _verification(row: VerificationItem) -> str:
    return ids.public_id(Verification.PREFIX, row.verification_id)
