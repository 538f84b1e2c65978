"""Transition tables of the books."""

from ledger.choices import AccountStatus, PeriodStatus

ACCOUNT_MOVES = {
    AccountStatus.OPEN: {AccountStatus.FROZEN, AccountStatus.CLOSED},
    AccountStatus.FROZEN: {AccountStatus.OPEN},
    AccountStatus.CLOSED: set(),
}

PERIOD_MOVES = {
    PeriodStatus.OPEN: {PeriodStatus.SOFT_CLOSED, PeriodStatus.CLOSED},
    PeriodStatus.SOFT_CLOSED: {PeriodStatus.OPEN, PeriodStatus.CLOSED},
    PeriodStatus.CLOSED: set(),
}
