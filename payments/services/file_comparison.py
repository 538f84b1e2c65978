"""A batch's file once more: built again from its payments and compared, or handed to a person. Both are written to the audit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from payments import errors, events
from payments.models import Batch
from payments.selectors.payments import payments_of
from payments.services import batch_rows, files
from payments.services.files import Built

LINES_NAMED = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was built and what is built now, by SHA-256; ``lines`` are the numbers of the lines that differ, never what is in them."""

    batch: Batch
    digest: str
    again: str
    lines: tuple[int, ...] = ()

    @property
    def is_identical(self) -> bool:
        """Byte by byte."""
        return self.digest == self.again

    @property
    def words(self) -> str:
        """For people."""
        if self.is_identical:
            return f"Byte-identical: {self.digest}."
        named = ", ".join(str(number) for number in self.lines[:LINES_NAMED])
        more = f" and {len(self.lines) - LINES_NAMED} more" if len(self.lines) > LINES_NAMED else ""
        return f"Built again it differs in line {named}{more}: {self.digest} was built, {self.again} would be now."


@transaction.atomic
def compare(*, batch_id: UUID, actor: Actor, at: datetime) -> Comparison:
    """Build the batch's file again and compare it with what is kept.

    Raises BatchNotFound, FileMissing, FileDeleted, FileDiffers (what is kept is not what its digest says), and what building raises.
    """
    batch = batch_rows.get(batch_id)
    check_has_file(batch)
    kept, again = files.content_of(batch), files.build(batch, list(payments_of(batch)))
    found = Comparison(batch, batch.digest, again.digest, _differing(kept, again.content))
    _record(events.FILE_COMPARED, batch, actor, at, after={"digest": found.digest, "again": found.again})
    return found


@transaction.atomic
def download(*, batch_id: UUID, reason: str, actor: Actor, at: datetime) -> Built:
    """The file in clear: it names people and their accounts. Raises BatchNotFound, FileMissing, FileDeleted, FileDiffers."""
    batch = batch_rows.get(batch_id)
    check_has_file(batch)
    content = files.content_of(batch)
    _record(events.FILE_DOWNLOADED, batch, actor, at, reason=reason, after={"digest": batch.digest, "size": batch.size})
    return Built(batch.file_name, batch.format, content)


def check_has_file(batch: Batch) -> None:
    """Raises FileMissing."""
    if not batch.digest:
        raise errors.FileMissing


def _differing(kept: bytes, again: bytes) -> tuple[int, ...]:
    left, right = kept.split(b"\n"), again.split(b"\n")
    longest = max(len(left), len(right))
    left += [b""] * (longest - len(left))
    right += [b""] * (longest - len(right))
    return tuple(number for number, (one, other) in enumerate(zip(left, right, strict=True), 1) if one != other)


def _record(action: str, batch: Batch, actor: Actor, at: datetime, *, after: dict[str, object], reason: str = "") -> None:
    log.record(action=action, actor=actor, at=at, target=batch.public_id, partner_id=batch.partner_id, reason=reason, after=after)
