"""The examples of the documentation; a test executes them."""

from flowlet.api.endpoints import example_id

WALLET_ID, SHOP_ID = example_id("wal"), example_id("wal", 2)
FROZEN_ID, EMPTY_ID = example_id("wal", 8), example_id("wal", 9)
AUTHORIZED_ID, DONE_ID = example_id("trf", 2), example_id("trf")
FIRST = "2026-01-15T09:30:00Z"


def usd(amount: str) -> dict[str, str]:
    """Dollars."""
    return {"amount": amount, "currency": "USD"}


def after(wallet: str, total: str, held: str, available: str) -> dict:
    """A balance after a posting."""
    return {"wallet_id": wallet, "total": usd(total), "held": usd(held), "available": usd(available)}


WALLET = {
    "id": WALLET_ID,
    "customer_id": example_id("cus", 2),
    "currency": "USD",
    "name": "Main",
    "status": "OPEN",
    "freeze": None,
    "balance": {"total": usd("100.00"), "held": usd("20.00"), "available": usd("80.00")},
    "limits": {"per_transaction": None, "daily": "500.00", "monthly": None},
    "external_id": "wallet-1815",
    "metadata": {"plan": "gold"},
    "created_at": FIRST,
    "updated_at": FIRST,
    "closed_at": None,
}
NEW_WALLET = {
    "customer_id": example_id("cus", 2),
    "currency": "USD",
    "name": "Main",
    "limits": {"daily": "500.00"},
    "external_id": "wallet-1816",
    "metadata": {"plan": "gold"},
}
EMPTY = {**WALLET, "balance": {"total": usd("0.00"), "held": usd("0.00"), "available": usd("0.00")}}
FROZEN = {**WALLET, "status": "FROZEN", "freeze": {"origin": "PARTNER", "reason": "The customer reported a stolen phone"}}
CLOSED = {**EMPTY, "id": EMPTY_ID, "status": "CLOSED", "closed_at": "2026-01-16T10:00:00Z"}
BALANCE = {**after(WALLET_ID, "100.00", "20.00", "80.00"), "as_of": None}
TRANSACTION = {
    "id": f"{example_id('jrn')}.1",
    "type": "TRANSFER",
    "label": "Transfer",
    "direction": "OUT",
    "amount": usd("12.50"),
    "balance_after": usd("87.50"),
    "counterparty_wallet_id": SHOP_ID,
    "cause_id": DONE_ID,
    "journal_id": example_id("jrn"),
    "description": "Lunch",
    "external_id": "order-1001",
    "metadata": {"order": "A-1001"},
    "effective_on": "2026-01-15",
    "posted_at": FIRST,
}
STATEMENT = {
    "wallet_id": WALLET_ID,
    "month": "2026-01",
    "first_day": "2026-01-01",
    "last_day": "2026-01-31",
    "is_final": True,
    "opening": usd("100.00"),
    "incoming": usd("0.00"),
    "outgoing": usd("12.50"),
    "closing": usd("87.50"),
    "lines": [{**TRANSACTION, "balance": usd("87.50")}],
}
HOLD = {
    "id": example_id("hld"),
    "wallet_id": WALLET_ID,
    "status": "OPEN",
    "amount": usd("20.00"),
    "captured": usd("0.00"),
    "released": usd("0.00"),
    "remaining": usd("20.00"),
    "description": "Hotel room 7",
    "external_id": "booking-7",
    "metadata": {"room": "7"},
    "created_at": FIRST,
    "expires_at": "2026-01-22T09:30:00Z",
    "ended_at": None,
}
NEW_HOLD = {
    "wallet_id": WALLET_ID,
    "amount": usd("20.00"),
    "description": "Hotel room 7",
    "external_id": "booking-8",
    "metadata": {"room": "7"},
}
HOLD_PLACED = {**HOLD, "balances": [after(WALLET_ID, "100.00", "20.00", "80.00")]}
HOLD_RELEASED = {
    **HOLD,
    "status": "RELEASED",
    "released": usd("20.00"),
    "remaining": usd("0.00"),
    "ended_at": "2026-01-16T10:00:00Z",
    "balances": [after(WALLET_ID, "100.00", "0.00", "100.00")],
}
TRANSFER = {
    "id": DONE_ID,
    "source_wallet_id": WALLET_ID,
    "target_wallet_id": SHOP_ID,
    "kind": "IMMEDIATE",
    "status": "COMPLETED",
    "amount": usd("12.50"),
    "captured": usd("12.50"),
    "refunded": usd("0.00"),
    "hold_id": None,
    "journal_id": example_id("jrn"),
    "description": "Lunch",
    "external_id": "order-1001",
    "metadata": {"order": "A-1001"},
    "created_at": FIRST,
    "completed_at": FIRST,
}
NEW_TRANSFER = {
    "source_wallet_id": WALLET_ID,
    "target_wallet_id": SHOP_ID,
    "amount": usd("12.50"),
    "description": "Lunch",
    "external_id": "order-1002",
    "metadata": {"order": "A-1002"},
}
BOTH = [after(WALLET_ID, "87.50", "0.00", "87.50"), after(SHOP_ID, "12.50", "0.00", "12.50")]
TRANSFERRED = {**TRANSFER, "balances": BOTH}
CAPTURED_HOLD = {
    "transfer": {**TRANSFER, "kind": "HOLD_CAPTURE", "hold_id": example_id("hld")},
    "hold": {**HOLD, "captured": usd("12.50"), "remaining": usd("7.50")},
    "balances": [after(WALLET_ID, "87.50", "7.50", "80.00"), after(SHOP_ID, "12.50", "0.00", "12.50")],
}
AUTHORIZED = {**TRANSFER, "id": AUTHORIZED_ID, "kind": "AUTHORIZED", "hold_id": example_id("hld", 2)}
CAPTURED_TRANSFER = {**AUTHORIZED, "balances": BOTH}
VOIDED_TRANSFER = {
    **AUTHORIZED,
    "status": "VOIDED",
    "captured": usd("0.00"),
    "journal_id": None,
    "completed_at": None,
    "balances": [after(WALLET_ID, "100.00", "0.00", "100.00")],
}
REFUND = {
    "id": example_id("rfd"),
    "transfer_id": DONE_ID,
    "amount": usd("2.50"),
    "journal_id": example_id("jrn", 2),
    "reason": "Cold soup",
    "external_id": "refund-1",
    "metadata": {"order": "A-1001"},
    "created_at": FIRST,
}
REFUNDED = {
    **REFUND,
    "refunded": usd("2.50"),
    "balances": [after(SHOP_ID, "10.00", "0.00", "10.00"), after(WALLET_ID, "90.00", "0.00", "90.00")],
}
BATCH = {
    "made": 1,
    "refused": 1,
    "results": [
        {"transfer": TRANSFERRED, "refusal": None},
        {
            "transfer": None,
            "refusal": {
                "code": "wallets.insufficient_funds",
                "detail": "87.50 USD is available, 1000000.00 is needed.",
                "param": "amount",
                "details": {"wallet_id": WALLET_ID, "available": usd("87.50"), "needed": usd("1000000.00")},
            },
        },
    ],
}
TOP_UP = {
    "id": example_id("top"),
    "wallet_id": WALLET_ID,
    "amount": usd("100.00"),
    "journal_id": example_id("jrn"),
    "external_id": "top-up-1",
    "metadata": {"case": "first steps"},
    "created_at": FIRST,
    "balances": [after(WALLET_ID, "200.00", "0.00", "200.00")],
}

SAVER_ID, EURO_ID, POUND_ID = example_id("cus", 71), example_id("wal", 71), example_id("wal", 72)
PAIR = "EURGBP"


def eur(amount: str) -> dict[str, str]:
    """Euros."""
    return {"amount": amount, "currency": "EUR"}


def gbp(amount: str) -> dict[str, str]:
    """Pounds."""
    return {"amount": amount, "currency": "GBP"}


RATE_VIA = [{"base": "EUR", "quote": "GBP", "rate": "0.8338", "valid_on": "2026-01-15", "source": "ECB"}]
RATES = {
    "pair": PAIR,
    "sell_currency": "EUR",
    "buy_currency": "GBP",
    "market_rate": "0.8338",
    "client_rate": "0.829631",
    "spread_basis_points": 50,
    "rate_on": "2026-01-15",
    "rate_via": RATE_VIA,
}
PRICE = {
    "sell": eur("100.00"),
    "buy": gbp("82.96"),
    "fixed_side": "SELL",
    "market_rate": "0.8338",
    "client_rate": "0.829631",
    "spread_basis_points": 50,
    "spread": gbp("0.42"),
    "rate_on": "2026-01-15",
    "rate_via": RATE_VIA,
}
QUOTE = {
    "id": example_id("fxq"),
    "customer_id": SAVER_ID,
    "status": "OPEN",
    **PRICE,
    "conversion_id": None,
    "created_at": FIRST,
    "expires_at": "2026-01-15T09:35:00Z",
}
NEW_QUOTE = {
    "customer_id": SAVER_ID,
    "sell_currency": "EUR",
    "buy_currency": "GBP",
    "amount": eur("100.00"),
    "valid_seconds": 300,
}
CONVERSION = {
    "id": example_id("cnv"),
    "customer_id": SAVER_ID,
    "source_wallet_id": EURO_ID,
    "target_wallet_id": POUND_ID,
    "quote_id": example_id("fxq"),
    **PRICE,
    "journal_id": example_id("jrn"),
    "description": "Holiday",
    "external_id": "conversion-1",
    "metadata": {"trip": "London"},
    "created_at": FIRST,
}
NEW_CONVERSION = {
    "source_wallet_id": EURO_ID,
    "target_wallet_id": POUND_ID,
    "quote_id": example_id("fxq"),
    "description": "Holiday",
    "external_id": "conversion-2",
    "metadata": {"trip": "London"},
}
CONVERTED = {
    **CONVERSION,
    "balances": [
        {"wallet_id": EURO_ID, "total": eur("900.00"), "held": eur("0.00"), "available": eur("900.00")},
        {"wallet_id": POUND_ID, "total": gbp("82.96"), "held": gbp("0.00"), "available": gbp("82.96")},
    ],
}
