"""Notes and files on alerts and cases: never changed, sealed; a note calls colleagues by ``@name``."""

import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.policies import check_reason
from compliance import errors, events
from compliance.choices.work import WORK
from compliance.models import Alert, Case, NoteCall, WorkFile, WorkNote
from compliance.policies import work
from flowlet.audit.services import log
from flowlet.core import crypto, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid, NotFound
from ledger.services import break_documents
from ledger.services.break_documents import Opened

LONGEST: Final = 4000
DELETED: Final = "It was deleted, as no law wants it kept any more."
_CALL: Final = re.compile(r"(?<![\w@])@([\w.+-]*\w(?:@[\w.-]*\w)?)")


@transaction.atomic
def note(*, item: Alert | Case, text: str, actor: Actor, at: datetime) -> WorkNote:
    """Put a note on it, for good. ``@ada`` or ``@ada@example.com`` calls a colleague. Raises Forbidden, Invalid, NobodyCalled."""
    work.check_is_person(actor)
    text = text.strip()
    if not 1 <= len(text) <= LONGEST:
        raise Invalid(f"A note has 1 to {LONGEST:,} characters.", param="text")
    called = {_called(name).pk for name in _CALL.findall(text)}
    made = WorkNote(id=ids.uuid7(), **_on(item), author=str(actor), created_at=at)
    made.sealed = crypto.seal(text.encode(), aad=note_aad(made))
    made.save(force_insert=True)
    NoteCall.objects.bulk_create(NoteCall(note=made, user_id=key) for key in sorted(called))
    after = {"note": made.public_id, "calls": len(called)}
    log.record(action=events.NOTE_ADDED, actor=actor, at=at, target=item.public_id, after=after)
    return made


def text_of(row: WorkNote) -> str:
    """What it says. It may name people."""
    if row.sealed is None:
        return DELETED
    return crypto.open_sealed(bytes(row.sealed), aad=note_aad(row)).decode()


def shown(*, item: Alert | Case, actor: Actor, at: datetime) -> None:
    """The item's page is opened with what officers wrote, which may name people: the audit knows who saw it."""
    found = {"narrative": getattr(item, "sealed", None) is not None, "notes": item.notes.exists(), "files": item.files.exists()}
    if any(found.values()):
        after = {"shown": [name for name, is_there in found.items() if is_there]}
        log.record(action=events.WRITTEN_READ, actor=actor, at=at, target=item.public_id, after=after)


def see(*, item: Alert | Case, person: User, at: datetime) -> int:
    """The person has the item open: what calls them there is seen; answers how many."""
    mine = NoteCall.objects.filter(user=person, seen_at=None, **{f"note__{name}": row for name, row in _on(item).items()})
    return mine.update(seen_at=at)


@transaction.atomic
def attach(*, item: Alert | Case, name: str, content: bytes, actor: Actor, at: datetime) -> WorkFile:
    """Keep a file with it, for good. Raises Forbidden, DocumentTooLarge, DocumentNotTaken, DocumentKnown."""
    work.check_is_person(actor)
    made = WorkFile(**_on(item), added_by=str(actor), added_at=at)
    kept = break_documents.keep(made, name=name, content=content, place=file_aad(made), once="work_has_each_file_once")
    after = {"file": made.public_id, **kept}
    log.record(action=events.FILE_ADDED, actor=actor, at=at, target=item.public_id, after=after)
    return made


@transaction.atomic
def take_out(*, file_id: UUID, reason: str, actor: Actor, at: datetime) -> Opened:
    """A file in clear; who took it and why is audited. Raises NotFound, ReasonMissing, DocumentNotTaken when it was altered."""
    work.check_is_person(actor)
    row = WorkFile.objects.select_related("alert", "case").filter(pk=file_id).first()
    if row is None or row.sealed is None:
        raise NotFound(DELETED if row else "There is no such file.")
    found = break_documents.opened(row, place=file_aad(row))
    log.record(
        action=events.FILE_TAKEN_OUT,
        actor=actor,
        at=at,
        target=(row.alert or row.case).public_id,
        reason=check_reason(reason),
        after={"file": row.public_id, "digest": row.digest},
    )
    return found


def note_aad(row: Any) -> str:
    """The place of a note's sealed text."""
    return f"compliance_worknote.sealed:{row.pk}"


def file_aad(row: Any) -> str:
    """The place of a file's sealed content."""
    return f"compliance_workfile.sealed:{row.pk}"


def _called(name: str) -> User:
    emails = {"email": name.lower()} if "@" in name else {"email__startswith": f"{name.lower()}@"}
    found = list(User.objects.filter(is_staff=True, is_active=True, **emails)[:2])
    if len(found) != 1 or not found[0].has_perm(WORK):
        raise errors.NobodyCalled(f"@{name} is no colleague who works here, or several.", param="text")
    return found[0]


def _on(item: Alert | Case) -> dict[str, Any]:
    return {"alert": item} if isinstance(item, Alert) else {"case": item}
