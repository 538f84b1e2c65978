"""Reconcile a bank account: take our new entries in, match them with the bank's lines, tell what is left.

One run is one transaction under the bank account's lock. It may be repeated at any time: the same lines and entries give the same
matches, in whatever order they came.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from flowlet.audit.services import log
from flowlet.core import ids, money
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from ledger import events
from ledger.choices import OPEN_STATES, ItemSide, ItemState, MatchPass, MatchState
from ledger.models import (
    BankAccount,
    BankAccountMember,
    Book,
    Journal,
    Match,
    ReconciliationItem,
    RollUp,
    StatementDetail,
    StatementLine,
)
from ledger.selectors import reconciliation as questions
from ledger.services import accounts, bank_accounts, bank_statements, breaks, items, journals, matching
from ledger.services.journals import Leg, NewJournal
from ledger.services.matching import Fact, Part, Proposal, Rules, references
from ledger.services.matching.facts import scaled, unscaled

DIFFERENCE_KIND = "reconciliation_difference"
EVENT_CHUNK = 200
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

_REPEATS = """
SELECT i.id FROM ledger_reconciliationitem i
WHERE i.id = ANY(%s) AND i.reference <> '' AND EXISTS (
    SELECT FROM ledger_reconciliationitem m WHERE m.bank_account_id = i.bank_account_id AND m.reference = i.reference AND m.reference <> ''
       AND m.side = i.side AND m.amount = i.amount AND m.state IN ('MATCHED', 'MATCHED_WITH_DIFFERENCE', 'WRITTEN_OFF'))"""


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
    facts = _facts(account, pool)
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


def _facts(account: BankAccount, pool: dict[int, ReconciliationItem]) -> dict[int, Fact]:
    with connection.cursor() as cursor:
        cursor.execute(_REPEATS, [list(pool)])
        repeats = {row[0] for row in cursor.fetchall()}
    theirs = [item for item in pool.values() if item.side == ItemSide.THEIRS]
    ours = [item for item in pool.values() if item.side == ItemSide.OURS]
    facts = [*_line_facts(account, theirs, repeats), *_entry_facts(account, ours, repeats)]
    return {fact.id: fact for fact in facts}


def _line_facts(account: BankAccount, pool: Sequence[ReconciliationItem], repeats: set[int]) -> Iterable[Fact]:
    columns = ("references", "party_key", "is_reversal", "personal", "code")
    lines = _joined(account, ItemSide.THEIRS, *(f"line__{name}" for name in columns))
    parts = defaultdict(list)
    inside = StatementDetail.objects.filter(line__item__bank_account=account, line__item__state__in=OPEN_STATES)
    for line_id, amount, names in inside.order_by("line_id", "number").values_list("line_id", "amount", "references"):
        parts[line_id].append(Part(None if amount is None else scaled(amount), frozenset(references.of_line(names))))
    told = _told_elsewhere(account, pool, lines)
    for item in pool:
        names, party, is_reversal, personal, code = lines[item.pk]
        more_names, more_parts = told.get(item.pk, ({}, ()))
        merged = {kind: [*names.get(kind, ()), *more_names.get(kind, ())] for kind in {*names, *more_names}}
        keys = references.of_line(merged)
        _, text = bank_statements.opened_party(token=personal, line_id=item.line_id)
        yield Fact(
            id=item.pk,
            is_theirs=True,
            amount=scaled(item.amount),
            day=item.dated_on.toordinal(),
            keys=frozenset([*keys, *references.in_text(text)]),
            reference=item.reference,
            batches=frozenset(references.keys(merged.get("batch", ()))),
            party=party,
            is_named=references.is_named(merged),
            is_repeat=item.pk in repeats,
            is_reversal=is_reversal,
            parts=tuple(parts.get(item.line_id) or more_parts),
            order=(*sorted(keys), code, party),
        )


def _told_elsewhere(
    account: BankAccount, pool: Sequence[ReconciliationItem], lines: dict[int, tuple[Any, ...]]
) -> dict[int, tuple[dict[str, list[str]], tuple[Part, ...]]]:
    """What notices (camt.054) and reports say more of a line: the one line with the bank's reference and the amount."""
    if not pool:
        return {}
    first, last = min(item.dated_on for item in pool), max(item.dated_on for item in pool)
    notices = StatementLine.objects.filter(
        statement__bank_account=account, statement__is_proof=False, booked_on__gte=first, booked_on__lte=last
    ).prefetch_related("details")
    by_bank: dict[tuple[str, Any], list[StatementLine]] = defaultdict(list)
    for notice in notices.order_by("statement__recorded_at", "id"):
        for name in references.keys(notice.references.get("bank", ())):
            by_bank[name, notice.amount].append(notice)
    if not by_bank:
        return {}
    told = {}
    for item in pool:
        found = [
            notice
            for name in references.keys(lines[item.pk][0].get("bank", ()))
            for notice in by_bank.get((name, item.amount), ())
        ]
        if found:
            details = [
                Part(None if detail.amount is None else scaled(detail.amount), frozenset(references.of_line(detail.references)))
                for detail in sorted(found[0].details.all(), key=lambda detail: detail.number)
            ]
            told[item.pk] = (found[0].references, tuple(details))
    return told


def _entry_facts(account: BankAccount, pool: Sequence[ReconciliationItem], repeats: set[int]) -> Iterable[Fact]:
    columns = ("external_id", "cause", "metadata", "reverses_id")
    found = _joined(account, ItemSide.OURS, *(f"journal__{name}" for name in columns))
    for item in pool:
        external_id, cause, metadata, reverses = found[item.pk]
        keys = references.of_journal(external_id, cause, metadata)
        yield Fact(
            id=item.pk,
            is_theirs=False,
            amount=scaled(item.amount),
            day=item.dated_on.toordinal(),
            keys=frozenset(keys),
            reference=item.reference,
            batches=frozenset(references.keys([metadata.get(references.BATCH)])),
            party=str(metadata.get(references.COUNTERPARTY) or ""),
            is_named=any(metadata.get(name) for name in references.JOURNAL_NAMES),
            is_repeat=item.pk in repeats,
            journal=str(item.journal_id),
            reverses=str(reverses or ""),
            order=tuple(sorted(keys)),
        )


def _joined(account: BankAccount, side: str, *columns: str) -> dict[int, tuple[Any, ...]]:
    """What the lines or journals of the open items say, by item."""
    rows = ReconciliationItem.objects.filter(bank_account=account, state__in=OPEN_STATES, side=side).values_list("pk", *columns)
    return {pk: tuple(values) for pk, *values in rows}


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
        made.append(new_match(account, group, proposal.found_by, proposal.reason, unscaled(proposal.difference), actor, at))
        members.append(group)
        name = str(proposal.found_by)
        result.matched[name] = result.matched.get(name, 0) + 1
    keep(account=account, matches=made, members=members, actor=actor, at=at)


def new_match(
    account: BankAccount,
    group: Sequence[ReconciliationItem],
    found_by: str,
    reason: str,
    difference: Any,
    actor: Actor,
    at: datetime,
    state: str = MatchState.LIVE,
) -> Match:
    """A match of the items, not saved yet."""
    theirs = sum((item.amount for item in group if item.side == ItemSide.THEIRS), start=money.zero(account.currency).amount)
    return Match(
        bank_account=account,
        state=state,
        found_by=found_by,
        reason=reason[:500],
        amount=theirs,
        difference=difference,
        made_at=at,
        made_by=str(actor),
    )


def keep(
    *,
    account: BankAccount,
    matches: Sequence[Match],
    members: Sequence[Sequence[ReconciliationItem]],
    actor: Actor,
    at: datetime,
    settled_as: str = "",
) -> None:
    """Write matches with their items: differences are booked first, then all is told. The items have to be locked and open."""
    if not matches:
        return
    booked = _book_differences(account, matches, members, actor)
    items.write_matches(matches)
    items.drop_suggestions({item.match_id for group in members for item in group if item.match_id is not None})
    states = []
    for match, group in zip(matches, members, strict=True):
        state = settled_as or (ItemState.MATCHED_WITH_DIFFERENCE if match.difference else ItemState.MATCHED)
        states += [items.NewState(item.pk, state, match.pk) for item in [*group, *booked.get(match.pk, ())]]
    items.write_states(states)
    publish(
        account, events.ENTRIES_MATCHED, [(m, [*g, *booked.get(m.pk, ())]) for m, g in zip(matches, members, strict=True)], at
    )


def _book_differences(
    account: BankAccount, matches: Sequence[Match], members: Sequence[Sequence[ReconciliationItem]], actor: Actor
) -> dict[Any, list[ReconciliationItem]]:
    """Book what the bank had more or less to the tolerance account of the entry's book; answers the new items by match."""
    wanted = [(match, group) for match, group in zip(matches, members, strict=True) if match.difference]
    if not wanted:
        return {}
    by_book: dict[int, list[tuple[Match, NewJournal, int]]] = defaultdict(list)
    members_of = BankAccountMember.objects.filter(bank_account=account).select_related("account__book").order_by("account_id")
    nostros = {member.account_id: member.account for member in members_of}
    at = matches[0].made_at
    for match, group in wanted:
        ours = next((item for item in group if item.side == ItemSide.OURS), None)
        nostro = nostros[ours.account_id] if ours else next(iter(nostros.values()))
        against = accounts.system_account(
            book_id=nostro.book_id, line=account.tolerance_line, currency=account.currency, actor=actor, at=at
        )
        day = max(item.dated_on for item in group)
        by_book[nostro.book_id].append(
            (match, difference_journal(match, nostro.pk, against.pk, account.currency, _open_day(nostro.book, day)), nostro.pk)
        )
    made: dict[Any, list[ReconciliationItem]] = {}
    for book_id, rows in by_book.items():
        for start in range(0, len(rows), journals.BATCH_LIMIT):
            chunk = rows[start : start + journals.BATCH_LIMIT]
            posted = journals.post_batch(book_id=book_id, items=[journal for _, journal, _ in chunk], atomic=True, actor=actor)
            for (match, _, nostro_id), answer in zip(chunk, posted, strict=True):
                assert answer.posted is not None  # noqa: S101 (atomic: all or a refusal)
                match.difference_journal_id = answer.posted.journal_id
                made[match.pk] = [ReconciliationItem(account_id=nostro_id, journal_id=answer.posted.journal_id)]
    items.of_journals(bank_account=account, wanted=[item for group in made.values() for item in group])
    return made


def difference_journal(match: Match, nostro_id: int, against_id: int, currency: str, day: date | None) -> NewJournal:
    """What brings our side to the bank's: more at the bank is a debit of the nostro."""
    amount = money.exact(abs(match.difference), currency)
    sides = ("DEBIT", "CREDIT") if match.difference > 0 else ("CREDIT", "DEBIT")
    return NewJournal(
        legs=[Leg(nostro_id, sides[0], amount), Leg(against_id, sides[1], amount)],
        kind=DIFFERENCE_KIND,
        effective_on=day,
        description="Difference between the bank's amount and ours",
        cause=match.public_id,
    )


def _open_day(book: Book, day: date) -> date | None:
    """The day, or today when its period is closed (or soft-closed) or the book was not open yet."""
    closed = max(filter(None, [book.closed_through, book.soft_closed_through]), default=None)
    return None if (closed is not None and day <= closed) or day < book.opened_on else day


def publish(account: BankAccount, fact: str, matches: Sequence[tuple[Match, Sequence[ReconciliationItem]]], at: datetime) -> None:
    """Tell upper apps which journals the bank's statement proves (or proves no more), some hundred matches an event."""
    news = []
    for start in range(0, len(matches), EVENT_CHUNK):
        data = {
            "bank_account": account.public_id,
            "matches": [
                {
                    "id": match.public_id,
                    "pass": str(match.found_by),
                    "journals": sorted({ids.public_id(Journal.PREFIX, item.journal_id) for item in group if item.journal_id}),
                    "booked_on": str(max((item.dated_on for item in group if item.side == ItemSide.THEIRS), default="")),
                }
                for match, group in matches[start : start + EVENT_CHUNK]
            ],
        }
        news.append(NewEvent(type=fact, partner_id=None, subject=account.public_id, data=data, at=at))
    outbox.publish_many(news)


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
        new_match(
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
