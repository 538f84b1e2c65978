"""Deposit instructions under /v1/deposit_instructions."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.fields import CurrencyField, PublicIdField, moment
from flowlet.api.paging import page
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core import ids
from payments import errors
from payments.api import payment_examples as examples
from payments.choices import DepositInstructionStatus
from payments.models import DepositInstruction
from payments.services import deposit_instructions
from wallets import errors as wallet_errors

_PATH = {"instruction_id": DepositInstruction.PREFIX}
EXAMPLE = {
    "id": example_id("dpi"),
    "wallet_id": examples.WALLET_ID,
    "currency": "USD",
    "reference": "FLW-7K3D-9QX2-M4T1-C",
    "virtual_account": None,
    "pay_to": {
        "name": "Flowlet Sandbox",
        "iban": None,
        "bic": None,
        "routing_number": "123456780",
        "account_number": "000123456789",
    },
    "status": "ACTIVE",
    "created_at": examples.FIRST,
}


class DepositInstructionIn(StrictSerializer):
    """For which wallet."""

    wallet_id = PublicIdField("wal")


class DepositInstructionFilters(PageFilters):
    """Which instructions."""

    wallet_id = PublicIdField("wal", required=False)


class PayToOut(StrictSerializer):
    """Our account at the bank: by IBAN and BIC, or by routing and account number."""

    name = serializers.CharField()
    iban = serializers.CharField(allow_null=True)
    bic = serializers.CharField(allow_null=True)
    routing_number = serializers.CharField(allow_null=True)
    account_number = serializers.CharField(allow_null=True)


class DepositInstructionOut(StrictSerializer):
    """How money from outside gets into a wallet by itself."""

    id = PublicIdField("dpi")
    wallet_id = PublicIdField("wal")
    currency = CurrencyField()
    reference = serializers.CharField(help_text="The payer writes it into the payment's text or its creditor reference")
    virtual_account = serializers.CharField(
        allow_null=True, help_text="IBAN or number of the wallet's own at our bank; where there is one, no reference is needed"
    )
    pay_to = PayToOut(help_text="The account to pay to, where there is no virtual account")
    status = serializers.ChoiceField(
        DepositInstructionStatus.choices, help_text="Money that names a closed one lies in suspense until somebody looks"
    )
    created_at = serializers.DateTimeField()


def render(row: DepositInstruction) -> dict[str, Any]:
    """An instruction in full: it is meant to be passed on."""
    pay_to = dict.fromkeys(("name", "iban", "bic", "routing_number", "account_number")) | deposit_instructions.pay_to(row)
    return {
        "id": row.public_id,
        "wallet_id": ids.public_id("wal", row.wallet_id),
        "currency": row.wallet.currency,
        "reference": row.reference,
        "virtual_account": deposit_instructions.number_of(row) or None,
        "pay_to": pay_to,
        "status": row.status,
        "created_at": moment(row.created_at),
    }


class DepositInstructionList(PartnerView):
    """All instructions."""

    required_scopes = {"GET": "payments:read", "POST": "payments:write"}
    tag = "Payments"
    example_mode = "SANDBOX"

    @endpoint(
        summary="List deposit instructions",
        query=DepositInstructionFilters,
        response=paged(DepositInstructionOut),
        errors=(errors.RailNotConfigured,),
        query_example={"wallet_id": examples.WALLET_ID},
        example=page_example(EXAMPLE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = {name: request.query[name] for name in ("wallet_id",) if name in request.query}
        rows = DepositInstruction.objects.filter(partner_id=request.caller.partner_id, **wanted).select_related("wallet")
        return page(rows, request, render=render)

    @endpoint(
        summary="Get a wallet's deposit instruction",
        body=DepositInstructionIn,
        response=DepositInstructionOut,
        status=201,
        errors=(
            wallet_errors.WalletNotFound,
            wallet_errors.WalletClosed,
            errors.DepositsNotTaken,
            errors.RailNotConfigured,
        ),
        body_example={"wallet_id": examples.WALLET_ID},
        example=EXAMPLE,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """What to tell whoever is to pay into the wallet. A wallet has one instruction, the same whenever you ask. Money with its
        reference, or on its virtual account, is booked to the wallet as a `DEPOSIT` when the bank tells of it.
        """
        row = deposit_instructions.issue(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return render(row)


class DepositInstructionDetail(PartnerView):
    """One instruction."""

    required_scopes = {"GET": "payments:read"}
    path_ids = _PATH
    tag = "Payments"
    example_mode = "SANDBOX"

    @endpoint(
        summary="Read a deposit instruction",
        response=DepositInstructionOut,
        errors=(errors.DepositInstructionNotFound, errors.RailNotConfigured),
        example=EXAMPLE,
    )
    def get(self, request: Any, instruction_id: UUID) -> dict[str, Any]:
        """The instruction as it is now."""
        return render(deposit_instructions.get(instruction_id, partner_id=request.caller.partner_id))
