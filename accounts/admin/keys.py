"""API keys: changed, rotated and revoked; the secret is nowhere to be seen."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import policies
from accounts.admin.partners import RightsForm, key_state
from accounts.models import ApiKey
from accounts.services import api_keys
from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor


class RotateForm(forms.Form):
    """How long both keys work."""

    hours = forms.IntegerField(
        min_value=0,
        max_value=int(api_keys.MAX_OVERLAP.total_seconds()) // 3600,
        initial=24,
        label="Overlap in hours",
        help_text="The old key works on for so long, beside the new one",
    )


class ChangeForm(RightsForm):
    """Rights and rate of a key."""

    rate_per_second = forms.IntegerField(min_value=1, max_value=api_keys.MAX_RATE, label="Requests a second")
    burst = forms.IntegerField(min_value=1, label="Requests at once", help_text="A second's worth to a minute's worth")


def rotate(*, key_id: UUID, hours: int, actor: Actor, at: datetime) -> api_keys.IssuedKey:
    """The form in the service's words."""
    return api_keys.rotate(key_id=key_id, overlap=timedelta(hours=hours), actor=actor, at=at)


def lineage(key: ApiKey) -> list[tuple[str, Any]]:
    """Which key it replaced, and which replaced it."""
    successor = ApiKey.objects.filter(replaces=key).first()
    return [
        ("Partner", key.partner),
        ("Scopes", ", ".join(key.scopes)),
        ("Networks", ", ".join(key.allowed_networks) or "every address"),
        ("Rate", f"{key.rate_per_second} a second, {key.burst} at once"),
        ("Replaces", key.replaces),
        ("Replaced by", successor),
    ]


class ApiKeyAdmin(CaseAdmin):
    """One key; what is shown is how it begins and ends."""

    section, icon, menu_order = "People", "key", 30
    list_display = ("name", "shown", "owner", "rights", "state", "last_used_at", "created_at")
    list_select_related = ("partner",)
    search_fields = ("hint",)
    version_fields = ("revoked_at", "expires_at", "scopes", "allowed_networks", "rate_per_second", "burst")
    panels = (
        panels.Facts(
            title="Key", fields=("name", "hint", "created_at", "expires_at", "revoked_at", "last_used_at"), rows=lineage
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="change",
            label="Change rights and rate",
            key="e",
            permission="accounts.manage_api_keys",
            form=ChangeForm,
            service=api_keys.change,
            subject="key_id",
            policy=policies.check_can_change_key,
            initial=lambda key: {
                "scopes": list(key.scopes),
                "allowed_networks": "\n".join(key.allowed_networks),
                "rate_per_second": key.rate_per_second,
                "burst": key.burst,
            },
            reason_required=True,
            confirm="It counts from the next request on.",
        ),
        Transition(
            name="rotate",
            label="Rotate",
            key="r",
            permission="accounts.manage_api_keys",
            form=RotateForm,
            service=rotate,
            subject="key_id",
            policy=policies.check_can_rotate,
            secrets=lambda issued: [("Key", issued.key.name), ("Secret", cells.code(issued.secret))],
        ),
        Transition(
            name="revoke",
            label="Revoke",
            key="x",
            style="danger",
            permission="accounts.manage_api_keys",
            service=api_keys.revoke,
            subject="key_id",
            policy=policies.check_can_revoke,
            reason_required=True,
            confirm="Whoever uses the key is refused from now on.",
        ),
    )

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By any part of the name, or by the last four characters of the key."""
        found = queryset.filter(name__icontains=term)
        return found | queryset.filter(hint__endswith=term) if len(term) == 4 else found

    def status_of(self, obj: ApiKey) -> Any:
        """Beside the heading."""
        return key_state(obj, clock.now())

    @admin.display(description="key")
    def shown(self, obj: ApiKey) -> Any:
        """Its ends."""
        return cells.code(obj.hint)

    @admin.display(description="partner")
    def owner(self, obj: ApiKey) -> Any:
        """Whose it is."""
        return cells.link(obj.partner)

    @admin.display(description="scopes")
    def rights(self, obj: ApiKey) -> str:
        """How many, or which."""
        return ", ".join(obj.scopes) if len(obj.scopes) <= 2 else f"{len(obj.scopes)} scopes"

    @admin.display(description="state")
    def state(self, obj: ApiKey) -> Any:
        """Whether it works."""
        return key_state(obj, clock.now())


site.register(ApiKey, ApiKeyAdmin)
