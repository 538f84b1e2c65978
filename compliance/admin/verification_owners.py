"""Owners of a business on the page of a verification: what they are called while masked, and the buttons that tell of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms

from compliance.choices.work import DECIDE
from compliance.models import Verification, VerificationItem
from compliance.policies import verifications as policies
from compliance.services import verification_owners as service
from flowlet.backoffice import Transition, TransitionForm
from flowlet.core import countries
from flowlet.core.actors import Actor


def owner_labels(row: Verification) -> dict[UUID, str]:
    """Such as "Owner 1, 60 %", by key, in the order in which they were told."""
    return {one.pk: f"Owner {n}, {one.share.normalize():f} %" for n, one in enumerate(row.owners.order_by("pk"), 1)}


def item_label(item: VerificationItem, owners: dict[UUID, str]) -> str:
    """What is asked for, and of whom."""
    return f"{item.get_kind_display()}: {owners[item.owner_id]}" if item.owner_id in owners else item.get_kind_display()


def _countries() -> list[tuple[str, str]]:
    return [("", ""), *sorted(((code, countries.name(code)) for code in countries.CODES), key=lambda pair: pair[1])]


class OwnerForm(forms.Form):
    """A person."""

    name = forms.CharField(max_length=200)
    born_on = forms.DateField(label="Date of birth", widget=forms.DateInput(attrs={"type": "date"}))
    country = forms.ChoiceField(choices=_countries, label="Country of residence")
    share = forms.DecimalField(
        min_value=0, max_value=100, max_digits=5, decimal_places=2, help_text="Per cent, over 25; 0 for control by other means"
    )


class WhichForm(TransitionForm):
    """One of those who were told."""

    owner_id = forms.TypedChoiceField(coerce=UUID, label="Owner", help_text="Reveal shows who it is")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner_id"].choices = [(str(key), label) for key, label in owner_labels(self.subject).items()]


class CorrectForm(WhichForm, OwnerForm):
    """What is otherwise."""

    field_order = ("owner_id",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in OwnerForm.base_fields:
            self.fields[name].required = False
        self.fields["name"].help_text = "What is left empty stays"


def nobody(*, verification_id: UUID, reason: str, actor: Actor, at: datetime) -> Verification:
    """An empty list says so."""
    return service.give(verification_id=verification_id, owners=[], reason=reason, actor=actor, at=at)


def _button(name: str, label: str, key: str, does: Any, policy: Any, **more: Any) -> Transition:
    return Transition(name=name, label=label, key=key, permission=DECIDE, service=does, policy=policy, **more)


TRANSITIONS = (
    _button("add_owner", "Add an owner", "w", service.add, policies.check_can_tell_owners, form=OwnerForm),
    _button(
        "correct_owner",
        "Correct an owner",
        "c",
        service.correct,
        policies.check_has_owners,
        form=CorrectForm,
        reason_required=True,
    ),
    _button(
        "remove_owner",
        "Remove an owner",
        "m",
        service.remove,
        policies.check_has_owners,
        form=WhichForm,
        reason_required=True,
        confirm="Documents of this owner count no more.",
    ),
    _button(
        "no_owners",
        "Nobody owns over 25 %",
        "e",
        nobody,
        policies.check_can_tell_owners,
        reason_required=True,
        confirm="And nobody controls it by other means. Who was told before is forgotten.",
    ),
)
