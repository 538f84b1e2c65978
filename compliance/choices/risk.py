"""How risky customers are, and what that rests on."""

from django.db.models import TextChoices


class RiskBand(TextChoices):
    """How risky, least first."""

    LOW = "LOW", "Low"
    MEDIUM = "MEDIUM", "Medium"
    HIGH = "HIGH", "High"
    PROHIBITED = "PROHIBITED", "Prohibited"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"LOW": "good", "MEDIUM": "info", "HIGH": "warn", "PROHIBITED": "bad"}[self.value]

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(RiskBand).index(self)


class RatingCause(TextChoices):
    """Why a customer was rated."""

    FIRST = "FIRST", "First rating"
    EVENT = "EVENT", "Something happened"
    COUNTRIES = "COUNTRIES", "A list of countries changed"
    MODEL = "MODEL", "The model changed"
    BEHAVIOUR = "BEHAVIOUR", "Behaviour looked at again"
    OVERRIDE = "OVERRIDE", "An override came or ended"
    REVIEW = "REVIEW", "Review completed"
    OFFICER = "OFFICER", "An officer asked"


class Channel(TextChoices):
    """How the customer came."""

    UNKNOWN = "UNKNOWN", "Not known"
    IN_PERSON = "IN_PERSON", "In person"
    REMOTE_EID = "REMOTE_EID", "Remote, with electronic identification"
    REMOTE = "REMOTE", "Remote"
    AGENT = "AGENT", "Through an agent"


class Profession(TextChoices):
    """What a person lives on, or what a business does; only as finely as risk needs it."""

    UNKNOWN = "UNKNOWN", "Not known"
    NO_INCOME = "NO_INCOME", "Student, retired or without work"
    EMPLOYED = "EMPLOYED", "Employed"
    SELF_EMPLOYED = "SELF_EMPLOYED", "Self-employed or ordinary business"
    LEGAL_FINANCIAL = "LEGAL_FINANCIAL", "Law, accounting, trusts"
    REAL_ESTATE = "REAL_ESTATE", "Real estate"
    CHARITY = "CHARITY", "Charity"
    CASH = "CASH", "Much cash: restaurants, laundries, transport"
    PRECIOUS_GOODS = "PRECIOUS_GOODS", "Precious metals, jewels, art, vehicles"
    MONEY_SERVICES = "MONEY_SERVICES", "Money services, crypto-assets"
    GAMBLING = "GAMBLING", "Gambling"
    ARMS = "ARMS", "Arms"


class ScreeningResult(TextChoices):
    """What screening knows of a customer."""

    UNSCREENED = "UNSCREENED", "Not screened"
    CLEAR = "CLEAR", "Nothing found"
    OPEN = "OPEN", "Hits wait for a decision"
    ADVERSE = "ADVERSE", "On a list of our own"
    PEP = "PEP", "Politically exposed"
    SANCTIONS = "SANCTIONS", "Sanctioned"


class Behaviour(TextChoices):
    """How the customer's payments of the last ninety days look."""

    NONE = "NONE", "No payments"
    USUAL = "USUAL", "Usual"
    BUSY = "BUSY", "Many payments"
    RETURNED = "RETURNED", "Several returned or disputed"
    SUSPICIOUS = "SUSPICIOUS", "An alert was found to be right"


class DiligenceKey(TextChoices):
    """What enhanced due diligence looks at (AMLR Art. 34)."""

    SOURCE_OF_FUNDS = "SOURCE_OF_FUNDS", "Source of funds"
    SOURCE_OF_WEALTH = "SOURCE_OF_WEALTH", "Source of wealth"
    PURPOSE = "PURPOSE", "Purpose and intended nature of the relationship"
    ACTIVITY = "ACTIVITY", "Expected activity, against what is seen"
    OWNERSHIP = "OWNERSHIP", "Owners and control"
    ADVERSE_MEDIA = "ADVERSE_MEDIA", "Adverse media"
    MONITORING = "MONITORING", "Closer monitoring agreed"


class DiligenceAnswer(TextChoices):
    """What became of an item."""

    OPEN = "OPEN", "Open"
    SATISFIED = "SATISFIED", "Satisfied"
    NOT_SATISFIED = "NOT_SATISFIED", "Not satisfied"
    NOT_APPLICABLE = "NOT_APPLICABLE", "Does not apply"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "warn", "SATISFIED": "good", "NOT_SATISFIED": "bad"}.get(self.value, "neutral")


class SourceOfFunds(TextChoices):
    """Where the money comes from."""

    SALARY = "SALARY", "Salary or pension"
    BUSINESS = "BUSINESS", "Income of a business"
    SAVINGS = "SAVINGS", "Savings"
    SALE = "SALE", "Sale of property or of a company"
    INHERITANCE = "INHERITANCE", "Inheritance or gift"
    INVESTMENTS = "INVESTMENTS", "Investments"
    LOAN = "LOAN", "Loan"
    OTHER = "OTHER", "Other"


class DiligenceState(TextChoices):
    """Where enhanced due diligence stands."""

    OPEN = "OPEN", "Open"
    READY = "READY", "Waits for a manager"
    ACCEPTED = "ACCEPTED", "Relationship goes on"
    DECLINED = "DECLINED", "Relationship is to end"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "warn", "READY": "warn", "ACCEPTED": "good", "DECLINED": "bad"}[self.value]
