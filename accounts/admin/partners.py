"""Partners: made in pairs, activated by two people, given keys."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import policies
from accounts.choices import Mode, PartnerStatus, Scope
from accounts.models import ApiKey, Partner
from accounts.services import api_keys, partners
from flowlet.approvals import selectors as approvals
from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, home, panels, site
from flowlet.core import clock, countries
from flowlet.core.actors import Actor

SHOWN = 50


class EditForm(forms.Form):
    """What may change about a company; its time zone may not."""

    name = forms.CharField(max_length=200)
    country = forms.ChoiceField(
        choices=lambda: sorted(((code, countries.name(code)) for code in countries.CODES), key=lambda c: c[1])
    )


class CreateForm(EditForm):
    """A new company."""

    time_zone = forms.ChoiceField(
        choices=lambda: [(zone, zone) for zone in sorted(available_timezones())],
        initial="UTC",
        help_text="The days of the books are days of this zone. It cannot be changed later.",
    )


class RightsForm(TransitionForm):
    """What a key may do, and from where; the row it is about is the key's partner, or the key."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    allowed_networks = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="CIDR, one a line; every address without any"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None:
            partner = self.subject.partner if isinstance(self.subject, ApiKey) else self.subject
            allowed = api_keys.scopes_for(partner)
            self.fields["scopes"].choices = [(value, label) for value, label in Scope.choices if value in allowed]

    def clean_allowed_networks(self) -> list[str]:
        """One a line."""
        return self.cleaned_data["allowed_networks"].split()


class IssueForm(RightsForm):
    """A new key."""

    name = forms.CharField(max_length=100, help_text="What the key is for")
    days = forms.IntegerField(
        required=False, min_value=1, max_value=3650, label="Expires after days", help_text="Never, if left empty"
    )
    field_order = ("name", "scopes", "allowed_networks", "days")


def issue_key(
    *, partner_id: UUID, name: str, scopes: list[str], allowed_networks: list[str], days: int | None, actor: Actor, at: datetime
) -> api_keys.IssuedKey:
    """The form in the service's words."""
    return api_keys.issue(
        partner_id=partner_id,
        name=name,
        scopes=scopes,
        allowed_networks=allowed_networks,
        expires_at=None if days is None else at + timedelta(days=days),
        actor=actor,
        at=at,
    )


def key_rows(partner: Partner) -> list[tuple[Any, ...]]:
    """The newest keys of the partner."""
    now = clock.now()
    keys = ApiKey.objects.filter(partner=partner).order_by("-pk")[:SHOWN]
    return [
        (cells.link(key, key.name), cells.code(key.hint), ", ".join(key.scopes), key_state(key, now), key.last_used_at)
        for key in keys
    ]


def key_state(key: ApiKey, now: datetime) -> Any:
    """Whether the key works, as a badge."""
    if key.revoked_at is not None:
        return cells.badge("Revoked", "bad")
    if key.expires_at is not None and key.expires_at <= now:
        return cells.badge("Expired", "neutral")
    if key.expires_at is not None:
        return cells.badge(f"Until {key.expires_at:%Y-%m-%d}", "warn")
    return cells.badge("Active", "good")


def request_rows(partner: Partner) -> list[tuple[Any, ...]]:
    """What was asked for about the partner, newest first."""
    return [
        (cells.link(row, row.public_id), row.get_status_display(), row.reason, row.maker_label, row.checker_label, row.created_at)
        for row in approvals.of_subject(partner.public_id)[:SHOWN]
    ]


class PartnerAdmin(ReferenceAdmin):
    """One company in one mode."""

    section, icon, menu_order = "People", "apartment", 10
    list_display = ("name", "side", "state", "seat", "time_zone", "created_at")
    list_filter = ("mode", "status")
    list_select_related = ("sibling",)
    search_fields = ("name",)
    panels = (
        panels.Facts(
            title="Partner",
            fields=("name", "mode", "status", "time_zone", "created_at"),
            rows=lambda partner: [
                ("Country", countries.name(partner.country)),
                ("Sibling", partner.sibling),
                ("Id", cells.code(partner.public_id)),
            ],
        ),
        panels.Table(
            title="API keys",
            columns=("Name", "Key", "Scopes", "State", "Last used"),
            rows=key_rows,
            permission="accounts.view_apikey",
        ),
        panels.Table(title="Requests", columns=("Request", "State", "Why", "Maker", "Checker", "Asked"), rows=request_rows),
    )
    transitions = (
        Transition(
            name="create",
            label="New partner",
            scope="list",
            style="primary",
            permission="accounts.create_partner",
            form=CreateForm,
            service=partners.create,
            done=lambda pair: f"{pair.live.name}: the sandbox works, the live side waits for activation.",
        ),
        Transition(
            name="request_activation",
            label="Ask for activation",
            key="a",
            style="primary",
            permission="accounts.request_partner_activation",
            service=partners.request_activation,
            policy=policies.check_can_request_activation,
            reason_required=True,
            done="Asked. Somebody else has to approve it.",
        ),
        Transition(
            name="issue_key",
            label="Issue an API key",
            key="k",
            permission="accounts.manage_api_keys",
            form=IssueForm,
            service=issue_key,
            policy=policies.check_can_issue_key,
            secrets=lambda issued: [("Key", issued.key.name), ("Secret", cells.code(issued.secret))],
        ),
        Transition(
            name="edit",
            label="Edit",
            key="e",
            permission="accounts.change_partner",
            form=EditForm,
            service=partners.update,
            initial=lambda partner: {"name": partner.name, "country": partner.country},
            confirm="Both the live and the sandbox side change.",
            done="Saved, on both sides.",
        ),
        Transition(
            name="suspend",
            label="Suspend",
            key="s",
            style="danger",
            permission="accounts.suspend_partner",
            service=partners.suspend,
            policy=policies.check_can_suspend,
            reason_required=True,
            confirm="All API keys of this side stop working at once.",
        ),
        Transition(
            name="resume",
            label="Resume",
            key="r",
            permission="accounts.suspend_partner",
            service=partners.resume,
            policy=policies.check_can_resume,
            reason_required=True,
        ),
    )

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """Partners are few: any part of the name finds them."""
        return queryset.filter(name__icontains=term)

    def status_of(self, obj: Partner) -> Any:
        """Beside the heading."""
        return cells.choice(obj, "status", PartnerStatus)

    @admin.display(description="side")
    def side(self, obj: Partner) -> Any:
        """Live or sandbox."""
        return cells.choice(obj, "mode", Mode)

    @admin.display(description="state")
    def state(self, obj: Partner) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", PartnerStatus)

    @admin.display(description="country")
    def seat(self, obj: Partner) -> str:
        """By name."""
        return countries.name(obj.country)


def waiting(request: HttpRequest) -> home.Waiting:
    """Live partners that nobody has activated."""
    found = Partner.objects.filter(status=PartnerStatus.PENDING).order_by("created_at")
    moments = list(found.values_list("created_at", flat=True)[:1000])
    url = f"{cells.admin_url(Partner, 'changelist')}?status__exact={PartnerStatus.PENDING}"
    return home.Waiting(count=len(moments), url=url, oldest_at=moments[0] if moments else None)


site.register(Partner, PartnerAdmin)
home.register(
    home.Queue(
        name="partners_waiting",
        title="Partners waiting for activation",
        permission="accounts.request_partner_activation",
        load=waiting,
        order=60,
    )
)
