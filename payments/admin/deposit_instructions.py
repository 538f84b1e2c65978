"""Deposit instructions: by what reference or virtual account money finds which wallet, and what came over it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Customer
from flowlet.backoffice import CaseAdmin, Transition, cells, filters, panels, site
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.states import IllegalMove
from payments import errors
from payments.admin import furniture, payment_filters
from payments.choices import DepositInstructionStatus, PaymentStatus
from payments.models import DepositInstruction, Payment
from payments.models.account_details import number_index
from payments.policies import deposit_instructions as policies
from payments.policies import references
from payments.selectors import payments as payment_selectors
from payments.services import deposit_instructions
from wallets.choices import WalletStatus
from wallets.models import Wallet

MANAGE = "payments.manage_deposit_instructions"
PAY_TO = {
    "name": "Name",
    "iban": "IBAN",
    "bic": "BIC",
    "routing_number": "Routing number",
    "account_number": "Account number",
}


class NumberForm(forms.Form):
    """What the bank opened."""

    number = forms.CharField(
        label="Number", max_length=60, help_text="IBAN or account number, as the bank writes it in its notices. For good."
    )


def masked(row: DepositInstruction) -> list[tuple[str, str]]:
    """The end of the virtual account."""
    return [("Number", f"••••{row.last_four}" if row.number_index else "none")]


def reveal(row: DepositInstruction, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """The number; who looked, and why, was written to the audit by the page."""
    return [("Number", deposit_instructions.number_of(row) or ("erased" if row.number_index else "none"))]


def facts(row: DepositInstruction) -> list[tuple[str, Any]]:
    """Of which wallet, and how it stands."""
    optional = [("Closed", row.closed_at, row.closed_at), ("Why", row.close_reason, row.close_reason)]
    return [
        ("Reference", cells.code(row.reference)),
        ("State", cells.choice(row, "status", DepositInstructionStatus)),
        *[(label, value) for label, value, is_there in optional if is_there],
        ("Issued", row.created_at),
        ("Partner", row.partner),
    ]


def wallet_of(row: DepositInstruction) -> list[tuple[str, Any]]:
    """Where the money goes."""
    return [
        ("Wallet", cells.link(row.wallet, row.wallet.public_id)),
        ("Currency", row.wallet.currency),
        ("State", cells.badge(row.wallet.get_status_display(), "good" if row.wallet.status == WalletStatus.OPEN else "warn")),
        ("Customer", furniture.link(Customer, row.customer_id)),
    ]


def pay_to(row: DepositInstruction) -> list[tuple[str, Any]]:
    """Our account at the bank to which payers send, where there is no virtual account."""
    try:
        found = deposit_instructions.pay_to(row)
    except DomainError as refusal:
        return [("Not configured", refusal.message)]
    return [(PAY_TO[name], cells.code(value) if name != "name" else value) for name, value in found.items()]


def deposits(row: DepositInstruction) -> list[tuple]:
    """What banks told of since it was issued: only by it does their money find the wallet, unless somebody assigned it."""
    return [
        (
            one.created_at,
            cells.link(one, one.public_id),
            one.get_rail_display(),
            one.description or cells.DASH,
            cells.choice(one, "status", PaymentStatus),
            furniture.figure(one.amount, one.currency),
        )
        for one in payment_selectors.deposits_told_by_banks(row.wallet_id)[: furniture.SHOWN]
    ]


def all_deposits(row: DepositInstruction) -> str:
    """The whole list."""
    return f"{cells.admin_url(Payment, 'changelist')}?q={row.wallet.public_id}&kind=DEPOSIT"


class Stands(filters.Typed):
    """How it stands."""

    title, parameter_name = "state", "state"
    inputs = (("status", "State", "select"), ("account", "Virtual account", "select"))

    def options(self, name: str) -> list[tuple[str, str]]:
        """The choices."""
        return list(DepositInstructionStatus.choices) if name == "status" else [("yes", "Has one"), ("no", "Has none")]

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """The chosen ones."""
        if "status" in typed:
            queryset = queryset.filter(status=typed["status"])
        if "account" in typed:
            queryset = queryset.filter(number_index="") if typed["account"] == "no" else queryset.exclude(number_index="")
        return queryset


class DepositInstructionAdmin(CaseAdmin):
    """By what money from outside finds one wallet."""

    section, icon, menu_order = "Money", "move_down", 35
    list_display = ("reference_", "account", "wallet_", "currency", "state_", "created_at", "partner")
    list_filter = (Stands, payment_filters.Whose)
    list_filter_submit = True
    list_select_related = ("partner", "wallet")
    search_help_text = "Reference as typed, whole number of a virtual account, id; or the id of a wallet or customer"
    version_fields = ("status", "number_index")
    hidden_refusals = (IllegalMove, errors.VirtualAccountGiven)
    panels = (
        panels.Facts(title="Instruction", rows=facts),
        panels.Facts(title="Wallet", rows=wallet_of),
        panels.Revealable(title="Virtual account", masked=masked, reveal=reveal),
        panels.Facts(title="Payers send to", rows=pay_to),
        panels.Table(
            title="Deposits that came",
            columns=("When", "Payment", "Rail", "Text", "State", "Amount"),
            figures=("Amount",),
            rows=deposits,
            more=all_deposits,
            permission="payments.view_payment",
            empty="No bank has told of any yet.",
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="assign_number",
            label="Give a virtual account",
            key="v",
            style="primary",
            permission=MANAGE,
            form=NumberForm,
            service=deposit_instructions.assign_number,
            subject="instruction_id",
            policy=policies.check_can_assign_number,
            confirm="The account that the bank opened for this wallet. What comes in there is the wallet's, for good.",
        ),
        Transition(
            name="close",
            label="Close",
            key="c",
            style="danger",
            permission=MANAGE,
            service=deposit_instructions.close,
            subject="instruction_id",
            policy=policies.check_can_close,
            reason_required=True,
            confirm="Money that names it lies in suspense from now on, until somebody looks. It can be opened again.",
        ),
        Transition(
            name="reopen",
            label="Open again",
            key="o",
            permission=MANAGE,
            service=deposit_instructions.reopen,
            subject="instruction_id",
            policy=policies.check_can_reopen,
            reason_required=True,
            confirm="Money that names it is the wallet's again; what lies in suspense stays there.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DepositInstruction]:
        """With what a page shows."""
        return super().get_queryset(request).select_related("partner", "wallet")

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """A reference as somebody typed it, a whole virtual account, or what it belongs to."""
        if term.rpartition("_")[0] in {"wal", "cus"}:
            return furniture.by_key(queryset, term, wal="wallet_id", cus="customer_id")
        if references.is_reference(term):
            return queryset.filter(reference=references.parse(term))
        return queryset.filter(number_index=number_index("".join(term.split()).upper()))

    def title_of(self, obj: DepositInstruction) -> str:
        """The reference."""
        return obj.reference

    def status_of(self, obj: DepositInstruction) -> Any:
        """Beside the heading."""
        return self.state_(obj)

    @admin.display(description="reference")
    def reference_(self, obj: DepositInstruction) -> Any:
        """What payers write."""
        return cells.code(obj.reference)

    @admin.display(description="virtual account")
    def account(self, obj: DepositInstruction) -> str:
        """Its end."""
        return f"••••{obj.last_four}" if obj.number_index else cells.DASH

    @admin.display(description="wallet")
    def wallet_(self, obj: DepositInstruction) -> Any:
        """Where the money goes."""
        return cells.link(obj.wallet, obj.wallet.public_id)

    @admin.display(description="currency")
    def currency(self, obj: DepositInstruction) -> str:
        """The wallet's."""
        return obj.wallet.currency

    @admin.display(description="state")
    def state_(self, obj: DepositInstruction) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", DepositInstructionStatus)


def of_wallet(wallet: Wallet) -> Sequence[tuple]:
    """For the wallet's page."""
    return [
        (
            cells.link(one, one.reference),
            f"••••{one.last_four}" if one.number_index else cells.DASH,
            cells.choice(one, "status", DepositInstructionStatus),
            one.created_at,
        )
        for one in DepositInstruction.objects.filter(wallet=wallet)
    ]


site.register(DepositInstruction, DepositInstructionAdmin)
panels.add(
    Wallet,
    panels.Table(
        title="Deposit instruction",
        columns=("Reference", "Virtual account", "State", "Issued"),
        rows=of_wallet,
        permission="payments.view_depositinstruction",
        empty="Nobody has asked for one: money from outside does not find this wallet by itself.",
        wide=False,
    ),
)
