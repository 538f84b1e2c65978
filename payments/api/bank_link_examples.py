"""The examples of links to customers' banks; a test executes them in the sandbox."""

from typing import Any

from flowlet.api.endpoints import example_id

BANK_LINK_ID, OVER_ID = example_id("bkl"), example_id("bkl", 2)
CUSTOMER_ID = example_id("cus", 2)
FIRST, LATER = "2026-01-15T09:30:00Z", "2026-01-16T10:00:00Z"
TOKEN = {"link_token": "link-sandbox-5b3f2a1c9d8e7f60", "expires_at": "2026-01-15T13:30:00Z"}
NEW = {
    "customer_id": CUSTOMER_ID,
    "public_token": "public-sandbox-Ada_Lovelace",
    "external_id": "bank-1815",
    "metadata": {"flow": "onboarding"},
}
ACCOUNT = {
    "external_account_id": example_id("eac", 6),
    "kind": "US_BANK",
    "last_four": "2288",
    "status": "ACTIVE",
    "verification": "VERIFIED",
    "payee_result": "MTCH",
    "reverify_since": None,
}
BANK_LINK: dict[str, Any] = {
    "id": BANK_LINK_ID,
    "customer_id": CUSTOMER_ID,
    "provider": "sandbox",
    "status": "ACTIVE",
    "problem": None,
    "accounts": [ACCOUNT],
    "read_at": FIRST,
    "ends_at": None,
    "ended_at": None,
    "end_reason": None,
    "external_id": None,
    "metadata": {"flow": "onboarding"},
    "created_at": FIRST,
    "updated_at": FIRST,
}
OVER = {
    **BANK_LINK,
    "status": "LOGIN_REQUIRED",
    "accounts": [{**ACCOUNT, "reverify_since": LATER}],
    "updated_at": LATER,
}
REPAIRED = {**BANK_LINK, "id": OVER_ID, "read_at": LATER, "updated_at": LATER}
ENDED = {
    **BANK_LINK,
    "status": "ENDED",
    "ended_at": LATER,
    "end_reason": "The customer has another bank",
    "updated_at": LATER,
}
