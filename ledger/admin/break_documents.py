"""Documents of breaks: what they are, and taken out with a reason."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from flowlet.backoffice import ReadOnlyAdmin, Transition, cells, panels, site
from flowlet.core import ids
from ledger.admin import people
from ledger.models import BreakDocument
from ledger.services import break_documents


def _facts(row: BreakDocument) -> list[tuple[str, Any]]:
    return [
        ("Name", row.name),
        ("What", row.get_type_display()),
        ("Size", f"{row.size:,} bytes"),
        ("SHA-256", cells.code(row.digest)),
        ("Of the break", cells.link(row.break_row)),
        ("Added", row.added_at),
        ("Added by", people.one(row.added_by)),
    ]


class BreakDocumentAdmin(ReadOnlyAdmin):
    """One document."""

    section, menu_title, icon, menu_order, in_menu = "Books", "Documents of breaks", "attach_file", 19, False
    thing, things = "document of a break", "documents of breaks"
    list_display = ("public_id", "name", "type", "size_", "added_at")
    figures = ("size_",)
    search_help_text = "Id, or the id of the break"
    version_fields = ("digest",)
    panels = (panels.Facts(title="Document", rows=_facts),)
    transitions = (
        Transition(
            name="download",
            label="Download",
            key="o",
            style="primary",
            permission="ledger.read_break_document",
            service=break_documents.take_out,
            subject="document_id",
            reason_required=True,
            confirm="It may name people. That you took it, and why, is kept in the audit of the break.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[BreakDocument]:
        """Without the documents themselves."""
        return super().get_queryset(request).defer("sealed").select_related("break_row__bank_account")

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """Those of a break."""
        try:
            return queryset.filter(break_row_id=ids.parse("brk", term))
        except ids.MalformedId:
            return queryset.none()

    def title_of(self, obj: BreakDocument) -> str:
        """Its name."""
        return obj.name

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """A download is the document itself, never shown by the browser within our pages."""
        if not isinstance(result, break_documents.Opened):
            return super()._done(request, transition, obj, result)
        answer = HttpResponse(result.content, content_type=result.type)
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=result.name)
        answer["Cache-Control"], answer["X-Content-Type-Options"] = "no-store, private", "nosniff"
        return answer

    @admin.display(description="size")
    def size_(self, obj: BreakDocument) -> str:
        """In bytes."""
        return f"{obj.size:,}"


site.register(BreakDocument, BreakDocumentAdmin)
