"""What payments cost: seen by everybody, changed by two people."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import admin
from moneyed import Money

from flowlet.backoffice import cells, panels, site
from flowlet.core import money
from payments.admin import terms
from payments.admin.terms import ALL, TermsAdmin, TermsForm
from payments.choices import Rail
from payments.models import FeeSchedule
from payments.policies import fees
from payments.policies.fees import Fees, Tier, TierMode
from payments.services import fee_schedules

EXAMPLES = (1, 10, 100, 1_000, 10_000)


class TiersField(forms.CharField):
    """One tier a line: above which amount; the flat part; the percentage. ``0; 0.30; 2.9``."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> tuple[Tier, ...]:
        """The tiers; whether they fit together is for the schedule to say."""
        tiers = []
        for number, line in enumerate((super().to_python(value) or "").splitlines(), 1):
            if not line.strip():
                continue
            try:
                above, flat, percentage = (Decimal(part.strip()) for part in line.split(";"))
            except (ValueError, InvalidOperation):
                raise forms.ValidationError(f"Line {number}: three figures such as 0; 0.30; 2.9.") from None
            if not all(figure.is_finite() for figure in (above, flat, percentage)):
                raise forms.ValidationError(f"Line {number}: three figures such as 0; 0.30; 2.9.")
            tiers.append(Tier(above=above, flat=flat, basis_points=percentage * 100))
        return tuple(tiers)


class FeesForm(TermsForm):
    """The fees, or that there are none of its own any more."""

    parts, content = ("tiers", "mode", "minimum", "maximum"), "terms"

    tiers = TiersField(
        required=False,
        label="Tiers",
        help_text="One a line: above which amount; flat part; percentage. 0; 0.30; 2.9 is 0.30 and 2.9 % of every payment.",
    )
    mode = forms.ChoiceField(
        label="Several tiers",
        choices=[
            (TierMode.GRADUATED.value, "each slice of the amount at its own tier"),
            (TierMode.VOLUME.value, "the whole amount at the tier it falls into"),
        ],
        initial=TierMode.GRADUATED.value,
    )
    minimum = forms.DecimalField(required=False, min_value=0, max_digits=20, decimal_places=4, label="At least")
    maximum = forms.DecimalField(required=False, min_value=0, max_digits=20, decimal_places=4, label="At most")
    is_withdrawn = terms.own("fees")
    valid_from = terms.start()

    def made(self, *, tiers: tuple[Tier, ...], mode: str, **bounds: Decimal | None) -> Fees:
        """In the row's currency, or the one that was typed."""
        if not tiers:
            raise forms.ValidationError("Name a tier, or say that there are no fees of its own any more.")
        currency = self.subject.currency if self.subject else self.cleaned_data["currency_code"]
        return Fees(currency=currency, tiers=tiers, mode=TierMode(mode), **bounds)


class NewFeesForm(FeesForm):
    """First fees for something."""

    partner = terms.partner_field("all partners")
    rail = forms.ChoiceField(required=False, choices=[("", ALL), *Rail.choices])
    kind = forms.ChoiceField(required=False, choices=[("", ALL), *((kind.value, kind.label) for kind in fee_schedules.KINDS)])
    currency_code = terms.currency_field()
    field_order = ("partner", "rail", "kind", "currency_code")


def _typed(row: FeeSchedule) -> dict[str, Any]:
    """The terms as somebody would type them."""
    if row.terms is None:
        return {"is_withdrawn": True}
    found = fee_schedules.fees_of(row)
    return {
        "tiers": "\n".join(
            f"{tier.above.normalize():f}; {tier.flat.normalize():f}; {(tier.basis_points / 100).normalize():f}"
            for tier in found.tiers
        ),
        "mode": found.mode.value,
        "minimum": found.minimum,
        "maximum": found.maximum,
    }


def _said(row: FeeSchedule) -> str:
    return fee_schedules.in_words(row.terms, row.currency)


def _examples(row: FeeSchedule) -> list[tuple[Any, ...]]:
    """What payments of some sizes cost."""
    if row.terms is None:
        return []
    found = fee_schedules.fees_of(row)
    rows = []
    for size in EXAMPLES:
        amount = Money(money.exact(Decimal(size), row.currency).amount, row.currency)
        breakdown = fees.fee(found, amount)
        bound = {"minimum": "the smallest fee", "maximum": "the largest fee"}.get(breakdown.bound, "")
        rows.append((cells.money(amount), cells.money(breakdown.total), bound))
    return rows


class FeeScheduleAdmin(TermsAdmin):
    """What some payments cost from a moment on."""

    icon, menu_order = "percent", 40
    list_display = ("what", "partner_", "rail_", "kind_", "currency", "from_")
    panels = (
        panels.Facts(
            title="Fees",
            rows=lambda row: [
                ("Fees", _said(row)),
                ("Partner", cells.link(row.partner) if row.partner else ALL),
                ("Rail", row.get_rail_display() or ALL),
                ("Kind", row.get_kind_display() or ALL),
                *terms.facts(row),
            ],
        ),
        panels.Table(
            title="What it comes to",
            columns=("Payment", "Fee", "Bound"),
            figures=("Payment", "Fee"),
            rows=_examples,
            empty="It has no fees of its own.",
        ),
        terms.before_and_after(fee_schedules.TERMS, row="Schedule", what="Fees", said=_said),
        panels.History(),
    )
    transitions = terms.changes(
        fee_schedules.TERMS,
        permission="payments.request_fee_change",
        request=fee_schedules.request_change,
        form=FeesForm,
        new=NewFeesForm,
        label="Ask for other fees",
        typed=_typed,
    )

    @admin.display(description="fees")
    def what(self, row: FeeSchedule) -> str:
        """In words."""
        return _said(row)


site.register(FeeSchedule, FeeScheduleAdmin)
