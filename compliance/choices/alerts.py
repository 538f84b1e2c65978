"""Alerts: what they are about, where they stand, and how they end."""

from django.db.models import TextChoices


class AlertKind(TextChoices):
    """What an alert is about; officers' skills go by it."""

    SCREENING = "SCREENING", "Name on a list"
    MONITORING = "MONITORING", "Transactions"
    VERIFICATION = "VERIFICATION", "Verification"
    RISK = "RISK", "Customer risk"
    OTHER = "OTHER", "Other"


class AlertState(TextChoices):
    """Where an alert stands. PROPOSED is a decision that a second person has not confirmed yet."""

    OPEN = "OPEN", "Open"
    IN_REVIEW = "IN_REVIEW", "In review"
    ESCALATED = "ESCALATED", "Escalated"
    PROPOSED = "PROPOSED", "Waits for the second person"
    CLOSED = "CLOSED", "Closed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "info", "ESCALATED": "bad", "PROPOSED": "warn"}.get(self.value, "neutral")


class Disposition(TextChoices):
    """How an alert ended. A hit on a list is cleared or confirmed; every other alert is one of the first three."""

    FALSE_POSITIVE = "FALSE_POSITIVE", "False positive"
    EXPLAINED = "EXPLAINED", "True, and explained"
    CONFIRMED = "CONFIRMED", "Confirmed"
    HIT_CLEARED = "HIT_CLEARED", "Hit cleared"
    HIT_CONFIRMED = "HIT_CONFIRMED", "Hit confirmed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"CONFIRMED": "bad", "HIT_CONFIRMED": "bad", "EXPLAINED": "warn"}.get(self.value, "good")


class ReasonCode(TextChoices):
    """Why an alert ended as it did; ``policies.alerts.REASONS`` says which belong to which disposition."""

    RULE_TOO_BROAD = "RULE_TOO_BROAD", "The rule is too broad"
    USUAL_BEHAVIOUR = "USUAL_BEHAVIOUR", "Usual for this customer"
    DATA_ERROR = "DATA_ERROR", "The data were wrong"
    TOLD_BEFORE = "TOLD_BEFORE", "Decided before, nothing new"
    FUNDS_PROVEN = "FUNDS_PROVEN", "Source of funds proven"
    BUSINESS_REASON = "BUSINESS_REASON", "A business reason is documented"
    SINGLE_EVENT = "SINGLE_EVENT", "A single event, documented"
    NO_EXPLANATION = "NO_EXPLANATION", "No explanation that holds"
    TYPOLOGY_FITS = "TYPOLOGY_FITS", "The pattern is a known typology"
    FALSE_DOCUMENTS = "FALSE_DOCUMENTS", "Documents or data are false"
    OTHER_BIRTH_DATE = "OTHER_BIRTH_DATE", "Another birth date"
    OTHER_COUNTRY = "OTHER_COUNTRY", "Another country"
    OTHER_IDENTIFIER = "OTHER_IDENTIFIER", "Other identifiers"
    NAME_ONLY = "NAME_ONLY", "Nothing but the name is alike"
    SAME_IDENTIFIER = "SAME_IDENTIFIER", "The same identifier"
    SAME_PERSON = "SAME_PERSON", "Birth date and country agree"
