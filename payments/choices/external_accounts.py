"""External accounts and their verification."""

from django.db.models import TextChoices


class ExternalAccountKind(TextChoices):
    """What sort of account it is outside Flowlet."""

    US_BANK = "US_BANK", "US bank account"
    IBAN = "IBAN", "Bank account with IBAN"
    CARD = "CARD", "Card"


class Relation(TextChoices):
    """Whose account it is, seen from the customer who added it. A third party's is only ever paid, never debited."""

    OWN = "OWN", "The customer's own"
    THIRD_PARTY = "THIRD_PARTY", "Somebody else's"


class HolderKind(TextChoices):
    """Whether the account is held by a human being or a company."""

    PERSON = "PERSON", "Person"
    BUSINESS = "BUSINESS", "Business"


class AccountType(TextChoices):
    """What sort of US bank account it is; ACH has a code for each."""

    CHECKING = "CHECKING", "Checking"
    SAVINGS = "SAVINGS", "Savings"


class ExternalAccountStatus(TextChoices):
    """Whether the account can be used."""

    PENDING = "PENDING", "Waiting for verification"
    ACTIVE = "ACTIVE", "Active"
    BLOCKED = "BLOCKED", "Blocked"
    CLOSED = "CLOSED", "Closed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PENDING": "warn", "ACTIVE": "good", "BLOCKED": "bad"}.get(self.value, "neutral")


class BlockOrigin(TextChoices):
    """Who blocked an account."""

    PARTNER = "PARTNER", "Partner"
    PLATFORM = "PLATFORM", "Platform"
    RAIL = "RAIL", "Returned by the bank"


class VerificationState(TextChoices):
    """What is known about who holds an external account."""

    UNVERIFIED = "UNVERIFIED", "Unverified"
    PENDING = "PENDING", "In progress"
    VERIFIED = "VERIFIED", "Verified"
    FAILED = "FAILED", "Failed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PENDING": "info", "VERIFIED": "good", "FAILED": "bad"}.get(self.value, "warn")


class VerificationMethod(TextChoices):
    """How it is found out."""

    MICRO_DEPOSITS = "MICRO_DEPOSITS", "Micro-deposits"
    PRENOTE = "PRENOTE", "Prenote"
    PLAID = "PLAID", "Plaid"
    PAYEE_VERIFICATION = "PAYEE_VERIFICATION", "Verification of payee"
    MANUAL = "MANUAL", "By two officers"


class AttemptStatus(TextChoices):
    """How one attempt to verify an account stands; every state but PENDING is its end."""

    PENDING = "PENDING", "In progress"
    VERIFIED = "VERIFIED", "Verified"
    FAILED = "FAILED", "Failed"
    INCONCLUSIVE = "INCONCLUSIVE", "No clear answer"
    EXPIRED = "EXPIRED", "Expired"
    CANCELED = "CANCELED", "Canceled"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PENDING": "info", "VERIFIED": "good", "FAILED": "bad"}.get(self.value, "neutral")


class PayeeResult(TextChoices):
    """The four answers of the EPC's Verification of Payee scheme."""

    MTCH = "MTCH", "The name matches"
    CMTC = "CMTC", "The name nearly matches"
    NMTC = "NMTC", "The name does not match"
    NOAP = "NOAP", "The bank cannot tell"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"MTCH": "good", "CMTC": "warn", "NMTC": "bad"}.get(self.value, "neutral")
