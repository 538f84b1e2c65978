"""Officers' skills: which kinds of work each is given, how many at a time, and who is away. Managers set them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import User
from compliance.admin.work_forms import able
from compliance.admin.work_pages import LOOK
from compliance.choices.reports import PREPARE
from compliance.choices.work import MANAGE, SKILLS
from compliance.models import OfficerSkill, Report
from compliance.policies.work import called
from compliance.selectors import work
from compliance.services import queues
from flowlet.backoffice import ReferenceAdmin, Transition, cells, panels, permissions, site
from flowlet.core.actors import Actor

FIELDS = ("kinds", "most_open", "is_away")


class SkillForm(forms.Form):
    """What somebody is given."""

    kinds = forms.MultipleChoiceField(choices=list(SKILLS.items()), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    most_open = forms.IntegerField(min_value=1, max_value=500, initial=50, label="At a time")
    is_away = forms.BooleanField(required=False, label="Away: is given nothing")


class NewSkillForm(SkillForm):
    """Of whom."""

    person = forms.ChoiceField()
    field_order = ("person",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = able()


def set_skills(
    *, person: UUID | str, kinds: Sequence[str], most_open: int, is_away: bool, actor: Actor, at: datetime
) -> OfficerSkill:
    """The form in the service's words."""
    whom = User.objects.get(pk=person)
    return queues.set_skills(person=whom, kinds=kinds, most_open=most_open, is_away=is_away, actor=actor, at=at)


class OfficerSkillAdmin(ReferenceAdmin):
    """What one officer is given."""

    icon, menu_order, menu_title = "assignment_ind", 43, "Officers' skills"
    thing = "officer's skills"
    view_permission = LOOK
    list_display = ("officer", "given", "most_open", "has", "away")
    figures = ("most_open", "has")
    list_filter = ("is_away",)
    panels = (
        panels.Facts(
            title="Skills",
            rows=lambda row: [
                ("Officer", cells.link(row.user, called(row.user))),
                ("Is given", in_words(row.kinds)),
                ("At a time", row.most_open),
                ("Has now", row.open_count),
                ("Away", "yes" if row.is_away else "no"),
            ],
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="edit",
            label="Change",
            key="e",
            style="primary",
            permission=MANAGE,
            form=SkillForm,
            service=set_skills,
            subject="person",
            by="user_id",
            initial=lambda row: {name: getattr(row, name) for name in FIELDS},
        ),
        Transition(
            name="create",
            label="Set somebody's skills",
            key="n",
            scope="list",
            permission=MANAGE,
            form=NewSkillForm,
            service=set_skills,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[OfficerSkill]:
        """Each with how much the officer has; reports are counted for those alone who may know of them."""
        seen = [model for model in work.UNDONE if model is not Report or permissions.allows(request.user, PREPARE)]
        return super().get_queryset(request).select_related("user").annotate(open_count=work.load("user", *seen))

    def title_of(self, obj: OfficerSkill) -> str:
        """Whose."""
        return called(obj.user)

    @admin.display(description="officer")
    def officer(self, row: OfficerSkill) -> Any:
        """Who."""
        return cells.link(row, called(row.user))

    @admin.display(description="is given")
    def given(self, row: OfficerSkill) -> str:
        """The kinds."""
        return in_words(row.kinds)

    @admin.display(description="has now")
    def has(self, row: OfficerSkill) -> int:
        """Work that is not done."""
        return row.open_count

    @admin.display(description="away")
    def away(self, row: OfficerSkill) -> Any:
        """As a badge."""
        return cells.badge("away", "warn") if row.is_away else cells.DASH


def in_words(kinds: Sequence[str]) -> str:
    """The kinds, as people call them."""
    return ", ".join(SKILLS[kind] for kind in kinds)


site.register(OfficerSkill, OfficerSkillAdmin)
