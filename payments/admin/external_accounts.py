"""External accounts: masked until revealed with a reason, verified by two people, blocked, unblocked, closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Customer
from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from flowlet.backoffice.listing import KeysetChangeList
from flowlet.core import countries
from flowlet.core.actors import Actor
from payments import errors
from payments.admin import furniture
from payments.choices import AttemptStatus, ExternalAccountStatus, MandateStatus, PayeeResult, VerificationState
from payments.models import ExternalAccount
from payments.policies import external_accounts as policies
from payments.selectors import external_accounts as selectors
from payments.services import external_accounts, verifications

FOUND_AT_MOST = 1000
NO_BREAK = "\N{NO-BREAK SPACE}"


class NamedChangeList(KeysetChangeList):
    """Opens the owners' names of one page with one query; what is shown of them is masked."""

    def get_results(self, request: HttpRequest) -> None:
        """The page, each row with its owner's masked name."""
        super().get_results(request)
        opened = selectors.details_of(self.result_list)
        for row in self.result_list:
            details = opened[row.pk]
            row.masked_owner = details.masked_name.replace(" ", NO_BREAK) if details else "erased"


def reveal(account: ExternalAccount, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """The plain values; who looked, and why, was written to the audit by the page."""
    return selectors.plain_pairs(account)


def facts(account: ExternalAccount) -> list[tuple[str, Any]]:
    """What is not personal and no plain column."""
    pairs: list[tuple[str, Any]] = [
        ("Customer", furniture.link(Customer, account.customer_id)),
        ("Partner", account.partner),
        ("Country", countries.name(account.country) if account.country else cells.DASH),
    ]
    readable = {
        "Bank": account.bank_name,
        "Routing number": account.routing_number,
        "Type": account.get_account_type_display() if account.account_type else "",
        "BIC": account.bic,
        "Card": account.card_brand,
        "Expires": f"{account.card_expires_on:%Y-%m}" if account.card_expires_on else "",
    }
    pairs += [(label, value) for label, value in readable.items() if value]
    if account.block_reason:
        pairs.append(("Blocked by", f"{account.get_block_origin_display()}: {account.block_reason}"))
    return pairs + [(f"metadata · {name}", value) for name, value in sorted(account.metadata.items())]


def returned(account: ExternalAccount) -> list[tuple[str, Any]]:
    """What came back from it."""
    if account.last_returned_at is None:
        return [("Returns", "none")]
    return [
        ("Last returned with", account.last_return_code),
        ("When", account.last_returned_at),
        ("In a row", f"{account.return_streak}; after {policies.RETURNS_UNTIL_BLOCKED} it is blocked"),
    ]


def standing(account: ExternalAccount) -> list[tuple[str, Any]]:
    """What is known about who holds it."""
    return [
        ("State", cells.choice(account, "verification", VerificationState)),
        ("How", account.get_verification_method_display() or cells.DASH),
        ("Since", account.verified_at or cells.DASH),
        ("The bank says", cells.choice(account, "payee_result", PayeeResult) if account.payee_result else cells.DASH),
    ]


def attempts(account: ExternalAccount) -> list[tuple]:
    """How it was tried to find out who holds it."""
    return [
        (
            attempt.created_at,
            attempt.get_method_display(),
            cells.choice(attempt, "status", AttemptStatus),
            cells.choice(attempt, "result", PayeeResult) if attempt.result else cells.DASH,
            attempt.due_on or attempt.expires_at or cells.DASH,
            attempt.reason or cells.DASH,
        )
        for attempt in selectors.attempts_of(account.pk)[: furniture.SHOWN]
    ]


def mandates_of(account: ExternalAccount) -> list[tuple]:
    """What may be collected from it."""
    return [
        (
            cells.link(mandate, mandate.public_id),
            mandate.get_scheme_display(),
            mandate.reference,
            mandate.signed_on,
            mandate.last_used_on or cells.DASH,
            cells.choice(mandate, "status", MandateStatus),
        )
        for mandate in account.mandates.order_by("-id")[: furniture.SHOWN]
    ]


def of_customer(customer: Customer) -> list[tuple]:
    """The accounts of a customer, for the customer's page."""
    return [
        (
            cells.link(account, account.public_id),
            account.get_kind_display(),
            selectors.masked_number(account),
            cells.choice(account, "verification", VerificationState),
            cells.choice(account, "status", ExternalAccountStatus),
        )
        for account in customer.external_accounts.order_by("-id")[: furniture.SHOWN]
    ]


class ExternalAccountAdmin(CaseAdmin):
    """One account outside Flowlet."""

    section, icon, menu_order = "Money", "account_balance", 40
    list_display = ("public_id", "owner", "number", "kind", "bank", "state", "verified", "customer_", "created_at")
    list_filter = ("status", "verification", "kind", furniture.PartnerFilter)
    list_select_related = ("partner",)
    search_fields = ("external_id",)
    search_help_text = "Id, external id, whole account number or IBAN, or words of the owner's name"
    panels = (
        panels.Facts(
            title="Account",
            fields=("kind", "relation", "holder_kind", "currency", "external_id", "created_at", "updated_at", "closed_at"),
            rows=facts,
        ),
        panels.Revealable(title="Owner and number", masked=selectors.masked_pairs, reveal=reveal),
        panels.Facts(title="Verification", rows=standing),
        panels.Table(
            title="Attempts to verify it",
            columns=("When", "How", "State", "The bank says", "Due", "Why"),
            rows=attempts,
            empty="Nobody has tried yet.",
        ),
        panels.Facts(title="Returns", rows=returned),
        panels.Table(
            title="Mandates",
            columns=("Mandate", "Scheme", "Reference", "Signed", "Last used", "State"),
            rows=mandates_of,
            empty="Nothing may be collected from it.",
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="request_verification",
            label="Ask for manual verification",
            key="v",
            style="primary",
            permission="payments.request_account_verification",
            service=verifications.request_manual,
            subject="external_account_id",
            policy=policies.check_can_verify_manually,
            reason_required=True,
            confirm="Name the papers that show who holds the account. It can be used as soon as another person approves.",
            done="Asked for. Another person has to approve it under Approvals before the account counts as verified.",
        ),
        Transition(
            name="block",
            label="Block",
            key="b",
            style="danger",
            permission="payments.block_external_account",
            service=external_accounts.block,
            subject="external_account_id",
            policy=policies.check_can_block,
            reason_required=True,
            confirm="Nothing is sent to the account or collected from it until somebody of the platform lifts it.",
        ),
        Transition(
            name="unblock",
            label="Unblock",
            key="u",
            permission="payments.block_external_account",
            service=external_accounts.unblock,
            subject="external_account_id",
            policy=policies.check_can_unblock,
            reason_required=True,
            confirm="Returns are counted from zero again.",
        ),
        Transition(
            name="close",
            label="Close",
            key="c",
            style="danger",
            permission="payments.block_external_account",
            service=external_accounts.close,
            subject="external_account_id",
            policy=policies.check_is_not_closed,
            reason_required=True,
            confirm="For good. Its mandates are revoked.",
        ),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """With owners' names."""
        return NamedChangeList

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By external id, or by what is sealed: a whole number, or words of a name. Each through its index."""
        keys = set(queryset.filter(external_id=term).values_list("pk", flat=True)[: furniture.SHOWN])
        asked: Sequence[dict[str, str]] = ({"number": term}, {"owner_name": term})
        for given in asked:
            try:
                keys.update(selectors.matching(**given).order_by("-pk").values_list("pk", flat=True)[:FOUND_AT_MOST])
            except errors.MalformedOwner:
                continue
        return queryset.filter(pk__in=keys)

    def title_of(self, obj: ExternalAccount) -> str:
        """Never a name, never a whole number."""
        return f"{obj.get_kind_display()} {selectors.masked_number(obj)}"

    def status_of(self, obj: ExternalAccount) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="owner")
    def owner(self, obj: ExternalAccount) -> str:
        """Masked."""
        return obj.masked_owner

    @admin.display(description="number")
    def number(self, obj: ExternalAccount) -> str:
        """Its end."""
        return selectors.masked_number(obj)

    @admin.display(description="bank")
    def bank(self, obj: ExternalAccount) -> str:
        """What is known of it."""
        return obj.bank_name or obj.routing_number or obj.bic or obj.card_brand or cells.DASH

    @admin.display(description="customer")
    def customer_(self, obj: ExternalAccount) -> Any:
        """Who added it."""
        return furniture.link(Customer, obj.customer_id)

    @admin.display(description="state")
    def state(self, obj: ExternalAccount) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", ExternalAccountStatus)

    @admin.display(description="verification")
    def verified(self, obj: ExternalAccount) -> Any:
        """As a badge."""
        return cells.choice(obj, "verification", VerificationState)


site.register(ExternalAccount, ExternalAccountAdmin)
panels.add(
    Customer,
    panels.Table(
        title="External accounts",
        columns=("Account", "Kind", "Number", "Verification", "State"),
        rows=of_customer,
        permission="payments.view_externalaccount",
        empty="None yet.",
    ),
)
