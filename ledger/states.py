"""Transition tables of the books."""

from ledger.choices import AccountStatus, BreakState, ItemState, MatchState, PeriodStatus

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

_OPEN_OURS = {ItemState.UNMATCHED_OURS, ItemState.SUGGESTED, ItemState.AMBIGUOUS, ItemState.EXPLAINED}
_OPEN_THEIRS = {ItemState.UNMATCHED_THEIRS, ItemState.SUGGESTED, ItemState.AMBIGUOUS, ItemState.EXPLAINED}
_SETTLED = {ItemState.MATCHED, ItemState.MATCHED_WITH_DIFFERENCE, ItemState.WRITTEN_OFF}
_ANY = _OPEN_OURS | _OPEN_THEIRS | _SETTLED

ITEM_MOVES = {
    ItemState.UNMATCHED_OURS: (_OPEN_OURS | _SETTLED) - {ItemState.UNMATCHED_OURS},
    ItemState.UNMATCHED_THEIRS: (_OPEN_THEIRS | _SETTLED) - {ItemState.UNMATCHED_THEIRS},
    ItemState.SUGGESTED: _ANY - {ItemState.SUGGESTED},
    ItemState.AMBIGUOUS: _ANY - {ItemState.AMBIGUOUS},
    ItemState.EXPLAINED: _SETTLED | {ItemState.UNMATCHED_OURS, ItemState.UNMATCHED_THEIRS},
    ItemState.MATCHED: {ItemState.UNMATCHED_OURS, ItemState.UNMATCHED_THEIRS},
    ItemState.MATCHED_WITH_DIFFERENCE: {ItemState.UNMATCHED_OURS, ItemState.UNMATCHED_THEIRS},
    ItemState.WRITTEN_OFF: set(),
}

MATCH_MOVES = {
    MatchState.SUGGESTED: set(),
    MatchState.LIVE: {MatchState.UNDONE},
    MatchState.UNDONE: set(),
}

BREAK_MOVES = {
    BreakState.OPEN: {BreakState.EXPLAINED, BreakState.CLOSED},
    BreakState.EXPLAINED: {BreakState.OPEN, BreakState.CLOSED},
    BreakState.CLOSED: set(),
}
