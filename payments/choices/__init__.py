"""Closed vocabularies of the app, one module per subject. ``tone`` is the colour of a choice in the back office."""

from payments.choices.deposits import DepositInstructionStatus
from payments.choices.external_accounts import (
    AccountType,
    AttemptStatus,
    BlockOrigin,
    ExternalAccountKind,
    ExternalAccountStatus,
    HolderKind,
    PayeeResult,
    Relation,
    VerificationMethod,
    VerificationState,
)
from payments.choices.files import (
    BatchStatus,
    Closing,
    DayStatus,
    InboundFormat,
    InboundKind,
    InboundState,
)
from payments.choices.mandates import (
    AchAuthorization,
    MandateKind,
    MandateScheme,
    MandateStatus,
    Sequence,
)
from payments.choices.payments import (
    Direction,
    DisputeState,
    PaymentKind,
    PaymentStatus,
    Rail,
    RecurringStatus,
    RefundMethod,
)
from payments.choices.providers import (
    AuthorisationStandard,
    AuthorisationStatus,
    BalanceResult,
    BankLinkStatus,
    BankStandard,
    ConsentScope,
    ConsentStatus,
    InboundStatus,
    OrderStatus,
)
from payments.choices.recalls import (
    RecallAnswer,
    RecallReason,
    RecallState,
)
from payments.choices.receivables import ReceivableState
from payments.choices.suspense import (
    SuspenseCause,
    SuspenseState,
)

__all__ = [
    "AccountType",
    "AchAuthorization",
    "AttemptStatus",
    "AuthorisationStandard",
    "AuthorisationStatus",
    "BalanceResult",
    "BankLinkStatus",
    "BankStandard",
    "BatchStatus",
    "BlockOrigin",
    "Closing",
    "ConsentScope",
    "ConsentStatus",
    "DayStatus",
    "DepositInstructionStatus",
    "Direction",
    "DisputeState",
    "ExternalAccountKind",
    "ExternalAccountStatus",
    "HolderKind",
    "InboundFormat",
    "InboundKind",
    "InboundState",
    "InboundStatus",
    "MandateKind",
    "MandateScheme",
    "MandateStatus",
    "OrderStatus",
    "PayeeResult",
    "PaymentKind",
    "PaymentStatus",
    "Rail",
    "RecallAnswer",
    "RecallReason",
    "RecallState",
    "ReceivableState",
    "RecurringStatus",
    "RefundMethod",
    "Relation",
    "Sequence",
    "SuspenseCause",
    "SuspenseState",
    "VerificationMethod",
    "VerificationState",
]
