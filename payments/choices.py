"""Closed vocabularies of the app. ``tone`` is the colour of a choice in the back office."""

from django.db.models import TextChoices

# External accounts


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


# Mandates


class MandateScheme(TextChoices):
    """Under which rules money is collected."""

    SEPA_CORE = "SEPA_CORE", "SEPA Direct Debit Core"
    SEPA_B2B = "SEPA_B2B", "SEPA Direct Debit B2B"
    ACH = "ACH", "ACH debit"


class MandateKind(TextChoices):
    """How often the mandate can be used."""

    ONE_OFF = "ONE_OFF", "Once"
    RECURRENT = "RECURRENT", "Again and again"


class AchAuthorization(TextChoices):
    """How the holder of a US account said yes; the standard entry class of its debits (Nacha Operating Rules, section 2.5)."""

    PPD = "PPD", "In writing, by a person"
    CCD = "CCD", "By agreement, by a business"
    WEB = "WEB", "On the internet or a mobile device"
    TEL = "TEL", "By telephone"


class MandateStatus(TextChoices):
    """Whether money can be collected on the mandate."""

    ACTIVE = "ACTIVE", "Active"
    SUSPENDED = "SUSPENDED", "Suspended"
    REVOKED = "REVOKED", "Revoked"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ACTIVE": "good", "SUSPENDED": "warn", "REVOKED": "bad"}.get(self.value, "neutral")


class Sequence(TextChoices):
    """Where in the life of a mandate a collection stands (ISO 20022 SequenceType)."""

    FRST = "FRST", "First"
    RCUR = "RCUR", "Recurrent"
    FNAL = "FNAL", "Final"
    OOFF = "OOFF", "One-off"


# Payments


class Direction(TextChoices):
    """Whether money comes to the customer or goes."""

    IN = "IN", "In"
    OUT = "OUT", "Out"


class PaymentKind(TextChoices):
    """What a payment is for."""

    DEPOSIT = "DEPOSIT", "Deposit"
    WITHDRAWAL = "WITHDRAWAL", "Withdrawal"
    TRANSFER = "TRANSFER", "Transfer to a third party"
    COLLECTION = "COLLECTION", "Collection"
    CARD_PAYMENT = "CARD_PAYMENT", "Card payment"
    REFUND = "REFUND", "Refund"
    FEE = "FEE", "Fee"


class Rail(TextChoices):
    """The way the money takes."""

    BOOK = "book", "Inside the book"
    ACH = "ach", "ACH"
    SEPA_CT = "sepa_ct", "SEPA credit transfer"
    SEPA_DD = "sepa_dd", "SEPA direct debit"
    WIRE = "wire", "Wire"
    CARD = "card", "Card"
    OPEN_BANKING = "open_banking", "Open banking"


class PaymentStatus(TextChoices):
    """How a payment stands."""

    CREATED = "CREATED", "Created"
    REVIEW = "REVIEW", "In review"
    APPROVAL = "APPROVAL", "Waits for approval"
    APPROVED = "APPROVED", "Approved"
    HELD = "HELD", "Money held"
    SUBMITTED = "SUBMITTED", "Submitted"
    UNKNOWN = "UNKNOWN", "Outcome unknown"
    SETTLED = "SETTLED", "Settled"
    RETURNED = "RETURNED", "Returned"
    DISPUTED = "DISPUTED", "Disputed"
    REFUNDED = "REFUNDED", "Refunded"
    REJECTED = "REJECTED", "Rejected"
    FAILED = "FAILED", "Failed"
    CANCELED = "CANCELED", "Canceled"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {
            "REVIEW": "warn",
            "APPROVAL": "warn",
            "APPROVED": "info",
            "HELD": "info",
            "SUBMITTED": "info",
            "UNKNOWN": "bad",
            "SETTLED": "good",
            "RETURNED": "bad",
            "DISPUTED": "bad",
            "REJECTED": "bad",
            "FAILED": "bad",
        }.get(self.value, "neutral")


class BatchStatus(TextChoices):
    """How a settlement batch and its file stand."""

    GATHERED = "GATHERED", "Gathered"
    BUILT = "BUILT", "File built"
    RELEASED = "RELEASED", "Released"
    DELIVERED = "DELIVERED", "Delivered"
    ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged"
    REJECTED = "REJECTED", "Rejected by the bank"
    CANCELED = "CANCELED", "Canceled"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {
            "GATHERED": "info",
            "BUILT": "warn",
            "RELEASED": "info",
            "DELIVERED": "info",
            "ACKNOWLEDGED": "good",
            "REJECTED": "bad",
        }.get(self.value, "neutral")


class OrderStatus(TextChoices):
    """How an order stands at the sandbox bank."""

    ACCEPTED = "ACCEPTED", "Accepted"
    PAID = "PAID", "Paid"
    REFUSED = "REFUSED", "Refused"
    RETURNED = "RETURNED", "Returned"


# Files from banks


class InboundFormat(TextChoices):
    """What a file from a bank is written in."""

    NACHA = "nacha", "ACH returns and notifications of change"
    PAIN_002 = "pain.002", "Status of a file of ours (pain.002)"
    PACS_002 = "pacs.002", "Status of a wire (pacs.002)"
    PACS_004 = "pacs.004", "Returned payments (pacs.004)"


class InboundKind(TextChoices):
    """What one item of such a file says."""

    RETURN = "RETURN", "Return"
    DISHONORED = "DISHONORED", "Dishonored return"
    CONTESTED = "CONTESTED", "Contested return"
    CHANGE = "CHANGE", "Notification of change"
    REFUSED_CHANGE = "REFUSED_CHANGE", "Refused notification of change"
    FILE_STATUS = "FILE_STATUS", "Status of a file"
    GROUP_STATUS = "GROUP_STATUS", "Status of a group"
    PAYMENT_STATUS = "PAYMENT_STATUS", "Status of a payment"
    OTHER = "OTHER", "Something else"


class InboundState(TextChoices):
    """What became of an item."""

    PENDING = "PENDING", "Not handled yet"
    HANDLED = "HANDLED", "Handled"
    UNMATCHED = "UNMATCHED", "Nothing of ours found"
    REFUSED = "REFUSED", "Needs a person"
    CLOSED = "CLOSED", "Closed by a person"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PENDING": "info", "HANDLED": "good", "UNMATCHED": "bad", "REFUSED": "warn"}.get(self.value, "neutral")


# Consents at customers' own banks


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


class DayStatus(TextChoices):
    """How a business day stands."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"
    REOPENED = "REOPENED", "Reopened"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"CLOSED": "good", "REOPENED": "warn"}.get(self.value, "info")


# Events of providers


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


class DisputeState(TextChoices):
    """How a dispute stands on our side."""

    OPEN = "OPEN", "Needs an answer"
    READY = "READY", "Evidence to be sent"
    ANSWERED = "ANSWERED", "Evidence sent"
    ACCEPTED = "ACCEPTED", "Given up"
    LAPSED = "LAPSED", "Not answered in time"
    WON = "WON", "Won"
    LOST = "LOST", "Lost"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "bad", "READY": "info", "ANSWERED": "info", "LAPSED": "bad", "WON": "good", "LOST": "bad"}.get(
            self.value, "neutral"
        )


class RecurringStatus(TextChoices):
    """How a recurring payment stands."""

    ACTIVE = "ACTIVE", "Active"
    PAUSED = "PAUSED", "Paused"
    ENDED = "ENDED", "Ended"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ACTIVE": "good", "PAUSED": "warn"}.get(self.value, "neutral")
