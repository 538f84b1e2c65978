"""Remarks on journals: beside them, since the journals themselves never change."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from ledger import errors
from ledger.models import Annotation, Journal

LONGEST = 2000


@transaction.atomic
def add(*, journal_id: UUID, text: str, actor: Actor, at: datetime) -> Annotation:
    """Put a remark beside a journal, for good. No personal data: it cannot be erased. Raises JournalNotFound, Invalid."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST:
        raise Invalid(f"A remark has 1 to {LONGEST} characters.", param="text")
    journal = Journal.objects.select_related("book").filter(pk=journal_id).first()
    if journal is None:
        raise errors.JournalNotFound
    made = Annotation.objects.create(journal=journal, text=text, author=str(actor), created_at=at)
    log.record(
        action="ledger.journal.annotated",
        actor=actor,
        at=at,
        target=journal.public_id,
        partner_id=journal.book.partner_id,
        after={"annotation": made.public_id, "text": text},
    )
    return made
