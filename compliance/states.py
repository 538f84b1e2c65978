"""Which state leads to which."""

from compliance.choices import (
    AlertState,
    CaseState,
    DiligenceState,
    HitState,
    ReportState,
    RightState,
    TrialState,
    VerificationStatus,
)

# A report changes only as a draft, and leaves only after a second person said so. What FinCEN rejected is drafted again.
REPORT_MOVES = {
    ReportState.DRAFT: {ReportState.PROPOSED, ReportState.WITHDRAWN},
    ReportState.PROPOSED: {ReportState.DRAFT, ReportState.APPROVED},
    ReportState.APPROVED: {ReportState.DRAFT, ReportState.FILED},
    ReportState.FILED: {ReportState.ACCEPTED, ReportState.REJECTED},
    ReportState.REJECTED: {ReportState.DRAFT},
    ReportState.ACCEPTED: frozenset(),
    ReportState.WITHDRAWN: frozenset(),
}

# What is asked again goes back to collecting. An approval ends when its time or that of a document is over.
VERIFICATION_MOVES = {
    VerificationStatus.OPEN: {
        VerificationStatus.COLLECTING,
        VerificationStatus.IN_REVIEW,
        VerificationStatus.REFUSED,
        VerificationStatus.EXPIRED,
    },
    VerificationStatus.COLLECTING: {VerificationStatus.IN_REVIEW, VerificationStatus.REFUSED, VerificationStatus.EXPIRED},
    VerificationStatus.IN_REVIEW: {
        VerificationStatus.COLLECTING,
        VerificationStatus.APPROVED,
        VerificationStatus.REFUSED,
        VerificationStatus.EXPIRED,
    },
    VerificationStatus.APPROVED: {VerificationStatus.EXPIRED},
    VerificationStatus.REFUSED: frozenset(),
    VerificationStatus.EXPIRED: frozenset(),
}

# What was cleared or confirmed is open again when either side changes materially or the clearing expires; what lapsed, when it matches.
HIT_MOVES = {
    HitState.OPEN: {HitState.CLEARED, HitState.CONFIRMED, HitState.LAPSED},
    HitState.CLEARED: {HitState.OPEN},
    HitState.CONFIRMED: {HitState.OPEN},
    HitState.LAPSED: {HitState.OPEN},
}

# New evidence, or the second person, sends a proposed decision back. What is closed stays closed: what comes later is another alert.
ALERT_MOVES = {
    AlertState.OPEN: {AlertState.IN_REVIEW, AlertState.ESCALATED, AlertState.PROPOSED, AlertState.CLOSED},
    AlertState.IN_REVIEW: {AlertState.OPEN, AlertState.ESCALATED, AlertState.PROPOSED, AlertState.CLOSED},
    AlertState.ESCALATED: {AlertState.IN_REVIEW, AlertState.PROPOSED, AlertState.CLOSED},
    AlertState.PROPOSED: {AlertState.IN_REVIEW, AlertState.CLOSED},
    AlertState.CLOSED: frozenset(),
}

# Without a report one person closes a case; with one, the end is proposed and confirmed. A manager hands back what was escalated.
CASE_MOVES = {
    CaseState.OPEN: {CaseState.ESCALATED, CaseState.PROPOSED, CaseState.CLOSED},
    CaseState.ESCALATED: {CaseState.OPEN, CaseState.PROPOSED, CaseState.CLOSED},
    CaseState.PROPOSED: {CaseState.OPEN, CaseState.CLOSED},
    CaseState.CLOSED: frozenset(),
}

# An item may be answered anew until a manager, who did not give the last answer, decides.
DILIGENCE_MOVES = {
    DiligenceState.OPEN: {DiligenceState.READY},
    DiligenceState.READY: {DiligenceState.OPEN, DiligenceState.ACCEPTED, DiligenceState.DECLINED},
    DiligenceState.ACCEPTED: frozenset(),
    DiligenceState.DECLINED: frozenset(),
}

# A request of a person is answered once.
RIGHT_MOVES = {
    RightState.OPEN: {RightState.ANSWERED, RightState.WITHDRAWN},
    RightState.ANSWERED: frozenset(),
    RightState.WITHDRAWN: frozenset(),
}

# A backtest is run once; one whose worker went away is taken up again where it stands.
TRIAL_MOVES = {
    TrialState.WAITING: {TrialState.RUNNING},
    TrialState.RUNNING: {TrialState.DONE, TrialState.FAILED},
    TrialState.DONE: frozenset(),
    TrialState.FAILED: frozenset(),
}
