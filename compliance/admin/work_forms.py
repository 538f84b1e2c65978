"""What is done to work on every page of it: taken, given, spread, one or many; noted, and files added."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import User
from accounts.roles import roles_with
from compliance.admin.work_filters import asked
from compliance.choices.work import MANAGE, WORK
from compliance.models import WorkFile, WorkItem, WorkNote
from compliance.policies.work import TERMS, check_waits
from compliance.selectors import work
from compliance.services import queues, work_notes
from flowlet.backoffice import Transition, TransitionForm, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from ledger import errors as documents
from ledger.services.break_documents import LARGEST

OFFERED, AT_ONCE = 200, 100


def able(right: str = WORK) -> list[tuple[str, str]]:
    """Colleagues who may be given such work."""
    found = User.objects.filter(is_active=True, is_staff=True, roles__overlap=roles_with(right)).order_by("name", "email")
    return [(str(user.pk), f"{user.name}, {user.email}") for user in found[:OFFERED]]


class PersonForm(TransitionForm):
    """Who."""

    person = forms.ChoiceField()
    reason = forms.CharField(max_length=500, required=False, help_text="Kept in the audit. No personal data.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = able(self.right())

    def right(self) -> str:
        """What it takes to be given it."""
        return TERMS[type(self.subject)].right(self.subject)


class NoteForm(forms.Form):
    """A note, never changed."""

    text = forms.CharField(
        max_length=work_notes.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Sealed, and never changed. @name calls a colleague.",
    )


class FileForm(forms.Form):
    """A file."""

    file = forms.FileField(help_text="PDF, PNG, JPEG or plain text, 10 MB at most. It is sealed, and never changed.")


class ManyForm(TransitionForm):
    """Which, of those on the page before: all chosen, to be unchosen."""

    model: ClassVar[type[WorkItem]]
    items = forms.MultipleChoiceField(widget=UnfoldAdminCheckboxSelectMultipleWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queue, filters = asked(self.request, self.model)
        if self.is_bound:
            self.fields["items"].choices = [(one, one) for one in self.data.getlist("items")]
            return
        page = site.get_model_admin(self.model)
        rows = work.waiting(work.queue(queue), person=self.request.user, at=clock.now(), filters=filters)
        found = rows.select_related(*page.list_select_related)[:AT_ONCE]
        self.fields["items"].choices = [(row.public_id, f"{row.priority}  {page.title_of(row)}") for row in found]
        self.fields["items"].initial = [value for value, _ in self.fields["items"].choices]


class GiveManyForm(ManyForm, PersonForm):
    """Whom."""

    field_order = ("person", "reason", "items")

    def right(self) -> str:
        """That of the queue."""
        return work.queue(asked(self.request, self.model)[0]).permission


def told(result: queues.Bulk) -> str:
    """How many were done, and why others were not."""
    refused = "".join(f" {key}: {why}" for key, why in list(result.refused.items())[:5])
    return f"{result.done} done, {len(result.refused)} refused.{refused}"


def giving(model: type[WorkItem], permission: str, **keys: str) -> tuple[Transition, ...]:
    """The buttons with which somebody takes a piece of work, or gives it to a colleague; and of the list, many, or all by skill."""

    def give(*, item_id: UUID, person: str, reason: str, actor: Actor, at: datetime) -> Any:
        whom = User.objects.get(pk=person)
        return queues.assign(item_id=item_id, model=model, person=whom, reason=reason, actor=actor, at=at)

    def give_many(*, items: Sequence[str], person: str, reason: str, actor: Actor, at: datetime) -> queues.Bulk:
        whom, keys = User.objects.get(pk=person), [model.key(one) for one in items]
        return queues.assign_many(item_ids=keys, model=model, person=whom, reason=reason, actor=actor, at=at)

    shared = {"permission": permission, "subject": "item_id", "policy": check_waits}
    return (
        Transition(
            name="take",
            label="Take",
            key=keys.get("take", ""),
            service=partial(queues.take, model=model),
            done="It is yours now.",
            **shared,
        ),
        Transition(name="assign", label="Give", key=keys.get("give", ""), form=PersonForm, service=give, done="Given.", **shared),
        Transition(
            name="assign_many",
            label="Give many",
            permission=MANAGE,
            scope="list",
            form=type("GiveManyForm", (GiveManyForm,), {"model": model}),
            service=give_many,
            done=told,
        ),
        Transition(
            name="spread",
            label="Spread",
            permission=MANAGE,
            scope="list",
            service=partial(queues.spread, model=model),
            confirm="What nobody has is given by skill, to who has least first.",
            done=lambda count: f"{count} given.",
        ),
    )


def note_on(model: type[Any], key: str) -> Any:
    """The service of a note, as a transition calls it."""

    def note(*, text: str, actor: Actor, at: datetime, **given: Any) -> WorkNote:
        return work_notes.note(item=model.objects.get(pk=given[key]), text=text, actor=actor, at=at)

    return note


def attach_to(model: type[Any], key: str) -> Any:
    """The service of a file, as a transition calls it."""

    def attach(*, file: UploadedFile, actor: Actor, at: datetime, **given: Any) -> WorkFile:
        if (file.size or 0) > LARGEST:
            raise documents.DocumentTooLarge(param="file")
        item = model.objects.get(pk=given[key])
        return work_notes.attach(item=item, name=file.name or "", content=file.read(), actor=actor, at=at)

    return attach
