"""Providers: their events and orders, consents at customers' own banks."""

from django.db.models import TextChoices


class OrderStatus(TextChoices):
    """How an order stands at the sandbox bank."""

    ACCEPTED = "ACCEPTED", "Accepted"
    PAID = "PAID", "Paid"
    REFUSED = "REFUSED", "Refused"
    RETURNED = "RETURNED", "Returned"


class BankStandard(TextChoices):
    """How a customer's bank is spoken to."""

    UK_OB_4_0 = "UK_OB_4_0", "UK Open Banking 4.0"
    BERLIN_1_3_11 = "BERLIN_1_3_11", "Berlin Group 1.3.11"
    SANDBOX = "SANDBOX", "Sandbox"


class ConsentScope(TextChoices):
    """What the customer lets the partner read at their bank."""

    ACCOUNTS = "ACCOUNTS", "Accounts"
    BALANCES = "BALANCES", "Balances"
    TRANSACTIONS = "TRANSACTIONS", "Transactions"


class ConsentStatus(TextChoices):
    """Where a consent stands."""

    AWAITING = "AWAITING", "Waiting for the customer"
    AUTHORISED = "AUTHORISED", "Authorised"
    REJECTED = "REJECTED", "Rejected"
    REVOKED = "REVOKED", "Revoked"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"AWAITING": "info", "AUTHORISED": "good", "REJECTED": "bad"}.get(self.value, "neutral")


class InboundStatus(TextChoices):
    """How an event of a provider stands."""

    RECEIVED = "RECEIVED", "Received"
    HANDLED = "HANDLED", "Handled"
    IGNORED = "IGNORED", "Nothing to do"
    DEAD = "DEAD", "Given up"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"RECEIVED": "info", "HANDLED": "good", "DEAD": "bad"}.get(self.value, "neutral")


class AuthorisationStandard(TextChoices):
    """How a payer authorises a payment at their own bank."""

    UK_OB_4_0 = "UK_OB_4_0", "UK Open Banking 4.0"
    BERLIN_1_3_11 = "BERLIN_1_3_11", "Berlin Group 1.3.11"
    SANDBOX = "SANDBOX", "Sandbox"
    THREE_D_SECURE = "THREE_D_SECURE", "3-D Secure"


class AuthorisationStatus(TextChoices):
    """Where a payer stands who authorises a payment at their own bank."""

    ASKING = "ASKING", "The bank is asked"
    AWAITING = "AWAITING", "Waiting for the payer"
    AUTHORISED = "AUTHORISED", "Authorised"
    REJECTED = "REJECTED", "Rejected"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"AUTHORISED": "good", "REJECTED": "bad"}.get(self.value, "info")


class BankLinkStatus(TextChoices):
    """Whether a customer's bank can be read over an aggregator."""

    ACTIVE = "ACTIVE", "Active"
    LOGIN_REQUIRED = "LOGIN_REQUIRED", "The customer has to sign in again"
    ENDED = "ENDED", "Ended"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ACTIVE": "good", "LOGIN_REQUIRED": "warn"}.get(self.value, "neutral")


class BalanceResult(TextChoices):
    """What the bank said before money was taken from an account."""

    ENOUGH = "ENOUGH", "There is enough"
    SHORT = "SHORT", "There is too little"
    UNCLEAR = "UNCLEAR", "The bank did not say"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ENOUGH": "good", "SHORT": "bad"}.get(self.value, "neutral")
