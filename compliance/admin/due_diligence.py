"""Enhanced due diligence: the checklist, its answers, the decision."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.selectors import staff
from compliance.admin.risk import LOOK, RATE, OfCustomer
from compliance.choices import DiligenceAnswer, DiligenceState, SourceOfFunds
from compliance.models import DueDiligence
from compliance.policies import risk as policies
from compliance.selectors import risk as selectors
from compliance.services import due_diligence
from flowlet.backoffice import CaseAdmin, Transition, TransitionForm, cells, home, panels, site
from flowlet.core.actors import Actor


class AnswerForm(TransitionForm):
    """One item of the checklist."""

    key = forms.ChoiceField(label="Item")
    answer = forms.ChoiceField(choices=[choice for choice in DiligenceAnswer.choices if choice[0] != DiligenceAnswer.OPEN])
    source = forms.ChoiceField(
        required=False, choices=[("", "–"), *SourceOfFunds.choices], label="Source", help_text="Of funds and of wealth only"
    )
    words = forms.CharField(
        min_length=5, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}), help_text="What was seen. Kept encrypted."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = self.subject.items.order_by("pk")
        self.fields["key"].choices = [
            (item.key, f"{item.get_key_display()} ({item.get_answer_display().lower()})") for item in items
        ]
        waiting = [item.key for item in items if item.answer == DiligenceAnswer.OPEN]
        self.fields["key"].initial = waiting[0] if waiting else None


class DecisionForm(forms.Form):
    """Whether it goes on."""

    accept = forms.TypedChoiceField(
        choices=[("yes", "The relationship goes on"), ("no", "The relationship is to end")],
        coerce=lambda value: value == "yes",
        label="Decision",
    )


def items(row: DueDiligence) -> list[tuple]:
    """The checklist."""
    found = list(row.items.order_by("pk"))
    people = staff.behind([item.answered_by for item in found if item.answered_by])
    return [
        (
            item.get_key_display(),
            cells.choice(item, "answer", DiligenceAnswer),
            item.get_source_display() or cells.DASH,
            cells.actor(item.answered_by, people.get(item.answered_by)) if item.answered_by else cells.DASH,
            item.answered_at,
        )
        for item in found
    ]


def masked(row: DueDiligence) -> list[tuple[str, str]]:
    """That there are words."""
    return [(item.get_key_display(), "••••") for item in row.items.order_by("pk") if item.sealed is not None]


def words(row: DueDiligence, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """In plain; the page has written the look to the audit."""
    return due_diligence.words_of(row)


class DueDiligenceAdmin(OfCustomer, CaseAdmin):
    """Due diligence on one customer."""

    section, icon, menu_order, menu_title = "Work", "checklist", 32, "Enhanced due diligence"
    view_permission = LOOK
    thing = "enhanced due diligence"
    list_display = ("public_id", "customer_", "partner_", "state", "created_at")
    list_filter = ("state",)
    list_select_related = ("customer", "partner", "rating")
    panels = (
        panels.Facts(
            title="Due diligence",
            rows=lambda row: panels.known(
                [
                    ("Customer", cells.link(row.customer, row.customer.public_id), True),
                    ("Asked for by", cells.link(row.rating, f"rating as {row.rating.get_band_display().lower()}"), True),
                    ("State", cells.choice(row, "state", DiligenceState), True),
                    ("Begun", row.created_at, True),
                    ("Decision", row.decision, row.decision),
                    ("Decided", row.decided_at, row.decided_at),
                ]
            ),
        ),
        panels.Table(title="Checklist", columns=("Item", "Answer", "Source", "By", "At"), rows=items),
        panels.Revealable(title="What was seen", name="words", masked=masked, reveal=words),
        panels.History(),
    )
    transitions = (
        Transition(
            name="answer",
            label="Answer an item",
            key="a",
            style="primary",
            permission=RATE,
            form=AnswerForm,
            service=due_diligence.answer,
            policy=policies.check_can_answer,
        ),
        Transition(
            name="decide",
            label="Decide",
            key="d",
            permission="compliance.decide_due_diligence",
            form=DecisionForm,
            service=due_diligence.decide,
            policy=policies.check_can_decide,
            reason_required=True,
        ),
    )

    def title_of(self, obj: DueDiligence) -> str:
        """Whose."""
        return obj.customer.public_id

    def status_of(self, obj: DueDiligence) -> Any:
        """Beside the heading."""
        return cells.choice(obj, "state", DiligenceState)


def waiting(request: HttpRequest) -> home.Waiting | None:
    """Live customers' due diligence that is not decided."""
    rows: QuerySet[DueDiligence] = selectors.open_diligence().filter(partner__mode__in=settings.WORKED_MODES)
    moments = list(rows.values_list("created_at", flat=True)[:1001])
    if not moments:
        return None
    return home.Waiting(
        count=min(len(moments), 1000),
        url=f"{cells.admin_url(DueDiligence, 'changelist')}?state__exact={DiligenceState.OPEN}",
        oldest_at=moments[0],
        text="and more" if len(moments) > 1000 else "",
    )


site.register(DueDiligence, DueDiligenceAdmin)
home.register(
    home.Queue(name="compliance.due_diligence", title="Enhanced due diligence", permission=RATE, load=waiting, order=43)
)
