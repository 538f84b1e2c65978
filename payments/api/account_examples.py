"""Examples of external accounts and mandates; a test executes them."""

from typing import Any

from flowlet.api.endpoints import example_id

FIRST = "2026-01-15T09:30:00Z"
LATER = "2026-01-16T10:00:00Z"
US_BANK_ID = example_id("eac")
IBAN_ID = example_id("eac", 2)
NAMING_ID = example_id("eac", 3)
LEAVING_ID = example_id("eac", 4)
BLOCKED_ID = example_id("eac", 5)
MANDATE_ID = example_id("mdt")
CUSTOMER_ID = example_id("cus", 2)
CREDITOR_ID = "DE98ZZZ09999999999"

NEW_US_BANK = {
    "customer_id": CUSTOMER_ID,
    "kind": "US_BANK",
    "currency": "USD",
    "owner_name": "Ada Lovelace",
    "routing_number": "021000021",
    "account_number": "000123456789",
    "account_type": "CHECKING",
    "external_id": "bank-1815",
    "metadata": {"plan": "gold"},
}
US_BANK: dict[str, Any] = {
    "id": US_BANK_ID,
    "customer_id": CUSTOMER_ID,
    "kind": "US_BANK",
    "relation": "OWN",
    "holder_kind": "PERSON",
    "currency": "USD",
    "country": "US",
    "owner_name": "Ada Lovelace",
    "owner_address": None,
    "last_four": "6789",
    "routing_number": "021000021",
    "account_type": "CHECKING",
    "bic": None,
    "bank_name": None,
    "card_brand": None,
    "card_expires": None,
    "status": "PENDING",
    "block": None,
    "verification": "UNVERIFIED",
    "verification_method": None,
    "verified_at": None,
    "reverify_since": None,
    "bank_link_id": None,
    "payee_result": None,
    "last_return_code": None,
    "is_erased": False,
    "external_id": "bank-1815",
    "metadata": {"plan": "gold"},
    "created_at": FIRST,
    "updated_at": FIRST,
    "closed_at": None,
}
CLOSED = {**US_BANK, "id": LEAVING_ID, "status": "CLOSED", "updated_at": LATER, "closed_at": LATER}
BLOCKED = {**US_BANK, "status": "BLOCKED", "block": {"origin": "PARTNER", "reason": "The customer lost the card"}}
UNBLOCKED = {**US_BANK, "id": BLOCKED_ID}
MICRO_DEPOSITS: dict[str, Any] = {
    "id": example_id("acv"),
    "external_account_id": US_BANK_ID,
    "method": "MICRO_DEPOSITS",
    "status": "PENDING",
    "result": None,
    "returned_name": None,
    "tries_left": 3,
    "sent_at": None,
    "due_on": None,
    "expires_at": "2026-01-29T09:30:00Z",
    "reason": None,
    "created_at": FIRST,
    "ended_at": None,
}
NAMED = {
    **MICRO_DEPOSITS,
    "external_account_id": NAMING_ID,
    "status": "VERIFIED",
    "tries_left": 3,
    "sent_at": FIRST,
    "ended_at": LATER,
}
AMOUNTS = [{"amount": "0.32", "currency": "USD"}, {"amount": "0.45", "currency": "USD"}]

NEW_MANDATE = {
    "external_account_id": IBAN_ID,
    "scheme": "SEPA_CORE",
    "reference": "RENT-2026-1815",
    "creditor_id": CREDITOR_ID,
    "signed_on": "2026-01-14",
    "external_id": "mandate-1815",
    "metadata": {"contract": "1815"},
}
MANDATE: dict[str, Any] = {
    "id": MANDATE_ID,
    "customer_id": CUSTOMER_ID,
    "external_account_id": IBAN_ID,
    "scheme": "SEPA_CORE",
    "kind": "RECURRENT",
    "reference": "RENT-2026-1815",
    "creditor_id": CREDITOR_ID,
    "authorization": None,
    "signed_on": "2026-01-14",
    "notice_days": None,
    "status": "ACTIVE",
    "is_used_up": False,
    "uses": 0,
    "last_sequence": None,
    "last_used_on": None,
    "expires_on": "2029-01-14",
    "external_id": "mandate-1815",
    "metadata": {"contract": "1815"},
    "created_at": FIRST,
    "updated_at": FIRST,
    "ended_at": None,
}
AMENDED = {**MANDATE, "reference": "RENT-2027-1815", "updated_at": LATER}
REVOKED = {**MANDATE, "status": "REVOKED", "updated_at": LATER, "ended_at": LATER}
