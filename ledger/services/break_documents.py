"""Documents of breaks: what proves why one is there, such as a bank's advice; sealed, kept for its time, taken out with a reason.

What a document is, is told by its content, never by its name; only kinds that no viewer executes are taken.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.policies import check_reason
from flowlet.audit.services import log
from flowlet.core import crypto
from flowlet.core.actors import Actor
from flowlet.core.errors import NotFound
from flowlet.vault import columns
from ledger import errors, events
from ledger.choices import DocumentType
from ledger.models import BreakDocument
from ledger.services import breaks

LARGEST: Final = 10 * 1024 * 1024
_MAGIC: Final = (
    (b"%PDF-", DocumentType.PDF),
    (b"\x89PNG\r\n\x1a\n", DocumentType.PNG),
    (b"\xff\xd8\xff", DocumentType.JPEG),
)
ENDINGS: Final = {DocumentType.PDF: ".pdf", DocumentType.PNG: ".png", DocumentType.JPEG: ".jpg", DocumentType.TEXT: ".txt"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A document in clear."""

    name: str
    type: str
    content: bytes


def register() -> None:
    """Say which column is sealed, so that a rotation of keys reaches it."""
    columns.register(BreakDocument, "sealed", aad=aad)


@transaction.atomic
def attach(*, break_id: UUID, name: str, content: bytes, actor: Actor, at: datetime) -> BreakDocument:
    """Keep a document with a break. A closed one takes documents too: proof often comes late.

    Raises NotFound, DocumentTooLarge, DocumentNotTaken for what is neither PDF, PNG, JPEG nor plain text, DocumentKnown.
    """
    row = breaks.locked(break_id)
    made = BreakDocument(break_row=row, added_by=str(actor), added_at=at)
    shown = {
        "document": made.public_id,
        **keep(made, name=name, content=content, place=aad(made), once="break_has_each_document_once"),
    }
    log.record(action=events.BREAK_DOCUMENT_ADDED, actor=actor, at=at, target=row.public_id, after=shown)
    return made


@transaction.atomic
def take_out(*, document_id: UUID, reason: str, actor: Actor, at: datetime) -> Opened:
    """A document in clear; who took it, and why, is audited. Raises NotFound, ReasonMissing, ContentDeleted,
    and DocumentNotTaken when it was altered.
    """
    reason = check_reason(reason)
    row = BreakDocument.objects.select_related("break_row").filter(pk=document_id).first()
    if row is None:
        raise NotFound("There is no such document.")
    found = opened(row, place=aad(row))
    log.record(
        action=events.BREAK_DOCUMENT_TAKEN_OUT,
        actor=actor,
        at=at,
        target=row.break_row.public_id,
        reason=reason,
        after={"document": row.public_id, "digest": row.digest},
    )
    return found


def keep(made: Any, *, name: str, content: bytes, place: str, once: str) -> dict[str, Any]:
    """Seal a content into its new row (which is of a break, or of an upper app) and save it; what the audit says of it. ``once`` is the
    constraint by which it is there once.

    Raises DocumentTooLarge, DocumentNotTaken, DocumentKnown.
    """
    if len(content) > LARGEST:
        raise errors.DocumentTooLarge(largest=LARGEST, param="file")
    made.type = type_of(content)
    made.name, made.size, made.digest = plain_name(name, made.type), len(content), hashlib.sha256(content).hexdigest()
    made.sealed = crypto.seal(content, aad=place)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if once not in str(error):
            raise
        raise errors.DocumentKnown(param="file") from None
    return {"type": str(made.type), "size": made.size, "digest": made.digest}


def opened(row: Any, *, place: str) -> Opened:
    """A kept content in clear. Raises ContentDeleted, and DocumentNotTaken when it was altered."""
    if row.sealed is None:
        raise errors.ContentDeleted
    content = crypto.open_sealed(bytes(row.sealed), aad=place)
    if hashlib.sha256(content).hexdigest() != row.digest:
        raise errors.DocumentNotTaken("It is not what its digest says.")
    return Opened(row.name, str(row.type), content)


def type_of(content: bytes) -> DocumentType:
    """What it is, by its content. Raises DocumentNotTaken."""
    for magic, found in _MAGIC:
        if content.startswith(magic):
            return found
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text.strip() or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        raise errors.DocumentNotTaken(param="file")
    return DocumentType.TEXT


def plain_name(name: str, found: DocumentType) -> str:
    """The name without folders and odd characters; what it is called after is what it is, so that a browser agrees."""
    stem = re.sub(r"[^\w .()-]", "_", re.split(r"[/\\]", name)[-1]).strip(" .")[-150:] or "document"
    ending = ENDINGS[found]
    alike = {".jpg": (".jpg", ".jpeg"), ".txt": (".txt", ".csv", ".xml", ".eml")}.get(ending, (ending,))
    return stem if stem.lower().endswith(alike) else f"{stem}{ending}"


def aad(row: Any) -> str:
    """The place of a document's sealed content."""
    return f"ledger_breakdocument.sealed:{row.pk}"
