"""Payments: the list with its queues, and the page on which one is decided, booked by word of mouth, or asked for again."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.models import Customer
from flowlet.backoffice import CaseAdmin, Transition, actor_of, cells, panels, site
from flowlet.backoffice.panels import Panel
from flowlet.core import clock
from flowlet.core.states import IllegalMove
from payments import errors
from payments.admin import furniture, payment_deeds, payment_filters
from payments.admin import payment_panels as shown
from payments.admin.flow_page import FlowPages
from payments.admin.settlement_page import SettlementPages
from payments.choices import Direction, PaymentStatus
from payments.models import ExternalAccount, Payment
from payments.policies import references
from payments.selectors import payments as selectors
from payments.selectors import queues
from payments.selectors.external_accounts import masked_number
from wallets.models import Wallet

BY_KEY = {"wal": "wallet_id", "cus": "customer_id", "eac": "external_account_id", "bat": "batch_id"}


class PaymentAdmin(FlowPages, SettlementPages, CaseAdmin):
    """One payment."""

    section, icon, menu_order = "Money", "payments", 5
    list_display = ("public_id", "what", "amount_", "state", "why", "other_side", "since", "partner")
    list_filter = (
        payment_filters.Waits,
        payment_filters.What,
        payment_filters.Whose,
        payment_filters.Amounts,
        payment_filters.Created,
    )
    list_filter_submit = True
    list_select_related = ("partner", "external_account")
    figures = ("amount_",)
    search_fields = ("external_id",)
    search_help_text = (
        "Reference as typed, id, external id, number in the file; or the id of a wallet, customer, account or batch"
    )
    page_budget = 24
    panels = (
        panels.Facts(title="Payment", rows=shown.facts),
        panels.Facts(title="How it stands", rows=shown.standing),
        panels.Table(
            title="Timeline",
            columns=("When", "State", "By", "Why", "In the books"),
            rows=shown.timeline,
        ),
        panels.Facts(title="Outside", rows=shown.outside),
        panels.Facts(title="Verdict", rows=shown.verdict, permission="flowlet_decisions.view_verdict"),
        panels.Table(
            title="Provider's messages",
            columns=("Received", "What", "State"),
            rows=shown.messages_of,
            permission="payments.view_inboundevent",
        ),
        panels.Table(
            title="Refunds",
            columns=("When", "Refund", "State", "Amount"),
            figures=("Amount",),
            rows=shown.refunds,
            empty="Nothing was refunded.",
        ),
        panels.Table(
            title="In suspense",
            columns=("Since", "Why", "State", "Until", "Amount"),
            figures=("Amount",),
            rows=shown.suspense_of,
            permission="payments.view_suspenseitem",
        ),
        panels.History(),
    )
    hidden_refusals = (errors.NotInReview, errors.NotCancelable, IllegalMove)
    transitions = payment_deeds.TRANSITIONS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """With what a row shows."""
        return super().get_queryset(request).select_related("batch").defer("batch__sealed")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """A queue begins with what has waited longest."""
        return ("pk",) if request.GET.get("queue") else self.ordering

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """A reference as somebody typed it; the public id of what it belongs to; else an external id or a number in a file."""
        if term.rpartition("_")[0] in BY_KEY:
            return furniture.by_key(queryset, term, **BY_KEY)
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
        """Refunds only of what came in, messages only of what a provider has named, suspense only of what lay there."""
        left_out = set() if obj.direction == Direction.IN else {"Refunds"}
        if not obj.provider_reference:
            left_out.add("Provider's messages")
        if not obj.suspense_items.exists():
            left_out.add("In suspense")
        return [one for one in super().panels_for(request, obj) if one.title not in left_out]

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """After a decision the next that waits as this one did opens."""
        response = super()._done(request, transition, obj, result)
        following = None
        if isinstance(obj, Payment) and isinstance(result, Payment) and result.status != obj.status:
            following = queues.following(obj, actor=str(actor_of(request)), at=clock.now())
        if following is None:
            return response
        messages.info(request, f"That was {self.title_of(obj)}. This is the next one that waits.")
        return HttpResponseRedirect(cells.admin_url(following))

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
            rows=shown.payments_of(_column),
            permission="payments.view_payment",
            empty="None yet.",
        ),
    )
