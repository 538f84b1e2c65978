"""Wallets under /v1/wallets."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import between, narrowed
from flowlet.api.views import PartnerView
from flowlet.core.states import IllegalMove
from wallets import errors
from wallets.api import examples, rendering
from wallets.api import serializers as forms
from wallets.models import Wallet
from wallets.selectors import balances, transactions
from wallets.selectors import wallets as selectors
from wallets.services import statements, wallets
from wallets.services.limits import Limits

_READ = {"GET": "wallets:read"}
_WRITE = {"POST": "wallets:write"}
_PATH = {"wallet_id": Wallet.PREFIX}
_EXACT = ("customer_id", "currency", "status", "external_id")


def _shown(request: Any, wallet_id: UUID) -> dict[str, Any]:
    return rendering.wallet(selectors.get(wallet_id, partner_id=request.caller.partner_id, at=request.at))


class WalletList(PartnerView):
    """All wallets."""

    required_scopes = {**_READ, **_WRITE}
    tag = "Wallets"

    @endpoint(
        summary="List wallets",
        query=forms.WalletFilters,
        response=paged(forms.WalletOut),
        query_example={"currency": "USD", "limit": "10"},
        example=page_example(examples.WALLET),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first, each with its balance."""
        found = selectors.matching(partner_id=request.caller.partner_id, **narrowed(request.query, _EXACT))
        return page(selectors.with_balances(found, at=request.at), request, render=rendering.wallet)

    @endpoint(
        summary="Open a wallet",
        body=forms.WalletIn,
        response=forms.WalletOut,
        status=201,
        errors=(
            people.CustomerNotFound,
            people.CustomerFrozen,
            people.CustomerClosed,
            people.PartnerSuspended,
            errors.NoLimitForCurrency,
            errors.MalformedLimits,
            errors.MalformedExternalId,
            errors.DuplicateExternalId,
        ),
        body_example=examples.NEW_WALLET,
        example=examples.EMPTY,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """A wallet in one currency for a customer, who may have many. It is empty; transfers bring money in."""
        asked = dict(request.data)
        limits = Limits(**asked.pop("limits", {}))
        wallet = wallets.create(partner_id=request.caller.partner_id, limits=limits, **asked, actor=request.actor, at=request.at)
        return _shown(request, wallet.pk)


class WalletDetail(PartnerView):
    """One wallet."""

    required_scopes = {**_READ, "PATCH": "wallets:write"}
    path_ids = _PATH
    tag = "Wallets"

    @endpoint(summary="Read a wallet", response=forms.WalletOut, errors=(errors.WalletNotFound,), example=examples.WALLET)
    def get(self, request: Any, wallet_id: UUID) -> dict[str, Any]:
        """The wallet with its balance now."""
        return _shown(request, wallet_id)

    @endpoint(
        summary="Change a wallet",
        body=forms.WalletChange,
        response=forms.WalletOut,
        errors=(errors.WalletNotFound, errors.WalletClosed),
        body_example={"name": "Holidays", "metadata": {"plan": "platinum"}},
        example={**examples.WALLET, "name": "Holidays", "metadata": {"plan": "platinum"}},
    )
    def patch(self, request: Any, wallet_id: UUID) -> dict[str, Any]:
        """What you name changes, null takes the name away, everything else stays. Frozen wallets too; closed ones do not change."""
        wallets.update(
            wallet_id=wallet_id,
            partner_id=request.caller.partner_id,
            changes=request.data,
            actor=request.actor,
            at=request.at,
        )
        return _shown(request, wallet_id)


class WalletFreeze(PartnerView):
    """Stop a wallet."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "Wallets"

    @endpoint(
        summary="Freeze a wallet",
        body=forms.FreezeReasonIn,
        response=forms.WalletOut,
        errors=(errors.WalletNotFound, errors.WalletClosed, IllegalMove, people.ReasonMissing),
        body_example={"reason": "The customer reported a stolen phone"},
        example=examples.FROZEN,
    )
    def post(self, request: Any, wallet_id: UUID) -> dict[str, Any]:
        """Nothing moves in or out until the freeze is lifted. Holds already placed stay, and can be released."""
        return _act(wallets.freeze, request, wallet_id, reason=request.data["reason"])


class WalletUnfreeze(PartnerView):
    """Let a wallet go on."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "Wallets"

    @endpoint(
        summary="Unfreeze a wallet",
        body=forms.FreezeReasonIn,
        response=forms.WalletOut,
        errors=(errors.WalletNotFound, errors.WalletClosed, IllegalMove, errors.FrozenByPlatform, people.ReasonMissing),
        path_example={"wallet_id": examples.FROZEN_ID},
        body_example={"reason": "The phone was found"},
        example={**examples.WALLET, "id": examples.FROZEN_ID},
    )
    def post(self, request: Any, wallet_id: UUID) -> dict[str, Any]:
        """Lift a freeze of your own. A freeze by the platform is not yours to lift."""
        return _act(wallets.unfreeze, request, wallet_id, reason=request.data["reason"])


class WalletClose(PartnerView):
    """End a wallet."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "Wallets"

    @endpoint(
        summary="Close a wallet",
        body=forms.EndReasonIn,
        response=forms.WalletOut,
        errors=(errors.WalletNotFound, errors.WalletClosed, errors.WalletFrozen, errors.WalletNotEmpty),
        path_example={"wallet_id": examples.EMPTY_ID},
        body_example={"reason": "The account was closed in our app"},
        example=examples.CLOSED,
    )
    def post(self, request: Any, wallet_id: UUID) -> dict[str, Any]:
        """For good, at zero and without open holds; the record stays readable."""
        return _act(wallets.close, request, wallet_id, reason=request.data.get("reason", ""))


class WalletBalance(PartnerView):
    """What a wallet has."""

    required_scopes = _READ
    path_ids = _PATH
    tag = "Wallets"

    @endpoint(
        summary="Read a balance",
        query=forms.BalanceQuery,
        response=forms.BalanceAsOfOut,
        errors=(errors.WalletNotFound, errors.DayOutOfRange),
        example=examples.BALANCE,
    )
    def get(self, request: Any, wallet_id: UUID) -> dict[str, Any]:
        """Now, in one consistent read with the holds; or at the end of any day, with all that was recorded for it since."""
        wallet = selectors.get(wallet_id, partner_id=request.caller.partner_id, at=request.at)
        day = request.query.get("as_of")
        found = selectors.balance_of(wallet) if day is None else balances.on(wallet, day=day, at=request.at)
        return {
            "wallet_id": wallet.public_id,
            "as_of": day,
            "total": found.total,
            "held": found.held,
            "available": found.available,
        }


class WalletTransactions(PartnerView):
    """What went in and out."""

    required_scopes = _READ
    path_ids = _PATH
    tag = "Wallets"

    @endpoint(
        summary="List transactions of a wallet",
        query=forms.TransactionFilters,
        response=paged(forms.TransactionOut),
        errors=(errors.WalletNotFound,),
        query_example={"type": "TRANSFER", "direction": "OUT"},
        example=page_example(examples.TRANSACTION),
    )
    def get(self, request: Any, wallet_id: UUID) -> dict[str, Any]:
        """In the order of recording, the newest first. Filters narrow the list down together."""
        query = request.query
        wallet = wallets.get(wallet_id, partner_id=request.caller.partner_id)
        found = transactions.of_wallet(
            wallet,
            type=query.get("type"),
            direction=query.get("direction"),
            counterparty_id=query.get("counterparty_wallet_id"),
            external_id=query.get("external_id"),
            metadata=query.get("metadata"),
            **between("effective_on", query.get("effective_on")),
            **between("amount", query.get("amount")),
        )
        entries = page(
            found, request, render=lambda entry: entry, read=lambda cursor: transactions.entry_id(cursor, wallet=wallet)
        )
        shown = [rendering.transaction(one) for one in transactions.read(entries["data"], wallet=wallet)]
        return {**entries, "data": shown}


class WalletStatement(PartnerView):
    """A month on paper."""

    required_scopes = _READ
    path_ids = _PATH
    tag = "Wallets"

    @endpoint(
        summary="Read a statement",
        query=forms.StatementQuery,
        response=forms.StatementOut,
        errors=(errors.WalletNotFound, errors.StatementOutOfRange, errors.StatementTooLong),
        query_example={"month": "2026-01"},
        example=examples.STATEMENT,
        produces=("application/json", "text/csv", "application/pdf"),
    )
    def get(self, request: Any, wallet_id: UUID) -> dict[str, Any] | HttpResponse:
        """Opening balance, every movement by effective day, closing balance; as JSON, CSV or PDF (`format`)."""
        wallet = wallets.get(wallet_id, partner_id=request.caller.partner_id)
        found = statements.of_month(wallet, month=_month(request.query["month"]), at=request.at)
        kind = request.query["format"]
        if kind == "json":
            return rendering.statement(found)
        write, media = {"csv": (statements.as_csv, "text/csv; charset=utf-8"), "pdf": (statements.as_pdf, "application/pdf")}[
            kind
        ]
        answer = HttpResponse(write(found), content_type=media)
        answer["Content-Disposition"] = f'attachment; filename="{statements.file_name(found, kind)}"'
        return answer


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _act(step: Any, request: Any, wallet_id: UUID, *, reason: str) -> dict[str, Any]:
    step(wallet_id=wallet_id, partner_id=request.caller.partner_id, reason=reason, actor=request.actor, at=request.at)
    return _shown(request, wallet_id)
