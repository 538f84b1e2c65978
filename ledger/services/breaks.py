"""Breaks: opened and closed by reconciliation, worked on by people. Each deed is audited, and told to upper apps."""

from collections.abc import Mapping, Set
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from flowlet.audit.services import log
from flowlet.audit.services.log import NewRecord
from flowlet.core import money, reasons
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid, NotFound
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from ledger import errors, events
from ledger.choices import SETTLED_STATES, BreakState, BreakType, ItemSide, ItemState
from ledger.models import BankAccount, Break, BreakRemark, ReconciliationItem
from ledger.selectors import reconciliation as questions
from ledger.services import bank_accounts, items
from ledger.states import BREAK_MOVES

LONGEST_REMARK = 2000
CHUNK = 5000
DUE_DAYS = {
    BreakType.MISSING_OURS: 2,
    BreakType.MISSING_THEIRS: 5,
    BreakType.AMBIGUOUS: 2,
    BreakType.DUPLICATE_THEIRS: 1,
    BreakType.DUPLICATE_OURS: 1,
    BreakType.OPENING_DIFFERENCE: 5,
}


def renew(
    *,
    bank_account: BankAccount,
    left: Mapping[int, ReconciliationItem],
    ambiguous: Set[int],
    repeats: Set[int],
    settled: Set[int],
    actor: Actor,
    at: datetime,
) -> tuple[int, int]:
    """Open a break for each item that needs one and close those of settled items; answers how many of each.

    A line needs one at once; an entry of ours once the bank should have shown it.
    """
    newest = questions.newest_statement(bank_account=bank_account)
    late = newest.to_on - timedelta(days=bank_account.transit_days) if newest else None
    closed = close_of(item_ids=list(settled), actor=actor, at=at, bank_account=bank_account)
    standing = {row.item_id: row for row in questions.open_breaks(bank_account=bank_account).exclude(item=None)}
    changed, made = [], []
    for pk, item in left.items():
        known = standing.get(pk)
        if known is None and item.side == ItemSide.OURS and (late is None or item.dated_on > late):
            continue
        kind = _type_of(item, pk in ambiguous, pk in repeats)
        if known is None:
            made.append(_new(bank_account, kind, item.side, item.amount, item.dated_on, at, item))
        elif known.type != kind:
            known.type = kind
            changed.append(known)
    Break.objects.bulk_update(changed, ["type"], batch_size=CHUNK)
    made += _opening(bank_account, at)
    Break.objects.bulk_create(made, batch_size=CHUNK)
    _tell(events.BREAK_OPENED, made, bank_account, actor, at)
    return len(made), closed


def _type_of(item: ReconciliationItem, is_ambiguous: bool, is_repeat: bool) -> BreakType:
    theirs = item.side == ItemSide.THEIRS
    if is_repeat:
        return BreakType.DUPLICATE_THEIRS if theirs else BreakType.DUPLICATE_OURS
    if is_ambiguous:
        return BreakType.AMBIGUOUS
    return BreakType.MISSING_OURS if theirs else BreakType.MISSING_THEIRS


def _new(account: BankAccount, kind: BreakType, side: str, amount: Any, day: Any, at: datetime, item: Any = None) -> Break:
    return Break(
        bank_account=account,
        item=item,
        type=kind,
        side=side,
        amount=amount,
        dated_on=day,
        opened_at=at,
        due_on=at.date() + timedelta(days=DUE_DAYS[kind]),
    )


def _opening(account: BankAccount, at: datetime) -> list[Break]:
    """A break for what the bank had more than the books before the first day, once."""
    difference = questions.opening_difference(bank_account=account)
    if not difference or Break.objects.filter(bank_account=account, type=BreakType.OPENING_DIFFERENCE).exists():
        return []
    return [_new(account, BreakType.OPENING_DIFFERENCE, ItemSide.THEIRS, difference, account.starts_on, at)]


def close_of(*, item_ids: list[int], actor: Actor, at: datetime, bank_account: BankAccount) -> int:
    """Close the breaks of items that are settled now; each ends as its item's state."""
    closed = 0
    for start in range(0, len(item_ids), CHUNK):
        rows = Break.objects.filter(item_id__in=item_ids[start : start + CHUNK], item__state__in=SETTLED_STATES)
        found = list(rows.exclude(state=BreakState.CLOSED).select_related("item").select_for_update(of=("self",)))
        for row in found:
            check_move(BREAK_MOVES, row.state, BreakState.CLOSED)
            row.state, row.closed_at, row.closed_by, row.resolution = BreakState.CLOSED, at, str(actor), row.item.state
        Break.objects.bulk_update(found, ["state", "closed_at", "closed_by", "resolution"], batch_size=CHUNK)
        _tell(events.BREAK_CLOSED, found, bank_account, actor, at)
        closed += len(found)
    return closed


def reopen_of(*, released: list[ReconciliationItem], actor: Actor, at: datetime, bank_account: BankAccount) -> None:
    """Open breaks for items whose match was undone: a person looked, so a person goes on."""
    made = [
        _new(bank_account, _type_of(item, False, False), item.side, item.amount, item.dated_on, at, item) for item in released
    ]
    Break.objects.bulk_create(made)
    _tell(events.BREAK_OPENED, made, bank_account, actor, at)


def _tell(fact: str, rows: list[Break], account: BankAccount, actor: Actor, at: datetime) -> None:
    told = [(row, _shown(row, account)) for row in rows]
    log.record_many(
        [NewRecord(action=fact, target=row.public_id, reason=row.reason, after=data) for row, data in told], actor=actor, at=at
    )
    outbox.publish_many([NewEvent(type=fact, partner_id=None, subject=row.public_id, data=data, at=at) for row, data in told])


def _shown(row: Break, account: BankAccount) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "bank_account": account.public_id,
        "type": str(row.type),
        "side": str(row.side),
        "amount": {"amount": money.to_text(row.amount, account.currency), "currency": account.currency},
        "dated_on": str(row.dated_on),
        "due_on": str(row.due_on),
        "state": str(row.state),
        "resolution": str(row.resolution) or None,
    }


def locked(break_id: UUID) -> Break:
    """The break under its bank account's lock. Raises NotFound."""
    account_id = Break.objects.filter(pk=break_id).values_list("bank_account_id", flat=True).first()
    if account_id is None:
        raise NotFound("There is no such break.")
    account = bank_accounts.locked(account_id)
    found = Break.objects.select_for_update(of=("self",)).select_related("item", "owner").get(pk=break_id)
    found.bank_account = account
    return found


@transaction.atomic
def assign(*, break_id: UUID, owner: User, actor: Actor, at: datetime, reason: str = "") -> Break:
    """Give a break that is not closed an owner. Raises NotFound, IllegalMove, Invalid for an owner who is not active."""
    row = locked(break_id)
    _check_not_closed(row)
    if not owner.is_active:
        raise Invalid("The owner is not active.", param="owner")
    before, row.owner = row.owner, owner
    row.save(update_fields=["owner"])
    _note(
        events.BREAK_ASSIGNED, row, actor, at, reason, {"owner": before.public_id if before else None}, {"owner": owner.public_id}
    )
    return row


@transaction.atomic
def take(*, break_id: UUID, actor: Actor, at: datetime) -> Break:
    """Become the owner oneself. Raises as ``assign``, and Invalid for who is no person."""
    person = person_of(actor)
    if person is None:
        raise Invalid("Only a person owns a break.", param="owner")
    return assign(break_id=break_id, owner=person, actor=actor, at=at)


def person_of(actor: Actor) -> User | None:
    """The member of staff who acts, if it is one."""
    return User.fetch(actor.id) if actor.kind == ActorKind.STAFF else None


@transaction.atomic
def remark(*, break_id: UUID, text: str, actor: Actor, at: datetime) -> BreakRemark:
    """Put a remark on a break, for good. No personal data: it cannot be erased. Raises NotFound, Invalid."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_REMARK:
        raise Invalid(f"A remark has 1 to {LONGEST_REMARK} characters.", param="text")
    row = locked(break_id)
    made = BreakRemark.objects.create(break_row=row, text=text, author=str(actor), created_at=at)
    _note(events.BREAK_REMARKED, row, actor, at, "", None, {"remark": made.public_id, "text": text})
    return made


@transaction.atomic
def explain(*, break_id: UUID, reason: str, actor: Actor, at: datetime) -> Break:
    """Say why a break is there and needs nothing more; it still shows in the proof of the day, and may be matched later.

    Who explains what nobody owns becomes its owner. Raises NotFound, IllegalMove, Invalid without a reason.
    """
    row = locked(break_id)
    check_move(BREAK_MOVES, row.state, BreakState.EXPLAINED)
    if not reason.strip():
        raise Invalid("Say why the break is there.", param="reason")
    if row.item is not None:
        _set_item(row.item, ItemState.EXPLAINED)
    before = row.state
    row.state, row.reason = BreakState.EXPLAINED, reasons.kept(reason)
    row.owner = row.owner or person_of(actor)
    row.save(update_fields=["state", "reason", "owner"])
    _note(events.BREAK_EXPLAINED, row, actor, at, row.reason, {"state": str(before)}, {"state": str(row.state)})
    return row


@transaction.atomic
def reopen(*, break_id: UUID, reason: str, actor: Actor, at: datetime) -> Break:
    """Take an explanation back. Raises NotFound, IllegalMove."""
    row = locked(break_id)
    check_move(BREAK_MOVES, row.state, BreakState.OPEN)
    if row.item is not None:
        _set_item(row.item, items.unmatched(row.item.side))
    before, row.state = row.state, BreakState.OPEN
    row.save(update_fields=["state"])
    _note(events.BREAK_REOPENED, row, actor, at, reason, {"state": str(before)}, {"state": str(row.state)})
    return row


def _set_item(item: ReconciliationItem, state: ItemState) -> None:
    if item.state in SETTLED_STATES:
        raise errors.ItemNotOpen
    if item.match_id is not None:
        items.drop_suggestions([item.match_id])
    items.write_states([items.NewState(item.pk, state)])


def _check_not_closed(row: Break) -> None:
    if row.state == BreakState.CLOSED:
        check_move(BREAK_MOVES, row.state, BreakState.OPEN)


def _note(fact: str, row: Break, actor: Actor, at: datetime, reason: str, before: Any, after: Any) -> None:
    log.record(action=fact, actor=actor, at=at, target=row.public_id, reason=reason, before=before, after=after)
    outbox.publish(type=fact, partner_id=None, subject=row.public_id, data=_shown(row, row.bank_account), at=at)
