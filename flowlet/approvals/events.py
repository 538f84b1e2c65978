"""Facts this app tells. They are the platform's own: no partner sees them."""

SUBMITTED = "approval.submitted"
APPROVED = "approval.approved"
REJECTED = "approval.rejected"
WITHDRAWN = "approval.withdrawn"
EXPIRED = "approval.expired"
FAILED = "approval.failed"
