"""Disputes: the queue by deadline, the evidence under seal, answered or given up in time, won or lost with their payment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.choices import Mode
from flowlet.backoffice import CaseAdmin, Transition, cells, home, panels, site
from flowlet.backoffice.panels import Panel
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.states import IllegalMove
from ledger.models import Journal
from payments import errors
from payments.admin import furniture
from payments.choices import DisputeState, PaymentStatus
from payments.models import Dispute
from payments.policies import disputes as policies
from payments.selectors import return_codes
from payments.services import disputes, outcomes, recipes
from payments.states import DISPUTE_ENDED, DISPUTE_OWED

ANSWER, BOOK = "payments.answer_dispute", "payments.book_outcome"
SOON, NEAR = timedelta(days=1), timedelta(days=3)
# Texts that an officer writes or copies in; the rest are days, names and numbers.
SHORT = {"service_date", "shipping_date", "shipping_carrier", "shipping_tracking_number"}


class StandFilter(admin.SimpleListFilter):
    """How far it is; nothing chosen shows what has not ended."""

    title, parameter_name = "work", "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """To answer, answered, ended."""
        return [("answer", "To be answered"), ("answered", "Waits for the acquirer"), ("ended", "Ended"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen ones."""
        chosen = self.value()
        if chosen == "all":
            return queryset
        if chosen == "ended":
            return queryset.filter(state__in=DISPUTE_ENDED)
        if chosen == "answer":
            return queryset.filter(state=DisputeState.OPEN)
        if chosen == "answered":
            return queryset.filter(state__in=[*DISPUTE_OWED, DisputeState.ANSWERED])
        return queryset.exclude(state__in=DISPUTE_ENDED)


class ModeFilter(admin.SimpleListFilter):
    """Real money, or the partners' own trials."""

    title, parameter_name = "mode", "mode"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Live and sandbox."""
        return list(Mode.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Theirs."""
        return queryset.filter(partner__mode=self.value()) if self.value() else queryset


class EvidenceForm(forms.Form):
    """What speaks for the partner, under the acquirer's own names; at least one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in disputes.NAMES:
            label = name.replace("_", " ").capitalize() if name != "uncategorized_text" else "Anything else"
            widget = forms.TextInput() if name in SHORT else forms.Textarea(attrs={"rows": 2})
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=200 if name in SHORT else disputes.LONGEST, widget=widget
            )


def answer(*, dispute_id: UUID, actor: Actor, at: datetime, **texts: str) -> Dispute:
    """The form in the service's words."""
    return disputes.answer(dispute_id=dispute_id, evidence=texts, actor=actor, at=at)


def left(dispute: Dispute, at: datetime) -> Any:
    """The clock: how long evidence is still taken, coloured as it runs out; nothing once it no longer matters."""
    if dispute.state not in {DisputeState.OPEN, DisputeState.READY}:
        return cells.DASH
    rest = dispute.due_at - at
    if rest <= timedelta(0):
        return cells.badge("time is over", "bad")
    hours = int(rest.total_seconds()) // 3600
    words = f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours} h {int(rest.total_seconds()) % 3600 // 60} min"
    return cells.badge(words, "bad" if rest < SOON else "warn" if rest < NEAR else "info")


def told(dispute: Dispute) -> str:
    """What came of it."""
    return f"The acquirer was told: {dispute.get_state_display().lower()}."


def owed(dispute: Dispute) -> Any:
    """That the acquirer is still to be told, and how often that was tried."""
    if not dispute.provider_id:
        return cells.badge("not yet: its event has not come", "warn")
    tried = "being told" if not dispute.told else f"told {dispute.told} time{'s' * (dispute.told > 1)}"
    return cells.badge(f"not yet: {tried}", "warn" if dispute.told > 1 else "info")


def facts(dispute: Dispute) -> list[tuple[str, Any]]:
    """What is in dispute, how it stands, until when it can be answered."""
    payment = dispute.payment
    meaning = return_codes.meaning(payment.rail, dispute.reason_code)
    who = furniture.people(text for text in (dispute.answered_by,) if text)
    optional = [
        ("Which means", meaning, meaning),
        ("Answered", dispute.answered_at, dispute.answered_at),
        ("Answered by", who.get(dispute.answered_by), dispute.answered_by),
        ("Cost so far", furniture.figure(dispute.fee, dispute.fee_currency) if dispute.fee else "", dispute.fee),
        ("The acquirer knows", owed(dispute), dispute.state in DISPUTE_OWED),
        ("It said last", cells.code(dispute.refusal), dispute.refusal),
        ("Told next", dispute.tell_at, dispute.told),
        ("Ended", dispute.ended_at, dispute.ended_at),
        ("The acquirer's name for it", cells.code(dispute.provider_id), dispute.provider_id),
    ]
    return [
        ("State", cells.choice(dispute, "state", DisputeState)),
        ("Amount", furniture.figure(dispute.amount, dispute.currency)),
        ("Evidence until", dispute.due_at),
        *([("Time left", clock_of)] if (clock_of := left(dispute, clock.now())) != cells.DASH else []),
        ("Reason", cells.code(dispute.reason_code)),
        *panels.known(optional),
        ("Opened", dispute.created_at),
    ]


def payment_of(dispute: Dispute) -> list[tuple[str, Any]]:
    """What was paid."""
    payment = dispute.payment
    return [
        ("Payment", cells.link(payment)),
        ("State", cells.choice(payment, "status", PaymentStatus)),
        ("Paid", furniture.figure(payment.amount, payment.currency)),
        ("Refunded", furniture.figure(payment.refunded, payment.currency)),
        ("Settled", payment.settled_at),
        ("Partner", dispute.partner),
        ("Reference", cells.code(payment.reference)),
        ("Provider's reference", cells.code(payment.provider_reference)),
    ]


def journals_of(dispute: Dispute) -> list[tuple]:
    """What the payment and its dispute posted, the newest first."""
    found = Journal.objects.filter(cause__in=[dispute.payment.public_id, dispute.public_id]).order_by("-id")[: furniture.SHOWN]
    return [(one.posted_at, furniture.link(Journal, one.pk, one.public_id), recipes.label(one.kind)) for one in found]


def masked_evidence(dispute: Dispute) -> list[tuple[str, str]]:
    """That there is evidence."""
    return [("Evidence", "••••")]


def reveal_evidence(dispute: Dispute, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """The texts; who looked, and why, was written to the audit by the page."""
    return [(name.replace("_", " ").capitalize(), text) for name, text in disputes.evidence_of(dispute).items()]


class DisputeAdmin(CaseAdmin):
    """One dispute."""

    icon, menu_order = "gavel", 22
    list_display = ("public_id", "payment_", "amount_", "state_", "reason_", "left_", "partner")
    list_filter = (StandFilter, ModeFilter)
    list_select_related = ("partner", "payment")
    figures = ("amount_",)
    search_help_text = "Id, or the id of the payment"
    version_fields = ("state", "answered_by")
    panels = (
        panels.Facts(title="Dispute", rows=facts),
        panels.Facts(title="Payment", rows=payment_of),
        panels.Revealable(
            title="Evidence",
            name="evidence",
            masked=masked_evidence,
            reveal=reveal_evidence,
            reveal_permission=ANSWER,
            action="payments.dispute.evidence_revealed",
        ),
        panels.Table(
            title="In the books", columns=("When", "Journal", "What"), rows=journals_of, permission="ledger.view_journal"
        ),
        panels.History(),
    )
    hidden_refusals = (errors.DisputeAnswered, IllegalMove)
    transitions = (
        Transition(
            name="answer",
            label="Give evidence",
            key="e",
            style="primary",
            permission=ANSWER,
            form=EvidenceForm,
            service=answer,
            policy=policies.check_can_answer,
            confirm="Once, and for good: there is no second time. It is sealed here, and sent to the acquirer.",
            done="The evidence is taken, and on its way to the acquirer.",
        ),
        Transition(
            name="accept",
            label="Give it up",
            key="g",
            style="danger",
            permission=ANSWER,
            service=disputes.accept,
            policy=policies.check_can_answer,
            reason_required=True,
            confirm="The money stays with the cardholder. This cannot be taken back.",
        ),
        Transition(
            name="tell",
            label="Tell the acquirer",
            key="q",
            permission=ANSWER,
            service=disputes.send_again,
            policy=policies.check_is_owed,
            is_atomic=False,
            confirm="Under the same key, so that it is told once.",
            done=told,
        ),
        Transition(
            name="won",
            label="Book as won",
            key="w",
            permission=BOOK,
            service=outcomes.dispute_won,
            subject="payment_id",
            by="payment_id",
            policy=policies.check_can_end,
            reason_required=True,
            confirm="The acquirer gave the money back: it goes to the wallet again.",
            done="Booked as won.",
        ),
        Transition(
            name="lost",
            label="Book as lost",
            key="l",
            permission=BOOK,
            service=outcomes.dispute_lost,
            subject="payment_id",
            by="payment_id",
            policy=policies.check_can_end,
            reason_required=True,
            confirm="The money stays with the cardholder: the payment is returned.",
            done="Booked as lost.",
        ),
    )

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """By deadline as long as there is something to do; what has ended the newest first."""
        return ("-pk",) if request.GET.get("work") in {"ended", "all"} else ("due_at", "pk")

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By the payment's id, or the acquirer's name for the dispute."""
        return furniture.by_key(queryset, term, pay="payment_id")

    def panels_for(self, request: HttpRequest, obj: Dispute) -> Sequence[Panel]:
        """Evidence only where some was given."""
        return [one for one in super().panels_for(request, obj) if one.title != "Evidence" or obj.sealed is not None]

    def title_of(self, obj: Dispute) -> str:
        """How much, and of what."""
        return f"{furniture.plain(obj.amount, obj.currency)} · {obj.reason_code.replace('_', ' ')}"

    def status_of(self, obj: Dispute) -> Any:
        """Beside the heading."""
        return self.state_(obj)

    @admin.display(description="payment")
    def payment_(self, obj: Dispute) -> Any:
        """In dispute."""
        return cells.link(obj.payment, obj.payment.reference)

    @admin.display(description="amount")
    def amount_(self, obj: Dispute) -> Any:
        """What the acquirer took."""
        return furniture.figure(obj.amount, obj.currency)

    @admin.display(description="state")
    def state_(self, obj: Dispute) -> Any:
        """As a badge."""
        return cells.choice(obj, "state", DisputeState)

    @admin.display(description="reason")
    def reason_(self, obj: Dispute) -> Any:
        """The acquirer's code."""
        return cells.code(obj.reason_code)

    @admin.display(description="time left")
    def left_(self, obj: Dispute) -> Any:
        """The clock."""
        return left(obj, clock.now())


def to_answer(request: HttpRequest) -> home.Waiting | None:
    """Disputes that nobody has answered; late when one ends within a day."""
    rows = Dispute.objects.filter(state=DisputeState.OPEN, partner__mode__in=settings.WORKED_MODES)
    found = list(rows.order_by("due_at").values_list("due_at", "created_at")[:1000])
    if not found:
        return None
    url = f"{cells.admin_url(Dispute, 'changelist')}?work=answer&{furniture.worked_modes()}"
    is_late = found[0][0] - clock.now() < SOON
    return home.Waiting(count=len(found), url=url, oldest_at=min(opened for _, opened in found), is_late=is_late)


site.register(Dispute, DisputeAdmin)
home.register(home.Queue(name="payments.disputes", title="Disputes to answer", permission=ANSWER, load=to_answer, order=17))
