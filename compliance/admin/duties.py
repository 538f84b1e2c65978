"""The register of duties: what the law asks, how it is met, whose it is, when it is due, and the figures that prove it now."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.choices import Role
from accounts.selectors import staff
from compliance import errors
from compliance.choices import Recurrence
from compliance.models import Duty
from compliance.services import duties, duty_evidence
from flowlet.backoffice import ReferenceAdmin, Transition, cells, home, panels, site
from flowlet.core import clock

LOOK, WORK = "compliance.view_duty", "compliance.work_duty"


class DutyForm(forms.Form):
    """A duty as it stands in the register."""

    title = forms.CharField(max_length=200)
    source = forms.CharField(max_length=200, help_text="Statute and article")
    control = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="How it is met")
    evidence = forms.ChoiceField(
        required=False, choices=[("", "none"), *((name, name.replace("_", " ")) for name in duty_evidence.QUERIES)]
    )
    owner = forms.ChoiceField(choices=Role.choices)
    recurrence = forms.ChoiceField(choices=Recurrence.choices)
    due_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Of what recurs")
    is_retired = forms.BooleanField(required=False, label="Retired: it holds no more")


class NewDutyForm(DutyForm):
    """A new one."""

    code = forms.RegexField(r"^[a-z0-9-]{2,40}$", help_text="Such as sanctions-lists")
    field_order = ("code",)


def check_is_in_force(row: Duty, actor: Any = None) -> None:
    """Raises DutyNotFound of a retired one."""
    if row.is_retired:
        raise errors.DutyNotFound("The duty was retired.")


def proof(row: Duty) -> list[tuple]:
    """The figures now."""
    return [
        (figure.label, figure.value, cells.badge("as it should be", "good") if figure.is_good else cells.badge("look", "bad"))
        for figure in duties.figures(row, at=clock.now())
    ]


def past(row: Duty) -> list[tuple]:
    """Each time it was met, with its figures as they were."""
    found = list(row.fulfilments.order_by("-pk")[:20])
    people = staff.behind([one.done_by for one in found])
    return [
        (
            one.done_at,
            cells.day(one.due_on),
            one.note,
            "; ".join(f"{figure['label']}: {figure['value']}" for figure in one.figures) or cells.DASH,
            cells.actor(one.done_by, people.get(one.done_by)),
        )
        for one in found
    ]


class DueFilter(admin.SimpleListFilter):
    """By when it is to be done."""

    title, parameter_name = "due", "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        """Late, or soon."""
        return [("late", "Overdue"), ("soon", "Within 14 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those."""
        today = clock.now().date()
        if self.value() not in {"late", "soon"}:
            return queryset
        return queryset.filter(pk__in=duties.due(on=today if self.value() == "late" else today + duties.TOLD_AHEAD).values("pk"))


class DutyAdmin(ReferenceAdmin):
    """One duty."""

    section, icon, menu_order, menu_title = "Evidence", "balance", 55, "Regulatory duties"
    view_permission = LOOK
    list_display = ("code", "title", "source", "owner", "recurrence", "due", "fulfilled_on")
    list_display_links = ("code",)
    list_filter = (DueFilter, "owner")
    search_fields = ("code",)
    search_help_text = "Code, such as sanctions-lists"
    panels = (
        panels.Facts(title="Duty", fields=("code", "source", "control", "owner", "recurrence", "due_on", "fulfilled_on")),
        panels.Table(
            title="Evidence now", columns=("What", "Figure", ""), figures=("Figure",), rows=proof, empty="No figures prove it."
        ),
        panels.Table(title="Met", columns=("When", "For", "How", "Figures then", "By"), rows=past, empty="Not yet."),
        panels.History(),
    )
    transitions = (
        Transition(
            name="fulfil",
            label="Met",
            key="m",
            style="primary",
            permission=WORK,
            service=duties.fulfil,
            policy=check_is_in_force,
            reason_required=True,
            confirm="Say how. The figures are kept as they are now, and the duty is next due a turn later.",
        ),
        Transition(
            name="edit",
            label="Change",
            key="e",
            permission=WORK,
            form=DutyForm,
            service=duties.save,
            initial=lambda row: {name: getattr(row, name) for name in duties.FIELDS},
            reason_required=True,
        ),
        Transition(
            name="create",
            label="Write a duty down",
            key="n",
            scope="list",
            permission=WORK,
            form=NewDutyForm,
            service=duties.save,
            reason_required=True,
        ),
    )

    def title_of(self, obj: Duty) -> str:
        """Its title."""
        return obj.title

    @admin.display(description="due")
    def due(self, row: Duty) -> Any:
        """The day, in red once it is over."""
        if row.is_retired:
            return cells.badge("retired")
        late = row.due_on is not None and row.due_on <= clock.now().date()
        return cells.badge(row.due_on.isoformat(), "bad") if late and row.due_on else cells.day(row.due_on)


def reminders(request: HttpRequest) -> home.Waiting | None:
    """Duties of the person's own roles that are due within two weeks."""
    today = clock.now().date()
    rows = duties.due(on=today + duties.TOLD_AHEAD).filter(owner__in=list(getattr(request.user, "roles", ())))
    days = list(rows.values_list("due_on", flat=True))
    if not days:
        return None
    return home.Waiting(
        count=len(days),
        url=f"{cells.admin_url(Duty, 'changelist')}?due=soon",
        oldest_at=datetime.combine(days[0], time(), UTC) if days[0] <= today else None,
        is_late=days[0] < today,
        text=f"next {days[0].isoformat()}",
    )


site.register(Duty, DutyAdmin)
home.register(home.Queue(name="compliance.duties", title="Duties due", permission=LOOK, load=reminders, order=46))
