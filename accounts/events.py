"""Events of the app. ``data`` holds ids and states, never personal data."""

from typing import Final

PARTNER_CREATED = "partner.created"
PARTNER_ACTIVATED = "partner.activated"
PARTNER_UPDATED = "partner.updated"
PARTNER_SUSPENDED = "partner.suspended"
PARTNER_RESUMED = "partner.resumed"
API_KEY_ISSUED = "api_key.issued"
API_KEY_ROTATED = "api_key.rotated"
API_KEY_CHANGED = "api_key.changed"
API_KEY_REVOKED = "api_key.revoked"
CUSTOMER_CREATED = "customer.created"
CUSTOMER_UPDATED = "customer.updated"
CUSTOMER_FROZEN = "customer.frozen"
CUSTOMER_UNFROZEN = "customer.unfrozen"
CUSTOMER_KYC_TIER_CHANGED = "customer.kyc_tier_changed"
CUSTOMER_CLOSED = "customer.closed"
CUSTOMER_ERASED = "customer.erased"
AUTHENTICATION_FACTOR_ENROLLED = "authentication_factor.enrolled"
AUTHENTICATION_FACTOR_CONFIRMED = "authentication_factor.confirmed"
AUTHENTICATION_FACTOR_TRIED = "authentication_factor.tried"
AUTHENTICATION_FACTOR_LOCKED = "authentication_factor.locked"
AUTHENTICATION_FACTOR_REVOKED = "authentication_factor.revoked"
AUTHENTICATION_CHALLENGE_OPENED = "authentication_challenge.opened"
AUTHENTICATION_CHALLENGE_PASSED = "authentication_challenge.passed"
AUTHENTICATION_CHALLENGE_FAILED = "authentication_challenge.failed"
AUTHENTICATION_CHALLENGE_USED = "authentication_challenge.used"
TRUSTED_PAYEE_ADDED = "trusted_payee.added"
TRUSTED_PAYEE_REMOVED = "trusted_payee.removed"

# All of them reach the partner.
FOR_PARTNERS: Final = frozenset(word for name, word in dict(globals()).items() if name.isupper())
