"""Reconcile a bank account: take our new entries in, match them with the bank's lines, tell what is left.

One run is one transaction under the bank account's lock. It may be repeated at any time: the same lines and entries give the same
matches, in whatever order they came.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from flowlet.audit.services import log
from flowlet.core import money
from flowlet.core.actors import Actor
from ledger.choices import OPEN_STATES, ItemState, MatchPass, MatchState
from ledger.models import BankAccount, BankAccountMember, Match, ReconciliationItem, RollUp
from ledger.selectors import reconciliation as questions
from ledger.services import bank_accounts, breaks, item_facts, items, match_rows, matching
from ledger.services.matching import Proposal, Rules
from ledger.services.matching.facts import scaled, unscaled

Progress = Callable[[str, int], None]

# The roll-up's horizon is read before the entries, so whatever is not visible yet has a greater id than it.
_TAKE_IN = """
INSERT INTO ledger_reconciliationitem
    (bank_account_id, side, account_id, entry_id, journal_id, amount, dated_on, reference, state, candidates)
SELECT %(bank_account)s, 'OURS', e.account_id, e.id, e.journal_id, CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END,
       e.effective_on,
       left(upper(regexp_replace(coalesce(nullif(j.metadata->>'end_to_end_id', ''), nullif(j.metadata->>'trace_number', ''),
            nullif(j.metadata->>'reference', ''), nullif(j.external_id, ''), j.cause), '\\s', '', 'g')), 80),
       'UNMATCHED_OURS', '{}'
FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id
WHERE e.account_id = %(account)s AND e.id > %(taken)s AND (e.effective_on >= %(start)s OR e.posted_xid >= %(xid)s)
ORDER BY e.id
ON CONFLICT (account_id, entry_id) DO NOTHING"""


@dataclass(slots=True)
class Result:
    """What a run did and what is there after it."""

    bank_account: BankAccount
    taken_in: int = 0
    matched: dict[str, int] = field(default_factory=dict)
    suggested: int = 0
    opened: int = 0
    closed: int = 0
    states: dict[str, int] = field(default_factory=dict)

    @property
    def has_changed(self) -> bool:
        """Whether the run matched anything or opened or closed a break."""
        return bool(self.matched or self.opened or self.closed)


@transaction.atomic
def run(*, bank_account_id: int, actor: Actor, at: datetime, progress: Progress = lambda step, done: None) -> Result:
    """Reconcile one bank account and answer what was matched. ``progress`` hears of each step.

    Raises UnknownBankAccount, and what posting a difference raises (nothing has happened then).
    """
    account = bank_accounts.locked(bank_account_id)
    with connection.cursor() as cursor:
        # A large day is thought about for longer than an idle transaction may last.
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '15min'")
    result = Result(account)
    result.taken_in = _take_in(account)
    progress("entries taken in", result.taken_in)
    pool = _open_items(account)
    facts = item_facts.of(account, pool)
    progress("items to match", len(facts))
    found = matching.run(facts.values(), _rules(account), _refused(account))
    progress("matches found", len(found.matches))
    _keep_matches(account, found.matches, pool, actor, at, result)
    progress("matches kept", len(found.matches))
    settled = {item for proposal in found.matches for item in proposal.members}
    left = {pk: item for pk, item in pool.items() if pk not in settled}
    _keep_rest(account, found, left, actor, at)
    result.suggested = len(found.suggestions)
    result.opened, result.closed = breaks.renew(
        bank_account=account,
        left=left,
        ambiguous=set(found.ambiguous),
        repeats=found.repeats,
        settled=settled,
        actor=actor,
        at=at,
    )
    result.states = dict(_counts(pool, settled, found))
    _tell(account, result, actor, at)
    progress("done", len(pool))
    return result


def _tell(account: BankAccount, result: Result, actor: Actor, at: datetime) -> None:
    if result.has_changed:
        log.record(
            action="ledger.bank_account.reconciled",
            actor=actor,
            at=at,
            target=account.public_id,
            after={"matched": result.matched, "breaks_opened": result.opened, "breaks_closed": result.closed},
        )


def _take_in(account: BankAccount) -> int:
    """Make items of the entries that are new."""
    taken = 0
    horizon = RollUp.objects.values_list("entry_id", flat=True).first() or 0
    for member in BankAccountMember.objects.filter(bank_account=account).order_by("account_id"):
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE_IN,
                {
                    "bank_account": account.pk,
                    "account": member.account_id,
                    "taken": member.taken_entry_id,
                    "start": account.starts_on,
                    "xid": member.from_xid,
                },
            )
            taken += cursor.rowcount
        if horizon > member.taken_entry_id:
            member.taken_entry_id = horizon
            member.save(update_fields=["taken_entry_id"])
    return taken


def _open_items(account: BankAccount) -> dict[int, ReconciliationItem]:
    return {item.pk: item for item in ReconciliationItem.objects.filter(bank_account=account, state__in=OPEN_STATES)}


def _rules(account: BankAccount) -> Rules:
    newest = questions.newest_statement(bank_account=account)
    return Rules(
        window_days=account.window_days,
        quantum=scaled(money.quantum(account.currency)),
        tolerance_amount=None if account.tolerance_amount is None else scaled(account.tolerance_amount),
        tolerance_percent=account.tolerance_percent,
        settled_day=(newest.to_on - timedelta(days=account.transit_days)).toordinal() if newest else 0,
    )


def _refused(account: BankAccount) -> set[frozenset[int]]:
    """What people have said does not belong together."""
    undone = Match.objects.filter(bank_account=account, state=MatchState.UNDONE)
    return {frozenset(members) for members in undone.values_list("former_items", flat=True)}


def _keep_matches(
    account: BankAccount,
    proposals: Sequence[Proposal],
    pool: dict[int, ReconciliationItem],
    actor: Actor,
    at: datetime,
    result: Result,
) -> None:
    made: list[Match] = []
    members: list[list[ReconciliationItem]] = []
    for proposal in proposals:
        group = [pool[pk] for pk in sorted(proposal.members)]
        made.append(
            match_rows.new_match(account, group, proposal.found_by, proposal.reason, unscaled(proposal.difference), actor, at)
        )
        members.append(group)
        name = str(proposal.found_by)
        result.matched[name] = result.matched.get(name, 0) + 1
    match_rows.keep(account=account, matches=made, members=members, actor=actor, at=at)


def _keep_rest(
    account: BankAccount, found: matching.Outcome, left: dict[int, ReconciliationItem], actor: Actor, at: datetime
) -> None:
    """Suggestions, ambiguities and the unmatched. What stays as it was is not written; what somebody explained stays explained."""
    left = {item.pk: item for item in ReconciliationItem.objects.filter(pk__in=list(left))} if left else {}
    standing: dict[Any, set[int]] = defaultdict(set)
    for item in left.values():
        if item.match_id is not None:
            standing[item.match_id].add(item.pk)
    known = {frozenset(members): pk for pk, members in standing.items()}
    wanted = [p for p in found.suggestions if all(left[pk].state != ItemState.EXPLAINED for pk in p.members)]
    stale = set(known.values()) - {known.get(proposal.members) for proposal in wanted}
    if stale:
        items.drop_suggestions(stale)
        for item in left.values():
            if item.match_id in stale:
                item.match_id, item.state = None, items.unmatched(item.side)
    fresh = [proposal for proposal in wanted if proposal.members not in known]
    made = [
        match_rows.new_match(
            account,
            [left[pk] for pk in proposal.members],
            MatchPass.SUGGESTION,
            proposal.reason,
            unscaled(proposal.difference),
            actor,
            at,
            MatchState.SUGGESTED,
        )
        for proposal in fresh
    ]
    items.write_matches(made)
    suggested = {pk: match.pk for proposal, match in zip(fresh, made, strict=True) for pk in proposal.members}
    kept = {pk for proposal in wanted for pk in proposal.members}
    states = []
    for pk, item in left.items():
        if item.state == ItemState.EXPLAINED or (pk in kept and pk not in suggested):
            continue
        if pk in suggested:
            new = items.NewState(pk, ItemState.SUGGESTED, suggested[pk])
        elif pk in found.ambiguous:
            new = items.NewState(pk, ItemState.AMBIGUOUS, None, found.ambiguous[pk])
        else:
            new = items.NewState(pk, items.unmatched(item.side))
        if (new.state, new.match_id, list(new.candidates)) != (item.state, item.match_id, list(item.candidates)):
            states.append(new)
    items.write_states(states)


def _counts(pool: dict[int, ReconciliationItem], settled: set[int], found: matching.Outcome) -> Iterable[tuple[str, int]]:
    counted: dict[str, int] = defaultdict(int)
    suggested = {pk for proposal in found.suggestions for pk in proposal.members}
    for pk, item in pool.items():
        if pk in settled:
            continue
        explained = item.state == ItemState.EXPLAINED
        state = ItemState.EXPLAINED if explained else ItemState.SUGGESTED if pk in suggested else None
        counted[str(state or (ItemState.AMBIGUOUS if pk in found.ambiguous else items.unmatched(item.side)))] += 1
    return sorted(counted.items())
