"""Legal holds, and certificates of what was deleted."""

from typing import Any

from django import forms
from django.contrib import admin

from accounts.models import Customer
from accounts.selectors import staff
from compliance import errors
from compliance.admin.risk import OfCustomer
from compliance.models import DeletionCertificate, LegalHold
from compliance.services import legal_holds
from flowlet.approvals.models import Approval
from flowlet.backoffice import ReadOnlyAdmin, ReferenceAdmin, Transition, cells, panels, site
from flowlet.core import clock

LOOK, ASK = "compliance.view_retention", "compliance.request_legal_hold"
ASKED = "Asked for. Another person has to approve it under Approvals before it counts."


class HoldForm(forms.Form):
    """Whose data, for whom, and until when."""

    customer = forms.CharField(label="Customer", help_text="Public id, cus_…")
    authority = forms.CharField(
        max_length=200, label="Who asks for it", help_text="Court or authority, with its reference. No personal data."
    )
    until = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The first day on which it holds no more; empty: until two people release it",
    )


def request_hold(*, customer: str, **given: Any) -> Approval:
    """By the customer's public id."""
    return legal_holds.request(customer_id=Customer.fetch(customer.strip()).pk, **given)


def check_stands(row: LegalHold, actor: Any = None) -> None:
    """Raises HoldNotFound once it was released."""
    if row.released_at is not None:
        raise errors.HoldNotFound("The hold was released.")


def facts(row: LegalHold) -> list[tuple[str, Any]]:
    """What it is, and who wanted it."""
    people = staff.behind(
        [name for name in (row.asked_by, row.approved_by, row.release_asked_by, row.release_approved_by) if name]
    )

    def who(name: str) -> Any:
        return cells.actor(name, people.get(name))

    return panels.known(
        [
            ("Customer", cells.link(row.customer, row.customer.public_id), True),
            ("Who asks for it", row.authority, True),
            ("Why", row.reason, True),
            ("From", row.begins_at, True),
            ("Until", cells.day(row.until) if row.until else "it is released", True),
            ("Asked for by", who(row.asked_by), True),
            ("Approved by", who(row.approved_by), True),
            ("Released", row.released_at, row.released_at),
            ("Why released", row.release_reason, row.released_at),
            ("Release approved by", who(row.release_approved_by), row.released_at),
        ]
    )


class LegalHoldAdmin(OfCustomer, ReferenceAdmin):
    """One hold."""

    section, icon, menu_order, menu_title = "Evidence", "gavel", 60, "Legal holds"
    view_permission = LOOK
    list_display = ("public_id", "customer_", "authority", "begins_at", "until", "stands")
    list_select_related = ("customer", "partner")
    panels = (panels.Facts(title="Hold", rows=facts), panels.History())
    transitions = (
        Transition(
            name="request",
            label="Ask for a legal hold",
            key="n",
            scope="list",
            permission=ASK,
            form=HoldForm,
            service=request_hold,
            reason_required=True,
            done=ASKED,
        ),
        Transition(
            name="request_release",
            label="Ask for its release",
            key="r",
            permission=ASK,
            service=legal_holds.request_release,
            policy=check_stands,
            reason_required=True,
            done=ASKED,
        ),
    )

    @admin.display(description="stands")
    def stands(self, row: LegalHold) -> Any:
        """Whether it holds now."""
        over = row.released_at is not None or (row.until is not None and row.until <= clock.now().date())
        return cells.badge("ended") if over else cells.badge("stands", "warn")

    def status_of(self, obj: LegalHold) -> Any:
        """Beside the heading."""
        return self.stands(obj)


class DeletionCertificateAdmin(ReadOnlyAdmin):
    """One certificate."""

    section, icon, menu_order, menu_title = "Evidence", "delete_forever", 61, "Certificates of deletion"
    view_permission = LOOK
    list_display = ("public_id", "number", "customers_count", "made_at")
    figures = ("number", "customers_count")
    panels = (
        panels.Facts(
            title="Certificate",
            rows=lambda row: [
                ("Number", row.number),
                ("Made", row.made_at),
                ("By", cells.actor(row.made_by, staff.behind([row.made_by]).get(row.made_by))),
                ("Customers", f"{row.customers_count:,}"),
                ("Digest", cells.code(row.digest)),
                ("Digest of the one before", cells.code(row.previous)),
            ],
        ),
        panels.Table(
            title="Records",
            columns=("Of", "Records"),
            figures=("Records",),
            rows=lambda row: [(name.replace("_", " "), f"{count:,}") for name, count in row.counts.items()],
        ),
        panels.Table(
            title="Customers",
            columns=("SHA-256 of public id and day",),
            rows=lambda row: [(cells.code(text),) for text in row.digests],
            note="Who knows a customer's id can see that it is in: sha256 of cus_…|2032-05-10.",
        ),
        panels.History(),
    )


site.register(LegalHold, LegalHoldAdmin)
site.register(DeletionCertificate, DeletionCertificateAdmin)
