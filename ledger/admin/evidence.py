"""Proof: sealed blocks and verifications. Nobody changes anything here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from flowlet.backoffice import ReadOnlyAdmin, cells, panels, site
from ledger.models import SealBlock, Verification

SHOWN = 50


class SealBlockAdmin(ReadOnlyAdmin):
    """One sealed block."""

    section, icon, menu_order = "Evidence", "lock", 30
    list_display = ("number", "own", "from_xid", "to_xid", "sealed_at")
    version_fields = ("number",)
    panels = (
        panels.Facts(
            title="Block",
            rows=lambda block: [
                ("Number", block.number),
                ("Transactions", f"{block.from_xid} to {block.to_xid}, the last not included"),
                ("Journals", len(block.journal_ids)),
                ("Entries", sum(block.leg_counts)),
                ("Hash", cells.code(bytes(block.hash).hex())),
                ("Hash before it", cells.code(bytes(block.previous_hash).hex())),
                ("Sealed", block.sealed_at),
            ],
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The list leaves the digests where they are; a row's page loads what it counts."""
        return super().get_queryset(request).defer("journal_ids", "leg_counts", "journal_digests", "entry_digests")

    @admin.display(description="hash")
    def own(self, block: SealBlock) -> Any:
        """Its beginning."""
        return cells.code(bytes(block.hash).hex()[:16])


class VerificationAdmin(ReadOnlyAdmin):
    """One run of the checks."""

    section, icon, menu_order, menu_title = "Evidence", "verified", 40, "Proofs of the books"
    list_display = ("started_at", "result", "journals", "entries", "finished_at")
    list_filter = ("is_clean",)
    panels = (
        panels.Facts(title="Run", fields=("started_at", "finished_at", "is_clean", "journals", "entries")),
        panels.Table(
            title="Findings",
            columns=("Check", "Where", "What"),
            rows=lambda run: [(f.get("check", ""), f.get("where", ""), f.get("message", "")) for f in run.findings[:SHOWN]],
            empty="None.",
        ),
    )

    @admin.display(description="result")
    def result(self, run: Verification) -> Any:
        """As a badge."""
        return cells.badge("clean", "good") if run.is_clean else cells.badge(f"{len(run.findings)} findings", "bad")


site.register(SealBlock, SealBlockAdmin)
site.register(Verification, VerificationAdmin)
