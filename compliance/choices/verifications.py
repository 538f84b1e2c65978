"""Words of verifications and their documents."""

from django.db.models import TextChoices


class VerificationStatus(TextChoices):
    """How far a verification is."""

    OPEN = "OPEN", "Open"
    COLLECTING = "COLLECTING", "Collecting"
    IN_REVIEW = "IN_REVIEW", "In review"
    APPROVED = "APPROVED", "Approved"
    REFUSED = "REFUSED", "Refused"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"IN_REVIEW": "warn", "APPROVED": "good", "REFUSED": "bad", "EXPIRED": "neutral"}.get(self.value, "info")


class ItemKind(TextChoices):
    """What a level asks for. The first six are read from the customer's own record; DUPLICATE is the officers' alone."""

    NAME = "NAME", "Name"
    BIRTH_DATE = "BIRTH_DATE", "Date of birth"
    ADDRESS = "ADDRESS", "Address"
    CONTACT = "CONTACT", "E-mail address or phone number"
    REGISTRATION_NUMBER = "REGISTRATION_NUMBER", "Registration number"
    INCORPORATION_DATE = "INCORPORATION_DATE", "Date of incorporation"
    OWNERS = "OWNERS", "Beneficial owners"
    IDENTITY_DOCUMENT = "IDENTITY_DOCUMENT", "Identity document"
    SELFIE = "SELFIE", "Selfie"
    PROOF_OF_ADDRESS = "PROOF_OF_ADDRESS", "Proof of address"
    COMPANY_REGISTER = "COMPANY_REGISTER", "Extract of the company register"
    OWNER_IDENTITY = "OWNER_IDENTITY", "Identity document of an owner"
    DUPLICATE = "DUPLICATE", "Possible duplicate"


class ItemStatus(TextChoices):
    """Whether an item is there."""

    MISSING = "MISSING", "Missing"
    PROVIDED = "PROVIDED", "Provided"
    ACCEPTED = "ACCEPTED", "Accepted"
    ASKED_AGAIN = "ASKED_AGAIN", "Asked again"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"MISSING": "warn", "PROVIDED": "info", "ACCEPTED": "good", "ASKED_AGAIN": "warn"}[self.value]


class AskCode(TextChoices):
    """Why an item is asked for again; partners see it."""

    UNREADABLE = "UNREADABLE", "It cannot be read"
    INCOMPLETE = "INCOMPLETE", "Something is missing in it"
    WRONG_DOCUMENT = "WRONG_DOCUMENT", "It is not the document that is needed"
    OUT_OF_DATE = "OUT_OF_DATE", "It is expired or too old"
    DATA_MISMATCH = "DATA_MISMATCH", "It does not agree with the customer's data"
    NOT_SAFE = "NOT_SAFE", "The file is not safe"


class RefusalCode(TextChoices):
    """Why a verification was refused; partners see it, and nothing beyond it."""

    INFORMATION_INCOMPLETE = "INFORMATION_INCOMPLETE", "The information stayed incomplete"
    INFORMATION_INCONSISTENT = "INFORMATION_INCONSISTENT", "The information does not agree with itself"
    DOCUMENTS_NOT_ACCEPTED = "DOCUMENTS_NOT_ACCEPTED", "The documents were not accepted"
    NOT_ELIGIBLE = "NOT_ELIGIBLE", "The customer cannot be verified to this level"


class CheckOutcome(TextChoices):
    """What a check found. What failed has to be accepted by a person, one by one."""

    PASS = "PASS", "Passed"
    WARN = "WARN", "To be looked at"
    FAIL = "FAIL", "Failed"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"PASS": "good", "WARN": "warn", "FAIL": "bad"}[self.value]


class CheckSource(TextChoices):
    """Who looked."""

    RULES = "RULES", "Our rules"
    DUPLICATES = "DUPLICATES", "Other customers"
    PROVIDER = "PROVIDER", "Provider"


class MarkKind(TextChoices):
    """By what customers are compared with each other. Who lives at one address is linked, and no duplicate."""

    PERSON = "PERSON", "Name and date of birth"
    DOCUMENT = "DOCUMENT", "Number of a document"
    EMAIL = "EMAIL", "E-mail address"
    PHONE = "PHONE", "Phone number"
    COMPANY = "COMPANY", "Registration number"
    ADDRESS = "ADDRESS", "Address"


class DocumentType(TextChoices):
    """Kinds of documents."""

    PASSPORT = "PASSPORT", "Passport"
    ID_CARD = "ID_CARD", "Identity card"
    DRIVING_LICENCE = "DRIVING_LICENCE", "Driving licence"
    PROOF_OF_ADDRESS = "PROOF_OF_ADDRESS", "Proof of address"
    COMPANY_REGISTER = "COMPANY_REGISTER", "Extract of the company register"
    SELFIE = "SELFIE", "Selfie"


class DocumentStatus(TextChoices):
    """Whether a document is there."""

    STORED = "STORED", "Stored"
    REFUSED = "REFUSED", "Refused"
    ERASED = "ERASED", "Erased"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"STORED": "good", "REFUSED": "bad", "ERASED": "neutral"}[self.value]


class ContentType(TextChoices):
    """What a file is, by its content."""

    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"
    PDF = "application/pdf", "PDF"
