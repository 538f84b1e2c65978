"""Links to customers' banks over an aggregator: where they stand and what came with them. What was read is nowhere kept."""

from typing import Any

from django.contrib import admin

from accounts.models import Customer
from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from payments.admin import furniture
from payments.choices import BankLinkStatus
from payments.models import BankLink, ExternalAccount
from payments.policies import bank_links as policies
from payments.services import bank_links


def facts(row: BankLink) -> list[tuple[str, Any]]:
    """Whose it is, what came with it, and why it ended."""
    accounts = [furniture.link(ExternalAccount, key) for key in row.external_accounts.order_by("id").values_list("pk", flat=True)]
    return [
        ("Customer", furniture.link(Customer, row.customer_id)),
        ("Partner", row.partner),
        *((f"Account {number}", account) for number, account in enumerate(accounts, 1)),
        ("Why it ended", row.end_reason or cells.DASH),
        (
            "The aggregator knows of the end",
            cells.DASH if row.ended_at is None else ("yes" if row.access is None else "not yet"),
        ),
        *((f"metadata · {name}", value) for name, value in sorted(row.metadata.items())),
    ]


class BankLinkAdmin(CaseAdmin):
    """One link."""

    section, icon, menu_order = "Money", "link", 61
    list_display = ("public_id", "provider", "customer_", "state", "problem", "read_at", "created_at", "partner")
    list_filter = ("status", furniture.PartnerFilter)
    list_select_related = ("partner",)
    search_fields = ("external_id",)
    search_help_text = "Id or external id"
    panels = (
        panels.Facts(
            title="Bank link",
            fields=("provider", "item", "problem", "read_at", "ends_at", "external_id", "created_at", "ended_at"),
            rows=facts,
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="end",
            label="End",
            key="x",
            style="danger",
            permission="payments.block_external_account",
            service=bank_links.end,
            policy=policies.check_is_open,
            reason_required=True,
            confirm="Nothing more is read at the customer's bank, and the aggregator is told. The customer would have to link it anew.",
        ),
    )

    def status_of(self, obj: BankLink) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="customer")
    def customer_(self, obj: BankLink) -> Any:
        """Whose bank it is."""
        return furniture.link(Customer, obj.customer_id)

    @admin.display(description="state")
    def state(self, obj: BankLink) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", BankLinkStatus)


site.register(BankLink, BankLinkAdmin)
