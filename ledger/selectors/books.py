"""A partner's book."""

from uuid import UUID

from ledger import errors
from ledger.models import Book


def of_partner(*, partner_id: UUID) -> Book:
    """The partner's book. Raises BookNotFound while there is none: it is opened with the first wallet or account."""
    book = Book.objects.filter(partner_id=partner_id).first()
    if book is None:
        raise errors.BookNotFound("You have no book yet; it is opened with your first wallet.")
    return book
