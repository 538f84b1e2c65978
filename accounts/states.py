"""Which state leads to which."""

from accounts.choices import ChallengeStatus, CustomerStatus, FactorStatus, PartnerStatus

PARTNER_MOVES = {
    PartnerStatus.PENDING: {PartnerStatus.ACTIVE},
    PartnerStatus.ACTIVE: {PartnerStatus.SUSPENDED},
    PartnerStatus.SUSPENDED: {PartnerStatus.ACTIVE},
}

CUSTOMER_MOVES = {
    CustomerStatus.ACTIVE: {CustomerStatus.FROZEN, CustomerStatus.CLOSED},
    CustomerStatus.FROZEN: {CustomerStatus.ACTIVE},
    CustomerStatus.CLOSED: frozenset(),
}

AUTHENTICATION_FACTOR_MOVES = {
    FactorStatus.PENDING: {FactorStatus.ACTIVE, FactorStatus.REVOKED},
    FactorStatus.ACTIVE: {FactorStatus.REVOKED},
    FactorStatus.REVOKED: frozenset(),
}

AUTHENTICATION_CHALLENGE_MOVES = {
    ChallengeStatus.PENDING: {ChallengeStatus.PASSED, ChallengeStatus.FAILED},
    ChallengeStatus.PASSED: {ChallengeStatus.USED},
    ChallengeStatus.USED: frozenset(),
    ChallengeStatus.FAILED: frozenset(),
}
