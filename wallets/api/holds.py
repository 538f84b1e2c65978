"""Holds under /v1/holds."""

from typing import Any
from uuid import UUID

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import narrowed
from flowlet.api.views import PartnerView
from wallets import errors
from wallets.api import examples, rendering, transfer_serializers
from wallets.api import serializers as forms
from wallets.models import Hold
from wallets.selectors import holds as selectors
from wallets.services import holds

STANDING = (
    errors.WalletNotFound,
    errors.WalletFrozen,
    errors.WalletClosed,
    people.CustomerFrozen,
    people.CustomerClosed,
    people.PartnerSuspended,
    errors.CurrencyMismatch,
)
SPENDING = (*STANDING, errors.NoLimitForCurrency, errors.LimitExceeded, errors.InsufficientFunds)
NAMES = (errors.MalformedExternalId, errors.DuplicateExternalId)
_PATH = {"hold_id": Hold.PREFIX}
_EXACT = ("wallet_id", "status", "external_id")


class HoldList(PartnerView):
    """All holds."""

    required_scopes = {"GET": "wallets:read", "POST": "wallets:write"}
    tag = "Holds"

    @endpoint(
        summary="List holds",
        query=forms.HoldFilters,
        response=paged(forms.HoldOut),
        query_example={"status": "OPEN"},
        example=page_example(examples.HOLD),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        found = selectors.matching(partner_id=request.caller.partner_id, **narrowed(request.query, _EXACT))
        return page(found, request, render=rendering.hold)

    @endpoint(
        summary="Place a hold",
        body=forms.HoldIn,
        response=forms.HoldPostedOut,
        status=201,
        errors=(*SPENDING, errors.ExpiryOutOfRange, *NAMES),
        body_example=examples.NEW_HOLD,
        example=examples.HOLD_PLACED,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Set money of a wallet aside until it is captured, released, or expires by itself. It counts against the limits at once."""
        done = holds.place(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return {**rendering.hold(done.hold), "balances": rendering.balances(done.balances)}


class HoldDetail(PartnerView):
    """One hold."""

    required_scopes = {"GET": "wallets:read"}
    path_ids = _PATH
    tag = "Holds"

    @endpoint(summary="Read a hold", response=forms.HoldOut, errors=(errors.HoldNotFound,), example=examples.HOLD)
    def get(self, request: Any, hold_id: UUID) -> dict[str, Any]:
        """The hold as it is now."""
        return rendering.hold(holds.get(hold_id, partner_id=request.caller.partner_id))


class HoldCapture(PartnerView):
    """Take what is held."""

    required_scopes = {"POST": "wallets:write"}
    path_ids = _PATH
    tag = "Holds"

    @endpoint(
        summary="Capture a hold",
        body=forms.HoldCaptureIn,
        response=transfer_serializers.HoldCapturedOut,
        status=201,
        errors=(
            errors.HoldNotFound,
            errors.HoldEnded,
            errors.HoldTooSmall,
            errors.HoldBelongsToTransfer,
            errors.SameWallet,
            *STANDING,
            *NAMES,
        ),
        body_example={"target_wallet_id": examples.SHOP_ID, "amount": examples.usd("12.50"), "description": "Two nights"},
        example=examples.CAPTURED_HOLD,
    )
    def post(self, request: Any, hold_id: UUID) -> dict[str, Any]:
        """Move a part of the hold, or all that is left, to another wallet of yours. Several captures are possible, never beyond it."""
        asked = dict(request.data)
        done = holds.capture(
            partner_id=request.caller.partner_id,
            hold_id=hold_id,
            target_id=asked.pop("target_wallet_id"),
            **asked,
            actor=request.actor,
            at=request.at,
        )
        return {
            "transfer": rendering.transfer(done.transfer),
            "hold": rendering.hold(done.hold),
            "balances": rendering.balances(done.balances),
        }


class HoldRelease(PartnerView):
    """Give back what is held."""

    required_scopes = {"POST": "wallets:write"}
    path_ids = _PATH
    tag = "Holds"

    @endpoint(
        summary="Release a hold",
        body=forms.EndReasonIn,
        response=forms.HoldPostedOut,
        errors=(errors.HoldNotFound, errors.HoldEnded, errors.HoldBelongsToTransfer),
        body_example={"reason": "The guest left early"},
        example=examples.HOLD_RELEASED,
    )
    def post(self, request: Any, hold_id: UUID) -> dict[str, Any]:
        """What is left of the hold is available again."""
        done = holds.release(
            partner_id=request.caller.partner_id,
            hold_id=hold_id,
            reason=request.data.get("reason", ""),
            actor=request.actor,
            at=request.at,
        )
        return {**rendering.hold(done.hold), "balances": rendering.balances(done.balances)}
