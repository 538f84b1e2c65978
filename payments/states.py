"""Which state leads to which."""

from payments.choices import (
    AttemptStatus,
    AuthorisationStatus,
    BankLinkStatus,
    BatchStatus,
    Closing,
    ConsentStatus,
    DayStatus,
    DepositInstructionStatus,
    DisputeState,
    ExternalAccountStatus,
    InboundState,
    InboundStatus,
    MandateStatus,
    PaymentStatus,
    RecallState,
    ReceivableState,
    RecurringStatus,
    SuspenseState,
    VerificationState,
)

S = PaymentStatus

EXTERNAL_ACCOUNT_MOVES = {
    ExternalAccountStatus.PENDING: {
        ExternalAccountStatus.ACTIVE,
        ExternalAccountStatus.BLOCKED,
        ExternalAccountStatus.CLOSED,
    },
    ExternalAccountStatus.ACTIVE: {ExternalAccountStatus.BLOCKED, ExternalAccountStatus.CLOSED},
    ExternalAccountStatus.BLOCKED: {
        ExternalAccountStatus.PENDING,
        ExternalAccountStatus.ACTIVE,
        ExternalAccountStatus.CLOSED,
    },
    ExternalAccountStatus.CLOSED: frozenset(),
}

# What was verified once stays so; a bank that says otherwise later returns the money, and the account is blocked.
VERIFICATION_MOVES = {
    VerificationState.UNVERIFIED: {VerificationState.PENDING, VerificationState.VERIFIED},
    VerificationState.PENDING: {VerificationState.UNVERIFIED, VerificationState.VERIFIED, VerificationState.FAILED},
    VerificationState.VERIFIED: frozenset(),
    VerificationState.FAILED: {VerificationState.PENDING, VerificationState.VERIFIED},
}

ATTEMPT_MOVES = {
    AttemptStatus.PENDING: {
        AttemptStatus.VERIFIED,
        AttemptStatus.FAILED,
        AttemptStatus.INCONCLUSIVE,
        AttemptStatus.EXPIRED,
        AttemptStatus.CANCELED,
    },
    AttemptStatus.VERIFIED: frozenset(),
    AttemptStatus.FAILED: frozenset(),
    AttemptStatus.INCONCLUSIVE: frozenset(),
    AttemptStatus.EXPIRED: frozenset(),
    AttemptStatus.CANCELED: frozenset(),
}

MANDATE_MOVES = {
    MandateStatus.ACTIVE: {MandateStatus.SUSPENDED, MandateStatus.REVOKED, MandateStatus.EXPIRED},
    MandateStatus.SUSPENDED: {MandateStatus.ACTIVE, MandateStatus.REVOKED, MandateStatus.EXPIRED},
    MandateStatus.REVOKED: frozenset(),
    MandateStatus.EXPIRED: frozenset(),
}

# One table for all kinds and rails. Money is held from HELD on, has left the wallet from SUBMITTED on (when it goes out), and is with the
# other side when SETTLED. UNKNOWN is a provider that did not answer: it is asked again, and never taken for a failure.
PAYMENT_MOVES = {
    S.CREATED: {S.REVIEW, S.APPROVAL, S.APPROVED, S.REJECTED, S.FAILED, S.CANCELED, S.EXPIRED, S.SETTLED},
    S.REVIEW: {S.APPROVAL, S.REJECTED, S.CANCELED, S.EXPIRED},
    S.APPROVAL: {S.APPROVED, S.REJECTED, S.CANCELED, S.EXPIRED},
    S.APPROVED: {S.HELD, S.SUBMITTED, S.SETTLED, S.FAILED, S.CANCELED, S.EXPIRED},
    S.HELD: {S.SUBMITTED, S.SETTLED, S.FAILED, S.CANCELED, S.EXPIRED},
    S.SUBMITTED: {S.UNKNOWN, S.SETTLED, S.FAILED, S.RETURNED},
    S.UNKNOWN: {S.SUBMITTED, S.SETTLED, S.FAILED, S.RETURNED},
    S.SETTLED: {S.RETURNED, S.DISPUTED, S.REFUNDED},
    # What was refunded in whole before is REFUNDED again, once the dispute is won or the return taken back.
    S.DISPUTED: {S.SETTLED, S.REFUNDED, S.RETURNED},
    # A return that was dishonoured, or contested and won; what a lost dispute left is disputed again.
    S.RETURNED: {S.SETTLED, S.REFUNDED, S.DISPUTED},
    S.REFUNDED: {S.SETTLED, S.RETURNED, S.DISPUTED},  # a refund came back, or the bank took the whole back as well
    S.REJECTED: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELED: frozenset(),
    S.EXPIRED: frozenset(),
}

# Why a payment has back what a dispute took.
DISPUTE_WON = "dispute.won"
# Before the money has left, the one who asked for it can take it back.
CANCELABLE = frozenset({S.CREATED, S.REVIEW, S.APPROVAL, S.APPROVED, S.HELD})
ENDED = frozenset(state for state, onward in PAYMENT_MOVES.items() if not onward)
# Money that lay in suspense in one of these is assigned to a wallet by a step of the timeline that changes no state.
STAYS = frozenset({S.SETTLED, S.DISPUTED, S.RETURNED, S.REFUNDED, S.FAILED})

BATCH_MOVES = {
    BatchStatus.GATHERED: {BatchStatus.BUILT, BatchStatus.CANCELED},
    BatchStatus.BUILT: {BatchStatus.RELEASED, BatchStatus.CANCELED},
    BatchStatus.RELEASED: {BatchStatus.DELIVERED},
    BatchStatus.DELIVERED: {BatchStatus.ACKNOWLEDGED, BatchStatus.REJECTED},
    BatchStatus.ACKNOWLEDGED: frozenset(),
    BatchStatus.REJECTED: frozenset(),
    BatchStatus.CANCELED: frozenset(),
}

# What was not handled is tried again by another run; a person may close what stays.
INBOUND_ITEM_MOVES = {
    InboundState.PENDING: {InboundState.HANDLED, InboundState.UNMATCHED, InboundState.REFUSED},
    InboundState.UNMATCHED: {InboundState.HANDLED, InboundState.REFUSED, InboundState.CLOSED},
    InboundState.REFUSED: {InboundState.HANDLED, InboundState.UNMATCHED, InboundState.CLOSED},
    InboundState.HANDLED: frozenset(),
    InboundState.CLOSED: frozenset(),
}

# A customer may sign in again; what has ended is linked anew.
BANK_LINK_MOVES = {
    BankLinkStatus.ACTIVE: {BankLinkStatus.LOGIN_REQUIRED, BankLinkStatus.ENDED},
    BankLinkStatus.LOGIN_REQUIRED: {BankLinkStatus.ACTIVE, BankLinkStatus.ENDED},
    BankLinkStatus.ENDED: frozenset(),
}

CONSENT_MOVES = {
    ConsentStatus.AWAITING: {
        ConsentStatus.AUTHORISED,
        ConsentStatus.REJECTED,
        ConsentStatus.REVOKED,
        ConsentStatus.EXPIRED,
    },
    ConsentStatus.AUTHORISED: {ConsentStatus.REVOKED, ConsentStatus.EXPIRED},
    ConsentStatus.REJECTED: frozenset(),
    ConsentStatus.REVOKED: frozenset(),
    ConsentStatus.EXPIRED: frozenset(),
}

# A payer authorises once; what the bank makes of it is the payment's own machine. A card's bank may not want to see its holder.
AUTHORISATION_MOVES = {
    AuthorisationStatus.ASKING: {
        AuthorisationStatus.AWAITING,
        AuthorisationStatus.AUTHORISED,
        AuthorisationStatus.REJECTED,
    },
    AuthorisationStatus.AWAITING: {AuthorisationStatus.AUTHORISED, AuthorisationStatus.REJECTED},
    AuthorisationStatus.AUTHORISED: frozenset(),
    AuthorisationStatus.REJECTED: frozenset(),
}

# What is closed may be opened again: its reference and number never go to another wallet.
DEPOSIT_INSTRUCTION_MOVES = {
    DepositInstructionStatus.ACTIVE: {DepositInstructionStatus.CLOSED},
    DepositInstructionStatus.CLOSED: {DepositInstructionStatus.ACTIVE},
}

DAY_MOVES = {
    DayStatus.OPEN: {DayStatus.CLOSED},
    DayStatus.CLOSED: {DayStatus.REOPENED},
    DayStatus.REOPENED: {DayStatus.CLOSED},
}

# A run that was interrupted is taken over by another; a day is closed again after it was reopened.
CLOSING_MOVES = {
    Closing.IDLE: {Closing.ASKED, Closing.RUNNING},
    Closing.ASKED: {Closing.RUNNING},
    Closing.RUNNING: {Closing.ASKED, Closing.RUNNING, Closing.DONE, Closing.MISSING, Closing.FAILED},
    Closing.DONE: {Closing.ASKED, Closing.RUNNING},
    Closing.MISSING: {Closing.ASKED, Closing.RUNNING},
    Closing.FAILED: {Closing.ASKED, Closing.RUNNING},
}

# What was given up can be tried again by an officer.
INBOUND_MOVES = {
    InboundStatus.RECEIVED: {InboundStatus.HANDLED, InboundStatus.IGNORED, InboundStatus.DEAD},
    InboundStatus.DEAD: {InboundStatus.RECEIVED},
    InboundStatus.HANDLED: frozenset(),
    InboundStatus.IGNORED: frozenset(),
}

# What was not answered in time is usually lost; the acquirer decides.
DISPUTE_MOVES = {
    DisputeState.OPEN: {
        DisputeState.READY,
        DisputeState.ACCEPTED,
        DisputeState.LAPSED,
        DisputeState.WON,
        DisputeState.LOST,
    },
    DisputeState.READY: {DisputeState.ANSWERED, DisputeState.LAPSED, DisputeState.WON, DisputeState.LOST},
    DisputeState.ANSWERED: {DisputeState.WON, DisputeState.LOST},
    DisputeState.ACCEPTED: {DisputeState.LOST, DisputeState.WON},
    DisputeState.LAPSED: {DisputeState.LOST, DisputeState.WON},
    DisputeState.WON: frozenset(),
    DisputeState.LOST: frozenset(),
}
DISPUTE_ENDED = frozenset({DisputeState.WON, DisputeState.LOST})
# What was decided here, and the acquirer does not know yet: it is told until it answers.
DISPUTE_OWED = frozenset({DisputeState.READY, DisputeState.ACCEPTED})

RECURRING_MOVES = {
    RecurringStatus.ACTIVE: {RecurringStatus.PAUSED, RecurringStatus.ENDED},
    RecurringStatus.PAUSED: {RecurringStatus.ACTIVE, RecurringStatus.ENDED},
    RecurringStatus.ENDED: frozenset(),
}

# The other bank may still say yes after its time, or after a no; and the money may come back before the word does.
RECALL_MOVES = {
    RecallState.REQUESTED: {RecallState.SENT, RecallState.ACCEPTED},
    RecallState.SENT: {RecallState.ACCEPTED, RecallState.REFUSED, RecallState.LAPSED},
    RecallState.RECEIVED: {RecallState.ACCEPTED, RecallState.REFUSED},
    RecallState.LAPSED: {RecallState.ACCEPTED, RecallState.REFUSED},
    RecallState.REFUSED: {RecallState.ACCEPTED},
    RecallState.ACCEPTED: frozenset(),
}

RECEIVABLE_MOVES = {
    ReceivableState.OPEN: {ReceivableState.RECOVERED, ReceivableState.WRITTEN_OFF},
    ReceivableState.RECOVERED: frozenset(),
    ReceivableState.WRITTEN_OFF: frozenset(),
}

SUSPENSE_MOVES = {
    SuspenseState.OPEN: {SuspenseState.ASSIGNED, SuspenseState.RETURNED, SuspenseState.CLOSED},
    SuspenseState.ASSIGNED: frozenset(),
    SuspenseState.RETURNED: frozenset(),
    SuspenseState.CLOSED: frozenset(),
}
