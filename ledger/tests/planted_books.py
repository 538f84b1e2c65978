"""A planted day in the database: posted, written as a bank's file, and compared with its answers after reconciliation."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from moneyed import Money

from ledger.choices import BreakState, ItemState, MatchState
from ledger.models import Account, BankAccount, Break, Match, ReconciliationItem
from ledger.selectors.reconciliation import counterparty_key
from ledger.services import journals
from ledger.services.journals import Leg, NewJournal
from ledger.tests import statement_files as files
from ledger.tests.conftest import ACTOR
from ledger.tests.planted_day import DAY, Day, Ours, Theirs


def post(day: Day, *, nostro: Account, against: Account) -> int:
    """Post our side of the day; answers how many journals."""
    for start in range(0, len(day.ours), journals.BATCH_LIMIT):
        chunk = [_journal(one, nostro, against) for one in day.ours[start : start + journals.BATCH_LIMIT]]
        journals.post_batch(book_id=nostro.book_id, items=chunk, atomic=True, actor=ACTOR)
    return len(day.ours)


def _journal(one: Ours, nostro: Account, against: Account) -> NewJournal:
    sides = ("DEBIT", "CREDIT") if one.amount > 0 else ("CREDIT", "DEBIT")
    money = Money(abs(one.amount), nostro.currency)
    metadata = dict(one.metadata)
    if "counterparty" in metadata:
        metadata["counterparty"] = counterparty_key(name=metadata["counterparty"])
    return NewJournal(
        legs=[Leg(nostro.pk, sides[0], money), Leg(against.pk, sides[1], money)],
        kind="planted",
        effective_on=DAY,
        external_id=one.label,
        metadata=metadata,
    )


def file(day: Day, *, account: str) -> bytes:
    """The bank's side of the day as camt.053."""
    total = sum((one.amount for one in day.theirs), Decimal(0))
    return files.camt053(
        opening="0.00", closing=f"{total:.2f}", entries=[_entry(one) for one in day.theirs], day=str(DAY), account=account
    )


def _entry(one: Theirs) -> str:
    return files.entry(
        f"{abs(one.amount):.2f}",
        "CRDT" if one.amount > 0 else "DBIT",
        e2e=one.e2e,
        batch=one.batch,
        number=one.label,
        name=one.party,
        details=[(f"{amount:.2f}", name) for amount, name in one.details],
        day=str(DAY),
    )


def labelled(bank_account: BankAccount) -> Iterator[tuple[str, ReconciliationItem]]:
    """Every item with the label it was planted under; differences that were booked have none."""
    rows = ReconciliationItem.objects.filter(bank_account=bank_account).select_related("line", "journal")
    for item in rows.iterator(chunk_size=5000):
        if item.line is not None:
            yield item.line.references["bank"][0].removeprefix("BANK-"), item
        elif item.journal.kind == "planted":
            yield item.journal.external_id, item


def wrong(day: Day, *, bank_account: BankAccount) -> list[str]:
    """What reconciliation made of the day that is not as planted; empty when everything is classified and nothing matched falsely."""
    found = list(labelled(bank_account))
    kinds = dict(Match.objects.filter(bank_account=bank_account).values_list("pk", "found_by"))
    groups: dict[object, set[str]] = {}
    suggested: dict[object, set[str]] = {}
    for label, item in found:
        if item.match_id is not None:
            (suggested if item.state == ItemState.SUGGESTED else groups).setdefault(item.match_id, set()).add(label)
    told = {frozenset(labels): kinds[pk] for pk, labels in groups.items()}
    answer = [f"matched falsely: {sorted(labels)} by {kind}" for labels, kind in told.items() if day.groups.get(labels) != kind]
    answer += [f"not matched: {sorted(labels)}, {kind}" for labels, kind in day.groups.items() if labels not in told]
    answer += [f"not suggested: {sorted(labels)}" for labels in day.suggested if set(labels) not in suggested.values()]
    states = Counter((label, str(item.state)) for label, item in found)
    answer += [f"not ambiguous: {label}" for label in day.ambiguous if not states[label, ItemState.AMBIGUOUS]]
    open_breaks = Break.objects.filter(bank_account=bank_account).exclude(state=BreakState.CLOSED)
    breaks = dict(open_breaks.values_list("item_id", "type"))
    by_label = {
        label: breaks.get(item.pk)
        for label, item in found
        if item.state not in (ItemState.MATCHED, ItemState.MATCHED_WITH_DIFFERENCE)
    }
    for label, kind in day.breaks.items():
        # What is missing at the bank is in transit on the day itself: open, and no break yet.
        wanted = None if label.startswith("E") else kind
        if label not in by_label or by_label[label] != wanted:
            answer.append(f"{label}: {by_label.get(label, 'settled')} instead of {wanted}")
    if Match.objects.filter(bank_account=bank_account, state=MatchState.LIVE).count() != len(day.groups):
        answer.append("there are more or fewer matches than planted")
    return answer
