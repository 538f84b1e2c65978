"""Customers' risk: how each counts and why, whose review is due; and every rating that was made."""

from datetime import UTC, datetime, time
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import Customer
from accounts.selectors import staff
from compliance.admin import work_pages
from compliance.admin.work_filters import FILTERS, PlacesFirst
from compliance.admin.work_forms import giving
from compliance.admin.work_pages import free
from compliance.admin.work_panels import LOCK
from compliance.choices import Channel, Profession, RatingCause, RiskBand
from compliance.choices.work import RATE
from compliance.models import CustomerRisk, DueDiligence, RiskRating
from compliance.policies.risk_model import Part
from compliance.selectors import risk as selectors
from compliance.services import profiles, ratings, risk_overrides
from flowlet.backoffice import ReadOnlyAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import ids, money

LOOK = "compliance.view_risk"
SHOWN = 20


def bars(rating: RiskRating | None, request: HttpRequest) -> dict[str, Any] | None:
    """Each factor with its points as a bar, heaviest first."""
    if rating is None:
        return None
    parts = sorted((Part(**part) for part in rating.parts), key=lambda part: -part.points)
    most = max((part.points for part in parts), default=0) or 1
    return {
        "parts": [
            {
                "title": part.title,
                "label": part.label,
                "points": part.points,
                "source": part.source,
                "floor": f"at least {RiskBand(part.floor).label.lower()}" if part.floor else "",
                "width": part.points * 100 // most,
                "tone": RiskBand(part.floor).tone if part.floor else "info",
            }
            for part in parts
        ]
    }


def said(rating: RiskRating) -> list[tuple[str, Any]]:
    """The outcome, and what it rests on."""
    overridden = rating.override
    return [
        ("Counts as", cells.choice(rating, "band", RiskBand)),
        ("Points", rating.points),
        ("The model says", cells.choice(rating, "model_band", RiskBand)),
        ("Model", f"{rating.model_number or 'as shipped'} · {rating.model_digest[:12]}"),
        ("Rated", rating.created_at),
        ("Because", f"{RatingCause(rating.cause).label}{': ' + rating.reason if rating.reason else ''}"),
        ("By", cells.actor(rating.rated_by, staff.behind([rating.rated_by]).get(rating.rated_by))),
        *([("Override", f"{overridden.reason} (until {overridden.expires_at:%Y-%m-%d})")] if overridden else []),
    ]


class OfCustomer:
    """Found by the customer's id; a customer by name is looked up on the page of customers."""

    search_help_text = "Id; or the id of a customer"

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By the customer."""
        try:
            return queryset.filter(customer_id=Customer.key(term))
        except ids.MalformedId:
            return queryset.none()

    @admin.display(description="customer")
    def customer_(self, row: Any) -> Any:
        """Whose; never a name."""
        return cells.link(row.customer, row.customer.public_id)

    @admin.display(description="partner")
    def partner_(self, row: Any) -> Any:
        """Of which partner."""
        return cells.link(row.partner)

    @admin.display(description="risk")
    def band_(self, row: Any) -> Any:
        """As a badge."""
        return cells.choice(row, "band", RiskBand)


# What is done


class DeclareForm(forms.Form):
    """What no other page knows."""

    channel = forms.ChoiceField(choices=Channel.choices, label="How the customer came")
    profession = forms.ChoiceField(choices=Profession.choices, label="Profession or line of business")
    is_exposed = forms.BooleanField(required=False, label="Politically exposed, a relative of one, or close to one")


class VolumeForm(forms.Form):
    """The volume of a month."""

    amount = forms.DecimalField(
        required=False, max_digits=20, decimal_places=4, label="Expected in a month", help_text="Empty when nobody declares it"
    )
    currency = forms.RegexField(r"^[A-Z]{3}$", required=False, label="Currency", help_text="ISO 4217, such as USD")


class OverrideForm(TransitionForm):
    """A band, and until when."""

    band = forms.ChoiceField(
        required=False,
        choices=[("", "as the model says again"), *(choice for choice in RiskBand.choices if choice[0] != RiskBand.PROHIBITED)],
        label="Count as",
    )
    until = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="The first day on which it counts no more"
    )

    def clean_until(self) -> datetime | None:
        """The beginning of that day."""
        day = self.cleaned_data["until"]
        return None if day is None else datetime.combine(day, time(), UTC)


def rate_now(*, customer_id: Any, reason: str, actor: Any, at: datetime) -> Any:
    """One customer, because somebody asks."""
    return ratings.rate(customer_ids=[customer_id], cause=RatingCause.OFFICER, reason=reason, actor=actor, at=at)


def standing_of(row: CustomerRisk) -> list[tuple[str, Any]]:
    """How the customer counts, and until when that holds."""
    return [
        ("Customer", cells.link(row.customer, row.customer.public_id)),
        ("Partner", cells.link(row.partner)),
        ("Data brought up to date", cells.day(row.reviewed_on)),
        ("Next review by", cells.day(row.review_on)),
        ("Looked at", row.rated_at),
        ("How the customer came", row.get_channel_display()),
        ("Profession or line of business", row.get_profession_display()),
        ("Politically exposed", "yes" if row.is_exposed else "not known"),
        ("Expected in a month", _volume(row)),
    ]


def _volume(row: CustomerRisk) -> str:
    profile = selectors.profile_of(row.customer_id)
    if profile is None or profile.expected_monthly is None:
        return "nobody declared it"
    declared = f"{money.in_words(profile.declared)}, declared " if profile.declared else ""
    return f"{declared}{profile.updated_at:%Y-%m-%d}: {cells.number(profile.expected_monthly, 'USD')} USD"


def _declared(row: CustomerRisk) -> dict[str, Any]:
    profile = selectors.profile_of(row.customer_id)
    declared = profile.declared if profile else None
    return (
        {"amount": money.to_text(declared.amount, declared.currency.code), "currency": declared.currency.code} if declared else {}
    )


def earlier(row: CustomerRisk) -> list[tuple]:
    """The newest ratings first."""
    rows = RiskRating.objects.filter(customer_id=row.customer_id).order_by("-pk")[:SHOWN]
    return [
        (
            cells.link(one, one.public_id),
            one.created_at,
            cells.choice(one, "band", RiskBand),
            one.points,
            RatingCause(one.cause).label,
            one.reason or cells.DASH,
        )
        for one in rows
    ]


def decided(row: CustomerRisk) -> list[tuple]:
    """Overrides and due diligence, newest first."""
    overrides = row.customer.risk_overrides.order_by("-pk")[:SHOWN]
    return [
        (
            "Override",
            RiskBand(one.band).label if one.band else "ended",
            one.begins_at,
            cells.day(one.expires_at.date()),
            one.reason,
        )
        for one in overrides
    ] + [
        (
            "Enhanced due diligence",
            cells.link(one, one.get_state_display()),
            one.created_at,
            cells.DASH,
            one.decision or cells.DASH,
        )
        for one in DueDiligence.objects.filter(customer_id=row.customer_id).order_by("-pk")[:SHOWN]
    ]


class CustomerRiskAdmin(OfCustomer, work_pages.WorkAdmin):
    """How one customer counts."""

    section, icon, menu_order, menu_title = "Work", "speed", 30, "Customers' risk"
    view_permission, work_permission = LOOK, RATE
    places: ClassVar = {"all": ("Everybody", Q())}
    newest_first = ("", *places)
    decisions = ("complete_review",)
    version_fields = ("rating_id", "reviewed_on", "review_on", "channel", "profession", "is_exposed", "assignee_id")
    thing = "customer's risk"
    list_display = ("public_id", "customer_", "partner_", "band_", "points", "review_on", "due", "whose", "rated_at")
    list_display_links = ("public_id",)
    list_filter = (PlacesFirst, *(FILTERS[name] for name in ("band", "due", "mode", "owner")))
    list_select_related = ("customer", "partner", "rating__override", "assignee", "locked_by")
    figures = ("points",)
    panels = (
        LOCK,
        panels.Facts(title="Risk", rows=lambda row: said(row.rating) if row.rating else []),
        panels.Custom(
            title="Why", page="compliance/risk_bars.html", wide=True, load=lambda row, request: bars(row.rating, request)
        ),
        panels.Facts(title="Review, and what was declared", rows=standing_of),
        panels.Table(
            title="Decided by people", columns=("What", "Outcome", "From", "Until", "Why"), rows=decided, empty="Nothing yet."
        ),
        panels.Table(
            title="Ratings",
            columns=("Rating", "Made", "Counts as", "Points", "Because", "Why"),
            figures=("Points",),
            rows=earlier,
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="complete_review",
            label="Complete the review",
            key="c",
            style="primary",
            permission=RATE,
            service=ratings.complete_review,
            policy=free,
            subject="customer_id",
            by="customer_id",
            reason_required=True,
            confirm="The customer's data were looked at and are up to date. The time to the next review counts from today.",
        ),
        Transition(
            name="declare",
            label="Declare",
            key="d",
            permission=RATE,
            form=DeclareForm,
            service=ratings.declare,
            subject="customer_id",
            by="customer_id",
            initial=lambda row: {name: getattr(row, name) for name in ("channel", "profession", "is_exposed")},
            reason_required=True,
        ),
        Transition(
            name="declare_volume",
            label="Declare the volume",
            key="v",
            permission=RATE,
            form=VolumeForm,
            service=profiles.declare_volume,
            subject="customer_id",
            by="customer_id",
            initial=_declared,
            reason_required=True,
            confirm="Scenarios of monitoring compare with it from now on.",
        ),
        Transition(
            name="rate",
            label="Rate now",
            key="r",
            permission=RATE,
            service=rate_now,
            subject="customer_id",
            by="customer_id",
            reason_required=True,
        ),
        Transition(
            name="request_override",
            label="Ask for an override",
            key="o",
            permission="compliance.request_risk_override",
            form=OverrideForm,
            service=risk_overrides.request,
            subject="customer_id",
            by="customer_id",
            reason_required=True,
            done="Asked for. Another person has to approve it under Approvals before it counts.",
        ),
        *giving(CustomerRisk, RATE, take="t", give="a"),
    )

    def title_of(self, obj: CustomerRisk) -> str:
        """Whose."""
        return obj.customer.public_id

    def status_of(self, obj: CustomerRisk) -> Any:
        """The band."""
        return self.band_(obj)


class RiskRatingAdmin(OfCustomer, ReadOnlyAdmin):
    """One rating, as it was made."""

    section, icon, menu_order, in_menu = "Work", "history", 31, False
    view_permission = LOOK
    list_display = ("public_id", "customer_", "band_", "points", "cause_", "created_at")
    list_select_related = ("customer", "partner", "override")
    figures = ("points",)
    panels = (
        panels.Facts(
            title="Rating", rows=lambda row: [("Customer", cells.link(row.customer, row.customer.public_id)), *said(row)]
        ),
        panels.Custom(title="Why", page="compliance/risk_bars.html", wide=True, load=bars),
    )

    @admin.display(description="because")
    def cause_(self, row: RiskRating) -> str:
        """In words."""
        return RatingCause(row.cause).label

    def status_of(self, obj: RiskRating) -> Any:
        """The band."""
        return self.band_(obj)


site.register(CustomerRisk, CustomerRiskAdmin)
site.register(RiskRating, RiskRatingAdmin)
