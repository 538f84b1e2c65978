"""Customers' second factors and challenges: what type, since when, locked or not, and what was asked. Secrets and keys show nowhere."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import policies
from accounts.admin.customers import PartnerFilter
from accounts.choices import ChallengeStatus, FactorStatus
from accounts.models import AuthenticationChallenge, AuthenticationFactor, Customer
from accounts.services import authentication_factors as factors
from flowlet.backoffice import CaseAdmin, ReadOnlyAdmin, Transition, cells, panels, site
from flowlet.core import ids
from flowlet.core.money import to_text

SHOWN = 20


def of_whom(queryset: QuerySet, term: str) -> QuerySet:
    """Rows of the customer with this public id."""
    try:
        return queryset.filter(customer_id=Customer.key(term.strip()))
    except ids.MalformedId:
        return queryset.none()


def asked(factor: AuthenticationFactor) -> list[tuple]:
    """Its newest challenges."""
    return [
        (one.created_at, cells.link(one), cells.choice(one, "status", ChallengeStatus), figure(one), one.payee_id, one.used_for)
        for one in factor.challenges.order_by("-pk")[:SHOWN]
    ]


def figure(row: AuthenticationChallenge) -> str:
    """How much it is about."""
    return f"{to_text(row.amount, row.currency)} {row.currency}"


class Held:
    """Whose it is, in lists and on pages of both."""

    @admin.display(description="customer")
    def owner(self, obj: AuthenticationFactor | AuthenticationChallenge) -> Any:
        """By id; never a name."""
        return cells.link(obj.customer)

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By the customer's id; the row's own id is found anyway."""
        return of_whom(queryset, term)


class AuthenticationFactorAdmin(Held, CaseAdmin):
    """One factor of one customer."""

    section, icon, menu_order = "People", "smartphone", 22
    menu_title, thing, things = "Customers' factors", "factor", "factors"
    list_display = ("public_id", "owner", "type", "state", "failures", "locked_until", "last_used_at", "created_at")
    list_filter = ("status", PartnerFilter)
    list_select_related = ("customer", "partner")
    search_fields = ("customer_id",)
    search_help_text = "The factor's id or the customer's"
    version_fields = ("status",)
    panels = (
        panels.Facts(
            title="Second factor",
            fields=("type", "status", "created_at", "confirmed_at", "last_used_at", "revoked_at"),
            rows=lambda factor: [
                ("Customer", cells.link(factor.customer)),
                ("Partner", factor.partner),
                ("Unlocked by, as the partner says", factor.get_second_category_display()),
                ("Wrong answers in a row", factor.failures),
                ("Locked until", factor.locked_until or cells.DASH),
            ],
        ),
        panels.Table(
            title="Challenges",
            columns=("When", "Challenge", "State", "Amount", "Payee", "Used for"),
            figures=("Amount",),
            rows=asked,
            empty="Nothing was asked.",
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="revoke",
            label="Revoke",
            key="x",
            style="danger",
            permission="accounts.revoke_authentication_factor",
            service=factors.revoke,
            subject="factor_id",
            policy=policies.check_can_revoke_factor,
            reason_required=True,
            confirm="For good: its secret goes, and what it has passed and not yet paid is worth nothing. The customer enrols anew.",
        ),
    )

    def status_of(self, obj: AuthenticationFactor) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="state")
    def state(self, obj: AuthenticationFactor) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", FactorStatus)


class AuthenticationChallengeAdmin(Held, ReadOnlyAdmin):
    """One question to one customer."""

    section, icon, menu_order = "People", "quiz", 23
    menu_title, thing, things = "Challenges to customers", "challenge", "challenges"
    list_display = ("public_id", "owner", "amount_", "payee_id", "state", "created_at", "expires_at")
    list_select_related = ("customer",)
    search_fields = ("customer_id",)
    search_help_text = "The challenge's id or the customer's"
    figures = ("amount_",)
    panels = (
        panels.Facts(
            title="Challenge",
            fields=("status", "trusts_payee", "created_at", "expires_at", "passed_at", "used_at"),
            rows=lambda row: [
                ("Customer", cells.link(row.customer)),
                ("Factor", cells.link(row.factor)),
                ("Amount", figure(row)),
                ("Payee", cells.code(row.payee_id)),
                ("Account behind it (SHA-256)", cells.code(row.payee_digest)),
                ("The partner's id of the payment", row.reference or cells.DASH),
                ("Used for", cells.code(row.used_for) if row.used_for else cells.DASH),
            ],
        ),
        panels.History(),
    )

    def status_of(self, obj: AuthenticationChallenge) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="amount")
    def amount_(self, obj: AuthenticationChallenge) -> str:
        """With its currency."""
        return figure(obj)

    @admin.display(description="state")
    def state(self, obj: AuthenticationChallenge) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", ChallengeStatus)


site.register(AuthenticationFactor, AuthenticationFactorAdmin)
site.register(AuthenticationChallenge, AuthenticationChallengeAdmin)
