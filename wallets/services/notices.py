"""A deed is told twice in its own transaction: to the audit, and as an event."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flowlet.audit.services import log
from flowlet.core import ids, money
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from wallets.models import Conversion, FxQuote, Hold, Refund, Transfer, Wallet


def tell(
    fact: str,
    *,
    subject: str,
    partner_id: UUID,
    actor: Actor,
    at: datetime,
    data: dict[str, Any],
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
    person_id: UUID | None = None,
) -> None:
    """Write the audit record (``after`` is ``data`` unless given; ``personal`` under the person's key) and the event."""
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=subject,
        partner_id=partner_id,
        reason=reason,
        before=before,
        after=data if after is None else after,
        personal=personal,
        subject_id=person_id,
    )
    outbox.publish(type=fact, partner_id=partner_id, subject=subject, data=data, at=at)


def plain(amount: Decimal, currency: str) -> dict[str, str]:
    """Money as events write it."""
    return {"amount": money.to_text(amount, currency), "currency": currency}


def of_wallet(wallet: Wallet) -> dict[str, Any]:
    """What events say of a wallet."""
    return {
        "id": wallet.public_id,
        "customer_id": ids.public_id("cus", wallet.customer_id),
        "currency": wallet.currency,
        "status": wallet.status,
        "external_id": wallet.external_id or None,
    }


def of_hold(hold: Hold) -> dict[str, Any]:
    """What events say of a hold."""
    return {
        "id": hold.public_id,
        "wallet_id": ids.public_id("wal", hold.wallet_id),
        "status": hold.status,
        "amount": plain(hold.amount, hold.currency),
        "captured": plain(hold.captured, hold.currency),
        "released": plain(hold.released, hold.currency),
        "external_id": hold.external_id or None,
    }


def of_transfer(transfer: Transfer) -> dict[str, Any]:
    """What events say of a transfer."""
    currency = transfer.currency
    return {
        "id": transfer.public_id,
        "source_wallet_id": ids.public_id("wal", transfer.source_id),
        "target_wallet_id": ids.public_id("wal", transfer.target_id),
        "status": transfer.status,
        "amount": plain(transfer.amount, currency),
        "captured": plain(transfer.captured, currency),
        "refunded": plain(transfer.refunded, currency),
        "external_id": transfer.external_id or None,
    }


def of_refund(refund: Refund, transfer: Transfer) -> dict[str, Any]:
    """What events say of a refund."""
    return {
        "id": refund.public_id,
        "transfer_id": transfer.public_id,
        "amount": plain(refund.amount, refund.currency),
        "refunded": plain(transfer.refunded, transfer.currency),
        "external_id": refund.external_id or None,
    }


def of_quote(quote: FxQuote) -> dict[str, Any]:
    """What events say of a quote."""
    return {
        "id": quote.public_id,
        "customer_id": ids.public_id("cus", quote.customer_id),
        "sell": plain(quote.sell_amount, quote.sell_currency),
        "buy": plain(quote.buy_amount, quote.buy_currency),
        "expires_at": quote.expires_at.isoformat(),
    }


def of_conversion(conversion: Conversion) -> dict[str, Any]:
    """What events say of a conversion."""
    return {
        "id": conversion.public_id,
        "customer_id": ids.public_id("cus", conversion.customer_id),
        "source_wallet_id": ids.public_id("wal", conversion.source_id),
        "target_wallet_id": ids.public_id("wal", conversion.target_id),
        "sell": plain(conversion.sell_amount, conversion.sell_currency),
        "buy": plain(conversion.buy_amount, conversion.buy_currency),
        "quote_id": ids.public_id("fxq", conversion.quote_id) if conversion.quote_id else None,
        "external_id": conversion.external_id or None,
    }
