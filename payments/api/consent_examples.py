"""The examples of consents; a test executes them in the sandbox."""

from flowlet.api.endpoints import example_id

CONSENT_ID, AWAITING_ID = example_id("con"), example_id("con", 2)
STATE, CODE = "state-of-the-waiting-consent", "code-that-the-bank-gave"
FIRST = "2026-01-15T09:30:00Z"
BANK = {"name": "sandbox", "label": "Sandbox bank", "standard": "SANDBOX"}
CONSENT = {
    "id": CONSENT_ID,
    "customer_id": example_id("cus", 2),
    "bank": "sandbox",
    "standard": "SANDBOX",
    "scopes": ["ACCOUNTS", "BALANCES", "TRANSACTIONS"],
    "status": "AUTHORISED",
    "expires_at": "2026-07-14T09:30:00Z",
    "authorised_at": FIRST,
    "reconfirm_by": "2026-04-15T09:30:00Z",
    "ended_at": None,
    "end_reason": None,
    "external_id": "consent-1815",
    "metadata": {"flow": "onboarding"},
    "created_at": FIRST,
    "updated_at": FIRST,
}
NEW = {
    "customer_id": example_id("cus", 2),
    "bank": "sandbox",
    "scopes": ["BALANCES", "TRANSACTIONS"],
    "visitor": {"ip": "198.51.100.7", "user_agent": "Mozilla/5.0"},
    "external_id": "consent-1816",
    "metadata": {"flow": "onboarding"},
}
ASKED = {
    **CONSENT,
    "id": AWAITING_ID,
    "status": "AWAITING",
    "authorised_at": None,
    "reconfirm_by": None,
    "external_id": "consent-1816",
    "redirect_url": f"https://bank.sandbox.example/authorise?consent=sbx-1&state={STATE}",
}
COMPLETE = {"parameters": {"state": STATE, "code": CODE}}
RECONFIRMED = {**CONSENT, "reconfirm_by": "2026-07-14T09:30:00Z"}
REVOKED = {
    **CONSENT,
    "status": "REVOKED",
    "ended_at": "2026-01-16T10:00:00Z",
    "end_reason": "The customer asked for it",
}
ACCOUNT = {
    "id": "current",
    "currency": "GBP",
    "name": "Sandbox Customer",
    "scheme": "SORT_CODE",
    "number": "80200110203345",
    "kind": "CACC",
    "is_open": True,
}
BALANCE = {
    "account_id": "current",
    "kind": "INTERIM_AVAILABLE",
    "amount": {"amount": "1230.00", "currency": "GBP"},
    "as_of": FIRST,
}
TRANSACTION = {
    "id": "20260114-3",
    "account_id": "current",
    "direction": "OUT",
    "amount": {"amount": "3.45", "currency": "GBP"},
    "status": "BOOKED",
    "booked_on": "2026-01-14",
    "value_on": "2026-01-14",
    "description": "Coffee",
    "counterparty": "Corner shop",
    "end_to_end_id": None,
}
VISITED = {"parameters": {"state": STATE, "code": CODE}}
