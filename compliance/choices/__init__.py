"""Closed vocabularies of the app."""

from compliance.choices.activity import SOURCE_PREFIXES, ActivitySource
from compliance.choices.alerts import AlertKind, AlertState, Disposition, ReasonCode
from compliance.choices.cases import CaseOutcome, CaseState
from compliance.choices.duties import Recurrence
from compliance.choices.monitoring import TrialState
from compliance.choices.reports import FollowUp, ReportKind, ReportState
from compliance.choices.retention import ClockStart, Regime, RightKind, RightState
from compliance.choices.risk import (
    Behaviour,
    Channel,
    DiligenceAnswer,
    DiligenceKey,
    DiligenceState,
    Profession,
    RatingCause,
    RiskBand,
    ScreeningResult,
    SourceOfFunds,
)
from compliance.choices.screening import HitState, RunCause, RunState, ScreeningStatus, SubjectKind
from compliance.choices.verifications import (
    AskCode,
    CheckOutcome,
    CheckSource,
    ContentType,
    DocumentStatus,
    DocumentType,
    ItemKind,
    ItemStatus,
    MarkKind,
    RefusalCode,
    VerificationStatus,
)
from compliance.choices.watchlists import EntryChange, ListedKind, ListKind

__all__ = [
    "SOURCE_PREFIXES",
    "ActivitySource",
    "AlertKind",
    "AlertState",
    "AskCode",
    "Behaviour",
    "CaseOutcome",
    "CaseState",
    "Channel",
    "CheckOutcome",
    "CheckSource",
    "ClockStart",
    "ContentType",
    "DiligenceAnswer",
    "DiligenceKey",
    "DiligenceState",
    "Disposition",
    "DocumentStatus",
    "DocumentType",
    "EntryChange",
    "FollowUp",
    "HitState",
    "ItemKind",
    "ItemStatus",
    "ListKind",
    "ListedKind",
    "MarkKind",
    "Profession",
    "RatingCause",
    "ReasonCode",
    "Recurrence",
    "RefusalCode",
    "Regime",
    "ReportKind",
    "ReportState",
    "RightKind",
    "RightState",
    "RiskBand",
    "RunCause",
    "RunState",
    "ScreeningResult",
    "ScreeningStatus",
    "SourceOfFunds",
    "SubjectKind",
    "TrialState",
    "VerificationStatus",
]
