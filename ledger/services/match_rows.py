"""Matches and their items are written, differences booked, and upper apps told: for runs and for people's deeds alike."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flowlet.core import ids, money
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from ledger import events
from ledger.choices import ItemSide, ItemState, MatchState
from ledger.models import BankAccount, BankAccountMember, Book, Journal, Match, ReconciliationItem
from ledger.services import accounts, items, journals
from ledger.services.journals import Leg, NewJournal

DIFFERENCE_KIND = "reconciliation_difference"
EVENT_CHUNK = 200


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
