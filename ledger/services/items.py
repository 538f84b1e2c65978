"""Items under reconciliation change state, and suggestions are forgotten: what both reconciliation and people's deeds need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from ledger.choices import ItemSide, ItemState, MatchState
from ledger.models import BankAccount, Entry, Match, ReconciliationItem

CHUNK = 5000
_SETTLE = """
UPDATE ledger_reconciliationitem i SET state = n.state, match_id = n.match_id, candidates = coalesce(n.candidates, '{}')
FROM jsonb_to_recordset(%s) AS n (id bigint, state text, match_id uuid, candidates bigint[]) WHERE i.id = n.id"""


_MATCHES = """
INSERT INTO ledger_match (id, bank_account_id, state, found_by, reason, amount, difference, difference_journal_id, made_at, made_by,
    undone_by, undone_reason, former_items)
SELECT id, bank_account_id, state, found_by, reason, amount, difference, difference_journal_id, made_at, made_by, '', '', '{}'
FROM jsonb_to_recordset(%s) AS n (id uuid, bank_account_id bigint, state text, found_by text, reason text, amount numeric,
    difference numeric, difference_journal_id uuid, made_at timestamptz, made_by text)"""
_MATCH_COLUMNS = ("id", "bank_account_id", "difference_journal_id", "made_at", "made_by", "reason")
_MATCH_TEXTS = ("state", "found_by", "amount", "difference")


@dataclass(slots=True)
class NewState:
    """What an item becomes."""

    id: int
    state: str
    match_id: Any = None
    candidates: Sequence[int] = ()


def write_states(states: Sequence[NewState]) -> None:
    """Give items their new states, matches and candidates, some thousands in a statement.

    A match is never torn apart: the database adds its sides up after each statement.
    """
    ordered = sorted(states, key=lambda new: (str(new.match_id), new.id))
    start = 0
    while start < len(ordered):
        end = min(start + CHUNK, len(ordered))
        while end < len(ordered) and ordered[end].match_id is not None and ordered[end].match_id == ordered[end - 1].match_id:
            end += 1
        rows = [
            {"id": new.id, "state": str(new.state), "match_id": new.match_id, "candidates": list(new.candidates)}
            for new in ordered[start:end]
        ]
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [orjson.dumps(rows).decode()])
        start = end


def write_matches(matches: Sequence[Match]) -> None:
    """Save new matches, some thousands in a statement."""
    for start in range(0, len(matches), CHUNK):
        rows = [
            {
                **{name: getattr(match, name) for name in _MATCH_COLUMNS},
                **{name: str(getattr(match, name)) for name in _MATCH_TEXTS},
            }
            for match in matches[start : start + CHUNK]
        ]
        with connection.cursor() as cursor:
            cursor.execute(_MATCHES, [orjson.dumps(rows).decode()])


def drop_suggestions(stale: Iterable[Any]) -> None:
    """Forget suggestions (by key); their items are as before."""
    keys = list(stale)
    rows = ReconciliationItem.objects.filter(match_id__in=keys, state=ItemState.SUGGESTED).values_list("pk", "side")
    write_states([NewState(pk, unmatched(side)) for pk, side in rows])
    Match.objects.filter(pk__in=keys, state=MatchState.SUGGESTED).delete()


def unmatched(side: str) -> ItemState:
    """The state of an open item that nothing is known of."""
    return ItemState.UNMATCHED_THEIRS if side == ItemSide.THEIRS else ItemState.UNMATCHED_OURS


def of_journals(*, bank_account: BankAccount, wanted: Sequence[ReconciliationItem]) -> None:
    """Take in entries that were just posted: completes and saves the rows, which name account and journal."""
    for start in range(0, len(wanted), CHUNK):
        chunk = {(row.account_id, row.journal_id): row for row in wanted[start : start + CHUNK]}
        entries = Entry.objects.filter(
            journal_id__in=[journal_id for _, journal_id in chunk], account_id__in={account_id for account_id, _ in chunk}
        )
        for entry in entries:
            row = chunk[entry.account_id, entry.journal_id]
            row.bank_account, row.side, row.entry_id = bank_account, ItemSide.OURS, entry.id
            row.amount, row.dated_on = (entry.amount if entry.side == "DEBIT" else -entry.amount), entry.effective_on
            row.state = ItemState.UNMATCHED_OURS
        ReconciliationItem.objects.bulk_create(list(chunk.values()))
