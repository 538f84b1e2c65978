"""Rules of monitoring: every version; other numbers, backtests, shadow, release by two people, files."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson
from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from compliance.admin.rule_editor import WRITE, RuleEditor
from compliance.admin.rule_panels import DAYS, PANELS, step_of, urgency
from compliance.models import MonitoringRun, RuleTrial
from compliance.policies import rule_parameters, scenarios
from compliance.services import rule_drafts, rule_releases, rule_trials
from compliance.services import scenarios as shipping
from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, filters, may_become, permissions, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.states import IllegalMove
from flowlet.rules import parsing, selectors
from flowlet.rules.choices import RuleStatus
from flowlet.rules.errors import RuleTooLarge
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.services import files, versions
from flowlet.rules.states import RULE_MOVES

LOOK = "compliance.view_rule"
LARGEST_FILE = parsing.LARGEST_TEXT * 16


class NumbersForm(TransitionForm):
    """The numbers of a version, each with its unit and bounds; what it says now stands there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in rule_parameters.parameters(selectors.compiled(self.subject).condition):
            label = f"{one.label}, {one.unit}" if one.unit else one.label
            self.fields[one.name] = forms.CharField(label=label, initial=one.text, help_text=one.hint, max_length=2_000)
        effect = self.subject.effect
        self.fields["priority"] = forms.IntegerField(
            initial=effect.get("priority", 50), help_text="From 0 to 100: how urgent its alert is"
        )
        if self.subject.rule_set.name == scenarios.GATE:
            self.fields["outcome"] = forms.ChoiceField(
                choices=rule_parameters.OUTCOMES.items(), initial=effect.get("outcome"), label="What becomes of the payment"
            )

    def clean(self) -> dict[str, Any]:
        """The numbers together, the rest beside them."""
        data = super().clean()
        values = {name: data.pop(name) for name in list(data) if name.startswith("p") and name[1:].isdecimal()}
        return {**data, "values": values}


class TrialForm(forms.Form):
    """Which days."""

    first = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="From")
    last = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), label="To", help_text="This day is tried too; days of UTC"
    )
    measures = forms.BooleanField(
        required=False,
        label="Measure around customers first",
        help_text="For patterns, of days that were never monitored; takes longer",
    )


class FileForm(forms.Form):
    """A set of rules."""

    file = forms.FileField(help_text="JSON, as an export writes it")


def last_month(row: RuleVersion) -> dict[str, date]:
    """What is usually tried."""
    yesterday = clock.now().date() - timedelta(days=1)
    return {"first": yesterday - timedelta(days=DAYS - 1), "last": yesterday}


def ask_for_trial(*, ruleversion_id: UUID, first: date, last: date, actor: Actor, at: datetime, **more: Any) -> RuleTrial:
    """The form in the service's words."""
    since, until = datetime.combine(first, time(), UTC), datetime.combine(last + timedelta(days=1), time(), UTC)
    return rule_trials.request(ruleversion_id=ruleversion_id, since=since, until=until, actor=actor, at=at, **more)


def take(*, file: UploadedFile, actor: Actor, at: datetime) -> tuple[list[RuleVersion], int]:
    """The file in the service's words."""
    if (file.size or 0) > LARGEST_FILE:
        raise RuleTooLarge(f"At most {LARGEST_FILE:,} bytes.", param="file")
    return files.take(content=file.read(), actor=actor, at=at)


def drafted(result: tuple[list[RuleVersion], int]) -> str:
    """What came of a file."""
    made, same = result
    return f"{len(made)} drafts; {same} rules say what they said."


def ends_alone(row: RuleVersion, actor: Actor) -> None:
    """Raise IllegalMove for what has ended, and for what is live: that takes two."""
    may_become(RULE_MOVES, RuleStatus.RETIRED)(row, actor)
    if row.status == RuleStatus.LIVE:
        raise IllegalMove("A live rule is ended by two people.")


def ends_by_two(row: RuleVersion, actor: Actor) -> None:
    """Raise IllegalMove unless it is live."""
    if row.status != RuleStatus.LIVE:
        raise IllegalMove("Only what is live takes two people to end.")


def is_asked(row: RuleVersion, actor: Actor) -> None:
    """Raise IllegalMove for what has ended."""
    if row.status == RuleStatus.RETIRED:
        raise IllegalMove("It has ended.")


def is_read(row: RuleVersion, actor: Actor) -> None:
    """Raise what reading it raises, where its vocabulary has changed under it."""
    selectors.compiled(row)


def export(*, ruleversion_id: UUID, actor: Actor, at: datetime) -> dict[str, Any]:
    """The whole set of the version."""
    rule_set = RuleVersion.objects.values_list("rule_set__name", flat=True).get(pk=ruleversion_id)
    return rule_drafts.export(rule_set=rule_set, actor=actor, at=at)


class SetFilter(filters.ByRow):
    """Of which set."""

    title, parameter_name, column = "set", "set", "rule_set_id"
    model, order = RuleSet, ("name",)


class StateFilter(admin.SimpleListFilter):
    """How far it has come; nothing chosen shows what has not ended."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that there are, and all."""
        return [*RuleStatus.choices, ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """What has not ended, instead of Django's own "All"."""
        first, *rest = super().choices(changelist)
        return [{**first, "display": "Not ended"}, *rest]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen ones."""
        if self.value() in RuleStatus.values:
            return queryset.filter(status=self.value())
        return queryset if self.value() == "all" else queryset.exclude(status=RuleStatus.RETIRED)


class RuleVersionAdmin(RuleEditor, ReferenceAdmin):
    """One version of a rule."""

    section, icon, menu_order, menu_title = "Settings", "rule_settings", 44, "Rules"
    thing, things = "rule", "rules"
    view_permission = LOOK
    list_display = ("title_", "code_", "set_", "number", "status_", "priority_", "last_day", "moved_at")
    list_display_links = ("title_",)
    list_filter = (StateFilter, SetFilter)
    list_select_related = ("rule_set",)
    list_per_page = 50
    change_list_template = "compliance/rules.html"
    ordering = ("rule_set", "name", "-number")
    figures = ("number", "last_day")
    search_help_text = "Id, or the name of a rule, such as structuring"
    hidden_refusals = (IllegalMove,)
    page_budget = 30
    panels = PANELS
    transitions = (
        Transition(
            name="change",
            label="Change numbers",
            key="c",
            permission=WRITE,
            form=NumbersForm,
            service=rule_drafts.change,
            policy=is_read,
            reason_required=True,
            confirm="A new version is drafted; what is live stays live until two people let the new one take effect.",
            done="Drafted. Try it on the past next.",
        ),
        Transition(
            name="backtest",
            label="Backtest",
            key="b",
            permission=WRITE,
            form=TrialForm,
            initial=last_month,
            service=ask_for_trial,
            policy=is_asked,
            done="Asked for: a worker tries it.",
        ),
        Transition(
            name="shadow",
            label="Watch in shadow",
            key="s",
            permission=WRITE,
            service=versions.start_shadow,
            policy=may_become(RULE_MOVES, RuleStatus.SHADOW),
            confirm="It is asked beside the live version, without effect; one that was in shadow ends.",
        ),
        Transition(
            name="request_release",
            label="Propose to go live",
            key="l",
            style="primary",
            permission=WRITE,
            service=rule_releases.request_release,
            policy=may_become(RULE_MOVES, RuleStatus.LIVE),
            reason_required=True,
            done="Asked for. Another person has to approve it under Approvals.",
        ),
        Transition(
            name="retire",
            label="End",
            key="e",
            style="danger",
            permission=WRITE,
            service=rule_releases.retire,
            policy=ends_alone,
            reason_required=True,
        ),
        Transition(
            name="request_retirement",
            label="Propose to end",
            key="e",
            style="danger",
            permission=WRITE,
            service=rule_releases.request_retirement,
            policy=ends_by_two,
            reason_required=True,
            done="Asked for. Another person has to approve it under Approvals.",
        ),
        Transition(
            name="export",
            label="Export the set",
            key="x",
            permission=WRITE,
            service=export,
            confirm="The newest version of each rule of its set that has not ended, as a file.",
        ),
        Transition(
            name="import",
            label="Take in a file",
            key="i",
            scope="list",
            permission=WRITE,
            form=FileForm,
            service=take,
            confirm="A draft of each rule that says something new: all of them, or none.",
            done=drafted,
        ),
        Transition(
            name="draft_shipped",
            label="Draft shipped",
            key="d",
            scope="list",
            permission=WRITE,
            service=shipping.draft_shipped,
            confirm="Drafts of the scenarios that come with the platform, of what is new in them.",
            done=drafted,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleVersion]:
        """With what the last day's run did."""
        last = MonitoringRun.objects.filter(partner=None, finished_at__isnull=False).order_by("-day", "-id")
        return super().get_queryset(request).select_related("rule_set").annotate(last_steps=Subquery(last.values("steps")[:1]))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With a way to write a new rule, for each set."""
        sets = RuleSet.objects.order_by("name") if permissions.allows(request.user, WRITE) else []
        editors = [(one, self._url("new", one.name)) for one in sets]
        return super().changelist_view(request, {"editors": editors, **(extra_context or {})})

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By name; rules are few."""
        return queryset.filter(name=term)

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """A draft opens by itself; a file is the answer itself."""
        if transition.name == "export":
            answer = HttpResponse(
                orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n", content_type="application/json"
            )
            answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{result['set']}.json")
            answer["Cache-Control"], answer["X-Content-Type-Options"] = "no-store, private", "nosniff"
            return answer
        return super()._done(request, transition, None if transition.name == "change" else obj, result)

    def title_of(self, obj: RuleVersion) -> str:
        """Title and number."""
        return f"{obj.title} · version {obj.number}"

    def status_of(self, obj: RuleVersion) -> Any:
        """How far it has come."""
        return cells.choice(obj, "status", RuleStatus)

    @admin.display(description="rule")
    def title_(self, obj: RuleVersion) -> str:
        """Its title."""
        return obj.title

    @admin.display(description="scenario")
    def code_(self, obj: RuleVersion) -> str:
        """Its number in the field's library."""
        return obj.effect.get("code") or cells.DASH

    @admin.display(description="set")
    def set_(self, obj: RuleVersion) -> str:
        """Where it is asked."""
        return obj.rule_set.label

    @admin.display(description="state")
    def status_(self, obj: RuleVersion) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", RuleStatus)

    @admin.display(description="priority")
    def priority_(self, obj: RuleVersion) -> Any:
        """As a badge, coloured as its alerts are."""
        return urgency(obj.effect.get("priority"))

    @admin.display(description="hits, last day")
    def last_day(self, obj: RuleVersion) -> str:
        """On the last day that was monitored; nothing for what is not asked then."""
        step = (obj.last_steps or {}).get(step_of(obj))
        return cells.DASH if step is None else f"{step.get('hits', 0):,}"


site.register(RuleVersion, RuleVersionAdmin)
