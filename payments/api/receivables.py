"""What customers owe, under /v1/receivables."""

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
from payments import errors
from payments.api import payment_examples as examples
from payments.choices import ReceivableState
from payments.models import Payment, Receivable
from payments.services import receivable_rows, receivables

EXAMPLE = {
    "id": example_id("rcv"),
    "customer_id": example_id("cus"),
    "payment_id": example_id("pay"),
    "state": "OPEN",
    "owed": examples.usd("40.00"),
    "recovered": examples.usd("15.00"),
    "left": examples.usd("25.00"),
    "created_at": examples.FIRST,
    "ended_at": None,
}


class ReceivableFilters(PageFilters):
    """Which of them."""

    state = serializers.ChoiceField(ReceivableState.choices, required=False)
    customer_id = PublicIdField("cus", required=False)


class ReceivableOut(StrictSerializer):
    """What a customer owes in a currency: money was taken back (a return, a dispute) that no wallet had."""

    id = PublicIdField("rcv")
    customer_id = PublicIdField("cus")
    payment_id = PublicIdField("pay", allow_null=True, help_text="The last that added to it")
    state = serializers.ChoiceField(ReceivableState.choices)
    owed = MoneySerializerField(help_text="In all")
    recovered = MoneySerializerField(positive=False, help_text="What was taken from the customer's wallets since")
    left = MoneySerializerField(positive=False, help_text="What is still to be paid; of one WRITTEN_OFF, what was given up")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


def render(row: Receivable) -> dict[str, Any]:
    """A receivable."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "payment_id": ids.public_id(Payment.PREFIX, row.payment_id) if row.payment_id else None,
        "state": row.state,
        "owed": Money(row.owed, row.currency),
        "recovered": Money(row.recovered, row.currency),
        "left": receivable_rows.left(row),
        "created_at": moment(row.created_at),
        "ended_at": moment(row.ended_at) if row.ended_at else None,
    }


class ReceivableList(PartnerView):
    """All receivables."""

    required_scopes = {"GET": "payments:read"}
    tag = "Receivables"

    @endpoint(
        summary="List receivables",
        query=ReceivableFilters,
        response=paged(ReceivableOut),
        query_example={"state": "OPEN"},
        example=page_example(EXAMPLE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first. A customer owes once in a currency: what comes while one is `OPEN` adds to it."""
        wanted = {name: request.query[name] for name in ("state", "customer_id") if name in request.query}
        return page(Receivable.objects.filter(partner_id=request.caller.partner_id, **wanted), request, render=render)


class ReceivableDetail(PartnerView):
    """One receivable."""

    required_scopes = {"GET": "payments:read"}
    path_ids = {"receivable_id": Receivable.PREFIX}
    tag = "Receivables"

    @endpoint(summary="Read a receivable", response=ReceivableOut, errors=(errors.ReceivableNotFound,), example=EXAMPLE)
    def get(self, request: Any, receivable_id: UUID) -> dict[str, Any]:
        """How much is owed, and how it stands. The operator recovers it from the customer's wallets, or writes it off."""
        return render(receivables.get(receivable_id, partner_id=request.caller.partner_id))
