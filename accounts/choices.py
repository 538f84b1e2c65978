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
    VERIFICATIONS_READ = "verifications:read", "Read verifications of customers, and what documents there are"
    VERIFICATIONS_WRITE = "verifications:write", "Open and submit verifications, give owners and documents"
    AUTHENTICATION_READ = "authentication:read", "Read second factors, challenges and trusted payees of customers"
    AUTHENTICATION_WRITE = "authentication:write", "Enrol and revoke second factors, make and answer challenges"
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


class Retention(TextChoices):
    """What sort of record it is, for the clocks of the law: ``compliance.policies.retention`` says how long each is kept."""

    IDENTITY = "IDENTITY", "Who the customer is"
    TRANSACTION = "TRANSACTION", "What was moved, and between whom"
    SANCTIONS = "SANCTIONS", "What sanctions law wants proven"
    ASSESSMENT = "ASSESSMENT", "What was thought of the customer"
    CONTACT = "CONTACT", "What no law wants kept"


class LawfulGround(TextChoices):
    """Why personal data may be processed (GDPR Art. 6(1))."""

    CONSENT = "CONSENT", "Consent (GDPR Art. 6(1)(a))"
    CONTRACT = "CONTRACT", "Contract (GDPR Art. 6(1)(b))"
    LEGAL_DUTY = "LEGAL_DUTY", "Legal obligation (GDPR Art. 6(1)(c))"


class FactorType(TextChoices):
    """How a customer proves that something is theirs: the element of possession (Reg. (EU) 2018/389 Art. 7)."""

    TOTP = "TOTP", "One-time codes"
    ED25519 = "ED25519", "Device key, Ed25519"
    ES256 = "ES256", "Device key, ECDSA P-256"


class SecondCategory(TextChoices):
    """What else the partner's app asks for before the factor answers. The partner's word: Flowlet does not see it."""

    KNOWLEDGE = "KNOWLEDGE", "Something known, such as a PIN"
    INHERENCE = "INHERENCE", "Something of the body, such as a fingerprint"


class FactorStatus(TextChoices):
    """Whether a factor can be used."""

    PENDING = "PENDING", "Not confirmed"
    ACTIVE = "ACTIVE", "Active"
    REVOKED = "REVOKED", "Revoked"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PENDING": "warn", "ACTIVE": "good", "REVOKED": "neutral"}[self.value]


class ChallengeStatus(TextChoices):
    """How a challenge stands; one that was not used in time is over, whatever it says."""

    PENDING = "PENDING", "Waits for its answer"
    PASSED = "PASSED", "Passed"
    USED = "USED", "Used"
    FAILED = "FAILED", "Failed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PENDING": "info", "PASSED": "good", "USED": "good", "FAILED": "bad"}[self.value]


class AuthenticationMeans(TextChoices):
    """What a payment rests on: a challenge, or an exemption of Reg. (EU) 2018/389. The one of Art. 18, by risk, is not offered."""

    CHALLENGE = "CHALLENGE", "Strong authentication"
    TRUSTED_BENEFICIARY = "TRUSTED_BENEFICIARY", "Exempt: trusted beneficiary (Art. 13)"
    RECURRING = "RECURRING", "Exempt: recurring transaction (Art. 14)"
    OWN_ACCOUNT = "OWN_ACCOUNT", "Exempt: between own accounts (Art. 15)"
    LOW_VALUE = "LOW_VALUE", "Exempt: low value (Art. 16)"
    CORPORATE = "CORPORATE", "Exempt: corporate process (Art. 17)"
