"""The JSON of wallets, holds, transfers and what belongs to them. Money stands in it as Money; the toolkit writes it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.choices import FreezeOrigin
from flowlet.api.fields import moment, moment_or_null
from flowlet.core import ids, money
from flowlet.core.errors import DomainError
from ledger.models import Journal
from wallets.models import Conversion, FxQuote, Hold, Refund, TopUp, Transfer, Wallet
from wallets.models.exchange import Priced
from wallets.selectors import conversions
from wallets.selectors import wallets as selectors
from wallets.selectors.transactions import Transaction
from wallets.services.batches import ItemResult
from wallets.services.limits import of_wallet
from wallets.services.spending import WalletBalance
from wallets.services.statements import Statement

_id = ids.public_id


def wallet(row: Wallet) -> dict[str, Any]:
    """A wallet that came with its balance."""
    balance = selectors.balance_of(row)
    return {
        "id": row.public_id,
        "customer_id": _id("cus", row.customer_id),
        "currency": row.currency,
        "name": row.name or None,
        "status": row.status,
        "freeze": _freeze(row),
        "balance": {"total": balance.total, "held": balance.held, "available": balance.available},
        "limits": of_wallet(row).as_texts(row.currency),
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "closed_at": moment_or_null(row.closed_at),
    }


def _freeze(row: Wallet) -> dict[str, Any] | None:
    """Why staff froze a wallet is not told to the partner: it could warn the person who is looked at."""
    if not row.freeze_origin:
        return None
    own = row.freeze_origin == FreezeOrigin.PARTNER
    return {"origin": row.freeze_origin, "reason": row.freeze_reason if own else None}


def balances(rows: Iterable[WalletBalance]) -> list[dict[str, Any]]:
    """The balances after a posting."""
    return [
        {"wallet_id": _id("wal", row.wallet_id), "total": row.total, "held": row.held, "available": row.available} for row in rows
    ]


def hold(row: Hold) -> dict[str, Any]:
    """A hold."""
    currency = row.currency
    return {
        "id": row.public_id,
        "wallet_id": _id("wal", row.wallet_id),
        "status": row.status,
        "amount": _money(row.amount, currency),
        "captured": _money(row.captured, currency),
        "released": _money(row.released, currency),
        "remaining": _money(row.remaining, currency),
        "description": row.description or None,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
        "ended_at": moment_or_null(row.ended_at),
    }


def transfer(row: Transfer) -> dict[str, Any]:
    """A transfer."""
    currency = row.currency
    return {
        "id": row.public_id,
        "source_wallet_id": _id("wal", row.source_id),
        "target_wallet_id": _id("wal", row.target_id),
        "kind": row.kind,
        "status": row.status,
        "amount": _money(row.amount, currency),
        "captured": _money(row.captured, currency),
        "refunded": _money(row.refunded, currency),
        "hold_id": _id("hld", row.hold_id) if row.hold_id else None,
        "journal_id": _id(Journal.PREFIX, row.journal_id) if row.journal_id else None,
        "description": row.description or None,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
        "completed_at": moment_or_null(row.completed_at),
    }


def refund(row: Refund) -> dict[str, Any]:
    """A refund."""
    return {
        "id": row.public_id,
        "transfer_id": _id("trf", row.transfer_id),
        "amount": _money(row.amount, row.currency),
        "journal_id": _id(Journal.PREFIX, row.journal_id),
        "reason": row.reason or None,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
    }


def top_up(row: TopUp) -> dict[str, Any]:
    """A simulated payment."""
    return {
        "id": row.public_id,
        "wallet_id": _id("wal", row.wallet_id),
        "amount": _money(row.amount, row.currency),
        "journal_id": _id(Journal.PREFIX, row.journal_id),
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
    }


def _price(row: Priced) -> dict[str, Any]:
    return {
        "sell": _money(row.sell_amount, row.sell_currency),
        "buy": _money(row.buy_amount, row.buy_currency),
        "fixed_side": row.fixed_side,
        "market_rate": rate(row.market_rate),
        "client_rate": rate(row.client_rate),
        "spread_basis_points": row.spread_basis_points,
        "spread": _money(row.spread_amount, row.buy_currency),
        "rate_on": row.rate_on,
        "rate_via": row.rate_via,
    }


def quote(row: FxQuote, *, at: datetime) -> dict[str, Any]:
    """A quote, as it stands at a moment."""
    taker = conversions.conversion_of(row)
    return {
        "id": row.public_id,
        "customer_id": _id("cus", row.customer_id),
        "status": conversions.status_of(row, at=at),
        **_price(row),
        "conversion_id": taker.public_id if taker else None,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
    }


def conversion(row: Conversion) -> dict[str, Any]:
    """A conversion."""
    return {
        "id": row.public_id,
        "customer_id": _id("cus", row.customer_id),
        "source_wallet_id": _id("wal", row.source_id),
        "target_wallet_id": _id("wal", row.target_id),
        "quote_id": _id(FxQuote.PREFIX, row.quote_id) if row.quote_id else None,
        **_price(row),
        "journal_id": _id(Journal.PREFIX, row.journal_id),
        "description": row.description or None,
        "external_id": row.external_id or None,
        "metadata": row.metadata,
        "created_at": moment(row.created_at),
    }


def rate(value: Decimal) -> str:
    """A rate, without zeros at its end."""
    return f"{value.normalize():f}"


def batch_result(result: ItemResult) -> dict[str, Any]:
    """What became of one item."""
    if result.transfer is None:
        return {"transfer": None, "refusal": _refusal(result.refusal) if result.refusal else None}
    return {"transfer": {**transfer(result.transfer), "balances": balances(result.balances)}, "refusal": None}


def _refusal(error: DomainError) -> dict[str, Any]:
    return {"code": error.code, "detail": error.message, "param": error.param, "details": error.details}


def transaction(one: Transaction) -> dict[str, Any]:
    """One movement."""
    return {
        "id": one.id,
        "type": one.type.value,
        "label": one.label,
        "direction": one.direction.value,
        "amount": one.amount,
        "balance_after": one.balance_after,
        "counterparty_wallet_id": one.counterparty or None,
        "cause_id": one.cause or None,
        "journal_id": one.journal.public_id,
        "description": one.description or None,
        "external_id": one.external_id or None,
        "metadata": one.metadata,
        "effective_on": one.effective_on,
        "posted_at": moment(one.posted_at),
    }


def statement(found: Statement) -> dict[str, Any]:
    """A month."""
    return {
        "wallet_id": found.wallet.public_id,
        "month": f"{found.first:%Y-%m}",
        "first_day": found.first,
        "last_day": found.through,
        "is_final": found.is_final,
        "opening": found.opening,
        "incoming": found.incoming,
        "outgoing": found.outgoing,
        "closing": found.closing,
        "lines": [{**transaction(line.transaction), "balance": line.balance} for line in found.lines],
    }


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": money.to_text(amount, currency), "currency": currency}
