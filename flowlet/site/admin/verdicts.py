"""Verdicts: what was asked, what each decider thought of it, and what came out. Nobody changes anything here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from flowlet.backoffice import ReadOnlyAdmin, cells, filters, panels, site
from flowlet.backoffice.panels import Panel
from flowlet.core.actors import Actor
from flowlet.decisions import facts, registry, selectors
from flowlet.decisions.choices import Outcome
from flowlet.decisions.models import Verdict
from flowlet.site.admin import subjects


def outcome_badge(outcome: str) -> Any:
    """The outcome in its colour."""
    return cells.badge(Outcome(outcome).label, Outcome(outcome).tone)


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _opened(verdict: Verdict, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, Any]]:
    """The personal facts in clear; who saw them is in the audit by then."""
    return [(name, _text(value)) for name, value in sorted(selectors.personal_facts_of(verdict).items())]


class PointFilter(filters.Typed):
    """Where it was asked."""

    title, parameter_name = "where", "point"
    inputs = (("point", "Point", "select"),)

    def options(self, name: str) -> list[tuple[str, str]]:
        """Every point that an app declares."""
        return [(point.name, point.name) for point in registry.points()]

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Exactly so called."""
        return queryset.filter(point=typed["point"])


class OutcomeFilter(filters.Typed):
    """What came out."""

    title, parameter_name = "outcome", "outcome"
    inputs = (("outcome", "Outcome", "select"),)

    def options(self, name: str) -> list[tuple[str, str]]:
        """All three."""
        return list(Outcome.choices)

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Those with this outcome."""
        return queryset.filter(outcome=typed["outcome"])


class SubjectFilter(filters.Typed):
    """What it was about."""

    title, parameter_name = "about what", "subject"
    inputs = (("subject", "Public id", "text"),)

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Exactly this thing's."""
        return queryset.filter(subject=typed["subject"])


class VerdictAdmin(ReadOnlyAdmin):
    """What was decided, and why."""

    section, icon, menu_order = "Evidence", "gavel", 25
    list_display = ("at_", "point", "subject_", "state", "why", "partner")
    list_display_links = ("at_",)
    list_filter = (PointFilter, OutcomeFilter, SubjectFilter)
    list_filter_submit = True
    search_fields = ("subject",)
    search_help_text = "Public id of the verdict or of what it is about"
    panels = (
        panels.Facts(
            title="Verdict",
            rows=lambda verdict: [
                ("When", verdict.at),
                ("Where", cells.code(verdict.point)),
                ("About", subjects.link(verdict.subject)),
                ("Partner", subjects.partner(verdict)),
                ("Outcome", outcome_badge(verdict.outcome)),
            ],
        ),
        panels.Table(
            title="Reasons",
            columns=("Reason", "Code", "Decider"),
            empty="Nobody had anything against it.",
            rows=lambda verdict: [
                (reason["text"], cells.code(reason["code"]), cells.code(reason["decider"]) if reason["decider"] else None)
                for reason in verdict.reasons
            ],
        ),
        panels.Table(
            title="Opinions",
            columns=("Decider", "Outcome", "Reasons", "Details", "Milliseconds"),
            figures=("Milliseconds",),
            empty="Nobody was asked.",
            rows=lambda verdict: [
                (
                    cells.code(opinion["decider"]),
                    outcome_badge(opinion["outcome"]),
                    " ".join(reason["text"] for reason in opinion["reasons"]),
                    cells.code(_text(opinion["details"])) if opinion["details"] else None,
                    opinion["milliseconds"],
                )
                for opinion in verdict.opinions
            ],
        ),
        panels.Table(
            title="What the deciders were told",
            columns=("Name", "Value"),
            rows=lambda verdict: [(name, _text(value)) for name, value in verdict.facts.items()],
        ),
        panels.Revealable(
            title="Personal facts",
            masked=lambda verdict: [
                (name, facts.HIDDEN) for name, value in verdict.facts.items() if facts.HIDDEN in _text(value)
            ],
            reveal=_opened,
            action="verdict.personal_data_revealed",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verdict]:
        """With the partners' names."""
        return subjects.with_partner(super().get_queryset(request))

    def panels_for(self, request: HttpRequest, obj: Verdict) -> Sequence[Panel]:
        """Without the personal facts where there are none."""
        return [panel for panel in self.panels if obj.personal is not None or not isinstance(panel, panels.Revealable)]

    @admin.display(description="when")
    def at_(self, verdict: Verdict) -> Any:
        """The moment of the question."""
        return cells.moment(verdict.at)

    @admin.display(description="about")
    def subject_(self, verdict: Verdict) -> Any:
        """A link to the thing."""
        return subjects.link(verdict.subject)

    @admin.display(description="outcome")
    def state(self, verdict: Verdict) -> Any:
        """In its colour."""
        return outcome_badge(verdict.outcome)

    @admin.display(description="why")
    def why(self, verdict: Verdict) -> str:
        """The reasons in words."""
        return " ".join(reason["text"] for reason in verdict.reasons)

    @admin.display(description="partner")
    def partner(self, verdict: Verdict) -> str:
        """Whose affair it is."""
        return subjects.partner(verdict)


site.register(Verdict, VerdictAdmin)
