"""Which state leads to which."""

from accounts.choices import CustomerStatus, PartnerStatus

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
