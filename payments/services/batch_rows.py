"""The rows of files: found, locked, and told of to audit and outbox."""

from datetime import datetime
from uuid import UUID

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from payments import errors, events
from payments.choices import BatchStatus
from payments.models import Batch
from payments.services import files
from payments.services.steps import plain


def locked(batch_id: UUID) -> Batch:
    """The batch with its row locked. Raises BatchNotFound."""
    found = Batch.objects.select_for_update(no_key=True).filter(pk=batch_id).first()
    if found is None:
        raise errors.BatchNotFound
    return found


def get(batch_id: UUID, *, partner_id: UUID | None = None) -> Batch:
    """The batch, not locked, of this partner if one is named. Raises BatchNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id, "is_verification": False}
    found = Batch.objects.filter(pk=batch_id, **scope).first()
    if found is None:
        raise errors.BatchNotFound
    return found


def keep_built(batch: Batch, built: files.Built, *, actor: Actor, at: datetime) -> None:
    """The file of a new batch is built: keep it sealed, and tell."""
    batch.format, batch.file_name, batch.digest, batch.size = built.format, built.name, built.digest, len(built.content)
    batch.sealed = files.seal(batch, built.content)
    batch.status, batch.built_by, batch.built_at = BatchStatus.BUILT, str(actor), at
    batch.save()
    tell(batch, events.BATCH_BUILT, actor=actor, at=at)


def tell(batch: Batch, fact: str, *, actor: Actor, at: datetime) -> None:
    """Tell audit and outbox what became of the file."""
    data = {
        "id": batch.public_id,
        "rail": batch.rail,
        "status": str(batch.status),
        "count": batch.count,
        "total": plain(batch.total, batch.currency),
        "digest": batch.digest or None,
    }
    log.record(action=fact, actor=actor, at=at, target=batch.public_id, partner_id=batch.partner_id, after=data)
    # What micro-deposits add up to is not the partner's to learn.
    reader = None if batch.is_verification else batch.partner_id
    outbox.publish(type=fact, partner_id=reader, subject=batch.public_id, data=data, at=at)
