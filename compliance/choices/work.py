"""Work in queues: the rights it takes, the bands of priority, and moments."""

from datetime import UTC, datetime, timedelta
from typing import Final

from compliance.choices.alerts import AlertKind

WORK: Final = "compliance.work_alert"
CONFIRM: Final = "compliance.confirm_alert"
MANAGE: Final = "compliance.manage_queue"
DECIDE: Final = "compliance.decide_verification"
RATE: Final = "compliance.rate_customer"
# What officers are given goes by these: the kinds of alerts (VERIFICATION and RISK are verifications and reviews, too), and two more.
CASES: Final = "CASE"
REPORTS: Final = "REPORT"
SKILLS: Final = dict(AlertKind.choices) | {CASES: "Cases", REPORTS: "Reports to the authority"}
REVIEWED_AHEAD: Final = timedelta(days=30)  # a review waits in its queue before its day
NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)  # when what waits for nobody is due: after everything else
URGENT, HIGH = 80, 50  # a priority of at least
