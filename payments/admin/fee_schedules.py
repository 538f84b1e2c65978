"""What payments cost: seen by everybody, changed by two people."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from moneyed import Money

from accounts.models import Partner
from flowlet.approvals.models import Approval
from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from payments.choices import Rail
from payments.models import FeeSchedule
from payments.policies import fees
from payments.policies.fees import Fees, Tier, TierMode
from payments.selectors import fee_schedules as selectors
from payments.services import fee_schedules

EXAMPLES = (1, 10, 100, 1_000, 10_000)
ALL = "all"


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


class FeesForm(TransitionForm):
    """The terms, or that there are none of its own any more."""

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
    is_withdrawn = forms.BooleanField(required=False, label="No fees of its own any more: the more general ones count again")
    valid_from = forms.DateTimeField(required=False, label="From (UTC)", help_text="Empty: from the approval on")

    def currency(self) -> str:
        """Of the row."""
        return self.subject.currency

    def clean(self) -> dict[str, Any]:
        """With ``terms`` in place of their parts."""
        data = super().clean()
        if self.errors:
            return data
        parts = {name: data.pop(name) for name in ("tiers", "mode", "minimum", "maximum")}
        if data.pop("is_withdrawn"):
            return {**data, "terms": None}
        if not parts["tiers"]:
            raise forms.ValidationError("Name a tier, or say that there are no fees of its own any more.")
        try:
            terms = Fees(currency=self.currency(), **{**parts, "mode": TierMode(parts["mode"])})
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message) from None
        return {**data, "terms": terms}


class NewFeesForm(FeesForm):
    """First fees for something."""

    partner = forms.CharField(required=False, label="Partner", help_text="Public id; empty: all partners")
    rail = forms.ChoiceField(required=False, choices=[("", ALL), *Rail.choices])
    kind = forms.ChoiceField(required=False, choices=[("", ALL), *((kind.value, kind.label) for kind in fee_schedules.KINDS)])
    currency_code = forms.RegexField(r"^[A-Z]{3}$", label="Currency", help_text="ISO 4217, such as USD")
    field_order = ("partner", "rail", "kind", "currency_code")

    def currency(self) -> str:
        """As typed."""
        return self.cleaned_data["currency_code"]


def ask_for_change(
    *, feeschedule_id: Any, terms: Fees | None, valid_from: datetime | None, reason: str, actor: Actor, at: datetime
) -> Approval:
    """Ask for other fees for what the row is for."""
    row = FeeSchedule.objects.get(pk=feeschedule_id)
    return fee_schedules.request_change(
        partner_id=row.partner_id,
        rail=row.rail,
        kind=row.kind,
        currency=row.currency,
        terms=terms,
        valid_from=valid_from,
        reason=reason,
        actor=actor,
        at=at,
    )


def ask_for_new(
    *,
    partner: str,
    rail: str,
    kind: str,
    currency_code: str,
    terms: Fees | None,
    valid_from: datetime | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for fees for a partner (or all), a rail (or all), a kind (or all)."""
    return fee_schedules.request_change(
        partner_id=Partner.fetch(partner).pk if partner else None,
        rail=rail,
        kind=kind,
        currency=currency_code,
        terms=terms,
        valid_from=valid_from,
        reason=reason,
        actor=actor,
        at=at,
    )


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


def _others(row: FeeSchedule) -> list[tuple[Any, ...]]:
    """All that was ever in force for the same."""
    same = selectors.same_scope(partner_id=row.partner_id, rail=row.rail, kind=row.kind, currency=row.currency)
    return [
        (cells.link(other, other.public_id), other.valid_from, fee_schedules.in_words(other.terms, other.currency), other.reason)
        for other in same[:20]
    ]


ASKED = "Asked for. Another person has to approve it under Approvals before it counts."


class FeeScheduleAdmin(ReferenceAdmin):
    """What some payments cost from a moment on."""

    section, icon, menu_order = "Settings", "percent", 40
    list_display = ("what", "partner_", "rail_", "kind_", "currency", "from_")
    list_display_links = ("what",)
    list_select_related = ("partner",)
    panels = (
        panels.Facts(
            title="Fees",
            rows=lambda row: [
                ("Fees", fee_schedules.in_words(row.terms, row.currency)),
                ("Partner", cells.link(row.partner) if row.partner else ALL),
                ("Rail", row.get_rail_display() or ALL),
                ("Kind", row.get_kind_display() or ALL),
                ("Currency", row.currency),
                ("From", row.valid_from),
                ("Why", row.reason),
                ("Approved as", cells.link(Approval(pk=row.approval_id), Approval(pk=row.approval_id).public_id)),
            ],
        ),
        panels.Table(
            title="What it comes to",
            columns=("Payment", "Fee", "Bound"),
            figures=("Payment", "Fee"),
            rows=_examples,
            empty="It has no fees of its own.",
        ),
        panels.Table(title="Before and after", columns=("Schedule", "From", "Fees", "Why"), rows=_others),
        panels.History(),
    )
    transitions = (
        Transition(
            name="request_change",
            label="Ask for a change",
            key="e",
            style="primary",
            permission="payments.request_fee_change",
            form=FeesForm,
            service=ask_for_change,
            initial=_typed,
            reason_required=True,
            done=ASKED,
        ),
        Transition(
            name="request_new",
            label="Ask for other fees",
            scope="list",
            permission="payments.request_fee_change",
            form=NewFeesForm,
            service=ask_for_new,
            reason_required=True,
            done=ASKED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeeSchedule]:
        """With the partners."""
        return super().get_queryset(request).select_related("partner")

    @admin.display(description="fees")
    def what(self, row: FeeSchedule) -> str:
        """In words."""
        return fee_schedules.in_words(row.terms, row.currency)

    @admin.display(description="partner")
    def partner_(self, row: FeeSchedule) -> str:
        """Whose."""
        return str(row.partner) if row.partner else ALL

    @admin.display(description="rail")
    def rail_(self, row: FeeSchedule) -> str:
        """Over which."""
        return row.get_rail_display() or ALL

    @admin.display(description="kind")
    def kind_(self, row: FeeSchedule) -> str:
        """Of which."""
        return row.get_kind_display() or ALL

    @admin.display(description="from")
    def from_(self, row: FeeSchedule) -> Any:
        """Since when, or from when on."""
        return cells.moment(row.valid_from)


site.register(FeeSchedule, FeeScheduleAdmin)
