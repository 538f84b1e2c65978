"""Mandates: what may be collected, from whom, and what was."""

from datetime import datetime
from typing import Any

from django.contrib import admin

from accounts.models import Customer
from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor
from payments.admin import furniture
from payments.choices import MandateStatus
from payments.models import ExternalAccount, Mandate
from payments.policies import mandates as policies
from payments.selectors import mandates as selectors
from payments.services import mandates


def facts(mandate: Mandate) -> list[tuple[str, Any]]:
    """Whose it is, and how it stands."""
    return [
        ("Customer", furniture.link(Customer, mandate.customer_id)),
        ("External account", furniture.link(ExternalAccount, mandate.external_account_id)),
        ("Partner", mandate.partner),
        ("Why it stands so", mandate.status_reason or cells.DASH),
        ("How the holder agreed", mandate.get_authorization_display() or cells.DASH),
        ("Last collection's place", mandate.get_last_sequence_display() or cells.DASH),
        ("Used up", "yes" if policies.is_used_up(mandate) else "no"),
        *((f"metadata · {name}", value) for name, value in sorted(mandate.metadata.items())),
    ]


def collections(mandate: Mandate) -> list[tuple]:
    """The latest collections and their places in the sequence."""
    return [
        (use.used_on, use.reference, use.get_sequence_display(), use.rejected_at or cells.DASH)
        for use in mandate.collections.order_by("-id")[: furniture.SHOWN]
    ]


def changes(mandate: Mandate) -> list[tuple]:
    """What was changed, and by which collection the bank heard of it."""
    return [
        (
            row.amended_at,
            row.former_reference or cells.DASH,
            row.former_creditor_id or cells.DASH,
            furniture.link(ExternalAccount, row.former_account_id) if row.former_account_id else cells.DASH,
            (row.carried_by or "waits for the next collection") if row.is_for_bank else "not needed",
        )
        for row in mandate.amendments.order_by("-id")[: furniture.SHOWN]
    ]


def masked_evidence(mandate: Mandate) -> list[tuple[str, str]]:
    """That there is evidence, or that there is none to see."""
    return [("Evidence", "none with us" if mandate.evidence is None else "••••")]


def reveal(mandate: Mandate, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """How the holder agreed; who looked, and why, was written to the audit by the page."""
    if mandate.evidence is None:
        return masked_evidence(mandate)
    return [("Evidence", selectors.evidence_of(mandate) or "erased for good")]


class MandateAdmin(CaseAdmin):
    """One permission to collect."""

    section, icon, menu_order = "Money", "contract", 50
    list_display = (
        "public_id",
        "reference",
        "scheme",
        "kind",
        "account_",
        "state",
        "uses",
        "last_used_on",
        "signed_on",
        "partner",
    )
    list_filter = ("status", "scheme", furniture.PartnerFilter)
    list_select_related = ("partner",)
    figures = ("uses",)
    search_fields = ("external_id",)
    search_help_text = "Id or external id"
    panels = (
        panels.Facts(
            title="Mandate",
            fields=(
                "scheme",
                "kind",
                "reference",
                "creditor_id",
                "signed_on",
                "last_used_on",
                "expires_on",
                "external_id",
                "created_at",
                "ended_at",
            ),
            rows=facts,
        ),
        panels.Revealable(title="How the holder agreed", masked=masked_evidence, reveal=reveal),
        panels.Table(title="Collections", columns=("Due", "Payment", "Place", "Rejected"), rows=collections, empty="None yet."),
        panels.Table(
            title="Amendments",
            columns=("When", "Former reference", "Former creditor", "Former account", "Told by"),
            rows=changes,
            empty="None.",
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="suspend",
            label="Suspend",
            key="s",
            permission="payments.block_external_account",
            service=mandates.suspend,
            policy=policies.check_can_suspend,
            reason_required=True,
        ),
        Transition(
            name="resume",
            label="Resume",
            key="r",
            permission="payments.block_external_account",
            service=mandates.resume,
            policy=policies.check_can_resume,
            reason_required=True,
        ),
        Transition(
            name="revoke",
            label="Revoke",
            key="x",
            style="danger",
            permission="payments.block_external_account",
            service=mandates.revoke,
            policy=policies.check_is_open,
            reason_required=True,
            confirm="For good. What is on its way is not recalled by this.",
        ),
    )

    def title_of(self, obj: Mandate) -> str:
        """Its reference."""
        return f"{obj.reference} · {obj.public_id}"

    def status_of(self, obj: Mandate) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="account")
    def account_(self, obj: Mandate) -> Any:
        """From which it is collected."""
        return furniture.link(ExternalAccount, obj.external_account_id)

    @admin.display(description="state")
    def state(self, obj: Mandate) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", MandateStatus)


site.register(Mandate, MandateAdmin)
