"""Recalls under /v1/payments/{id}/recall and /v1/recalls."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.fields import MoneySerializerField, PublicIdField, moment
from flowlet.api.paging import page
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core import ids
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove
from payments import errors
from payments.api import payment_examples as examples
from payments.choices import Direction, RecallAnswer, RecallReason, RecallState
from payments.models import Payment, Recall
from payments.policies.recalls import REFUSALS
from payments.services import recalls, simulations

RECALLED_ID, ANSWERED_ID = example_id("pay", 9), example_id("rcl", 2)
EXAMPLE = {
    "id": example_id("rcl"),
    "payment_id": RECALLED_ID,
    "direction": "OUT",
    "state": "REQUESTED",
    "reason": "DUPL",
    "note": "Sent twice",
    "amount": {"amount": "25.00", "currency": "USD"},
    "due_on": "2026-02-06",
    "answer_code": None,
    "created_at": examples.FIRST,
    "ended_at": None,
}


class RecallIn(StrictSerializer):
    """Why the money is to come back."""

    reason = serializers.ChoiceField(RecallReason.choices, help_text="DUPL, TECH: within ten banking days; FRAD, CUST: 13 months")
    note = serializers.CharField(
        max_length=105, required=False, allow_blank=True, help_text="For the other bank, in plain Latin letters"
    )


class RecallAnswerIn(StrictSerializer):
    """What the other bank says."""

    answer = serializers.ChoiceField(RecallAnswer.choices)
    code = serializers.ChoiceField(
        sorted(REFUSALS),
        required=False,
        help_text="Why not; of REFUSE only, and needed there: CUST, LEGL, NOAS (no answer of the payee) …",
    )


class RecallFilters(PageFilters):
    """Which recalls."""

    state = serializers.ChoiceField(RecallState.choices, required=False)
    direction = serializers.ChoiceField(Direction.choices, required=False)
    payment_id = PublicIdField("pay", required=False)


class RecallOut(StrictSerializer):
    """A request to send a payment back: yours (OUT), or a bank's for money that came in (IN)."""

    id = PublicIdField("rcl")
    payment_id = PublicIdField("pay")
    direction = serializers.ChoiceField(Direction.choices)
    state = serializers.ChoiceField(RecallState.choices)
    reason = serializers.CharField(help_text="DUPL, TECH, FRAD, CUST, or another code of a bank's")
    note = serializers.CharField(allow_null=True)
    amount = MoneySerializerField()
    due_on = serializers.DateField(help_text="Until when an answer is expected")
    answer_code = serializers.CharField(allow_null=True, help_text="Why not, such as NOAS (no answer of the payee) or LEGL")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


def render(row: Recall) -> dict[str, Any]:
    """A recall; what officers noted stays with us."""
    return {
        "id": row.public_id,
        "payment_id": ids.public_id("pay", row.payment_id),
        "direction": row.direction,
        "state": row.state,
        "reason": row.reason_code,
        "note": (row.note or None) if row.direction == Direction.OUT else None,
        "amount": Money(row.amount, row.currency),
        "due_on": row.due_on,
        "answer_code": row.answer_code or None,
        "created_at": moment(row.created_at),
        "ended_at": moment(row.ended_at) if row.ended_at else None,
    }


class PaymentRecall(PartnerView):
    """Ask for a payment back."""

    required_scopes = {"POST": "payments:write"}
    path_ids = {"payment_id": Payment.PREFIX}
    tag = "Payments"
    example_mode = "SANDBOX"

    @endpoint(
        summary="Recall a payment",
        body=RecallIn,
        response=RecallOut,
        status=201,
        errors=(
            errors.PaymentNotFound,
            errors.NotRecallable,
            errors.RecallTooLate,
            errors.RecallUnderWay,
            errors.RailNotConfigured,
        ),
        path_example={"payment_id": RECALLED_ID},
        body_example={"reason": "DUPL", "note": "Sent twice"},
        example=EXAMPLE,
    )
    def post(self, request: Any, payment_id: UUID) -> dict[str, Any]:
        """Ask the other bank to send a SEPA credit transfer or a wire back that has left (what has not is canceled). The other side
        decides; money that comes back makes the payment `RETURNED`.
        """
        row = recalls.request(
            payment_id=payment_id, partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at
        )
        return render(row)


class RecallList(PartnerView):
    """All recalls."""

    required_scopes = {"GET": "payments:read"}
    tag = "Payments"
    example_mode = "SANDBOX"

    @endpoint(
        summary="List recalls",
        query=RecallFilters,
        response=paged(RecallOut),
        query_example={"direction": "OUT"},
        example=page_example(EXAMPLE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = {name: request.query[name] for name in ("state", "direction", "payment_id") if name in request.query}
        return page(Recall.objects.filter(partner_id=request.caller.partner_id, **wanted), request, render=render)


class RecallDetail(PartnerView):
    """One recall."""

    required_scopes = {"GET": "payments:read"}
    path_ids = {"recall_id": Recall.PREFIX}
    tag = "Payments"
    example_mode = "SANDBOX"

    @endpoint(summary="Read a recall", response=RecallOut, errors=(errors.RecallNotFound,), example=EXAMPLE)
    def get(self, request: Any, recall_id: UUID) -> dict[str, Any]:
        """The recall as it is now."""
        return render(recalls.get(recall_id, partner_id=request.caller.partner_id))


class RecallAnswered(PartnerView):
    """The other bank answers."""

    required_scopes = {"POST": "simulation:write"}
    path_ids = {"recall_id": Recall.PREFIX}
    tag = "Simulations"
    example_mode = "SANDBOX"

    @endpoint(
        summary="Let the other bank answer a recall",
        body=RecallAnswerIn,
        response=RecallOut,
        errors=(errors.SandboxOnly, errors.RecallNotFound, IllegalMove),
        path_example={"recall_id": ANSWERED_ID},
        body_example={"answer": "REFUSE", "code": "NOAS"},
        example={**EXAMPLE, "id": ANSWERED_ID, "state": "REFUSED", "answer_code": "NOAS", "ended_at": examples.FIRST},
    )
    def post(self, request: Any, recall_id: UUID) -> dict[str, Any]:
        """Grant what you asked back: the recall is `ACCEPTED`, and its payment `RETURNED`, with the money on the wallet. Refuse it with a
        `code`; it can still be granted later. Or let nobody answer: the recall is `LAPSED`, as when its time is over.
        """
        if not request.caller.is_sandbox:
            raise errors.SandboxOnly
        row = simulations.answer_recall(
            recall_id=recall_id, partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at
        )
        return render(row)
