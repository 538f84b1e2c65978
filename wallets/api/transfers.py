"""Transfers under /v1/transfers and /v1/transfer_batches, and play money under /v1/simulations."""

from typing import Any
from uuid import UUID

from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import PageFilters, narrowed
from flowlet.api.views import PartnerView
from flowlet.core.errors import Invalid
from ledger import errors as ledger_errors
from wallets import errors
from wallets.api import examples, rendering
from wallets.api import transfer_serializers as forms
from wallets.api.holds import NAMES, SPENDING, STANDING
from wallets.api.serializers import EndReasonIn
from wallets.models import Transfer
from wallets.selectors import transfers as selectors
from wallets.services import batches, refunds, top_ups, transfers
from wallets.services.batches import NewTransfer

_PATH = {"transfer_id": Transfer.PREFIX}
_EXACT = {
    "status": "status",
    "kind": "kind",
    "wallet_id": "wallet_id",
    "source_wallet_id": "source_id",
    "target_wallet_id": "target_id",
    "hold_id": "hold_id",
    "external_id": "external_id",
}


class TransferList(PartnerView):
    """All transfers."""

    required_scopes = {"GET": "transfers:read", "POST": "transfers:write"}
    tag = "Transfers"

    @endpoint(
        summary="List transfers",
        query=forms.TransferFilters,
        response=paged(forms.TransferOut),
        query_example={"status": "COMPLETED"},
        example=page_example(examples.TRANSFER),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        found = selectors.matching(partner_id=request.caller.partner_id, **narrowed(request.query, _EXACT))
        return page(found, request, render=rendering.transfer)

    @endpoint(
        summary="Make a transfer",
        body=forms.TransferIn,
        response=forms.TransferPostedOut,
        status=201,
        errors=(*SPENDING, errors.SameWallet, errors.ExpiryOutOfRange, ledger_errors.PeriodClosed, *NAMES),
        body_example=examples.NEW_TRANSFER,
        example=examples.TRANSFERRED,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Move money from wallet to wallet at once; or, with `capture: false`, hold it now and capture it later."""
        asked = dict(request.data)
        source_id, target_id = asked.pop("source_wallet_id"), asked.pop("target_wallet_id")
        if not asked.pop("capture"):
            step = transfers.authorize
        elif "expires_at" in asked:
            raise Invalid("Only a transfer with capture: false expires.", param="expires_at")
        else:
            step = transfers.make
        done = step(
            partner_id=request.caller.partner_id,
            source_id=source_id,
            target_id=target_id,
            **asked,
            actor=request.actor,
            at=request.at,
        )
        return {**rendering.transfer(done.transfer), "balances": rendering.balances(done.balances)}


class TransferDetail(PartnerView):
    """One transfer."""

    required_scopes = {"GET": "transfers:read"}
    path_ids = _PATH
    tag = "Transfers"

    @endpoint(summary="Read a transfer", response=forms.TransferOut, errors=(errors.TransferNotFound,), example=examples.TRANSFER)
    def get(self, request: Any, transfer_id: UUID) -> dict[str, Any]:
        """The transfer as it is now."""
        return rendering.transfer(transfers.get(transfer_id, partner_id=request.caller.partner_id))


class TransferCapture(PartnerView):
    """Take what was authorised."""

    required_scopes = {"POST": "transfers:write"}
    path_ids = _PATH
    tag = "Transfers"

    @endpoint(
        summary="Capture a transfer",
        body=forms.TransferCaptureIn,
        response=forms.TransferPostedOut,
        errors=(errors.TransferNotFound, errors.TransferNotAuthorized, errors.HoldTooSmall, *STANDING),
        path_example={"transfer_id": examples.AUTHORIZED_ID},
        body_example={"amount": examples.usd("12.50"), "is_final": True},
        example=examples.CAPTURED_TRANSFER,
    )
    def post(self, request: Any, transfer_id: UUID) -> dict[str, Any]:
        """Move a part of an authorised transfer, or all that is left. Several captures are possible, never beyond its amount."""
        done = transfers.capture(
            partner_id=request.caller.partner_id, transfer_id=transfer_id, **request.data, actor=request.actor, at=request.at
        )
        return {**rendering.transfer(done.transfer), "balances": rendering.balances(done.balances)}


class TransferVoid(PartnerView):
    """Give back what was authorised."""

    required_scopes = {"POST": "transfers:write"}
    path_ids = _PATH
    tag = "Transfers"

    @endpoint(
        summary="Void a transfer",
        body=EndReasonIn,
        response=forms.TransferPostedOut,
        errors=(errors.TransferNotFound, errors.TransferNotAuthorized),
        path_example={"transfer_id": examples.AUTHORIZED_ID},
        body_example={"reason": "The order was cancelled"},
        example=examples.VOIDED_TRANSFER,
    )
    def post(self, request: Any, transfer_id: UUID) -> dict[str, Any]:
        """What is not captured of an authorised transfer is available again. What was captured stays: refund it."""
        done = transfers.void(
            partner_id=request.caller.partner_id,
            transfer_id=transfer_id,
            reason=request.data.get("reason", ""),
            actor=request.actor,
            at=request.at,
        )
        return {**rendering.transfer(done.transfer), "balances": rendering.balances(done.balances)}


class TransferRefunds(PartnerView):
    """Money that went back."""

    required_scopes = {"GET": "transfers:read", "POST": "transfers:write"}
    path_ids = _PATH
    tag = "Transfers"

    @endpoint(
        summary="List refunds of a transfer",
        query=PageFilters,
        response=paged(forms.RefundOut),
        errors=(errors.TransferNotFound,),
        example=page_example(examples.REFUND),
    )
    def get(self, request: Any, transfer_id: UUID) -> dict[str, Any]:
        """The newest first."""
        transfer = transfers.get(transfer_id, partner_id=request.caller.partner_id)
        return page(selectors.refunds_of(transfer), request, render=rendering.refund)

    @endpoint(
        summary="Refund a transfer",
        body=forms.RefundIn,
        response=forms.RefundPostedOut,
        status=201,
        errors=(errors.TransferNotFound, errors.RefundTooLarge, errors.InsufficientFunds, *STANDING, *NAMES),
        body_example={"amount": examples.usd("2.50"), "reason": "Cold soup", "metadata": {"order": "A-1001"}},
        example=examples.REFUNDED,
    )
    def post(self, request: Any, transfer_id: UUID) -> dict[str, Any]:
        """Move captured money back, in whole or in parts, never more than was captured. It counts against no limit."""
        done = refunds.make(
            partner_id=request.caller.partner_id, transfer_id=transfer_id, **request.data, actor=request.actor, at=request.at
        )
        refunded = rendering.transfer(done.transfer)["refunded"]
        return {**rendering.refund(done.refund), "refunded": refunded, "balances": rendering.balances(done.balances)}


class TransferBatches(PartnerView):
    """Many at once."""

    required_scopes = {"POST": "transfers:write"}
    tag = "Transfers"

    @endpoint(
        summary="Make a batch of transfers",
        body=forms.BatchIn,
        response=forms.BatchOut,
        errors=(ledger_errors.BatchRefused, *SPENDING, errors.SameWallet, *NAMES),
        body_example={
            "is_atomic": False,
            "transfers": [
                examples.NEW_TRANSFER,
                {**examples.NEW_TRANSFER, "amount": examples.usd("1000000.00"), "external_id": "order-1003"},
            ],
        },
        example=examples.BATCH,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Up to 1,000 transfers in their order: each on its own with its result, or all or nothing (`is_atomic`)."""
        results = batches.make(
            partner_id=request.caller.partner_id,
            items=[_item(item) for item in request.data["transfers"]],
            is_atomic=request.data["is_atomic"],
            actor=request.actor,
            at=request.at,
        )
        made = sum(result.transfer is not None for result in results)
        return {"made": made, "refused": len(results) - made, "results": [rendering.batch_result(each) for each in results]}


class TopUps(PartnerView):
    """Play money."""

    required_scopes = {"POST": "simulation:write"}
    tag = "Simulations"

    @endpoint(
        summary="Top up a sandbox wallet",
        body=forms.TopUpIn,
        response=forms.TopUpOut,
        status=201,
        errors=(errors.SandboxOnly, *STANDING, *NAMES),
        body_example={
            "wallet_id": examples.WALLET_ID,
            "amount": examples.usd("100.00"),
            "external_id": "top-up-1",
            "metadata": {"case": "first steps"},
        },
        example=examples.TOP_UP,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Book money as if it had come in at the bank. Works with a sandbox key only."""
        if not request.caller.is_sandbox:
            raise errors.SandboxOnly
        done = top_ups.simulate(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return {**rendering.top_up(done.top_up), "balances": rendering.balances(done.balances)}


def _item(asked: Any) -> NewTransfer:
    rest = dict(asked)
    return NewTransfer(source_id=rest.pop("source_wallet_id"), target_id=rest.pop("target_wallet_id"), **rest)
