"""Customers: found by what is sealed, masked until revealed with a reason, frozen, verified, closed."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import errors, policies
from accounts.choices import CustomerStatus, FactorStatus, KycTier
from accounts.models import Customer, Partner
from accounts.selectors import customers as selectors
from accounts.selectors.authentication import trusted_payees_of
from accounts.services import customers
from flowlet.backoffice import CaseAdmin, Transition, cells, filters, panels, site
from flowlet.backoffice.listing import KeysetChangeList
from flowlet.core import countries, masking
from flowlet.core.actors import Actor

SHOWN = 20
NO_BREAK = "\N{NO-BREAK SPACE}"


class TierForm(forms.Form):
    """How far the identity is verified."""

    kyc_tier = forms.ChoiceField(choices=KycTier.choices, label="KYC tier")


class PartnerFilter(filters.ByRow):
    """Whose customers."""

    title, parameter_name, column = "partner", "partner", "partner_id"
    model, order = Partner, ("name", "mode")


class NamedChangeList(KeysetChangeList):
    """Opens the names of one page with one query; what is shown of them is masked."""

    def get_results(self, request: HttpRequest) -> None:
        """The page, each row with its masked name."""
        super().get_results(request)
        opened = selectors.personal_of(self.result_list)
        for row in self.result_list:
            personal = opened[row.pk]
            row.masked_name = masking.text(personal.name).replace(" ", NO_BREAK) if personal else "erased"


def reveal(customer: Customer, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """The plain values; who looked, and why, was written to the audit by the page."""
    return selectors.plain_pairs(customer)


def facts(customer: Customer) -> list[tuple[str, Any]]:
    """What is not personal and no plain column."""
    pairs: list[tuple[str, Any]] = [
        ("Partner", customer.partner),
        ("Country", countries.name(customer.country)),
        ("Open wallets", customer.open_products),
        ("Id", cells.code(customer.public_id)),
    ]
    if customer.is_frozen:
        pairs.append(("Frozen by", f"{customer.get_freeze_origin_display()}: {customer.freeze_reason}"))
    pairs += [("Trusts as payee", cells.code(one.payee_id)) for one in trusted_payees_of(customer.pk)[:SHOWN]]
    return pairs + [(f"metadata · {name}", value) for name, value in sorted(customer.metadata.items())]


def held(customer: Customer) -> list[tuple]:
    """What the customer authenticates with; revoked ones too, as somebody may ask."""
    return [
        (one.created_at, cells.link(one, one.get_type_display()), cells.choice(one, "status", FactorStatus), one.last_used_at)
        for one in customer.authentication_factors.order_by("-pk")[:SHOWN]
    ]


class CustomerAdmin(CaseAdmin):
    """One customer."""

    section, icon, menu_order = "People", "groups", 20
    list_display = ("public_id", "name", "owner", "kind", "state", "tier", "country", "created_at")
    list_filter = ("status", "kyc_tier", PartnerFilter)
    list_select_related = ("partner",)
    search_fields = ("external_id",)
    search_help_text = "Id, external id, name, e-mail address or phone number; names by whole words"
    panels = (
        panels.Facts(
            title="Customer",
            fields=("kind", "status", "kyc_tier", "external_id", "created_at", "updated_at", "closed_at"),
            rows=facts,
        ),
        panels.Table(
            title="Second factors",
            columns=("Enrolled", "Factor", "State", "Last used"),
            rows=held,
            empty="None. Payments that ask their payer need one.",
            wide=False,
        ),
        panels.Revealable(title="Personal data", masked=selectors.masked_pairs, reveal=reveal),
        panels.History(),
    )
    transitions = (
        Transition(
            name="freeze",
            label="Freeze",
            key="f",
            style="danger",
            permission="accounts.freeze_customer",
            service=customers.freeze,
            policy=policies.check_can_freeze,
            reason_required=True,
            confirm="Nothing moves for the customer until somebody of the platform lifts it. The partner is not told why.",
        ),
        Transition(
            name="unfreeze",
            label="Unfreeze",
            key="u",
            permission="accounts.freeze_customer",
            service=customers.unfreeze,
            policy=policies.check_can_unfreeze,
            reason_required=True,
        ),
        Transition(
            name="set_tier",
            label="Set KYC tier",
            key="t",
            permission="accounts.set_kyc_tier",
            form=TierForm,
            service=customers.set_kyc_tier,
            policy=policies.check_is_open,
            initial=lambda customer: {"kyc_tier": customer.kyc_tier},
            reason_required=True,
        ),
        Transition(
            name="close",
            label="Close",
            key="c",
            style="danger",
            permission="accounts.close_customer",
            service=customers.close,
            policy=policies.check_can_close,
            reason_required=True,
        ),
        Transition(
            name="request_erasure",
            label="Ask for erasure",
            key="e",
            style="danger",
            permission="accounts.request_erasure",
            service=customers.request_erasure,
            policy=policies.check_can_request_erasure,
            reason_required=True,
            confirm="Once another person approves it, the personal data cannot be read again by anybody, in the audit neither. "
            "Be sure that no law wants it kept.",
            done="Asked for. Another person has to approve it under Approvals before anything is erased.",
        ),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """With names."""
        return NamedChangeList

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By external id, or by what is sealed: an address, a number, or words of the name. Each through its index."""
        keys = set(queryset.filter(external_id=term).values_list("pk", flat=True)[:SHOWN])
        by = "email" if "@" in term else "phone" if term.lstrip().startswith("+") else "name"
        try:
            found = selectors.matching(**{by: term}).order_by("-pk").values_list("pk", flat=True)
        except (errors.MalformedEmail, errors.MalformedPhone, errors.MalformedName):
            found = Customer.objects.none()
        if not keys:
            return queryset.filter(pk__in=found)
        return queryset.filter(pk__in=keys.union(found[:1000]))

    def title_of(self, obj: Customer) -> str:
        """Never a name."""
        return obj.public_id

    def status_of(self, obj: Customer) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="name")
    def name(self, obj: Customer) -> str:
        """Masked."""
        return obj.masked_name

    @admin.display(description="partner")
    def owner(self, obj: Customer) -> Any:
        """Whose customer it is."""
        return cells.link(obj.partner)

    @admin.display(description="state")
    def state(self, obj: Customer) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", CustomerStatus)

    @admin.display(description="KYC tier")
    def tier(self, obj: Customer) -> Any:
        """As a badge."""
        return cells.choice(obj, "kyc_tier", KycTier)


site.register(Customer, CustomerAdmin)
