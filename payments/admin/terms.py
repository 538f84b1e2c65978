"""The pages of terms that count from a moment on (fees, limits of rails): seen by everybody, changed by two people."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin

from accounts.models import Partner
from flowlet.approvals.models import Approval
from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, panels
from flowlet.core.errors import DomainError
from payments.selectors import terms as selectors
from payments.services.terms import Terms

ALL = "all"
ASKED = "Asked for. Another person has to approve it under Approvals before it counts."


def own(what: str) -> forms.BooleanField:
    """The box that ends terms."""
    return forms.BooleanField(required=False, label=f"No {what} of its own any more: the more general ones count again")


def start() -> forms.DateTimeField:
    """The moment from which terms count."""
    return forms.DateTimeField(required=False, label="From (UTC)", help_text="Empty: from the approval on")


class TermsForm(TransitionForm):
    """Terms in their ``parts``, or ``is_withdrawn``; the service is given one ``content`` in their place."""

    parts: ClassVar[tuple[str, ...]]
    content: ClassVar[str]

    def made(self, **parts: Any) -> Any:
        """The terms. Raises ValidationError, or the DomainError that refuses them."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """With the terms in place of their parts."""
        data = super().clean()
        if self.errors:
            return data
        parts = {name: data.pop(name) for name in self.parts}
        if data.pop("is_withdrawn"):
            return {**data, self.content: None}
        try:
            return {**data, self.content: self.made(**parts)}
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message) from None


def partner_field(all_of_them: str) -> forms.CharField:
    """Whose terms."""
    return forms.CharField(required=False, label="Partner", help_text=f"Public id; empty: {all_of_them}")


def currency_field() -> forms.RegexField:
    """What the terms are in."""
    return forms.RegexField(r"^[A-Z]{3}$", label="Currency", help_text="ISO 4217, such as USD")


def changes(
    terms: Terms,
    *,
    permission: str,
    request: Callable[..., Approval],
    form: type[TermsForm],
    new: type[TermsForm],
    label: str,
    typed: Callable[[Any], dict[str, Any]],
) -> tuple[Transition, Transition]:
    """Ask for other terms for what a row is for, and for first ones. ``request`` is the service, ``typed(row)`` fills the form."""

    def ask_for_change(*, row_id: Any, **asked: Any) -> Approval:
        row = terms.rows._default_manager.get(pk=row_id)
        return request(partner_id=row.partner_id, **{name: getattr(row, name) for name in terms.scope}, **asked)

    def ask_for_new(*, partner: str, currency_code: str, **asked: Any) -> Approval:
        return request(partner_id=Partner.fetch(partner).pk if partner else None, currency=currency_code, **asked)

    shared: dict[str, Any] = {"permission": permission, "reason_required": True, "done": ASKED}
    return (
        Transition(
            name="request_change",
            label="Ask for a change",
            key="e",
            style="primary",
            form=form,
            service=ask_for_change,
            subject="row_id",
            initial=typed,
            **shared,
        ),
        Transition(name="request_new", label=label, scope="list", form=new, service=ask_for_new, **shared),
    )


def facts(row: Any) -> list[tuple[str, Any]]:
    """Of which currency, since when, why, and by which request."""
    approval = Approval(pk=row.approval_id)
    return [
        ("Currency", row.currency),
        ("From", row.valid_from),
        ("Why", row.reason),
        ("Approved as", cells.link(approval, approval.public_id)),
    ]


def before_and_after(terms: Terms, *, row: str, what: str, said: Callable[[Any], str]) -> panels.Table:
    """All that was ever in force for the same."""

    def rows(shown: Any) -> list[tuple[Any, ...]]:
        scope = {name: getattr(shown, name) for name in ("partner_id", *terms.scope)}
        same = selectors.same_scope(terms.rows, **scope)
        return [(cells.link(other, other.public_id), other.valid_from, said(other), other.reason) for other in same[:20]]

    return panels.Table(title="Before and after", columns=(row, "From", what, "Why"), rows=rows)


class TermsAdmin(ReferenceAdmin):
    """What counts for some payments from a moment on."""

    section = "Settings"
    list_display_links = ("what",)
    list_select_related = ("partner",)

    @admin.display(description="partner")
    def partner_(self, row: Any) -> str:
        """Whose."""
        return str(row.partner) if row.partner else ALL

    @admin.display(description="rail")
    def rail_(self, row: Any) -> str:
        """Over which."""
        return row.get_rail_display() or ALL

    @admin.display(description="kind")
    def kind_(self, row: Any) -> str:
        """Of which."""
        return row.get_kind_display() or ALL

    @admin.display(description="from")
    def from_(self, row: Any) -> Any:
        """Since when, or from when on."""
        return cells.moment(row.valid_from)
