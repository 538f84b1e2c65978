"""Second factors: who has an authenticator app, when it was last used, how many backup codes are left. Secrets show nowhere."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import policies
from accounts.admin.users import confirmed, secrets
from accounts.selectors import sign_ins
from accounts.services import staff
from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor

FEW_CODES = 3


def check_can_reset(device: TOTPDevice, actor: Actor) -> None:
    """Raises NotYourself."""
    policies.check_not_self(device.user, actor)


def codes(left: int) -> Any:
    """How many backup codes are left, in the colour of worry."""
    return cells.badge(str(left), "bad" if not left else "warn" if left <= FEW_CODES else "good")


class FactorAdmin(CaseAdmin):
    """One authenticator app of one person."""

    section, icon, menu_order = "People", "phonelink_lock", 50
    menu_title, thing, things = "Second factors", "authenticator app", "authenticator apps"
    list_display = ("person", "name", "state", "used", "codes_left", "made")
    list_display_links = ("person",)
    list_filter = ("confirmed",)
    search_fields = ("user__email",)
    search_help_text = "Any part of the e-mail address or the name"
    version_fields = ("confirmed", "user_id")
    panels = (
        panels.Facts(
            title="Authenticator app",
            rows=lambda device: [
                ("Person", cells.link(device.user)),
                ("Name", device.name),
                ("State", confirmed(device)),
                ("Set up", device.created_at),
                ("Last used", device.last_used_at or "never"),
                ("Wrong codes since", device.throttling_failure_count),
                ("Backup codes left", codes(device.codes_left)),
            ],
        ),
    )
    transitions = (
        Transition(
            name="reset",
            label="Reset access",
            key="r",
            style="danger",
            permission="accounts.manage_users",
            service=staff.reset_access,
            subject="user_id",
            by="user_id",
            policy=check_can_reset,
            reason_required=True,
            confirm="Password, authenticator and backup codes change; the person is signed out everywhere.",
            secrets=secrets,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TOTPDevice]:
        """With the person and the backup codes left."""
        return sign_ins.devices(super().get_queryset(request))

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """People are few: any part of name or address finds them."""
        return queryset.filter(user__email__icontains=term) | queryset.filter(user__name__icontains=term)

    def title_of(self, obj: TOTPDevice) -> str:
        """Whose."""
        return f"{obj.name} of {obj.user}"

    def status_of(self, obj: TOTPDevice) -> Any:
        """Beside the heading."""
        return confirmed(obj)

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """The device is another one now: on to the person."""
        return super()._done(request, transition, result.user, result)

    @admin.display(description="person")
    def person(self, device: TOTPDevice) -> str:
        """By address."""
        return str(device.user)

    @admin.display(description="state")
    def state(self, device: TOTPDevice) -> Any:
        """As a badge."""
        return confirmed(device)

    @admin.display(description="last used")
    def used(self, device: TOTPDevice) -> Any:
        """When a code was last taken."""
        return cells.moment(device.last_used_at) if device.last_used_at else "never"

    @admin.display(description="backup codes left")
    def codes_left(self, device: TOTPDevice) -> Any:
        """As a badge."""
        return codes(device.codes_left)

    @admin.display(description="set up")
    def made(self, device: TOTPDevice) -> Any:
        """When."""
        return cells.moment(device.created_at)


site.register(TOTPDevice, FactorAdmin)
