"""Files from banks: taken once, gone through item by item, each item in a transaction of its own, until nothing is left to do.

``take`` reads a file and writes down what it says; ``handle`` does what follows (``bank_answers``). One bad item never stops the others;
what found nothing of ours or was refused stays in a queue with its reason, and is tried again when the file is handled again. A run that
was interrupted is finished by another.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from accounts.policies import check_reason
from flowlet.audit.services import log
from flowlet.core import crypto, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, NotFound
from flowlet.core.states import check_move
from payments import errors, events
from payments.choices import InboundFormat, InboundState
from payments.models import InboundFile, InboundItem
from payments.models.inbound_file import OPEN
from payments.services import bank_answers, bank_subjects, inbound_reading
from payments.services.bank_subjects import About
from payments.services.inbound_content import aad, content_of
from payments.services.inbound_reading import Told
from payments.states import INBOUND_ITEM_MOVES

_log = structlog.get_logger("payments.inbound_files")
S = InboundState


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many items of a file are in which state."""

    pending: int = 0
    handled: int = 0
    unmatched: int = 0
    refused: int = 0
    closed: int = 0

    @property
    def left(self) -> int:
        """What is not done with."""
        return self.pending + self.unmatched + self.refused


@transaction.atomic
def take(*, name: str, content: bytes, format: InboundFormat | None = None, actor: Actor, at: datetime) -> InboundFile:
    """Keep the file and write down what it says; nothing is booked yet. ``format`` is found out unless given.

    Raises InboundFileKnown for the same bytes, InboundFileUnreadable, and what the format's reader refuses: then nothing is written.
    """
    digest = hashlib.sha256(content).hexdigest()
    known = InboundFile.objects.filter(digest=digest).first()
    if known is not None:
        raise errors.InboundFileKnown(file=known.public_id)
    found = InboundFormat(format) if format else inbound_reading.format_of(content)
    inbound_reading.check_header(content, format=found)
    told = inbound_reading.read(content, format=found)
    file = InboundFile(
        id=ids.uuid7(),
        name=name[-200:],
        format=found,
        digest=digest,
        size=len(content),
        written_on=next((one.on for one in told if one.on), None),
        count=len(told),
        received_by=str(actor),
        received_at=at,
    )
    file.sealed = crypto.seal(content, aad=aad(file))
    try:
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError as error:
        if "digest" not in str(error):
            raise
        twin = InboundFile.objects.get(digest=digest)  # it was faster
        raise errors.InboundFileKnown(file=twin.public_id) from None
    InboundItem.objects.bulk_create([_item(file, place, one) for place, one in enumerate(told, start=1)], batch_size=1000)
    data = {"format": file.format, "digest": digest, "count": file.count}
    log.record(action=events.INBOUND_FILE_TAKEN, actor=actor, at=at, target=file.public_id, partner_id=None, after=data)
    return file


def handle(*, file_id: UUID, actor: Actor, at: datetime, told: Callable[[InboundItem], None] = lambda _: None) -> Tally:
    """Do what follows from every item that is not done with yet. ``told`` hears of each. Raises InboundFileNotFound.

    Must not be called inside a transaction, but for a dry run: items are to stay handled when a later one is interrupted.
    """
    file = get(file_id)
    said = inbound_reading.read(content_of(file), format=InboundFormat(file.format))
    left = InboundItem.objects.filter(file=file, state__in=OPEN).order_by("ordinal").values_list("pk", "ordinal")
    for key, ordinal in list(left):
        told(_handle(key, said[ordinal - 1], actor=actor, at=at))
    InboundFile.objects.filter(pk=file.pk).update(handled_at=at)
    return tally(file)


@transaction.atomic
def close_item(*, item_id: UUID, reason: str, actor: Actor, at: datetime) -> InboundItem:
    """Somebody has looked at what was left over, and it needs no more. Raises NotFound, IllegalMove, ReasonMissing."""
    item = InboundItem.objects.select_for_update(no_key=True).filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item.")
    check_move(INBOUND_ITEM_MOVES, S(item.state), S.CLOSED)
    before = item.state
    item.state, item.reason, item.handled_by, item.handled_at = S.CLOSED, check_reason(reason), str(actor), at
    item.save(update_fields=["state", "reason", "handled_by", "handled_at"])
    log.record(
        action=events.INBOUND_ITEM_CLOSED,
        actor=actor,
        at=at,
        target=item.public_id,
        partner_id=item.payment.partner_id if item.payment else None,
        reason=item.reason,
        before={"state": before},
        after={"state": S.CLOSED, "code": item.code, "reference": item.reference},
    )
    return item


def get(file_id: UUID) -> InboundFile:
    """The file. Raises InboundFileNotFound."""
    found = InboundFile.objects.filter(pk=file_id).first()
    if found is None:
        raise errors.InboundFileNotFound
    return found


def tally(file: InboundFile) -> Tally:
    """How many of its items are in which state."""
    found = Counter(InboundItem.objects.filter(file=file).values_list("state", flat=True))
    return Tally(**{state.value.lower(): found[state] for state in S})


def _item(file: InboundFile, ordinal: int, told: Told) -> InboundItem:
    return InboundItem(
        file=file,
        ordinal=ordinal,
        kind=told.kind,
        code=told.code[:35],
        cause=told.cause[:35],
        reference=told.reference[:40],
        names=[name[:40] for name in told.names],
        amount=told.amount.amount if told.amount is not None else None,
        currency=told.amount.currency.code if told.amount is not None else "",
    )


@transaction.atomic
def _handle(item_id: UUID, told: Told, *, actor: Actor, at: datetime) -> InboundItem:
    """One item, once: its row is locked, and what was done and that it was done are written together."""
    item = InboundItem.objects.select_for_update(no_key=True).get(pk=item_id)
    if item.state not in OPEN:
        return item  # another run was faster
    about = bank_subjects.find(told, at=at)
    about.item = item
    try:
        if not about:
            raise errors.InboundUnmatched
        with transaction.atomic():
            _end(item, about, S.HANDLED, reason=bank_answers.book(told, about, actor=actor, at=at), actor=actor, at=at)
    except errors.InboundUnmatched as refusal:
        _end(item, about, S.UNMATCHED, code=refusal.code, reason=refusal.message, actor=actor, at=at)
    except DomainError as refusal:
        _log.warning("item of a bank's file was refused", item=item.public_id, code=refusal.code)
        _end(item, about, S.REFUSED, code=refusal.code, reason=refusal.message, actor=actor, at=at)
    return item


def _end(item: InboundItem, about: About, state: S, *, code: str = "", reason: str, actor: Actor, at: datetime) -> None:
    if item.state != state:
        check_move(INBOUND_ITEM_MOVES, S(item.state), state)
    item.state, item.reason_code, item.reason = state, code[:60], reason[:500]
    item.payment, item.batch, item.verification = about.payment, about.batch, about.verification
    item.handled_by, item.handled_at = str(actor), at
    item.save(update_fields=["state", "reason_code", "reason", "payment", "batch", "verification", "handled_by", "handled_at"])
