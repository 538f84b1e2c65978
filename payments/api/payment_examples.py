"""The examples of payments in the documentation; a test executes them."""

from flowlet.api.endpoints import example_id

WALLET_ID, SHOP_ID = example_id("wal"), example_id("wal", 2)
PAYEE_ID = example_id("eac", 50)
PAYMENT_ID, REFUNDABLE_ID, SENT_ID = example_id("pay"), example_id("pay", 2), example_id("pay", 3)
CARD_ID, ENDING_ID, SETTLED_ID = example_id("pay", 4), example_id("pay", 5), example_id("pay", 7)
PAYER_ID, CARDHOLDER_ID = example_id("pay", 8), example_id("pay", 10)
PAYER_STATE, PAYER_CODE = "state-of-the-waiting-payment", "code-that-the-payer-s-bank-gave"
BATCH_ID = example_id("bat")
FIRST = "2026-01-15T09:30:00Z"


def usd(amount: str) -> dict[str, str]:
    """Dollars."""
    return {"amount": amount, "currency": "USD"}


MOVE = {
    "status": "HELD",
    "at": FIRST,
    "reason_code": None,
    "reason": None,
    "journal_id": None,
}
PAYMENT = {
    "id": PAYMENT_ID,
    "kind": "TRANSFER",
    "rail": "ach",
    "direction": "OUT",
    "status": "HELD",
    "wallet_id": WALLET_ID,
    "target_wallet_id": None,
    "external_account_id": PAYEE_ID,
    "mandate_id": None,
    "original_id": None,
    "amount": usd("25.00"),
    "fee": usd("0.00"),
    "refunded": usd("0.00"),
    "returned": usd("0.00"),
    "reference": "FLW-7K3D-9QX2-M4T1-C",
    "trace_number": None,
    "description": "Rent January",
    "purpose": None,
    "same_day": False,
    "is_final": False,
    "reason_code": None,
    "reason": None,
    "scheduled_for": None,
    "cutoff_at": "2026-01-15T22:00:00Z",
    "value_on": "2026-01-16",
    "batch_id": None,
    "journal_id": None,
    "authorisation": None,
    "balance_check": None,
    "strong_authentication": None,
    "moves": [{**MOVE, "status": "CREATED"}, {**MOVE, "status": "APPROVED"}, MOVE],
    "external_id": "rent-2026-01",
    "metadata": {"lease": "L-77"},
    "created_at": FIRST,
    "updated_at": FIRST,
    "settled_at": None,
    "reconciled_on": None,
}
IN_DETAIL = frozenset({"moves", "balance_check", "authorisation", "strong_authentication"})
LISTED = {name: value for name, value in PAYMENT.items() if name not in IN_DETAIL}
NEW_PAYMENT = {
    "kind": "TRANSFER",
    "rail": "ach",
    "amount": usd("25.00"),
    "wallet_id": WALLET_ID,
    "external_account_id": PAYEE_ID,
    "description": "Rent January",
    "external_id": "rent-2026-02",
    "metadata": {"lease": "L-77"},
}
CANCELED = {
    **PAYMENT,
    "status": "CANCELED",
    "reason_code": "payment.canceled",
    "reason": "The order was withdrawn",
    "moves": [
        *PAYMENT["moves"],
        {**MOVE, "status": "CANCELED", "reason_code": "payment.canceled", "reason": "The order was withdrawn"},
    ],
}
REFUND = {
    **PAYMENT,
    "id": example_id("pay", 6),
    "kind": "REFUND",
    "status": "HELD",
    "original_id": REFUNDABLE_ID,
    "amount": usd("5.00"),
    "description": "Broken on arrival",
    "external_id": None,
    "metadata": {},
}
SETTLED = {
    **PAYMENT,
    "id": SENT_ID,
    "status": "SETTLED",
    "trace_number": "0000042",
    "batch_id": BATCH_ID,
    "journal_id": example_id("jrn"),
    "moves": [
        *PAYMENT["moves"],
        {**MOVE, "status": "SUBMITTED", "journal_id": example_id("jrn", 2)},
        {**MOVE, "status": "SETTLED", "journal_id": example_id("jrn")},
    ],
    "settled_at": FIRST,
}
RETURNED = {**SETTLED, "status": "RETURNED", "returned": usd("25.00"), "reason_code": "R03", "reason": "No account"}
FAILED = {**SETTLED, "status": "FAILED", "reason_code": "file.refused", "settled_at": None}
DISPUTED = {
    **SETTLED,
    "id": CARD_ID,
    "kind": "CARD_PAYMENT",
    "rail": "card",
    "direction": "IN",
    "status": "DISPUTED",
    "returned": usd("25.00"),
    "reason_code": "fraudulent",
    "trace_number": None,
    "batch_id": None,
}
WON = {**DISPUTED, "id": ENDING_ID, "status": "SETTLED", "returned": usd("0.00"), "reason_code": "dispute.won"}
CREDIT = {
    **PAYMENT,
    "kind": "DEPOSIT",
    "direction": "IN",
    "status": "SETTLED",
    "external_account_id": None,
    "amount": usd("120.00"),
    "description": "Salary",
    "cutoff_at": None,
    "value_on": None,
    "journal_id": example_id("jrn"),
    "moves": [{**MOVE, "status": "CREATED"}, {**MOVE, "status": "SETTLED", "journal_id": example_id("jrn")}],
    "external_id": None,
    "metadata": {},
    "settled_at": FIRST,
}
BATCH = {
    "id": BATCH_ID,
    "rail": "ach",
    "direction": "OUT",
    "status": "DELIVERED",
    "count": 1,
    "total": usd("25.00"),
    "format": "nacha",
    "file_name": "ACH-20260115-00000042.ach",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "cutoff_at": "2026-01-15T22:00:00Z",
    "value_on": "2026-01-16",
    "created_at": FIRST,
    "delivered_at": FIRST,
}
RUN = {"built": [BATCH], "delivered": [BATCH], "waiting": [], "settled": 0}
FAULT = {"fault": "LOSE_ANSWER", "times": 1}
STATEMENT = {
    "on": "2026-01-15",
    "opening": usd("0.00"),
    "closing": usd("10095.50"),
    "lines": 3,
    "matched": 2,
    "breaks_opened": 1,
}
REPORT = {
    "first": "2026-01-01",
    "last": "2026-01-31",
    "lines": [
        {
            "day": "2026-01-16",
            "rail": "ach",
            "direction": "OUT",
            "outcome": "settled",
            "count": 2,
            "amount": usd("50.00"),
            "fees": usd("0.50"),
            "net": usd("-50.00"),
        }
    ],
    "totals": [{"net": usd("-50.00"), "fees": usd("0.50")}],
}
_NO_SPANS = {"daily": None, "daily_count": None, "monthly": None}
LIMITS = {
    "data": [
        {
            "id": example_id("rlm"),
            "rail": "ach",
            "direction": "OUT",
            "kind": None,
            "currency": "USD",
            "minimum": None,
            "maximum": usd("25000.00"),
            "per_customer": {"daily": usd("50000.00"), "daily_count": 100, "monthly": None},
            "per_partner": _NO_SPANS,
            "usage": {
                "business_day": "2026-01-15",
                "day_renews_at": "2026-01-15T22:00:00Z",
                "month_renews_at": "2026-01-30T22:00:00Z",
                "partner": {"daily": usd("75.00"), "daily_count": 3, "monthly": usd("75.00")},
                "customer": None,
            },
            "valid_from": FIRST,
        }
    ],
    "rails": [
        {"rail": "ach", "currencies": ["USD"], "maximum": "99999999.99", "same_day_maximum": "1000000.00"},
        {"rail": "book", "currencies": [], "maximum": None, "same_day_maximum": None},
    ],
}
DISPUTE = {
    "id": example_id("dsp"),
    "payment_id": ENDING_ID,
    "state": "OPEN",
    "reason_code": "fraudulent",
    "amount": usd("25.00"),
    "due_at": "2026-01-22T09:30:00Z",
    "answered_at": None,
    "ended_at": None,
    "created_at": FIRST,
}

AUTHORISED = {
    **PAYMENT,
    "id": PAYER_ID,
    "kind": "DEPOSIT",
    "rail": "open_banking",
    "direction": "IN",
    "status": "SUBMITTED",
    "amount": {"amount": "25.00", "currency": "GBP"},
    "fee": {"amount": "0.00", "currency": "GBP"},
    "refunded": {"amount": "0.00", "currency": "GBP"},
    "returned": {"amount": "0.00", "currency": "GBP"},
    "authorisation": {"bank": "sandbox", "status": "AUTHORISED", "redirect_url": None, "authorised_at": FIRST},
    "moves": [
        {**MOVE, "status": "CREATED"},
        {**MOVE, "status": "APPROVED"},
        {**MOVE, "status": "SUBMITTED", "journal_id": example_id("jrn")},
    ],
}
AWAITING = {
    **PAYMENT,
    "id": CARDHOLDER_ID,
    "kind": "CARD_PAYMENT",
    "rail": "card",
    "direction": "IN",
    "status": "SUBMITTED",
    "cutoff_at": None,
    "value_on": None,
    "journal_id": example_id("jrn"),
    "authorisation": {
        "bank": None,
        "status": "AWAITING",
        "redirect_url": "https://bank.sandbox.example/3-d-secure?order=sbo_06bq5pmqpttmdt1sj2n6pwk6jm",
        "authorised_at": None,
    },
    "moves": [
        {**MOVE, "status": "CREATED"},
        {**MOVE, "status": "APPROVED"},
        {**MOVE, "status": "SUBMITTED", "journal_id": example_id("jrn")},
    ],
}
VISITED = {"parameters": {"state": PAYER_STATE, "code": PAYER_CODE}}
