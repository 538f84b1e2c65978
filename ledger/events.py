"""Events of the books; the audit uses the same words. ``data`` holds ids, states and amounts, never personal data.

``ENTRIES_MATCHED`` and ``ENTRIES_UNMATCHED`` carry up to some hundred matches each: ``{"bank_account": …, "matches": [{"id", "pass",
"journals", "booked_on"}]}``, where ``journals`` are those whose entries the bank's statement proves.
"""

STATEMENT_IMPORTED = "ledger.statement.imported"
ENTRIES_MATCHED = "ledger.entries_matched"
ENTRIES_UNMATCHED = "ledger.entries_unmatched"
BREAK_OPENED = "ledger.break.opened"
BREAK_CLOSED = "ledger.break.closed"
BREAK_EXPLAINED = "ledger.break.explained"
BREAK_ASSIGNED = "ledger.break.assigned"
BREAK_REOPENED = "ledger.break.reopened"
BREAK_REMARKED = "ledger.break.remarked"
# In the audit only.
BREAK_DOCUMENT_ADDED = "ledger.break.document_added"
BREAK_DOCUMENT_TAKEN_OUT = "ledger.break.document_taken_out"
