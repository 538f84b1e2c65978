"""Disputes under /v1/disputes."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.fields import MoneySerializerField, PublicIdField, moment
from flowlet.api.paging import page
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core import ids
from flowlet.core.money import Money
from payments import errors
from payments.api import payment_examples as examples
from payments.choices import DisputeState
from payments.models import Dispute
from payments.services import disputes

_PATH = {"dispute_id": Dispute.PREFIX}


class DisputeFilters(PageFilters):
    """Which disputes."""

    state = serializers.ChoiceField(DisputeState.choices, required=False)
    payment_id = PublicIdField("pay", required=False)


class DisputeOut(StrictSerializer):
    """A cardholder's objection to a payment."""

    id = PublicIdField("dsp")
    payment_id = PublicIdField("pay")
    state = serializers.ChoiceField(DisputeState.choices)
    reason_code = serializers.CharField()
    amount = MoneySerializerField()
    due_at = serializers.DateTimeField(help_text="Until when evidence is taken")
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class EvidenceOfDisputeIn(StrictSerializer):
    """What speaks for you."""

    evidence = serializers.DictField(
        child=serializers.CharField(max_length=disputes.LONGEST),
        help_text=f"Texts under these names: {', '.join(disputes.NAMES)}",
    )


class GiveUpIn(StrictSerializer):
    """An empty object."""


def render(row: Dispute) -> dict[str, Any]:
    """A dispute; the evidence never comes out again."""
    return {
        "id": row.public_id,
        "payment_id": ids.public_id("pay", row.payment_id),
        "state": row.state,
        "reason_code": row.reason_code,
        "amount": Money(row.amount, row.currency),
        "due_at": moment(row.due_at),
        "answered_at": moment(row.answered_at) if row.answered_at else None,
        "ended_at": moment(row.ended_at) if row.ended_at else None,
        "created_at": moment(row.created_at),
    }


class DisputeList(PartnerView):
    """All disputes."""

    required_scopes = {"GET": "payments:read"}
    tag = "Disputes"
    example_mode = "SANDBOX"

    @endpoint(
        summary="List disputes",
        query=DisputeFilters,
        response=paged(DisputeOut),
        query_example={"state": "OPEN"},
        example=page_example(examples.DISPUTE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = {name: request.query[name] for name in ("state", "payment_id") if name in request.query}
        return page(Dispute.objects.filter(partner_id=request.caller.partner_id, **wanted), request, render=render)


class DisputeDetail(PartnerView):
    """One dispute."""

    required_scopes = {"GET": "payments:read"}
    path_ids = _PATH
    tag = "Disputes"
    example_mode = "SANDBOX"

    @endpoint(summary="Read a dispute", response=DisputeOut, errors=(errors.DisputeNotFound,), example=examples.DISPUTE)
    def get(self, request: Any, dispute_id: UUID) -> dict[str, Any]:
        """The dispute as it is now."""
        return render(disputes.get(dispute_id, partner_id=request.caller.partner_id))


class DisputeEvidence(PartnerView):
    """Answer a dispute."""

    required_scopes = {"POST": "payments:write"}
    path_ids = _PATH
    tag = "Disputes"
    example_mode = "SANDBOX"

    @endpoint(
        summary="Answer a dispute",
        body=EvidenceOfDisputeIn,
        response=DisputeOut,
        errors=(errors.DisputeNotFound, errors.DisputeAnswered, errors.EvidenceEmpty),
        body_example={
            "evidence": {"shipping_tracking_number": "1Z999AA10123456784", "uncategorized_text": "Signed for by the buyer."}
        },
        example={**examples.DISPUTE, "state": "ANSWERED", "answered_at": examples.FIRST},
    )
    def post(self, request: Any, dispute_id: UUID) -> dict[str, Any]:
        """Give the evidence, once and before `due_at`. It goes to the acquirer and never comes out of the API again."""
        row = disputes.answer(
            dispute_id=dispute_id, partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at
        )
        return render(row)


class DisputeAccept(PartnerView):
    """Give a dispute up."""

    required_scopes = {"POST": "payments:write"}
    path_ids = _PATH
    tag = "Disputes"
    example_mode = "SANDBOX"

    @endpoint(
        summary="Give a dispute up",
        body=GiveUpIn,
        response=DisputeOut,
        errors=(errors.DisputeNotFound, errors.DisputeAnswered),
        body_example={},
        example={**examples.DISPUTE, "state": "LOST", "answered_at": examples.FIRST, "ended_at": examples.FIRST},
    )
    def post(self, request: Any, dispute_id: UUID) -> dict[str, Any]:
        """The money stays with the cardholder."""
        return render(
            disputes.accept(dispute_id=dispute_id, partner_id=request.caller.partner_id, actor=request.actor, at=request.at)
        )
