"""Declared transitions: one declaration gives the address, the button with its key, the confirmation form, the permission check,
the refusal message, the protection against acting on a stale page, and the link to the audit.

The service does the work and writes the audit record; the transition only translates. Nothing happens on GET.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django import forms
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from unfold import widgets

from flowlet.backoffice import permissions
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.states import Moves, check_move

REASON_MIN, REASON_MAX = 5, 500
Style = Literal["default", "primary", "danger"]


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One thing an officer can do to a row (``scope="row"``) or to a list, such as create (``scope="list"``).

    ``service`` is called with keywords only: ``<subject>=obj.<by>`` (rows only), the form's cleaned data, ``reason`` if one is
    required, ``actor`` and ``at``. ``subject`` is by default the model's name and ``_id``. ``policy(obj, actor)`` raises the
    DomainError that says why not now; the same policy greys the button out (its message becomes the tooltip) and the service
    checks it again. ``secrets(result)`` gives (label, value) pairs that are shown once instead of going back to the row.
    ``is_atomic`` is switched off for a service that talks to somebody outside, or takes several transactions of its own.
    """

    name: str
    label: str
    service: Callable[..., Any]
    permission: str
    form: type[forms.Form] | None = None
    key: str = ""
    style: Style = "default"
    reason_required: bool = False
    scope: Literal["row", "list"] = "row"
    subject: str = ""
    by: str = "pk"
    policy: Callable[[Any, Actor], None] | None = None
    initial: Callable[[Any], dict[str, Any]] | None = None
    confirm: str = ""
    done: str | Callable[[Any], str] = ""
    secrets: Callable[[Any], Sequence[tuple[str, Any]]] | None = None
    is_atomic: bool = True

    def refusal(self, obj: Model | None, actor: Actor) -> DomainError | None:
        """Why it cannot be done now, by the policy; None when it can."""
        if self.policy is None:
            return None
        try:
            self.policy(obj, actor)
        except DomainError as error:
            return error
        return None

    def shown_to(self, request: HttpRequest) -> bool:
        """Whether this person may do it at all."""
        return permissions.allows(request.user, self.permission)

    def make_form(self, *, obj: Model | None, request: HttpRequest, data: Any = None, files: Any = None) -> forms.Form:
        """The confirmation form: the declared one, plus the reason if one is required, in the theme's clothes."""
        base = self.form or forms.Form
        options: dict[str, Any] = {"initial": self.initial(obj)} if self.initial is not None else {}
        if issubclass(base, TransitionForm):
            options |= {"subject": obj, "request": request}
        if data is None:
            # Several forms stand on one page: ids must differ, names must not.
            options["auto_id"] = f"id_{self.name}_%s"
            form = base(**options)
        else:
            form = base(data, files, auto_id=f"id_{self.name}_%s", **options)
        if self.reason_required:
            form.fields["reason"] = forms.CharField(
                min_length=REASON_MIN,
                max_length=REASON_MAX,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text="Kept in the audit. No personal data.",
            )
        return dress(form)

    def run(self, *, obj: Model | None, data: dict[str, Any], actor: Actor, at: datetime, model_name: str) -> Any:
        """Call the service, in one transaction unless it makes its own. Raises what the service raises."""
        arguments = dict(data)
        if self.scope == "row":
            arguments[self.subject or f"{model_name}_id"] = getattr(obj, self.by)
        with transaction.atomic() if self.is_atomic else nullcontext():
            return self.service(**arguments, actor=actor, at=at)

    def done_text(self, result: Any) -> str:
        """What the officer reads afterwards."""
        if callable(self.done):
            return self.done(result)
        return self.done or f"{self.label}: done."


class TransitionForm(forms.Form):
    """A confirmation form that knows the row it is about (``self.subject``, None in a list) and the request."""

    def __init__(self, *args: Any, subject: Model | None = None, request: HttpRequest | None = None, **kwargs: Any) -> None:
        self.subject, self.request = subject, request
        super().__init__(*args, **kwargs)


def may_become(moves: Moves, state: Any, *, column: str = "status") -> Callable[[Any, Actor], None]:
    """The policy that only asks the table of moves: raises IllegalMove unless the row may go to ``state``."""

    def check(row: Any, actor: Actor) -> None:
        check_move(moves, getattr(row, column), state)

    return check


_CLASSES: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (forms.HiddenInput, []),
    (forms.CheckboxSelectMultiple, []),
    (forms.CheckboxInput, widgets.CHECKBOX_CLASSES),
    (forms.RadioSelect, []),
    (forms.Textarea, widgets.TEXTAREA_CLASSES),
    (forms.Select, widgets.SELECT_CLASSES),
    (forms.FileInput, widgets.BASE_INPUT_CLASSES),
    (forms.Widget, widgets.INPUT_CLASSES),
)


def dress(form: forms.Form) -> forms.Form:
    """Give every widget of a plain form the theme's classes."""
    for field in form.fields.values():
        classes = next(names for kind, names in _CLASSES if isinstance(field.widget, kind))
        if classes and "class" not in field.widget.attrs:
            field.widget.attrs["class"] = " ".join(classes)
    return form


def version_of(obj: Model, fields: Sequence[str] = ()) -> str:
    """A fingerprint of the row as it was shown: of ``fields``, or of every column when none are named."""
    names = list(fields) or [field.attname for field in obj._meta.concrete_fields]
    parts = []
    for name in names:
        value = getattr(obj, name)
        parts.append(f"{name}={bytes(value).hex() if isinstance(value, bytes | memoryview) else value!r}")
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
