"""Reversals that an officer asks for."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from flowlet.approvals.models import Approval
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from ledger import errors
from ledger.models import Journal
from ledger.services import journals
from ledger.services.journals import Posted
from ledger.services.periods import CLOSING_KIND

_OWN_CAUSES = (Approval.PREFIX, Journal.PREFIX)


def check_can_reverse(*, journal: Journal) -> None:
    """Raises ReversalOfReversal, AlreadyReversed, JournalOwned."""
    if journal.reverses_id is not None:
        raise errors.ReversalOfReversal
    if journal.cause and journal.cause.partition("_")[0] not in _OWN_CAUSES:
        raise errors.JournalOwned(
            f"{journal.cause} brought it about; correct it there, or by a manual journal.", cause=journal.cause
        )
    if Journal.objects.filter(reverses_id=journal.pk).exists():
        raise errors.AlreadyReversed


@transaction.atomic
def reverse(*, journal_id: UUID, reason: str, actor: Actor, at: datetime) -> Journal:
    """Reverse a journal that no product owns; effective on its own day, or today if that day is closed.

    Raises JournalNotFound, JournalOwned, AlreadyReversed, ReversalOfReversal, and what posting raises.
    """
    journal = Journal.objects.select_related("book").filter(pk=journal_id).first()
    if journal is None:
        raise errors.JournalNotFound
    check_can_reverse(journal=journal)
    posted: Posted = journals.reverse(
        book_id=journal.book_id, journal_id=journal_id, actor=actor, reason=reason, cause=journal.public_id
    )
    log.record(
        action="ledger.journal.reversed",
        actor=actor,
        at=at,
        target=journal.public_id,
        partner_id=journal.book.partner_id,
        reason=reason,
        after={"reversal": posted.public_id, "is_year_close": journal.kind == CLOSING_KIND},
    )
    return Journal.objects.get(pk=posted.journal_id)
