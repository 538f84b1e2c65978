"""Limits per rail: seen by everybody, changed by two people."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Partner
from flowlet.approvals.models import Approval
from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from payments.choices import Direction, Rail
from payments.models import RailLimit
from payments.models.rail_limit import FIGURES
from payments.policies import cutoffs
from payments.policies import rail_limits as policies
from payments.policies.rail_limits import RailLimits
from payments.selectors import rail_limits as selectors
from payments.services import rail_limits

ALL = "all"


def _amount(label: str) -> forms.DecimalField:
    return forms.DecimalField(required=False, min_value=0, max_digits=20, decimal_places=4, label=label)


def _number(label: str) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=policies.MOST, label=label)


class LimitsForm(TransitionForm):
    """The figures, or that there are none of its own any more. What is empty is not limited."""

    minimum = _amount("One payment, at least")
    maximum = _amount("One payment, at most")
    customer_daily = _amount("Each customer a day")
    customer_daily_count = _number("Payments of each customer a day")
    customer_monthly = _amount("Each customer a month")
    partner_daily = _amount("The partner a day")
    partner_daily_count = _number("Payments of the partner a day")
    partner_monthly = _amount("The partner a month")
    is_withdrawn = forms.BooleanField(required=False, label="No limits of its own any more: everybody's count again")
    valid_from = forms.DateTimeField(required=False, label="From (UTC)", help_text="Empty: from the approval on")

    def scope(self) -> dict[str, str]:
        """Of the row."""
        return {name: getattr(self.subject, name) for name in ("rail", "direction", "kind", "currency")}

    def clean(self) -> dict[str, Any]:
        """With ``limits`` in place of the figures."""
        data = super().clean()
        if self.errors:
            return data
        figures = {name: data.pop(name) for name in FIGURES}
        if data.pop("is_withdrawn"):
            return {**data, "limits": None}
        limits = RailLimits(**figures)
        try:
            policies.check(limits, **self.scope())
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message) from None
        return {**data, "limits": limits}


class NewLimitsForm(LimitsForm):
    """First limits for something."""

    partner = forms.CharField(required=False, label="Partner", help_text="Public id; empty: all partners, each for itself")
    rail = forms.ChoiceField(choices=Rail.choices)
    direction = forms.ChoiceField(choices=Direction.choices)
    kind = forms.ChoiceField(
        required=False, choices=[("", "all together"), *((kind.value, kind.label) for kind in policies.KINDS)]
    )
    currency_code = forms.RegexField(r"^[A-Z]{3}$", label="Currency", help_text="ISO 4217, such as USD")
    field_order = ("partner", "rail", "direction", "kind", "currency_code")

    def scope(self) -> dict[str, str]:
        """As typed."""
        names = {"rail": "rail", "direction": "direction", "kind": "kind", "currency": "currency_code"}
        return {name: self.cleaned_data[typed] for name, typed in names.items()}


def ask_for_change(
    *, raillimit_id: Any, limits: RailLimits | None, valid_from: datetime | None, reason: str, actor: Actor, at: datetime
) -> Approval:
    """Ask for other limits for what the row is for."""
    row = RailLimit.objects.get(pk=raillimit_id)
    return rail_limits.request_change(
        partner_id=row.partner_id,
        rail=row.rail,
        direction=row.direction,
        kind=row.kind,
        currency=row.currency,
        limits=limits,
        valid_from=valid_from,
        reason=reason,
        actor=actor,
        at=at,
    )


def ask_for_new(
    *,
    partner: str,
    rail: str,
    direction: str,
    kind: str,
    currency_code: str,
    limits: RailLimits | None,
    valid_from: datetime | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for limits of a partner (or of all), of a rail, a direction and a kind (or all)."""
    return rail_limits.request_change(
        partner_id=Partner.fetch(partner).pk if partner else None,
        rail=rail,
        direction=direction,
        kind=kind,
        currency=currency_code,
        limits=limits,
        valid_from=valid_from,
        reason=reason,
        actor=actor,
        at=at,
    )


def _typed(row: RailLimit) -> dict[str, Any]:
    """The figures as somebody would type them."""
    if row.is_withdrawn:
        return {"is_withdrawn": True}
    found = policies.of_row(row).as_json(row.currency)
    return {name: value for name, value in found.items() if value is not None}


def _said(row: RailLimit) -> str:
    return rail_limits.in_words(None if row.is_withdrawn else policies.of_row(row), row.currency)


def _used(row: RailLimit) -> list[tuple[Any, ...]]:
    """What the partner has used of the rail's business day and month; of everybody's limits nobody in particular."""
    if row.partner_id is None or row.is_withdrawn:
        return []
    day = cutoffs.next_cutoff(row.rail, clock.now()).processing_on
    [used] = selectors.used([(row, day)], partner_id=row.partner_id)

    def money(value: Any) -> Any:
        return cells.money(Money(value, row.currency)) if value is not None else cells.DASH

    count = row.partner_daily_count
    return [
        (f"Business day {day}", money(used.partner_daily), money(row.partner_daily)),
        ("Payments of that day", used.partner_daily_count, cells.DASH if count is None else count),
        (f"Month {day:%Y-%m}", money(used.partner_monthly), money(row.partner_monthly)),
    ]


def _others(row: RailLimit) -> list[tuple[Any, ...]]:
    """All that was ever in force for the same."""
    same = selectors.same_scope(
        partner_id=row.partner_id, rail=row.rail, direction=row.direction, kind=row.kind, currency=row.currency
    )
    return [(cells.link(other, other.public_id), other.valid_from, _said(other), other.reason) for other in same[:20]]


ASKED = "Asked for. Another person has to approve it under Approvals before it counts."


class RailLimitAdmin(ReferenceAdmin):
    """What limits some payments from a moment on."""

    section, icon, menu_order = "Settings", "speed", 41
    list_display = ("what", "partner_", "rail_", "direction_", "kind_", "currency", "from_")
    list_display_links = ("what",)
    list_select_related = ("partner",)
    list_filter = ("rail", "direction")
    panels = (
        panels.Facts(
            title="Limits",
            rows=lambda row: [
                ("Limits", _said(row)),
                ("Partner", cells.link(row.partner) if row.partner else "all, each for itself"),
                ("Rail", row.get_rail_display()),
                ("Direction", row.get_direction_display()),
                ("Kind", row.get_kind_display() or "all together"),
                ("Currency", row.currency),
                ("From", row.valid_from),
                ("Why", row.reason),
                ("Approved as", cells.link(Approval(pk=row.approval_id), Approval(pk=row.approval_id).public_id)),
            ],
        ),
        panels.Table(
            title="Used by the partner",
            columns=("Span", "Used", "Limit"),
            figures=("Used", "Limit"),
            rows=_used,
            empty="Not of one partner, or without limits.",
        ),
        panels.Table(title="Before and after", columns=("Limit", "From", "Limits", "Why"), rows=_others),
        panels.History(),
    )
    transitions = (
        Transition(
            name="request_change",
            label="Ask for a change",
            key="e",
            style="primary",
            permission="payments.request_limit_change",
            form=LimitsForm,
            service=ask_for_change,
            initial=_typed,
            reason_required=True,
            done=ASKED,
        ),
        Transition(
            name="request_new",
            label="Ask for other limits",
            scope="list",
            permission="payments.request_limit_change",
            form=NewLimitsForm,
            service=ask_for_new,
            reason_required=True,
            done=ASKED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RailLimit]:
        """With the partners."""
        return super().get_queryset(request).select_related("partner")

    @admin.display(description="limits")
    def what(self, row: RailLimit) -> str:
        """In words."""
        return _said(row)

    @admin.display(description="partner")
    def partner_(self, row: RailLimit) -> str:
        """Whose."""
        return str(row.partner) if row.partner else ALL

    @admin.display(description="rail")
    def rail_(self, row: RailLimit) -> str:
        """Over which."""
        return row.get_rail_display()

    @admin.display(description="direction")
    def direction_(self, row: RailLimit) -> str:
        """Which way."""
        return row.get_direction_display()

    @admin.display(description="kind")
    def kind_(self, row: RailLimit) -> str:
        """Of which."""
        return row.get_kind_display() or ALL

    @admin.display(description="from")
    def from_(self, row: RailLimit) -> Any:
        """Since when, or from when on."""
        return cells.moment(row.valid_from)


site.register(RailLimit, RailLimitAdmin)
