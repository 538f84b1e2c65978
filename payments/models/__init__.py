"""Rows of the app."""

from payments.models.consent import Consent
from payments.models.external_account import AccountVerification, ExternalAccount
from payments.models.fee_schedule import FeeSchedule
from payments.models.mandate import Mandate, MandateUse

__all__ = ["AccountVerification", "Consent", "ExternalAccount", "FeeSchedule", "Mandate", "MandateUse"]
