"""Which state leads to which."""

from compliance.choices import ReportState

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
