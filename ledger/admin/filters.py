"""The filter by book that most lists here have."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.models import Book

SHOWN_BOOKS = 200


class BookFilter(admin.SimpleListFilter):
    """One book."""

    title, parameter_name = "book", "book"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The books, by name."""
        books = Book.objects.select_related("partner").order_by("name")[:SHOWN_BOOKS]
        return [(str(book.pk), f"{book.name}, {book.partner.mode.lower()}") for book in books]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The rows of the book."""
        value = self.value() or ""
        return queryset.filter(book_id=int(value)) if value.isdecimal() and len(value) < 18 else queryset
