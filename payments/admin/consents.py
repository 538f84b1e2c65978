"""Consents of customers at their own banks: where they stand and what they cover. What was read with them is nowhere kept."""

from typing import Any

from django.contrib import admin

from accounts.models import Customer
from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from payments.admin import furniture
from payments.choices import ConsentScope, ConsentStatus
from payments.models import Consent
from payments.policies import consents as policies
from payments.services import consents


def facts(consent: Consent) -> list[tuple[str, Any]]:
    """Whose it is, what it covers, and why it ended."""
    return [
        ("Customer", furniture.link(Customer, consent.customer_id)),
        ("Partner", consent.partner),
        ("Covers", ", ".join(ConsentScope(scope).label for scope in consent.scopes)),
        ("Why it ended", consent.end_reason or cells.DASH),
        (
            "The bank knows of the end",
            cells.DASH if consent.ended_at is None else ("yes" if consent.is_told_to_bank else "not yet"),
        ),
        *((f"metadata · {name}", value) for name, value in sorted(consent.metadata.items())),
    ]


class ConsentAdmin(CaseAdmin):
    """One consent."""

    section, icon, menu_order = "Money", "account_balance", 60
    list_display = ("public_id", "bank", "customer_", "state", "authorised_at", "expires_at", "created_at", "partner")
    list_filter = ("status", "standard", furniture.PartnerFilter)
    list_select_related = ("partner",)
    search_fields = ("external_id",)
    search_help_text = "Id or external id"
    panels = (
        panels.Facts(
            title="Consent",
            fields=(
                "bank",
                "standard",
                "reference",
                "authorised_at",
                "reconfirm_by",
                "expires_at",
                "external_id",
                "created_at",
                "ended_at",
            ),
            rows=facts,
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="revoke",
            label="Revoke",
            key="x",
            style="danger",
            permission="payments.block_external_account",
            service=consents.revoke,
            policy=policies.check_is_open,
            reason_required=True,
            confirm="Nothing more is read at the customer's bank, and the bank is told. The customer would have to consent anew.",
        ),
    )

    def status_of(self, obj: Consent) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="customer")
    def customer_(self, obj: Consent) -> Any:
        """Whose bank it is."""
        return furniture.link(Customer, obj.customer_id)

    @admin.display(description="state")
    def state(self, obj: Consent) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", ConsentStatus)


site.register(Consent, ConsentAdmin)
