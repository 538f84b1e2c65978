"""How a request moves: it is decided once."""

from flowlet.approvals.choices import ApprovalStatus

MOVES = {
    ApprovalStatus.PENDING: {
        ApprovalStatus.APPROVED,
        ApprovalStatus.REJECTED,
        ApprovalStatus.WITHDRAWN,
        ApprovalStatus.EXPIRED,
        ApprovalStatus.FAILED,
    },
    ApprovalStatus.APPROVED: set(),
    ApprovalStatus.REJECTED: set(),
    ApprovalStatus.WITHDRAWN: set(),
    ApprovalStatus.EXPIRED: set(),
    ApprovalStatus.FAILED: set(),
}
