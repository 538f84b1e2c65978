"""Events of the app; the audit uses the same words. ``data`` holds ids, states and figures, never personal data."""

from typing import Final

# Inside the platform only.
WATCHLIST_IMPORTED = "compliance.watchlist.imported"
RISK_MODEL_CHANGED = "compliance.risk_model.changed"
RISK_RATED = "compliance.risk.rated"
RISK_OVERRIDDEN = "compliance.risk.overridden"
RISK_DECLARED = "compliance.risk.declared"
RISK_REVIEWED = "compliance.risk.reviewed"
DUTY_CHANGED = "compliance.duty.changed"
DUTY_FULFILLED = "compliance.duty.fulfilled"
TRIAL_ASKED = "compliance.rule_trial.asked"
RIGHT_ASKED = "compliance.rights_request.asked"
RIGHT_EXTENDED = "compliance.rights_request.extended"
RIGHT_ANSWERED = "compliance.rights_request.answered"
RIGHT_WITHDRAWN = "compliance.rights_request.withdrawn"
RIGHT_READ = "compliance.rights_request.read"
DATA_DELETED = "compliance.data.deleted"
HOLD_PLACED = "compliance.legal_hold.placed"
HOLD_RELEASED = "compliance.legal_hold.released"
DILIGENCE_OPENED = "compliance.due_diligence.opened"
DILIGENCE_ANSWERED = "compliance.due_diligence.answered"
DILIGENCE_DECIDED = "compliance.due_diligence.decided"
# Of an alert they name neither partner nor customer: whoever may know looks the alert up.
ALERT_RAISED = "compliance.alert.raised"
ALERT_CLOSED = "compliance.alert.closed"
# In the audit only.
MONITORING_RAN = "compliance.monitoring.ran"
PROFILE_CHANGED = "compliance.profile.changed"
TRIAL_FAILED = "compliance.rule_trial.failed"
# Told to the audit alone: no event leaves, so that nobody is tipped off.
REPORT_DRAFTED = "compliance.report.drafted"
REPORT_CHANGED = "compliance.report.changed"
REPORT_ASSIGNED = "compliance.report.assigned"
REPORT_PROPOSED = "compliance.report.proposed"
REPORT_SENT_BACK = "compliance.report.sent_back"
REPORT_APPROVED = "compliance.report.approved"
REPORT_WITHDRAWN = "compliance.report.withdrawn"
REPORT_READ = "compliance.report.read"
REPORT_FILED = "compliance.report.filed"
REPORT_ANSWERED = "compliance.report.answered"
REPORT_REMINDED = "compliance.report.reminded"
REPORT_TO_FOLLOW = "compliance.report.to_look_at_again"
REPORT_FOLLOWED = "compliance.report.looked_at_again"
REPORT_BATCH_MADE = "compliance.report_batch.made"
REPORT_BATCH_ANSWERED = "compliance.report_batch.answered"
REPORT_BATCH_TAKEN_OUT = "compliance.report_batch.taken_out"
# Verifications: partners get these, without reasons beyond a safe code.
VERIFICATION_OPENED = "compliance.verification.opened"
VERIFICATION_COLLECTING = "compliance.verification.collecting"
VERIFICATION_SUBMITTED = "compliance.verification.submitted"
VERIFICATION_APPROVED = "compliance.verification.approved"
VERIFICATION_REFUSED = "compliance.verification.refused"
VERIFICATION_EXPIRED = "compliance.verification.expired"
DOCUMENT_TAKEN = "compliance.document.taken"
DOCUMENT_REFUSED = "compliance.document.refused"
SCREENING_CHANGED = "compliance.screening.changed"
DOCUMENT_SEEN = "compliance.document.seen"
VERIFICATION_ITEM_ACCEPTED = "compliance.verification.item_accepted"
VERIFICATION_PROPOSED = "compliance.verification.proposed"
OWNERS_GIVEN = "compliance.verification.owners_given"
REQUIREMENTS_CHANGED = "compliance.requirements.changed"
ALERT_GREW = "compliance.alert.evidence_added"
ALERT_PROPOSED = "compliance.alert.decision_proposed"
ALERT_SENT_BACK = "compliance.alert.sent_back"
ALERT_ESCALATED = "compliance.alert.escalated"
ALERT_ASSIGNED = "compliance.alert.assigned"
VERIFICATION_ASSIGNED = "compliance.verification.assigned"
RISK_REVIEW_ASSIGNED = "compliance.risk.review_assigned"
OFFICER_SKILLS_SET = "compliance.officer.skills_set"
# Inside the platform and in the audit, never to partners: nobody is tipped off.
HIT_OPENED = "compliance.hit.opened"
HIT_LAPSED = "compliance.hit.lapsed"
HIT_CLEARED = "compliance.hit.cleared"
HIT_CONFIRMED = "compliance.hit.confirmed"
SCREENING_RUN_BEGUN = "compliance.screening_run.begun"
STANDING_TOUCHED = "compliance.standing.touched"  # somebody has to look whether it has changed
SCREENING_RUN_ENDED = "compliance.screening_run.ended"
CASE_OPENED = "compliance.case.opened"
CASE_GREW = "compliance.case.grew"
CASE_NARRATED = "compliance.case.narrated"
CASE_TASK_ADDED = "compliance.case.task_added"
CASE_TASK_DONE = "compliance.case.task_done"
CASE_ASSIGNED = "compliance.case.assigned"
CASE_ESCALATED = "compliance.case.escalated"
CASE_PROPOSED = "compliance.case.end_proposed"
CASE_SENT_BACK = "compliance.case.sent_back"
CASE_CLOSED = "compliance.case.closed"
CASE_FROZE = "compliance.case.wallets_frozen"
CASE_RELEASE_ASKED = "compliance.case.release_asked"
CASE_RELEASED = "compliance.case.wallets_released"
NOTE_ADDED = "compliance.note.added"
FILE_ADDED = "compliance.file.added"
WRITTEN_READ = "compliance.written.read"
FILE_TAKEN_OUT = "compliance.file.taken_out"

# What partners get: how a verification and screening stand, and whether a document was taken. Everything else is ours.
FOR_PARTNERS: Final = {
    VERIFICATION_OPENED,
    VERIFICATION_COLLECTING,
    VERIFICATION_SUBMITTED,
    VERIFICATION_APPROVED,
    VERIFICATION_REFUSED,
    VERIFICATION_EXPIRED,
    DOCUMENT_TAKEN,
    DOCUMENT_REFUSED,
    SCREENING_CHANGED,
}
