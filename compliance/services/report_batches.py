"""Batch files for FinCEN and units in the EU: made once of what two people approved, taken out by a person, answered."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction

from compliance import errors, events
from compliance.choices import ReportKind, ReportState
from compliance.models import Report, ReportBatch
from compliance.policies import reports as policies
from compliance.providers import fiu
from compliance.providers.fincen import acknowledgements, writing_ctr, writing_sar
from compliance.providers.fincen.errors import OtherBatch
from compliance.providers.fincen.tree import Written
from compliance.services import reports
from flowlet.audit.services import log
from flowlet.core import crypto, ids
from flowlet.core.actors import Actor
from flowlet.db import sequences

MOST: Final = 500  # reports of one file
_NAMES: Final = {ReportKind.SAR: ("SARX", "xml"), ReportKind.CTR: ("CTRX", "xml"), ReportKind.STR: ("STR", "json")}


class Downloaded(NamedTuple):
    """A batch file in clear."""

    name: str
    content: bytes


@transaction.atomic
def file(*, kind: str, actor: Actor, at: datetime) -> ReportBatch | None:
    """Write all approved reports of a kind into one file, most urgent first, and note them as filed; None when there is none.

    Raises Incomplete when a report would be rejected today, BreaksSchema, NoTransmitter; nothing is filed then.
    """
    policies.check_is_person(actor)
    waiting = Report.objects.select_for_update(no_key=True).filter(kind=ReportKind(kind), state=ReportState.APPROVED)
    keys = list(waiting.order_by("due_on", "id").values_list("pk", flat=True)[:MOST])
    if not keys:
        return None
    found = Report.objects.select_related("prior").in_bulk(keys)
    rows = [found[key] for key in keys]
    forms = [reports.form_of(row, on=at.date()) for row in rows]
    written = _written(kind, forms)
    prefix, ending = _NAMES[ReportKind(kind)]
    batch = ReportBatch(
        id=ids.uuid7(),
        kind=ReportKind(kind),
        file_name=f"{prefix}.{at:%Y%m%d%H%M%S}.{sequences.take(reports.NUMBERS, 1)[0]}.{ending}",
        reports_count=written.count,
        total=written.total,
        schema=written.schema,
        digest=hashlib.sha256(written.content).hexdigest(),
        created_by=str(actor),
        created_at=at,
    )
    batch.sealed = crypto.seal(written.content, aad=aad(batch))
    batch.save(force_insert=True)
    _note(batch, events.REPORT_BATCH_MADE, actor=actor, at=at)
    for place, row in enumerate(rows):
        row.state, row.batch, row.place = ReportState.FILED, batch, place
        row.filed_on, row.updated_at = at.date(), at
        row.save()
        _tell(row, events.REPORT_FILED, actor=actor, at=at)
    return batch


@transaction.atomic
def download(*, batch_id: UUID, reason: str, actor: Actor, at: datetime) -> Downloaded:
    """The file in clear; who took it out and why is kept. Raises BatchNotFound, ReportDeleted, BatchDiffers."""
    policies.check_is_person(actor)
    batch = get(batch_id)
    if batch.sealed is None:
        raise errors.ReportDeleted()
    content = crypto.open_sealed(bytes(batch.sealed), aad=aad(batch))
    if hashlib.sha256(content).hexdigest() != batch.digest:
        raise errors.BatchDiffers(digest=batch.digest)
    log.record(action=events.REPORT_BATCH_TAKEN_OUT, actor=actor, at=at, target=batch.public_id, reason=reason)
    return Downloaded(batch.file_name, content)


@transaction.atomic
def acknowledge(*, batch_id: UUID, content: bytes, actor: Actor, at: datetime) -> ReportBatch:
    """Take in FinCEN's answer: each report gets its BSA ID and its faults, and is accepted or rejected.

    Raises BatchNotFound, BatchAnswered, NotAnAcknowledgement, OtherBatch; nothing of it is used then.
    """
    policies.check_is_person(actor)
    if not ReportBatch.objects.select_for_update(no_key=True).filter(pk=batch_id).exists():
        raise errors.BatchNotFound()
    batch = get(batch_id)
    policies.check_can_answer(batch)
    rows = list(Report.objects.select_for_update(no_key=True).filter(batch=batch).order_by("place"))
    answer = acknowledgements.read(content, reports=batch.reports_count)
    given = [receipt.bsa_id for receipt in answer.receipts if receipt.bsa_id]
    if known := Report.objects.filter(bsa_id__in=given).exclude(batch=batch).values_list("bsa_id", flat=True).first():
        raise OtherBatch(f"BSA ID {known} is that of a report of another file.")
    batch.status, batch.answered_at = answer.status[:1], at
    batch.answer = crypto.seal(content, aad=answer_aad(batch))
    batch.save(update_fields=["status", "answered_at", "answer"])
    _note(batch, events.REPORT_BATCH_ANSWERED, actor=actor, at=at)
    for row in rows:
        receipt = answer.receipts[row.place or 0]
        is_accepted = answer.is_accepted and receipt.is_accepted
        row.state, row.updated_at = (ReportState.ACCEPTED if is_accepted else ReportState.REJECTED), at
        row.bsa_id = receipt.bsa_id
        row.faults = [{"code": fault.code, "element": fault.element, "level": fault.level} for fault in receipt.faults]
        row.save()
        _tell(row, events.REPORT_ANSWERED, actor=actor, at=at)
    return batch


def _written(kind: str, forms: Sequence[Any]) -> Written:
    if kind == ReportKind.STR:
        return fiu.write(forms)
    writer = writing_sar if kind == ReportKind.SAR else writing_ctr
    return writer.write(forms, transmitter=reports.transmitter())


def get(batch_id: UUID) -> ReportBatch:
    """The batch. Raises BatchNotFound."""
    found = ReportBatch.objects.filter(pk=batch_id).first()
    if found is None:
        raise errors.BatchNotFound()
    return found


def aad(row: Any) -> str:
    """The place of a batch's sealed file."""
    return f"compliance_reportbatch.sealed:{row.pk}"


def answer_aad(row: Any) -> str:
    """The place of a batch's sealed acknowledgement."""
    return f"compliance_reportbatch.answer:{row.pk}"


def _tell(row: Report, fact: str, *, actor: Actor, at: datetime) -> None:
    after = {"id": row.public_id, "kind": str(row.kind), "state": str(row.state), "faults": len(row.faults)}
    log.record(action=fact, actor=actor, at=at, target=row.public_id, after=after)


def _note(batch: ReportBatch, fact: str, *, actor: Actor, at: datetime) -> None:
    after = {"file": batch.file_name, "reports": batch.reports_count, "digest": batch.digest, "status": batch.status}
    log.record(action=fact, actor=actor, at=at, target=batch.public_id, after=after)
