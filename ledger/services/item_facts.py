"""What the open items of a bank account say, as the facts that matching reads."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from ledger.choices import OPEN_STATES, ItemSide
from ledger.models import BankAccount, ReconciliationItem, StatementDetail, StatementLine
from ledger.services import bank_statements
from ledger.services.matching import Fact, Part, references
from ledger.services.matching.facts import scaled

_REPEATS = """
SELECT i.id FROM ledger_reconciliationitem i
WHERE i.id = ANY(%s) AND i.reference <> '' AND EXISTS (
    SELECT FROM ledger_reconciliationitem m WHERE m.bank_account_id = i.bank_account_id AND m.reference = i.reference AND m.reference <> ''
       AND m.side = i.side AND m.amount = i.amount AND m.state IN ('MATCHED', 'MATCHED_WITH_DIFFERENCE', 'WRITTEN_OFF'))"""


def of(account: BankAccount, pool: dict[int, ReconciliationItem]) -> dict[int, Fact]:
    """A fact for each open item, by the item's key."""
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
