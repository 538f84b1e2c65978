"""Rows of the app."""

from payments.models.authentication import AuthenticationBasis
from payments.models.authorisation import Authorisation
from payments.models.bank_link import BalanceCheck, BankLink
from payments.models.batch import Batch
from payments.models.consent import Consent
from payments.models.day import BusinessDay
from payments.models.deposit_instruction import DepositInstruction
from payments.models.dispute import Dispute
from payments.models.external_account import AccountVerification, ExternalAccount
from payments.models.fee_schedule import FeeSchedule
from payments.models.inbound_file import InboundFile, InboundItem
from payments.models.inbox import InboundEvent
from payments.models.mandate import Mandate, MandateAmendment, MandateUse
from payments.models.payment import Move, Payment
from payments.models.rail_limit import CustomerRailUsage, PartnerRailUsage, RailLimit
from payments.models.recall import Recall
from payments.models.receivable import Receivable
from payments.models.recurring import Occurrence, Recurring
from payments.models.sandbox import SandboxFault, SandboxOrder
from payments.models.suspense import SuspenseItem
from payments.models.verification_entry import VerificationEntry

__all__ = [
    "AccountVerification",
    "AuthenticationBasis",
    "Authorisation",
    "BalanceCheck",
    "BankLink",
    "Batch",
    "BusinessDay",
    "Consent",
    "CustomerRailUsage",
    "DepositInstruction",
    "Dispute",
    "ExternalAccount",
    "FeeSchedule",
    "InboundEvent",
    "InboundFile",
    "InboundItem",
    "Mandate",
    "MandateAmendment",
    "MandateUse",
    "Move",
    "Occurrence",
    "PartnerRailUsage",
    "Payment",
    "RailLimit",
    "Recall",
    "Receivable",
    "Recurring",
    "SandboxFault",
    "SandboxOrder",
    "SuspenseItem",
    "VerificationEntry",
]
