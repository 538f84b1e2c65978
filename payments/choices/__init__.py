"""Closed vocabularies of the app, one module per subject. ``tone`` is the colour of a choice in the back office."""

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
)
from payments.choices.providers import (
    BankStandard,
    ConsentScope,
    ConsentStatus,
    InboundStatus,
    OrderStatus,
)

__all__ = [
    "AccountType",
    "AchAuthorization",
    "AttemptStatus",
    "BankStandard",
    "BatchStatus",
    "BlockOrigin",
    "Closing",
    "ConsentScope",
    "ConsentStatus",
    "DayStatus",
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
    "RecurringStatus",
    "Relation",
    "Sequence",
    "VerificationMethod",
    "VerificationState",
]
