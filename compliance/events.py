"""Events of the app; the audit uses the same words. ``data`` holds ids, states and figures, never personal data."""

# Inside the platform only.
WATCHLIST_IMPORTED = "compliance.watchlist.imported"
# Told to the audit alone: no event leaves, so that nobody is tipped off.
REPORT_DRAFTED = "compliance.report.drafted"
REPORT_CHANGED = "compliance.report.changed"
REPORT_PROPOSED = "compliance.report.proposed"
REPORT_SENT_BACK = "compliance.report.sent_back"
REPORT_APPROVED = "compliance.report.approved"
REPORT_WITHDRAWN = "compliance.report.withdrawn"
REPORT_READ = "compliance.report.read"
REPORT_FILED = "compliance.report.filed"
REPORT_ANSWERED = "compliance.report.answered"
REPORT_BATCH_TAKEN_OUT = "compliance.report_batch.taken_out"
