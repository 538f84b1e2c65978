"""Payments: the list with its queues, and the page on which one is decided, booked by word of mouth, or asked for again."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts.choices import Mode
from accounts.models import Customer, Partner
from flowlet.audit.services import log
from flowlet.backoffice import CaseAdmin, Transition, TransitionForm, actor_of, cells, filters, panels, site
from flowlet.backoffice.panels import Panel
from flowlet.core import clock, ids
from flowlet.core.actors import Actor
from flowlet.core.states import IllegalMove
from flowlet.decisions.choices import Outcome
from flowlet.decisions.models import Verdict
from ledger.models import Journal
from payments import errors, events
from payments.admin import furniture
from payments.choices import Direction, ExternalAccountStatus, InboundStatus, PaymentKind, PaymentStatus, Rail
from payments.models import ExternalAccount, Mandate, Payment
from payments.policies import payments as policies
from payments.policies import references
from payments.selectors import flows, queues, return_codes, return_rates
from payments.selectors import payments as selectors
from payments.selectors.external_accounts import masked_number
from payments.services import outcomes, payments, recipes, sending
from wallets.models import Hold, Wallet

DECIDE, CANCEL, BOOK = "payments.decide_payment", "payments.cancel_payment", "payments.book_outcome"
BY_KEY = {"wal": "wallet_id", "cus": "customer_id", "eac": "external_account_id", "bat": "batch_id"}
CHOOSE = ("", "Choose")
FAILURES = (
    ("bank.refused", "The bank refused it"),
    ("bank.never_received", "The bank never received it"),
    ("bank.recalled", "It was recalled before it was executed"),
)

FLOW = SimpleNamespace(label="Flow of the day", style="default", key="y")
MINDAY = date(2000, 1, 1)


# Filters


class Waits(filters.Typed):
    """The queues."""

    title, parameter_name = "queue", "queue"
    inputs = (("queue", "Queue", "select"),)

    def options(self, name: str) -> list[tuple[str, str]]:
        """All of them."""
        return list(queues.Queue.choices)

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """What waits there."""
        return queues.narrow(queryset, typed["queue"], at=clock.now())


class What(filters.Typed):
    """What it is, and how it stands."""

    title, parameter_name = "payment", "what"
    inputs = (
        ("status", "State", "select"),
        ("kind", "Kind", "select"),
        ("rail", "Rail", "select"),
        ("direction", "Direction", "select"),
    )

    def options(self, name: str) -> list[tuple[str, str]]:
        """The choices of the column."""
        return list({"status": PaymentStatus, "kind": PaymentKind, "rail": Rail, "direction": Direction}[name].choices)

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Exactly so."""
        return queryset.filter(**typed)


class Whose(filters.Typed):
    """Of which partner, or of which mode."""

    title, parameter_name = "whose", "whose"
    inputs = (("mode", "Mode", "select"), ("partner", "Partner", "select"))

    def options(self, name: str) -> list[tuple[str, str]]:
        """Live and sandbox; the first hundred partners."""
        return list(Mode.choices) if name == "mode" else furniture.partner_options()

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Theirs; nothing for an id that is none."""
        if "mode" in typed:
            queryset = queryset.filter(partner__mode=typed["mode"])
        if "partner" in typed:
            try:
                queryset = queryset.filter(partner_id=Partner.key(typed["partner"]))
            except ids.MalformedId:
                return queryset.none()
        return queryset


class Amounts(filters.Typed):
    """How much, in whatever currency."""

    title, parameter_name = "amount", "amount"
    inputs = (("amount_from", "From", "text"), ("amount_to", "To", "text"))

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Both ends included; nothing for an amount that is none."""
        try:
            found = {name: Decimal(text.replace(",", "")) for name, text in typed.items()}
        except InvalidOperation:
            return queryset.none()
        if not all(amount.is_finite() and abs(amount) < Decimal(10) ** 16 for amount in found.values()):
            return queryset.none()
        if "amount_from" in found:
            queryset = queryset.filter(amount__gte=found["amount_from"])
        return queryset.filter(amount__lte=found["amount_to"]) if "amount_to" in found else queryset


class Created(filters.Days):
    """On which days they were made: the first step of the timeline knows, and is indexed."""

    title, parameter_name = "created", "created"

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """By the moves to CREATED."""
        made = super().narrow(selectors.moves_to(PaymentStatus.CREATED), **typed)
        return queryset.filter(pk__in=made.values("payment_id"))


# Forms


class ReturnForm(TransitionForm):
    """With which code of the rail it came back."""

    reason_code = forms.ChoiceField(label="Return code", choices=())
    reason = forms.CharField(label="What the bank says", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"].choices = [
            CHOOSE,
            *return_codes.offered(self.subject.rail, self.subject.direction),
        ]


class DisputeForm(forms.Form):
    """What the cardholder says."""

    reason_code = forms.ChoiceField(label="Reason", choices=[CHOOSE, *return_codes.disputes()])
    reason = forms.CharField(label="Details", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class FailureForm(forms.Form):
    """Why it did not happen."""

    reason_code = forms.ChoiceField(label="What happened", choices=[CHOOSE, *FAILURES])


class RemarkForm(forms.Form):
    """A reason that may be left out."""

    reason = forms.CharField(label="Remark", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


# Panels


def facts(payment: Payment) -> list[tuple[str, Any]]:
    """What is paid to whom."""
    currency, account = payment.currency, payment.external_account
    pairs: list[tuple[str, Any]] = [
        ("Amount", furniture.figure(payment.amount, currency)),
        ("Fee", furniture.figure(payment.fee, currency)),
        ("Partner", payment.partner),
        ("Wallet", furniture.link(Wallet, payment.wallet_id)),
    ]
    optional = [
        ("To wallet", furniture.link(Wallet, payment.target_wallet_id), payment.target_wallet_id),
        ("Customer", furniture.link(Customer, payment.customer_id), payment.customer_id),
        ("External account", cells.link(account, _account_label(account)) if account else "", account),
        ("Account state", cells.choice(account, "status", ExternalAccountStatus) if account else "", account),
        ("Mandate", furniture.link(Mandate, payment.mandate_id), payment.mandate_id),
        ("Gives back", furniture.link(Payment, payment.original_id), payment.original_id),
        ("Description", payment.description, payment.description),
        ("Purpose", payment.purpose, payment.purpose),
        ("External id", cells.code(payment.external_id), payment.external_id),
    ]
    pairs += [(label, value) for label, value, is_there in optional if is_there]
    return [*pairs, ("Reference", cells.code(payment.reference)), *furniture.notes(payment.metadata)]


def standing(payment: Payment) -> list[tuple[str, Any]]:
    """How it stands, why, and what it has left behind."""
    currency = payment.currency
    meaning = return_codes.meaning(payment.rail, payment.reason_code)
    optional = [
        ("Reason code", cells.code(payment.reason_code), payment.reason_code),
        ("Which means", meaning, meaning),
        ("Why", payment.reason, payment.reason),
        ("Refunded", furniture.figure(payment.refunded, currency), payment.refunded),
        ("Returned", furniture.figure(payment.returned, currency), payment.returned),
        ("Money held by", furniture.link(Hold, payment.hold_id), payment.status == PaymentStatus.HELD),
        ("Scheduled for", payment.due_at, payment.due_at),
        ("Cut-off", payment.cutoff_at, payment.cutoff_at),
        ("Same day", True, payment.same_day),
        ("Value day", payment.value_on, payment.value_on),
        ("Settled", payment.settled_at, payment.settled_at),
        ("On the bank's statement", payment.reconciled_on, payment.reconciled_on),
    ]
    who = furniture.people(text for text in (payment.created_by, payment.approved_by) if text)
    if payment.status == PaymentStatus.DISPUTED and (dispute := selectors.dispute_of(payment)) is not None:
        optional += [
            ("Dispute", cells.badge(dispute.get_state_display()), True),
            ("Evidence until", dispute.due_at, True),
        ]
    optional.append(("Approved by", who.get(payment.approved_by), payment.approved_by))
    return [
        ("State", cells.choice(payment, "status", PaymentStatus)),
        ("Since", payment.updated_at),
        *[(label, value) for label, value, is_there in optional if is_there],
        ("Asked for by", who[payment.created_by]),
        ("Created", payment.created_at),
    ]


def outside(payment: Payment) -> list[tuple[str, Any]]:
    """What the bank or provider knows of it: names and moments, never what was written to them."""
    batch = payment.batch
    optional = [
        ("Provider", payment.provider, payment.provider),
        ("Its reference", cells.code(payment.provider_reference), payment.provider_reference),
        ("Batch", cells.link(batch) if batch else "", batch),
        ("File", batch.file_name if batch else "", batch and batch.file_name),
        ("Number in the file", cells.code(payment.trace), payment.trace),
        ("Delivered", batch.delivered_at if batch else "", batch and batch.delivered_at),
        ("Asked so far", payment.asked, payment.asked),
        ("Asked next", payment.ask_at, payment.ask_at),
    ]
    return [(label, value) for label, value, is_there in optional if is_there] or [("Sent", "not yet")]


def timeline(payment: Payment) -> list[tuple]:
    """Every move, the newest first, with the journal that it posted."""
    moves = list(payment.moves.order_by("-ordinal"))
    who = furniture.people(move.actor for move in moves)
    kinds = dict(Journal.objects.filter(cause=payment.public_id).values_list("pk", "kind"))
    rows = []
    for move in moves:
        said = [text for text in (move.reason_code, move.reason) if text]
        if move.details.get("in_suspense"):
            said.append("the money is in suspense: the wallet could not take it")
        if "owed" in move.details:
            said.append(f"the customer owes {furniture.plain(Decimal(move.details['owed']), payment.currency)} of it")
        label = recipes.label(kinds[move.journal_id]) if move.journal_id in kinds else ""
        rows.append(
            (
                move.at,
                cells.badge(PaymentStatus(move.went_to).label, PaymentStatus(move.went_to).tone),
                who[move.actor],
                " · ".join(said) or cells.DASH,
                furniture.link(Journal, move.journal_id, label),
            )
        )
    return rows


def messages_of(payment: Payment) -> list[tuple]:
    """What its provider told of it: what and when; the body is on the message's own page, masked."""
    found = selectors.messages_about(payment)[: furniture.SHOWN]
    return [(one.received_at, cells.link(one, one.kind), cells.choice(one, "status", InboundStatus)) for one in found]


def verdict(payment: Payment) -> list[tuple[str, Any]]:
    """What the deciders thought of it."""
    found = Verdict.objects.filter(pk=payment.verdict_id).first() if payment.verdict_id else None
    if found is None:
        is_early = payment.status == PaymentStatus.CREATED
        return [("Verdict", "not asked yet" if is_early else "nobody was asked: the money came by itself")]
    said = " ".join(reason["text"] for reason in found.reasons)
    return [
        ("Verdict", cells.link(found)),
        ("Outcome", cells.badge(Outcome(found.outcome).label, Outcome(found.outcome).tone)),
        ("Why", said or "Nobody had anything against it."),
        ("When", found.at),
    ]


def refunds(payment: Payment) -> list[tuple]:
    """What gives it back."""
    return [
        (
            one.created_at,
            cells.link(one),
            cells.choice(one, "status", PaymentStatus),
            furniture.figure(one.amount, one.currency),
        )
        for one in selectors.refunds_of(payment).order_by("-pk")[: furniture.SHOWN]
    ]


def _account_label(account: ExternalAccount) -> str:
    return f"{account.get_kind_display()} {masked_number(account)}"


def _of(column: str) -> Any:
    def rows(owner: Model) -> list[tuple]:
        found = Payment.objects.filter(**{column: owner.pk}).order_by("-pk")[: furniture.SHOWN]
        return [
            (
                cells.link(one),
                one.get_kind_display(),
                one.get_rail_display(),
                cells.choice(one, "status", PaymentStatus),
                one.created_at,
                furniture.figure(one.amount if one.direction == Direction.IN else -one.amount, one.currency),
            )
            for one in found
        ]

    return rows


# Deeds that are more than one service


def ask_again(*, payment_id: UUID, actor: Actor, at: datetime) -> Payment:
    """Ask the provider what became of the payment, and remember who wanted to know. Not inside a transaction."""
    payment = payments.get(payment_id)
    log.record(action=events.PAYMENT_ASKED_AGAIN, actor=actor, at=at, target=payment.public_id, partner_id=payment.partner_id)
    return sending.ask(payment_id=payment_id, actor=actor, at=at)


def _rates() -> list[dict[str, Any]]:
    """The shares of ACH debits that came back in sixty days, against the levels at which Nacha asks questions."""
    return [
        {
            "label": f"{one.level.name.capitalize()} returns",
            "value": f"{one.rate:.2%}",
            "text": f"{one.returned:,} of {one.debits:,} debits; questions above {one.level.limit:.1%}",
            "tone": "bad" if one.is_exceeded else "good",
        }
        for one in return_rates.ach_return_rates(at=clock.now())
    ]


def _answer(payment: Payment) -> str:
    return f"The provider was asked: {payment.get_status_display().lower()}."


class PaymentAdmin(CaseAdmin):
    """One payment."""

    section, icon, menu_order = "Money", "payments", 5
    list_display = ("public_id", "what", "amount_", "state", "why", "other_side", "since", "partner")
    list_filter = (Waits, What, Whose, Amounts, Created)
    list_filter_submit = True
    list_select_related = ("partner", "external_account")
    figures = ("amount_",)
    search_fields = ("external_id",)
    search_help_text = (
        "Reference as typed, id, external id, number in the file; or the id of a wallet, customer, account or batch"
    )
    page_budget = 24
    panels = (
        panels.Facts(title="Payment", rows=facts),
        panels.Facts(title="How it stands", rows=standing),
        panels.Table(
            title="Timeline",
            columns=("When", "State", "By", "Why", "In the books"),
            rows=timeline,
        ),
        panels.Facts(title="Outside", rows=outside),
        panels.Facts(title="Verdict", rows=verdict, permission="flowlet_decisions.view_verdict"),
        panels.Table(
            title="Provider's messages",
            columns=("Received", "What", "State"),
            rows=messages_of,
            permission="payments.view_inboundevent",
        ),
        panels.Table(
            title="Refunds",
            columns=("When", "Refund", "State", "Amount"),
            figures=("Amount",),
            rows=refunds,
            empty="Nothing was refunded.",
        ),
        panels.History(),
    )
    hidden_refusals = (errors.NotInReview, errors.NotCancelable, IllegalMove)
    transitions = (
        Transition(
            name="release",
            label="Release",
            key="r",
            style="primary",
            permission=DECIDE,
            service=payments.release,
            policy=policies.check_can_release,
            reason_required=True,
            confirm="It goes on at once; above the threshold another person still has to approve it.",
        ),
        Transition(
            name="approve",
            label="Approve",
            key="a",
            style="primary",
            permission=DECIDE,
            form=RemarkForm,
            service=payments.approve,
            policy=policies.check_can_approve,
            confirm="You are the second person. The money is held at once and leaves with the next run.",
        ),
        Transition(
            name="reject",
            label="Reject",
            key="x",
            style="danger",
            permission=DECIDE,
            service=payments.reject,
            policy=policies.check_can_reject,
            reason_required=True,
            confirm="For good. The partner is told.",
        ),
        Transition(
            name="settle",
            label="Book as settled",
            key="s",
            style="primary",
            permission=BOOK,
            service=outcomes.settle,
            policy=policies.check_can_book_settled,
            reason_required=True,
            confirm="Book that the money has arrived. Say how you know.",
        ),
        Transition(
            name="fail",
            label="Book as failed",
            key="f",
            style="danger",
            permission=BOOK,
            form=FailureForm,
            service=outcomes.fail,
            policy=policies.check_can_book_failed,
            reason_required=True,
            confirm="Book that it will never happen: what the wallet gave is back, its fee included. Be certain; the money could go twice.",
        ),
        Transition(
            name="return",
            label="Book as returned",
            key="b",
            style="danger",
            permission=BOOK,
            form=ReturnForm,
            service=outcomes.return_,
            policy=policies.check_can_book_returned,
            confirm="Book that the bank sent it back, or took it back.",
        ),
        Transition(
            name="redeem",
            label="Return taken back",
            key="m",
            permission=BOOK,
            service=outcomes.redeem,
            policy=policies.check_can_redeem,
            reason_required=True,
            confirm="The return was dishonored, or contested and won: the money moves as if it had not been returned.",
        ),
        Transition(
            name="dispute",
            label="Book as disputed",
            key="d",
            style="danger",
            permission=BOOK,
            form=DisputeForm,
            service=outcomes.dispute,
            policy=policies.check_can_dispute,
            confirm="The acquirer takes the money back at once; what the wallet cannot carry is owed by its customer.",
        ),
        Transition(
            name="dispute_won",
            label="Dispute won",
            key="w",
            style="primary",
            permission=BOOK,
            service=outcomes.dispute_won,
            policy=policies.check_is_disputed,
            reason_required=True,
        ),
        Transition(
            name="dispute_lost",
            label="Dispute lost",
            key="l",
            style="danger",
            permission=BOOK,
            service=outcomes.dispute_lost,
            policy=policies.check_is_disputed,
            reason_required=True,
        ),
        Transition(
            name="ask",
            label="Ask the provider",
            key="q",
            permission=BOOK,
            service=ask_again,
            policy=policies.check_can_ask,
            is_atomic=False,
            confirm="Under the same reference, so that nothing is paid twice.",
            done=_answer,
        ),
        Transition(
            name="cancel",
            label="Cancel payment",
            key="c",
            permission=CANCEL,
            service=payments.cancel,
            policy=policies.check_can_cancel,
            reason_required=True,
            confirm="What was held is free again. The partner is told.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """With what a row shows."""
        return super().get_queryset(request).select_related("partner", "external_account", "batch").defer("batch__sealed")

    def get_urls(self) -> list[URLPattern]:
        """And the flow of a day."""
        return [path("flow/", self.admin_site.admin_view(self.flow_view), name="payments_payment_flow"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the way to the flow of the day."""
        return super().changelist_view(
            request, {"fl_buttons": [{"transition": FLOW, "url": self._url("flow")}], **(extra_context or {})}
        )

    def flow_view(self, request: HttpRequest) -> HttpResponse:
        """What came in, went out, failed and was returned on one day, per rail and currency."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = clock.now().date()
        try:
            day = date.fromisoformat(request.GET.get("day") or str(today))
            if not MINDAY < day <= today + timedelta(days=1):
                raise ValueError(day)
        except ValueError:
            raise Http404("Give day=2026-01-31.") from None
        mode = Mode.SANDBOX if request.GET.get("mode") == Mode.SANDBOX else Mode.LIVE
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": "Flow of the day",
            "day": day,
            "mode": mode,
            "modes": Mode.choices,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1) if day < today else None,
            "flows": furniture.drawn(flows.of_day(day, mode=mode)),
            "rates": _rates() if mode == Mode.LIVE else (),
            "list_url": self._url("changelist"),
        }
        return TemplateResponse(request, "payments/flow.html", context)

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """A queue begins with what has waited longest."""
        return ("pk",) if request.GET.get("queue") else self.ordering

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """A reference as somebody typed it; the public id of what it belongs to; else an external id or a number in a file."""
        column = BY_KEY.get(term.rpartition("_")[0])
        if column:
            try:
                return queryset.filter(**{column: ids.parse(term.rpartition("_")[0], term)})
            except ids.MalformedId:
                return queryset.none()
        if references.is_reference(term):
            return queryset.filter(reference=references.parse(term))
        return queryset.filter(pk__in=selectors.called(term))

    def title_of(self, obj: Payment) -> str:
        """What and how much."""
        return f"{furniture.plain(obj.amount, obj.currency)} · {obj.get_kind_display()} · {obj.get_rail_display()}"

    def status_of(self, obj: Payment) -> Any:
        """Beside the heading."""
        return self.state(obj)

    def panels_for(self, request: HttpRequest, obj: Payment) -> Sequence[Panel]:
        """Refunds only of what came in, messages only of what a provider has named."""
        left_out = set() if obj.direction == Direction.IN else {"Refunds"}
        if not obj.provider_reference:
            left_out.add("Provider's messages")
        return [one for one in super().panels_for(request, obj) if one.title not in left_out]

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """After a decision the next that waits as this one did opens."""
        response = super()._done(request, transition, obj, result)
        following = None
        if isinstance(obj, Payment) and isinstance(result, Payment) and result.status != obj.status:
            following = queues.following(obj, actor=str(actor_of(request)), at=clock.now())
        return HttpResponseRedirect(cells.admin_url(following)) if following is not None else response

    @admin.display(description="what")
    def what(self, obj: Payment) -> str:
        """Its kind, its rail and its way."""
        arrow = "\N{RIGHTWARDS ARROW}" if obj.direction == Direction.OUT else "\N{LEFTWARDS ARROW}"
        return f"{arrow} {furniture.SHORT.get(obj.kind, obj.get_kind_display())} · {furniture.SHORT.get(obj.rail, obj.get_rail_display())}"

    @admin.display(description="amount")
    def amount_(self, obj: Payment) -> Any:
        """What the other side pays or gets."""
        return furniture.figure(obj.amount, obj.currency)

    @admin.display(description="state")
    def state(self, obj: Payment) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", PaymentStatus)

    @admin.display(description="why")
    def why(self, obj: Payment) -> Any:
        """The reason code of the last step."""
        return cells.code(obj.reason_code)

    @admin.display(description="since")
    def since(self, obj: Payment) -> Any:
        """When it came to where it stands."""
        return cells.moment(obj.updated_at)

    @admin.display(description="other side")
    def other_side(self, obj: Payment) -> Any:
        """The external account, masked."""
        account = obj.external_account
        return cells.link(account, masked_number(account)) if account else cells.DASH


site.register(Payment, PaymentAdmin)
COLUMNS = ("Payment", "Kind", "Rail", "State", "Created", "Amount")
for _owner, _column in ((Wallet, "wallet_id"), (Customer, "customer_id"), (ExternalAccount, "external_account_id")):
    panels.add(
        _owner,
        panels.Table(
            title="Payments",
            columns=COLUMNS,
            figures=("Amount",),
            rows=_of(_column),
            permission="payments.view_payment",
            empty="None yet.",
        ),
    )
