"""Transfers and what went back of them."""

from typing import Any

from django.contrib import admin

from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor
from ledger.models import Journal
from wallets.admin import furniture
from wallets.choices import TransferStatus
from wallets.models import Hold, Transfer
from wallets.services import recipes, transfers


def facts(transfer: Transfer) -> list[tuple[str, Any]]:
    """Who pays whom how much."""
    currency = transfer.currency
    return [
        ("Partner", transfer.partner),
        ("From", furniture.wallet_link(transfer.source_id)),
        ("To", furniture.wallet_link(transfer.target_id)),
        ("Amount", furniture.figure(transfer.amount, currency)),
        ("Captured", furniture.figure(transfer.captured, currency)),
        ("Refunded", furniture.figure(transfer.refunded, currency)),
        ("Hold", furniture.link(Hold, transfer.hold_id)),
        *furniture.notes(transfer.metadata),
    ]


def journals(transfer: Transfer) -> list[tuple]:
    """What it did in the books."""
    found = Journal.objects.filter(cause=transfer.public_id).order_by("-id")[: furniture.SHOWN]
    return [(row.posted_at, cells.link(row), recipes.label(row.kind), row.effective_on, row.actor) for row in found]


def refunds(transfer: Transfer) -> list[tuple]:
    """What went back."""
    return [
        (
            row.created_at,
            row.public_id,
            row.reason,
            furniture.journal_link(row.journal_id),
            furniture.figure(row.amount, row.currency),
        )
        for row in transfer.refunds.order_by("-id")[: furniture.SHOWN]
    ]


def check_can_void(transfer: Transfer, actor: Actor) -> None:
    """Raises TransferNotAuthorized."""
    transfers.check_waits(transfer)


class TransferAdmin(furniture.AmountPages, CaseAdmin):
    """One transfer."""

    states = TransferStatus
    section, icon, menu_order = "Money", "swap_horiz", 20
    list_display = ("public_id", "source_", "target_", "amount_", "state", "created_at", "partner")
    list_filter = ("status", furniture.PartnerFilter)
    list_select_related = ("partner",)
    figures = ("amount_",)
    search_fields = ("external_id",)
    search_help_text = "Id or external id"
    panels = (
        panels.Facts(
            title="Transfer",
            fields=("status", "kind", "description", "external_id", "created_at", "completed_at"),
            rows=facts,
        ),
        panels.Table(title="In the books", columns=("Recorded", "Journal", "What", "Effective", "By"), rows=journals),
        panels.Table(
            title="Refunds",
            columns=("When", "Refund", "Reason", "Journal", "Amount"),
            figures=("Amount",),
            rows=refunds,
            empty="Nothing was refunded.",
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="void",
            label="Void",
            key="v",
            style="danger",
            permission="wallets.release_hold",
            service=transfers.void,
            policy=check_can_void,
            reason_required=True,
            confirm="What was not captured becomes available to the customer again.",
        ),
    )

    @admin.display(description="from")
    def source_(self, obj: Transfer) -> Any:
        """The paying wallet."""
        return furniture.wallet_link(obj.source_id)

    @admin.display(description="to")
    def target_(self, obj: Transfer) -> Any:
        """The paid wallet."""
        return furniture.wallet_link(obj.target_id)


site.register(Transfer, TransferAdmin)
