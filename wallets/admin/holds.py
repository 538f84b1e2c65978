"""Holds: what is set aside, and for how long."""

from typing import Any

from django.contrib import admin

from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor
from wallets import policies
from wallets.admin import furniture
from wallets.choices import HoldStatus, TransferStatus
from wallets.models import Hold, Transfer
from wallets.services import holds


def facts(hold: Hold) -> list[tuple[str, Any]]:
    """What is held of whom."""
    return [
        ("Partner", hold.partner),
        ("Wallet", furniture.wallet_link(hold.wallet_id)),
        ("Amount", furniture.figure(hold.amount, hold.currency)),
        ("Captured", furniture.figure(hold.captured, hold.currency)),
        ("Released", furniture.figure(hold.released, hold.currency)),
        ("Left", furniture.figure(hold.remaining, hold.currency)),
        ("Counts against the limits of", hold.counted_on),
        *furniture.notes(hold.metadata),
    ]


def captures(hold: Hold) -> list[tuple]:
    """The transfers that took from it, or that it waits for."""
    return [
        (
            transfer.created_at,
            furniture.link(Transfer, transfer.pk),
            furniture.wallet_link(transfer.target_id),
            furniture.figure(transfer.captured, transfer.currency),
            cells.choice(transfer, "status", TransferStatus),
        )
        for transfer in hold.transfers.order_by("-id")[: furniture.SHOWN]
    ]


def check_can_release(hold: Hold, actor: Actor) -> None:
    """Raises HoldEnded or HoldBelongsToTransfer."""
    policies.check_is_open_hold(hold)
    holds.check_is_free_standing(hold)


class HoldAdmin(furniture.AmountPages, CaseAdmin):
    """One hold."""

    states = HoldStatus
    section, icon, menu_order = "Money", "lock_clock", 30
    list_display = ("public_id", "wallet_", "amount_", "left", "state", "expires_at", "created_at", "partner")
    list_filter = ("status", furniture.PartnerFilter)
    list_select_related = ("partner",)
    figures = ("amount_", "left")
    search_fields = ("external_id",)
    search_help_text = "Id or external id"
    panels = (
        panels.Facts(
            title="Hold", fields=("status", "description", "external_id", "created_at", "expires_at", "ended_at"), rows=facts
        ),
        panels.Table(title="Captures", columns=("When", "Transfer", "To", "Amount", "State"), figures=("Amount",), rows=captures),
        panels.History(),
    )
    transitions = (
        Transition(
            name="release",
            label="Release",
            key="r",
            style="danger",
            permission="wallets.release_hold",
            service=holds.release,
            policy=check_can_release,
            reason_required=True,
            confirm="What is left of the hold becomes available to the customer at once.",
        ),
    )

    @admin.display(description="wallet")
    def wallet_(self, obj: Hold) -> Any:
        """Whose money."""
        return furniture.wallet_link(obj.wallet_id)

    @admin.display(description="left")
    def left(self, obj: Hold) -> Any:
        """What is still held."""
        return furniture.figure(obj.remaining, obj.currency)


site.register(Hold, HoldAdmin)
