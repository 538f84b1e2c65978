"""What customers owe: the queue, where it came from, what could be taken, and the deeds that end it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.models import Customer
from flowlet.approvals import selectors as approvals
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import AlreadyPending
from flowlet.approvals.models import Approval
from flowlet.backoffice import CaseAdmin, Transition, cells, filters, home, panels, site
from flowlet.core import clock, ids
from flowlet.core.actors import Actor
from ledger.models import Entry
from ledger.services import charts
from payments import errors
from payments.admin import furniture, owning, payment_filters
from payments.choices import ReceivableState
from payments.models import Payment, Receivable
from payments.policies import receivables as policies
from payments.selectors import receivables as selectors
from payments.services import receivable_rows, receivables, recipes

RECOVER = "payments.recover_receivable"
LATE, OLD = timedelta(days=7), timedelta(days=30)
OFFERED = 200


def check_can_write_off(row: Receivable, actor: Actor) -> None:
    """Raises NotOwed, AlreadyPending."""
    policies.check_is_owed(row, actor)
    if asked(row) is not None:
        raise AlreadyPending


def asked(row: Receivable) -> Approval | None:
    """The request that waits for another person."""
    return approvals.of_subject(row.public_id).filter(status=ApprovalStatus.PENDING).first()


# What is shown


def age(row: Receivable) -> Any:
    """How long it has been owed: yellow after a week, red after a month."""
    passed = (row.ended_at or clock.now()) - row.created_at
    text = "today" if not passed.days else "1 day" if passed.days == 1 else f"{passed.days} days"
    if row.state != ReceivableState.OPEN or passed <= LATE:
        return text
    return cells.badge(text, "bad" if passed > OLD else "warn")


def owner_of(row: Receivable) -> Any:
    """Who, or nobody."""
    return row.owner.name or row.owner.email if row.owner else cells.badge("nobody", "warn")


def facts(row: Receivable) -> list[tuple[str, Any]]:
    """How much, of whom, since when, and how it ended."""
    waits = asked(row) if row.state == ReceivableState.OPEN else None
    who = furniture.people([row.ended_by] if row.ended_by else [])
    optional = [
        ("Last payment", furniture.link(Payment, row.payment_id), row.payment_id),
        ("Write-off", cells.link(waits, "asked for, waits for another person") if waits else "", waits),
        ("Reason", row.reason, row.reason),
        ("Ended", row.ended_at, row.ended_at),
        ("By", who.get(row.ended_by, ""), row.ended_by),
    ]
    return [
        ("Left", cells.money(receivable_rows.left(row))),
        ("Owed in all", furniture.figure(row.owed, row.currency)),
        ("Recovered", furniture.figure(row.recovered, row.currency)),
        ("Customer", furniture.link(Customer, row.customer_id)),
        ("Since", row.created_at),
        ("Age", age(row)),
        ("Owner", owner_of(row)),
        ("Partner", row.partner),
        *[(label, value) for label, value, is_there in optional if is_there],
    ]


def sources(row: Receivable) -> list[tuple]:
    """The customer's wallets that money could be taken from."""
    if row.state != ReceivableState.OPEN:
        return []
    return [(cells.link(one, one.public_id), one.name or cells.DASH) for one in selectors.wallets_of(row)]


def bookings(row: Receivable) -> list[tuple]:
    """What was booked on the account of what the customer owes in the currency, the newest first; of earlier debts, too."""
    owner = ids.public_id("cus", row.customer_id)
    found = Entry.objects.filter(account__owner=owner, account__line__code=charts.RECOVERY_RECEIVABLE, currency=row.currency)
    return [
        (
            entry.journal.posted_at,
            cells.link(entry.journal, recipes.RECIPES[entry.journal.kind].label if entry.journal.kind in recipes.RECIPES else ""),
            furniture.figure(entry.amount if entry.side == "DEBIT" else -entry.amount, row.currency),
        )
        for entry in found.select_related("journal").order_by("-id")[: furniture.SHOWN]
    ]


class Stands(filters.Typed):
    """How it stands and whose work it is; nothing chosen shows what is owed."""

    title, parameter_name = "work", "work"
    inputs = (("work", "Work", "select"),)

    def options(self, name: str) -> list[tuple[str, str]]:
        """By owner or state."""
        return [("mine", "Mine"), ("unowned", "Without owner"), *ReceivableState.choices[1:], ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen ones."""
        work = self.used_parameters.get("work", "")
        if work == "all":
            return queryset
        if work in {ReceivableState.RECOVERED, ReceivableState.WRITTEN_OFF}:
            return queryset.filter(state=work)
        queryset = queryset.filter(state=ReceivableState.OPEN)
        if work == "mine":
            return queryset.filter(owner=request.user)
        return queryset.filter(owner=None) if work == "unowned" else queryset


class ReceivableAdmin(CaseAdmin):
    """What customers owe."""

    menu_title, icon, menu_order = "Owed by customers", "request_quote", 23
    thing, things = "receivable", "receivables"
    list_display = ("public_id", "left_", "customer_", "age_", "owned_by", "partner")
    list_filter = (Stands, payment_filters.Whose)
    list_filter_submit = True
    list_select_related = ("partner", "owner")
    figures = ("left_",)
    search_help_text = "Id; or the id of its customer or payment"
    version_fields = ("state", "owed", "recovered", "owner_id")
    hidden_refusals = (errors.NotOwed,)
    panels = (
        panels.Facts(title="Owed", rows=facts),
        panels.Table(
            title="Wallets that it could come from",
            columns=("Wallet", "Name"),
            rows=sources,
            empty="The customer has no open wallet in this currency.",
        ),
        panels.Table(
            title="Booked",
            columns=("When", "What", "Amount"),
            figures=("Amount",),
            rows=bookings,
            permission="ledger.view_journal",
        ),
        panels.History(),
    )
    transitions = (
        *owning.transitions(receivables, permission=RECOVER, subject="receivable_id", policy=policies.check_is_owed),
        Transition(
            name="recover",
            label="Recover",
            key="c",
            style="primary",
            permission=RECOVER,
            service=receivables.recover,
            subject="receivable_id",
            policy=policies.check_is_owed,
            confirm="What the customer's open wallets in this currency have available is taken, up to what is owed. The partner is told.",
            done="Recovered.",
        ),
        Transition(
            name="write_off",
            label="Write off",
            key="w",
            style="danger",
            permission=RECOVER,
            service=receivables.request_write_off,
            subject="receivable_id",
            policy=check_can_write_off,
            reason_required=True,
            confirm="What is still owed becomes a loss of the platform's as soon as another person approves.",
            done="Another person has to approve it now.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receivable]:
        """With what a page shows."""
        return super().get_queryset(request).select_related("partner", "owner")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """What has been owed longest comes first; of what has ended, the newest."""
        has_ended = request.GET.get("work") in {"all", ReceivableState.RECOVERED, ReceivableState.WRITTEN_OFF}
        return self.ordering if has_ended else ("pk",)

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By its customer or payment."""
        return furniture.by_key(queryset, term, cus="customer_id", pay="payment_id")

    def title_of(self, obj: Receivable) -> str:
        """How much."""
        left = receivable_rows.left(obj)
        return f"{furniture.plain(left.amount, obj.currency)} owed by a customer"

    def status_of(self, obj: Receivable) -> Any:
        """Beside the heading."""
        return cells.choice(obj, "state", ReceivableState)

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """After one has ended the next that waits opens."""
        response = super()._done(request, transition, obj, result)
        following = None
        if isinstance(result, Receivable) and result.state != ReceivableState.OPEN:
            following = selectors.following(result)
        return HttpResponseRedirect(cells.admin_url(following)) if following is not None else response

    @admin.display(description="left")
    def left_(self, obj: Receivable) -> Any:
        """What is still to be paid."""
        return cells.money(receivable_rows.left(obj))

    @admin.display(description="customer")
    def customer_(self, obj: Receivable) -> Any:
        """Who owes it."""
        return furniture.link(Customer, obj.customer_id)

    @admin.display(description="age")
    def age_(self, obj: Receivable) -> Any:
        """Since it is owed; of what has ended, how."""
        return age(obj) if obj.state == ReceivableState.OPEN else cells.choice(obj, "state", ReceivableState)

    @admin.display(description="owner")
    def owned_by(self, obj: Receivable) -> Any:
        """Who, or nobody."""
        return owner_of(obj)


def owed(request: HttpRequest) -> home.Waiting | None:
    """What customers owe, with the oldest, and how much of it nobody looks after."""
    return furniture.waiting_with_owners(Receivable, selectors.waiting(modes=settings.WORKED_MODES), late=LATE)


site.register(Receivable, ReceivableAdmin)
home.register(home.Queue(name="payments.receivables", title="Owed by customers", permission=RECOVER, load=owed, order=25))
