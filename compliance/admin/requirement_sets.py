"""What levels of verification ask for: seen, and changed by two people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from compliance.choices import (
    DocumentType,
    ItemKind,
)
from compliance.models import RequirementSet
from compliance.models.verification import LEVELS
from compliance.policies import requirements as levels
from compliance.services import requirement_sets
from flowlet.backoffice import ReferenceAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid


class RequirementForm(forms.Form):
    """What a level is to ask for."""

    items = forms.MultipleChoiceField(
        choices=[choice for choice in ItemKind.choices if choice[0] != ItemKind.DUPLICATE],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Asks for",
    )
    valid_months = forms.IntegerField(min_value=1, max_value=60, label="Holds", help_text="months")
    needs_two = forms.BooleanField(required=False, label="Two people approve")


class NewRequirementForm(RequirementForm):
    """For a country of its own."""

    level = forms.ChoiceField(choices=LEVELS)
    kind = forms.ChoiceField(choices=[("PERSON", "Person"), ("BUSINESS", "Business")])
    country = forms.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2")
    field_order = ("level", "kind", "country", "items", "valid_months", "needs_two")


def request_change(
    *, requirementset_id: UUID, items: list[str], valid_months: int, needs_two: bool, reason: str, actor: Actor, at: datetime
) -> Any:
    """Other requirements in the place of these; documents and ages of items that stay are kept."""
    row = RequirementSet.objects.get(pk=requirementset_id)
    kept = {each["kind"]: each for each in row.items}
    return requirement_sets.request_change(
        level=row.level,
        kind=row.kind,
        country=row.country,
        items=[kept.get(kind) or levels.item(kind) for kind in items],
        valid_months=valid_months,
        needs_two=needs_two,
        reason=reason,
        actor=actor,
        at=at,
    )


def request_new(*, country: str, items: list[str], **wanted: Any) -> Any:
    """Requirements of a country that had none of its own."""
    if not country.strip():
        raise Invalid("Name the country.", param="country")
    return requirement_sets.request_change(country=country.upper(), items=[levels.item(kind) for kind in items], **wanted)


class RequirementSetAdmin(ReferenceAdmin):
    """What one level asks for."""

    icon, menu_order = "checklist", 45
    view_permission = "compliance.view_verification"
    menu_title = "Verification levels"
    list_display = ("name", "asks", "valid_months", "needs_two")
    list_filter = ("level", "kind")
    panels = (
        panels.Facts(
            title="Requirements",
            fields=("level", "kind", "number", "valid_months", "needs_two", "note", "created_at"),
            rows=lambda row: [
                (
                    ItemKind(each["kind"]).label,
                    ", ".join(DocumentType(one).label for one in each["any_of"])
                    + (f", up to {each['max_age_days']} days old" if each["max_age_days"] else "")
                    or "from the record",
                )
                for each in row.items
            ],
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="request_change",
            label="Ask for a change",
            key="c",
            permission=requirement_sets.REQUEST,
            form=RequirementForm,
            service=request_change,
            initial=lambda row: {
                "items": [each["kind"] for each in row.items],
                "valid_months": row.valid_months,
                "needs_two": row.needs_two,
            },
            reason_required=True,
            done="Asked for. Another person has to approve it under Approvals.",
        ),
        Transition(
            name="request_new",
            label="Ask for a country's own",
            key="n",
            scope="list",
            permission=requirement_sets.REQUEST,
            form=NewRequirementForm,
            service=request_new,
            reason_required=True,
            done="Asked for. Another person has to approve it under Approvals.",
        ),
    )

    @admin.display(description="requirements")
    def name(self, obj: RequirementSet) -> Any:
        """Which."""
        return cells.link(obj, str(obj))

    @admin.display(description="asks for")
    def asks(self, obj: RequirementSet) -> str:
        """The items."""
        return requirement_sets.in_words(obj.items)


site.register(RequirementSet, RequirementSetAdmin)
