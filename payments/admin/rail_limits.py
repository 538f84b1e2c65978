"""Limits per rail: seen by everybody, changed by two people."""

from typing import Any

from django import forms
from django.contrib import admin

from flowlet.backoffice import cells, panels, site
from flowlet.core import clock
from flowlet.core.money import Money
from payments.admin import terms
from payments.admin.terms import TermsAdmin, TermsForm
from payments.choices import Direction, Rail
from payments.models import RailLimit
from payments.models.rail_limit import FIGURES
from payments.policies import cutoffs
from payments.policies import rail_limits as policies
from payments.policies.rail_limits import RailLimits
from payments.selectors import rail_limits as selectors
from payments.services import rail_limits

SCOPE = rail_limits.TERMS.scope


def _amount(label: str) -> forms.DecimalField:
    return forms.DecimalField(required=False, min_value=0, max_digits=20, decimal_places=4, label=label)


def _number(label: str) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=policies.MOST, label=label)


class LimitsForm(TermsForm):
    """The figures, or that there are none of its own any more. What is empty is not limited."""

    parts, content = FIGURES, "limits"

    minimum = _amount("One payment, at least")
    maximum = _amount("One payment, at most")
    customer_daily = _amount("Each customer a day")
    customer_daily_count = _number("Payments of each customer a day")
    customer_monthly = _amount("Each customer a month")
    partner_daily = _amount("The partner a day")
    partner_daily_count = _number("Payments of the partner a day")
    partner_monthly = _amount("The partner a month")
    is_withdrawn = terms.own("limits")
    valid_from = terms.start()

    def scope(self) -> dict[str, str]:
        """Of the row."""
        return {name: getattr(self.subject, name) for name in SCOPE}

    def made(self, **figures: Any) -> RailLimits:
        """Checked for what they are for."""
        limits = RailLimits(**figures)
        policies.check(limits, **self.scope())
        return limits


class NewLimitsForm(LimitsForm):
    """First limits for something."""

    partner = terms.partner_field("all partners, each for itself")
    rail = forms.ChoiceField(choices=Rail.choices)
    direction = forms.ChoiceField(choices=Direction.choices)
    kind = forms.ChoiceField(
        required=False, choices=[("", "all together"), *((kind.value, kind.label) for kind in policies.KINDS)]
    )
    currency_code = terms.currency_field()
    field_order = ("partner", "rail", "direction", "kind", "currency_code")

    def scope(self) -> dict[str, str]:
        """As typed."""
        typed = {**self.cleaned_data, "currency": self.cleaned_data["currency_code"]}
        return {name: typed[name] for name in SCOPE}


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


class RailLimitAdmin(TermsAdmin):
    """What limits some payments from a moment on."""

    icon, menu_order = "speed", 41
    list_display = ("what", "partner_", "rail_", "direction_", "kind_", "currency", "from_")
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
                *terms.facts(row),
            ],
        ),
        panels.Table(
            title="Used by the partner",
            columns=("Span", "Used", "Limit"),
            figures=("Used", "Limit"),
            rows=_used,
            empty="Not of one partner, or without limits.",
        ),
        terms.before_and_after(rail_limits.TERMS, row="Limit", what="Limits", said=_said),
        panels.History(),
    )
    transitions = terms.changes(
        rail_limits.TERMS,
        permission="payments.request_limit_change",
        request=rail_limits.request_change,
        form=LimitsForm,
        new=NewLimitsForm,
        label="Ask for other limits",
        typed=_typed,
    )

    @admin.display(description="limits")
    def what(self, row: RailLimit) -> str:
        """In words."""
        return _said(row)

    @admin.display(description="direction")
    def direction_(self, row: RailLimit) -> str:
        """Which way."""
        return row.get_direction_display()


site.register(RailLimit, RailLimitAdmin)
