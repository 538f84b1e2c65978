"""People who sign in: made, given roles, locked out, let in again."""

from typing import Any

import segno
from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import policies
from accounts.choices import Role
from accounts.models import User
from accounts.selectors import sign_ins
from accounts.services import staff
from flowlet.audit.selectors import records
from flowlet.backoffice import ReferenceAdmin, Transition, cells, panels, site
from flowlet.core import clock

SHOWN = 20


class RolesForm(forms.Form):
    """What a member of staff is here to do."""

    roles = forms.MultipleChoiceField(
        choices=[(role.value, role.label) for role in staff.STAFF_ROLES], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


class StaffForm(RolesForm):
    """A new member of staff."""

    email = forms.EmailField(label="E-mail address", help_text="The login")
    name = forms.CharField(max_length=200)
    field_order = ("email", "name", "roles")


def secrets(access: staff.Access) -> list[tuple[str, Any]]:
    """What the person needs to sign in, with a QR code for the authenticator app."""
    return [
        ("Login", access.user.email),
        ("Password", cells.code(access.password)),
        ("Authenticator", cells.code(access.totp_secret)),
        ("QR code", qr_code(access.totp_uri)),
        ("Backup codes", cells.code("  ".join(access.backup_codes))),
    ]


def qr_code(text: str) -> SafeString:
    """A drawing of ``text``, dark on light whatever the theme; nothing is fetched for it."""
    drawing = segno.make(text, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return mark_safe(drawing)  # noqa: S308 (made here, of an encoded address)


def deeds(user: User) -> list[tuple[Any, ...]]:
    """What was done to the person's access, newest first."""
    found = records.of_target(user.public_id)[:SHOWN]
    return [(row.at, row.action, row.actor_label or row.actor_id, row.reason) for row in found]


def confirmed(device: TOTPDevice) -> Any:
    """Whether the app counts, as a badge."""
    return cells.badge("Confirmed", "good") if device.confirmed else cells.badge("Not confirmed", "warn")


def factors(user: User) -> list[tuple[str, Any]]:
    """What the person signs in with besides the password, and where that is locked now."""
    found = sign_ins.devices(TOTPDevice.objects.filter(user=user)).order_by("pk")
    pairs: list[tuple[str, Any]] = []
    for device in found:
        pairs += [(device.name or "Authenticator app", confirmed(device)), ("Last used", device.last_used_at or "never")]
    pairs += [("Backup codes left", found[0].codes_left)] if found else [("Authenticator app", cells.badge("none", "warn"))]
    locks = sign_ins.locks_of(user, at=clock.now())
    return pairs + [("Locked out from", cells.link(attempt, attempt.ip_address)) for attempt in locks]


class UserAdmin(ReferenceAdmin):
    """One person."""

    section, icon, menu_order = "People", "badge", 40
    view_permission = "accounts.review_users"
    list_display = ("email", "name", "held", "belongs_to", "state", "last_login")
    list_filter = ("is_active", "is_staff")
    list_select_related = ("partner",)
    search_fields = ("email",)
    version_fields = ("roles", "is_active", "password", "name", "email")
    panels = (
        panels.Facts(
            title="Person",
            fields=("email", "name", "is_active", "is_staff", "last_login", "created_at"),
            rows=lambda user: [("Roles", user.role), ("Partner", user.partner)],
        ),
        panels.Facts(title="Second factor", rows=factors),
        panels.Table(title="Access", columns=("When", "What", "Who", "Why"), rows=deeds, permission="flowlet_audit.view_record"),
    )
    transitions = (
        Transition(
            name="create",
            label="New member of staff",
            scope="list",
            style="primary",
            permission="accounts.manage_users",
            form=StaffForm,
            service=staff.create_staff,
            secrets=secrets,
        ),
        Transition(
            name="set_roles",
            label="Set roles",
            key="o",
            permission="accounts.manage_users",
            form=RolesForm,
            service=staff.set_roles,
            policy=policies.check_not_self,
            initial=lambda user: {"roles": list(user.roles)},
            reason_required=True,
        ),
        Transition(
            name="reset_access",
            label="Reset access",
            key="r",
            permission="accounts.manage_users",
            service=staff.reset_access,
            policy=policies.check_not_self,
            reason_required=True,
            confirm="Password, authenticator and backup codes change; the person is signed out everywhere.",
            secrets=secrets,
        ),
        Transition(
            name="deactivate",
            label="Lock out",
            key="x",
            style="danger",
            permission="accounts.manage_users",
            service=staff.deactivate,
            policy=policies.check_can_deactivate,
            reason_required=True,
        ),
        Transition(
            name="activate",
            label="Let in again",
            key="i",
            permission="accounts.manage_users",
            service=staff.activate,
            policy=policies.check_can_activate,
            reason_required=True,
        ),
    )

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """Users are few: any part of name or address finds them."""
        return queryset.filter(Q(email__icontains=term) | Q(name__icontains=term))

    def status_of(self, obj: User) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="roles")
    def held(self, obj: User) -> Any:
        """In words."""
        return ", ".join(Role(role).label for role in obj.roles) or cells.DASH

    @admin.display(description="partner")
    def belongs_to(self, obj: User) -> Any:
        """Of a partner's developer."""
        return cells.link(obj.partner)

    @admin.display(description="state")
    def state(self, obj: User) -> Any:
        """Whether the person can sign in."""
        return cells.badge("Active", "good") if obj.is_active else cells.badge("Locked out", "bad")


site.register(User, UserAdmin)
