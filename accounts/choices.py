"""Closed vocabularies of the app."""

from django.db.models import TextChoices


class Mode(TextChoices):
    """Whether a partner's rows are real money or a sandbox."""

    LIVE = "LIVE", "Live"
    SANDBOX = "SANDBOX", "Sandbox"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"LIVE": "good", "SANDBOX": "info"}[self.value]


class PartnerStatus(TextChoices):
    """What a partner may do."""

    PENDING = "PENDING", "Waiting for activation"
    ACTIVE = "ACTIVE", "Active"
    SUSPENDED = "SUSPENDED", "Suspended"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"PENDING": "warn", "ACTIVE": "good", "SUSPENDED": "bad"}[self.value]


class Role(TextChoices):
    """What a person is here to do; ``accounts.roles`` says what each may."""

    COMPLIANCE_OFFICER = "COMPLIANCE_OFFICER", "Compliance officer"
    COMPLIANCE_MANAGER = "COMPLIANCE_MANAGER", "Compliance manager"
    FRAUD_ANALYST = "FRAUD_ANALYST", "Fraud analyst"
    OPERATIONS = "OPERATIONS", "Operations"
    FINANCE = "FINANCE", "Finance"
    AUDITOR = "AUDITOR", "Auditor"
    PARTNER_DEVELOPER = "PARTNER_DEVELOPER", "Partner developer"
    ADMINISTRATOR = "ADMINISTRATOR", "Administrator"


class Scope(TextChoices):
    """What an API key may do; a view names the scope it needs."""

    CUSTOMERS_READ = "customers:read", "Read customers"
    CUSTOMERS_WRITE = "customers:write", "Create, change, freeze and close customers"
    WALLETS_READ = "wallets:read", "Read wallets, balances, holds and statements"
    WALLETS_WRITE = "wallets:write", "Open, freeze and close wallets, place holds"
    TRANSFERS_READ = "transfers:read", "Read transfers"
    TRANSFERS_WRITE = "transfers:write", "Make, capture and refund transfers"
    PAYMENTS_READ = "payments:read", "Read payments and their batches"
    PAYMENTS_WRITE = "payments:write", "Make, cancel and refund payments"
    CONVERSIONS_READ = "conversions:read", "Read exchange prices, quotes and conversions"
    CONVERSIONS_WRITE = "conversions:write", "Make exchange quotes and convert money"
    EXTERNAL_ACCOUNTS_READ = "external_accounts:read", "Read external accounts and their verifications"
    EXTERNAL_ACCOUNTS_WRITE = "external_accounts:write", "Add, verify, block and close external accounts"
    MANDATES_READ = "mandates:read", "Read mandates"
    MANDATES_WRITE = "mandates:write", "Create and revoke mandates"
    LEDGER_READ = "ledger:read", "Read the books and their reports"
    LEDGER_WRITE = "ledger:write", "Post journals and open accounts"
    EVENTS_READ = "events:read", "Read events"
    CONSENTS_READ = "consents:read", "Read consents of customers at their banks, and what they cover"
    CONSENTS_WRITE = "consents:write", "Ask for, complete and revoke consents of customers at their banks"
    SIMULATION_WRITE = "simulation:write", "Simulate what the outside world would do (sandbox only)"


class CustomerKind(TextChoices):
    """Whether the customer is a human being or a company."""

    PERSON = "PERSON", "Person"
    BUSINESS = "BUSINESS", "Business"


class CustomerStatus(TextChoices):
    """Whether the customer can be served."""

    ACTIVE = "ACTIVE", "Active"
    FROZEN = "FROZEN", "Frozen"
    CLOSED = "CLOSED", "Closed"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"ACTIVE": "good", "FROZEN": "bad", "CLOSED": "neutral"}[self.value]


class KycTier(TextChoices):
    """How far the customer's identity is verified; limits hang on it."""

    UNVERIFIED = "UNVERIFIED", "Unverified"
    BASIC = "BASIC", "Basic"
    ENHANCED = "ENHANCED", "Enhanced"
    PREMIUM = "PREMIUM", "Premium"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return "warn" if self.value == "UNVERIFIED" else "info"


class FreezeOrigin(TextChoices):
    """Who froze a customer: the platform's freeze is not the partner's to lift."""

    PARTNER = "PARTNER", "Partner"
    PLATFORM = "PLATFORM", "Platform"
