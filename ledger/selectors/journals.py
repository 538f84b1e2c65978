"""Finding journals: by what caused them, by the partner's own id, by metadata; and what belongs to one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from ledger import errors
from ledger.models import Annotation, Book, Entry, Journal


def of_book(*, book: Book) -> QuerySet[Journal]:
    """All journals of a book."""
    return Journal.objects.filter(book_id=book.pk)


def journals_by_metadata(*, book: Book, metadata: Mapping[str, Any]) -> QuerySet[Journal]:
    """The journals whose metadata holds all of these values, answered by the GIN index.

    Refuses an empty search (every journal would match) with Invalid.
    """
    if not metadata:
        raise errors.Invalid("Name at least one value to look for.", param="metadata")
    return Journal.objects.filter(book_id=book.pk, metadata__contains=dict(metadata)).exclude(metadata={})


def get(*, journal_id: UUID, book: Book) -> Journal:
    """One journal with its entries and accounts. Raises JournalNotFound."""
    found = with_legs(Journal.objects.filter(pk=journal_id, book_id=book.pk)).first()
    if found is None:
        raise errors.JournalNotFound
    return found


def with_legs(journals: QuerySet[Journal]) -> QuerySet[Journal]:
    """The same with entries (``journal.legs``, in order) and reversals loaded, in two more queries."""
    legs = Entry.objects.select_related("account").order_by("ordinal")
    return journals.prefetch_related(Prefetch("entries", queryset=legs, to_attr="legs"), "reversals")


def reversal_of(*, journal: Journal) -> Journal | None:
    """The journal that reverses this one, if there is one."""
    return Journal.objects.filter(reverses_id=journal.pk).first()


def annotations_of(*, journal: Journal, limit: int = 50) -> list[Annotation]:
    """The newest remarks on a journal."""
    return list(Annotation.objects.filter(journal_id=journal.pk).order_by("-id")[:limit])
