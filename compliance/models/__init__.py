"""Rows of the app."""

from compliance.models.activity import Activity, CustomerProfile
from compliance.models.alert import Alert, AlertEvidence
from compliance.models.case import Case, CaseFreeze, CaseSubject, CaseTask, NoteCall, WorkFile, WorkNote
from compliance.models.document import Document
from compliance.models.duty import Duty, DutyFulfilment
from compliance.models.monitoring import CustomerDay, MonitoringRun, RuleTrial
from compliance.models.report import Report, ReportBatch
from compliance.models.retention import DeletionCertificate, LegalHold
from compliance.models.rights import RightsRequest
from compliance.models.risk import CustomerRisk, DueDiligence, DueDiligenceItem, RiskModelVersion, RiskOverride, RiskRating
from compliance.models.screening import Hit, ScreeningRun, ScreeningStanding, ScreeningSubject
from compliance.models.verification import (
    BeneficialOwner,
    IdentityMark,
    RequirementSet,
    Verification,
    VerificationCheck,
    VerificationItem,
)
from compliance.models.watchlist import (
    RefusedRow,
    Watchlist,
    WatchlistEntry,
    WatchlistFile,
    WatchlistVersion,
    WatchlistVersionFile,
)
from compliance.models.work import OfficerSkill, SavedFilter, WorkItem

__all__ = [
    "Activity",
    "Alert",
    "AlertEvidence",
    "BeneficialOwner",
    "Case",
    "CaseFreeze",
    "CaseSubject",
    "CaseTask",
    "CustomerDay",
    "CustomerProfile",
    "CustomerRisk",
    "DeletionCertificate",
    "Document",
    "DueDiligence",
    "DueDiligenceItem",
    "Duty",
    "DutyFulfilment",
    "Hit",
    "IdentityMark",
    "LegalHold",
    "MonitoringRun",
    "NoteCall",
    "OfficerSkill",
    "RefusedRow",
    "Report",
    "ReportBatch",
    "RequirementSet",
    "RightsRequest",
    "RiskModelVersion",
    "RiskOverride",
    "RiskRating",
    "RuleTrial",
    "SavedFilter",
    "ScreeningRun",
    "ScreeningStanding",
    "ScreeningSubject",
    "Verification",
    "VerificationCheck",
    "VerificationItem",
    "Watchlist",
    "WatchlistEntry",
    "WatchlistFile",
    "WatchlistVersion",
    "WatchlistVersionFile",
    "WorkFile",
    "WorkItem",
    "WorkNote",
]
