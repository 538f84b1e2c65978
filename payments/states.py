"""Which state leads to which."""

from payments.choices import AttemptStatus, ConsentStatus, ExternalAccountStatus, MandateStatus, VerificationState

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
