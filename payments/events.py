"""Events of the app; the audit uses the same words. ``data`` holds ids, states and amounts, never personal data."""

from typing import Final

from payments.choices import PaymentStatus

FEES_CHANGED = "payments.fees_changed"
LIMITS_CHANGED = "payments.limits_changed"
EXTERNAL_ACCOUNT_ADDED = "external_account.added"
EXTERNAL_ACCOUNT_ACTIVATED = "external_account.activated"
EXTERNAL_ACCOUNT_CORRECTED = "external_account.corrected"
EXTERNAL_ACCOUNT_RETURNED = "external_account.payment_returned"
EXTERNAL_ACCOUNT_RETURN_TAKEN_BACK = "external_account.return_taken_back"
EXTERNAL_ACCOUNT_BLOCKED = "external_account.blocked"
EXTERNAL_ACCOUNT_UNBLOCKED = "external_account.unblocked"
EXTERNAL_ACCOUNT_CLOSED = "external_account.closed"
EXTERNAL_ACCOUNT_ERASED = "external_account.erased"
VERIFICATION_STARTED = "external_account.verification_started"
VERIFICATION_SENT = "external_account.verification_sent"
VERIFICATION_TRIED = "external_account.verification_tried"
VERIFICATION_ENDED = "external_account.verification_ended"
REVERIFICATION_NEEDED = "external_account.reverification_needed"
REVERIFIED = "external_account.reverified"
BANK_LINK_CREATED = "bank_link.created"
BANK_LINK_LOGIN_REQUIRED = "bank_link.login_required"
BANK_LINK_EXPIRING = "bank_link.expiring"
BANK_LINK_REPAIRED = "bank_link.repaired"
BANK_LINK_ENDED = "bank_link.ended"
BALANCE_CHECKED = "payment.balance_checked"
MANDATE_CREATED = "mandate.created"
MANDATE_SUSPENDED = "mandate.suspended"
MANDATE_RESUMED = "mandate.resumed"
MANDATE_REVOKED = "mandate.revoked"
MANDATE_EXPIRED = "mandate.expired"
MANDATE_AMENDED = "mandate.amended"
MANDATE_USED = "mandate.used"
MANDATE_USE_REJECTED = "mandate.use_rejected"

PAYMENT = {status: f"payment.{status.value.lower()}" for status in PaymentStatus}
AUTHORISATION_NEEDED = "payment.authorisation_needed"
AUTHORISATION_REJECTED = "payment.authorisation_rejected"
PAYER_AUTHORISED = "payment.authorised"
PAYMENT_PARTLY_REFUNDED = "payment.partly_refunded"
PAYMENT_SUSPENDED = "payment.booked_to_suspense"
PAYMENT_ASSIGNED = "payment.assigned"
RECEIVABLE_GREW = "receivable.grew"
RECEIVABLE_RECOVERED = "receivable.recovered"
RECEIVABLE_WRITTEN_OFF = "receivable.written_off"
DEPOSIT_INSTRUCTION_CLOSED = "deposit_instruction.closed"
DEPOSIT_INSTRUCTION_REOPENED = "deposit_instruction.reopened"
BATCH_BUILT = "payments.batch.built"
BATCH_RELEASED = "payments.batch.released"
BATCH_DELIVERED = "payments.batch.delivered"
BATCH_ANSWERED = "payments.batch.answered"
# In the audit only.
INBOUND_FILE_TAKEN = "payments.inbound_file.taken"
INBOUND_ITEM_CLOSED = "payments.inbound_item.closed"
DEPOSIT_INSTRUCTION_ISSUED = "payments.deposit_instruction.issued"
VIRTUAL_ACCOUNT_ASSIGNED = "payments.deposit_instruction.number_assigned"
CONSENT_CREATED = "consent.created"
CONSENT_AUTHORISED = "consent.authorised"
CONSENT_REJECTED = "consent.rejected"
CONSENT_RECONFIRMED = "consent.reconfirmed"
CONSENT_REVOKED = "consent.revoked"
CONSENT_EXPIRED = "consent.expired"
# In the audit only.
CONSENT_READ = "consent.read"
# Inside the platform only.
DAY_CLOSING_ASKED = "payments.day.closing_asked"
DAY_CLOSED = "payments.day.closed"
DAY_REOPENED = "payments.day.reopened"
INBOUND_RECEIVED = "payments.inbound.received"
# In the audit only.
RECEIVABLE_OWNED = "payments.receivable.owned"
SUSPENSE_OWNED = "payments.suspense.owned"
SUSPENSE_RETURNED = "payments.suspense.returned"
SUSPENSE_CLOSED = "payments.suspense.closed"
INBOUND_RETRIED = "payments.inbound.retried"
PAYMENTS_FORGOTTEN = "payments.forgotten"
FILE_COMPARED = "payments.batch.file_compared"
FILE_DOWNLOADED = "payments.batch.file_downloaded"
PAYMENT_ASKED_AGAIN = "payment.asked_again"
# In the audit only.
DISPUTE_SENT_AGAIN = "payments.dispute.sent_again"
DISPUTE_OPENED = "payments.dispute.opened"
DISPUTE_READY = "payments.dispute.ready"
DISPUTE_ANSWERED = "payments.dispute.answered"
DISPUTE_ACCEPTED = "payments.dispute.accepted"
DISPUTE_LAPSED = "payments.dispute.lapsed"
DISPUTE_ENDED = "payments.dispute.ended"
RECALL_REQUESTED = "payments.recall.requested"
RECALL_SENT = "payments.recall.sent"
RECALL_RECEIVED = "payments.recall.received"
RECALL_ACCEPTED = "payments.recall.accepted"
RECALL_REFUSED = "payments.recall.refused"
RECALL_LAPSED = "payments.recall.lapsed"
RECURRING_CREATED = "payments.recurring.created"
RECURRING_PAUSED = "payments.recurring.paused"
RECURRING_RESUMED = "payments.recurring.resumed"
RECURRING_ENDED = "payments.recurring.ended"
OCCURRENCE_REFUSED = "payments.recurring.refused"

_INSIDE: Final = {
    BALANCE_CHECKED,
    INBOUND_FILE_TAKEN,
    INBOUND_ITEM_CLOSED,
    CONSENT_READ,
    DAY_CLOSING_ASKED,
    INBOUND_RECEIVED,
    RECEIVABLE_OWNED,
    SUSPENSE_OWNED,
    SUSPENSE_RETURNED,
    SUSPENSE_CLOSED,
    INBOUND_RETRIED,
    PAYMENTS_FORGOTTEN,
    FILE_COMPARED,
    FILE_DOWNLOADED,
    PAYMENT_ASKED_AGAIN,
    DISPUTE_SENT_AGAIN,
}
# All others reach the partner.
FOR_PARTNERS: Final = {word for name, word in dict(globals()).items() if name.isupper() and isinstance(word, str)}
FOR_PARTNERS |= {*PAYMENT.values()}
FOR_PARTNERS -= _INSIDE
