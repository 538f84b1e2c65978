"""Money in suspense: the queue, what is known of each, and the deeds that end it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.models import Customer
from flowlet.approvals import selectors as approvals
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import AlreadyPending
from flowlet.approvals.models import Approval
from flowlet.backoffice import CaseAdmin, Transition, TransitionForm, cells, filters, home, panels, site
from flowlet.core import clock, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from ledger.models import Journal
from payments import errors
from payments.admin import furniture, owning, payment_filters
from payments.admin.inbound_files import said_by_files
from payments.choices import PaymentStatus, SuspenseCause, SuspenseState
from payments.models import SuspenseItem
from payments.policies import suspense as policies
from payments.policies.recalls import RETURN_REASONS
from payments.providers.iso20022 import reasons
from payments.selectors import suspense as selectors
from payments.services import recipes, suspense, suspense_rows
from wallets.models import Wallet

ASSIGN, BOOK = "payments.assign_suspense", "payments.book_outcome"
LATE, OLD = timedelta(days=1), timedelta(days=5)
OFFERED = 200
ENDED = frozenset(SuspenseState.values) - {SuspenseState.OPEN}
CODES = [("", "Choose"), *((code, f"{code} · {reasons.of(code).meaning}") for code in sorted(RETURN_REASONS))]


# What is done


class WalletForm(TransitionForm):
    """Whose it is."""

    wallet = forms.CharField(
        label="Wallet", max_length=40, help_text="Its id, such as wal_…; of the same partner, in the same currency, and open"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.subject, SuspenseItem):
            found = suspense.candidates(self.subject)
            if len(found) == 1:
                self.fields["wallet"].initial = found[0].public_id

    def clean_wallet(self) -> UUID:
        """The key behind the id."""
        try:
            return Wallet.key(self.cleaned_data["wallet"].strip())
        except ids.MalformedId:
            raise forms.ValidationError("This is not the id of a wallet.") from None


class JournalForm(TransitionForm):
    """Which journal took it out."""

    journal = forms.ChoiceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = suspense.fitting_journals(self.subject)[:OFFERED] if isinstance(self.subject, SuspenseItem) else ()
        self.fields["journal"].choices = [
            (str(one.pk), f"{one.effective_on} · {one.description or 'without a text'} · {one.public_id}") for one in found
        ]


class BackForm(forms.Form):
    """Why it goes back."""

    code = forms.ChoiceField(label="Why", choices=CODES)
    note = forms.CharField(label="Note for the other bank", required=False, max_length=105)


def assign(*, item_id: UUID, wallet: UUID, reason: str, actor: Actor, at: datetime) -> SuspenseItem | Approval:
    """The form in the service's words."""
    return suspense.assign(item_id=item_id, wallet_id=wallet, reason=reason, actor=actor, at=at)


def check_can_assign(row: SuspenseItem, actor: Actor) -> None:
    """Raises NotInSuspense, AlreadyPending."""
    policies.check_is_open(row, actor)
    if asked(row) is not None:
        raise AlreadyPending


def check_can_close(row: SuspenseItem, actor: Actor) -> None:
    """Raises NotInSuspense, AlreadyPending, Invalid."""
    check_can_assign(row, actor)
    if not suspense.fitting_journals(row).exists():
        raise Invalid("No manual journal took just this amount out of suspense since it came.")


def close(*, item_id: UUID, journal: str, reason: str, actor: Actor, at: datetime) -> Approval:
    """The form in the service's words."""
    return suspense.close(item_id=item_id, journal_id=UUID(journal), reason=reason, actor=actor, at=at)


def asked(row: SuspenseItem) -> Approval | None:
    """The request that waits for another person."""
    return approvals.of_subject(row.public_id).filter(status=ApprovalStatus.PENDING).first()


def told(result: Any) -> str:
    """What became of an assignment."""
    return "Another person has to approve it now." if isinstance(result, Approval) else "Assigned. The partner is told."


# What is shown


def age(row: SuspenseItem) -> Any:
    """How long it has lain there: yellow after a day, red after five."""
    passed = (row.ended_at or clock.now()) - row.created_at
    text = "today" if not passed.days else "1 day" if passed.days == 1 else f"{passed.days} days"
    if row.state != SuspenseState.OPEN or passed <= LATE:
        return text
    return cells.badge(text, "bad" if passed > OLD else "warn")


def owner_of(row: SuspenseItem) -> Any:
    """Who, or nobody."""
    return row.owner.name or row.owner.email if row.owner else cells.badge("nobody", "warn")


def payer_pairs(row: SuspenseItem) -> list[tuple[str, str]]:
    """Who paid, masked."""
    payer = suspense_rows.payer_of(row)
    if not payer:
        return [("Name", "not known"), ("Account", "not known")]
    return [("Name", suspense_rows.masked_name(payer)), ("Account", suspense_rows.masked_account(payer))]


def reveal(row: SuspenseItem, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """Who paid; who looked, and why, was written to the audit by the page."""
    payer = suspense_rows.payer_of(row)
    return [("Name", payer.name or "not known"), ("Account", payer.account or "not known")]


def facts(row: SuspenseItem) -> list[tuple[str, Any]]:
    """What lies there, since when, why, and how it ended."""
    waits = asked(row) if row.state == SuspenseState.OPEN else None
    who = furniture.people([row.ended_by] if row.ended_by else [])
    optional = [
        ("Request", cells.link(waits, "asked for, waits for another person") if waits else "", waits),
        ("Assigned to", furniture.link(Wallet, row.wallet_id), row.wallet_id),
        ("Taken out by", furniture.link(Journal, row.journal_id), row.journal_id),
        ("Reason", row.reason, row.reason),
        ("Ended", row.ended_at, row.ended_at),
        ("By", who.get(row.ended_by, ""), row.ended_by),
    ]
    return [
        ("Amount", furniture.figure(row.amount, row.currency)),
        ("Why no wallet got it", row.get_cause_display()),
        ("How it came", recipes.label(row.came_by)),
        ("Since", row.created_at),
        ("Age", age(row)),
        ("Owner", owner_of(row)),
        ("Partner", row.partner),
        *[(label, value) for label, value, is_there in optional if is_there],
    ]


def about_payment(row: SuspenseItem) -> list[tuple[str, Any]]:
    """Of which payment it is."""
    payment = row.payment
    optional = [
        ("Wallet named", furniture.link(Wallet, payment.wallet_id), payment.wallet_id),
        ("Customer", furniture.link(Customer, payment.customer_id), payment.customer_id),
        ("Text", payment.description, payment.description),
        ("Value day", payment.value_on, payment.value_on),
        ("The bank's reference", cells.code(payment.provider_reference), payment.provider_reference),
    ]
    return [
        ("Payment", cells.link(payment, payment.public_id)),
        ("What", f"{payment.get_kind_display()} · {payment.get_rail_display()}"),
        ("State", cells.choice(payment, "status", PaymentStatus)),
        *[(label, value) for label, value, is_there in optional if is_there],
        ("Reference", cells.code(payment.reference)),
    ]


def candidates(row: SuspenseItem) -> list[tuple]:
    """Wallets that it could be for."""
    if row.state != SuspenseState.OPEN:
        return []
    why = "of the same customer" if row.payment.customer_id else "its reference is in the text"
    return [
        (cells.link(one, one.public_id), one.name or cells.DASH, furniture.link(Customer, one.customer_id), why)
        for one in suspense.candidates(row)
    ]


def said(row: SuspenseItem) -> list[tuple]:
    """What files of banks said of the payment."""
    return said_by_files(row.payment)


class Stands(filters.Typed):
    """How it stands and whose work it is; nothing chosen shows what lies there."""

    title, parameter_name = "work", "work"
    inputs = (("work", "Work", "select"), ("cause", "Why", "select"))

    def options(self, name: str) -> list[tuple[str, str]]:
        """By owner or state; by cause."""
        if name == "cause":
            return list(SuspenseCause.choices)
        return [("mine", "Mine"), ("unowned", "Without owner"), *SuspenseState.choices[1:], ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen ones."""
        work = self.used_parameters.get("work", "")
        if cause := self.used_parameters.get("cause", ""):
            queryset = queryset.filter(cause=cause)
        if work == "all":
            return queryset
        if work in ENDED:
            return queryset.filter(state=work)
        queryset = queryset.filter(state=SuspenseState.OPEN)
        if work == "mine":
            return queryset.filter(owner=request.user)
        return queryset.filter(owner=None) if work == "unowned" else queryset


class SuspenseItemAdmin(CaseAdmin):
    """Money that found no wallet."""

    menu_title, icon, menu_order = "In suspense", "help_center", 23
    thing, things = "amount in suspense", "amounts in suspense"
    list_display = ("public_id", "amount_", "payer", "why", "age_", "owned_by", "partner")
    list_filter = (Stands, payment_filters.Whose)
    list_filter_submit = True
    list_select_related = ("partner", "owner")
    figures = ("amount_",)
    search_help_text = "Id; or the id of its payment"
    version_fields = ("state", "amount", "owner_id")
    hidden_refusals = (errors.NotInSuspense,)
    panels = (
        panels.Facts(title="In suspense", rows=facts),
        panels.Facts(title="Payment", rows=about_payment),
        panels.Revealable(title="Payer", masked=payer_pairs, reveal=reveal),
        panels.Table(
            title="Wallets that it could be for",
            columns=("Wallet", "Name", "Customer", "Why"),
            rows=candidates,
            empty="Nothing names one: ask the payer's bank, or the partner.",
        ),
        panels.Table(
            title="What banks said",
            columns=("Received", "What", "Code", "State", "Why"),
            rows=said,
            permission="payments.view_inbounditem",
            empty="No file of a bank speaks of it.",
        ),
        panels.History(),
    )
    transitions = (
        *owning.transitions(suspense, permission=ASSIGN, subject="item_id", policy=policies.check_is_open),
        Transition(
            name="assign",
            label="Assign to a wallet",
            key="a",
            style="primary",
            permission=ASSIGN,
            form=WalletForm,
            service=assign,
            subject="item_id",
            policy=check_can_assign,
            reason_required=True,
            confirm="The money is the wallet's at once; above the threshold as soon as another person approves. Say how you know.",
            done=told,
        ),
        Transition(
            name="send_back",
            label="Send back",
            key="b",
            style="danger",
            permission=BOOK,
            form=BackForm,
            service=suspense.send_back,
            subject="item_id",
            policy=suspense.check_can_send_back,
            confirm="The wire is returned to whom it came from, with the reason. The partner is told.",
            done="It goes back with the next delivery.",
        ),
        Transition(
            name="close",
            label="Taken out by hand",
            key="c",
            permission=ASSIGN,
            form=JournalForm,
            service=close,
            subject="item_id",
            policy=check_can_close,
            reason_required=True,
            confirm="A manual journal has given the money away. Another person approves that nothing is left to do.",
            done=told,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SuspenseItem]:
        """With what a page shows."""
        return super().get_queryset(request).select_related("partner", "payment", "owner")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """What has lain longest comes first; of what has ended, the newest."""
        has_ended = request.GET.get("work") in {"all", *ENDED}
        return self.ordering if has_ended else ("pk",)

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By its payment."""
        return furniture.by_key(queryset, term, pay="payment_id")

    def title_of(self, obj: SuspenseItem) -> str:
        """How much, and why."""
        return f"{furniture.plain(obj.amount, obj.currency)} · {obj.get_cause_display()}"

    def status_of(self, obj: SuspenseItem) -> Any:
        """Beside the heading."""
        return cells.choice(obj, "state", SuspenseState)

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """After one has ended the next that waits opens."""
        response = super()._done(request, transition, obj, result)
        following = None
        if isinstance(obj, SuspenseItem) and isinstance(result, SuspenseItem) and result.state != SuspenseState.OPEN:
            following = selectors.following(obj)
        return HttpResponseRedirect(cells.admin_url(following)) if following is not None else response

    @admin.display(description="amount")
    def amount_(self, obj: SuspenseItem) -> Any:
        """What lies there."""
        return furniture.figure(obj.amount, obj.currency)

    @admin.display(description="payer")
    def payer(self, obj: SuspenseItem) -> str:
        """Masked, where a bank has said."""
        return suspense_rows.masked_payer(obj) or cells.DASH

    @admin.display(description="why")
    def why(self, obj: SuspenseItem) -> str:
        """Why no wallet got it."""
        return obj.get_cause_display()

    @admin.display(description="age")
    def age_(self, obj: SuspenseItem) -> Any:
        """Since it came; of what has ended, how."""
        return age(obj) if obj.state == SuspenseState.OPEN else cells.choice(obj, "state", SuspenseState)

    @admin.display(description="owner")
    def owned_by(self, obj: SuspenseItem) -> Any:
        """Who, or nobody."""
        return owner_of(obj)


def lies_there(request: HttpRequest) -> home.Waiting | None:
    """What lies in suspense, with the oldest, and how much of it nobody looks after."""
    return furniture.waiting_with_owners(SuspenseItem, selectors.waiting(modes=settings.WORKED_MODES), late=LATE)


site.register(SuspenseItem, SuspenseItemAdmin)
home.register(home.Queue(name="payments.suspense", title="In suspense", permission=ASSIGN, load=lies_there, order=24))
