"""Lockouts: names and addresses with wrong passwords; what is locked is opened before its time."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.selectors import sign_ins
from accounts.services import lockouts
from flowlet.backoffice import CaseAdmin, Transition, cells, home, panels, site
from flowlet.core import clock

FEW = 1000


def shown_name(attempt: AccessAttempt) -> str:
    """The address that somebody signs in with; nothing else, as it may be a password in the wrong field."""
    return attempt.username if attempt.user_id else "unknown name"


def badge(attempt: AccessAttempt) -> Any:
    """Whether the name is refused from there now."""
    return cells.badge("Locked", "bad") if sign_ins.is_locked(attempt) else cells.badge("Open", "neutral")


class LockoutAdmin(CaseAdmin):
    """One name, address and browser with wrong passwords."""

    section, icon, menu_order = "People", "lock_person", 60
    menu_title, thing, things = "Lockouts", "failed sign-in", "failed sign-ins"
    figures = ("failures",)
    list_display = ("who", "ip_address", "failures", "state", "last")
    list_display_links = ("who",)
    search_fields = ("username", "ip_address")
    search_help_text = "E-mail address or network address, whole"
    version_fields = ("username", "ip_address")
    panels = (
        panels.Facts(
            title="Attempts",
            rows=lambda attempt: [
                ("Name", shown_name(attempt)),
                (
                    "Person",
                    cells.link(User(pk=attempt.user_id), "open the person's page") if attempt.user_id else "nobody's name",
                ),
                ("Address", cells.code(attempt.ip_address)),
                ("Browser", attempt.user_agent),
                ("Wrong passwords", attempt.failures_since_start),
                ("In 15 minutes, from all browsers", attempt.failures_now),
                ("Last one", attempt.attempt_time),
                ("State", badge(attempt)),
            ],
        ),
    )
    transitions = (
        Transition(
            name="lift",
            label="Lift the lockout",
            key="l",
            style="primary",
            permission="accounts.manage_users",
            service=lockouts.lift,
            subject="attempt_id",
            reason_required=True,
            confirm="Be sure who asks you: whoever guesses passwords gets five new tries from this address.",
            done="Lifted. The person can sign in from this address again.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessAttempt]:
        """Each with its standing."""
        return sign_ins.attempts(super().get_queryset(request), at=clock.now())

    def title_of(self, obj: AccessAttempt) -> str:
        """Who, from where."""
        return f"{shown_name(obj)} from {obj.ip_address}"

    def status_of(self, obj: AccessAttempt) -> Any:
        """Beside the heading."""
        return badge(obj)

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """The row is gone: on to the person, or back to the list."""
        return super()._done(request, transition, result, result)

    @admin.display(description="name")
    def who(self, attempt: AccessAttempt) -> str:
        """As typed, if it is somebody's."""
        return shown_name(attempt)

    @admin.display(description="wrong passwords")
    def failures(self, attempt: AccessAttempt) -> int:
        """From this browser."""
        return attempt.failures_since_start

    @admin.display(description="state")
    def state(self, attempt: AccessAttempt) -> Any:
        """As a badge."""
        return badge(attempt)

    @admin.display(description="last")
    def last(self, attempt: AccessAttempt) -> Any:
        """The newest failure."""
        return cells.moment(attempt.attempt_time)


def waiting(request: HttpRequest) -> home.Waiting | None:
    """People, not strangers' guesses at names, who are locked out now."""
    now = clock.now()
    found = [row for row in sign_ins.attempts(at=now).order_by("attempt_time")[:FEW] if row.user_id and sign_ins.is_locked(row)]
    if not found:
        return None
    count = len({(row.username, row.ip_address) for row in found})
    return home.Waiting(count=count, url=cells.admin_url(AccessAttempt, "changelist"), oldest_at=found[0].attempt_time)


site.register(AccessAttempt, LockoutAdmin)
home.register(home.Queue(name="lockouts", title="People locked out", permission="accounts.manage_users", load=waiting, order=70))
