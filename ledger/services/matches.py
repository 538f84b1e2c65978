"""Matches made, accepted and undone by people. Each with its reason, audited."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from flowlet.audit.services import log
from flowlet.core import money, reasons
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid, NotFound
from flowlet.core.states import check_move
from ledger import errors, events
from ledger.choices import OPEN_STATES, ItemSide, ItemState, MatchPass, MatchState
from ledger.models import BankAccount, Match, ReconciliationItem
from ledger.services import bank_accounts, breaks, items, journals, match_rows
from ledger.states import MATCH_MOVES


@transaction.atomic
def make(*, bank_account_id: int, item_ids: Sequence[int], reason: str, actor: Actor, at: datetime) -> Match:
    """Say that open items belong together. Their sides have the same sum, or differ within the tolerance, which is booked then.

    Raises UnknownBankAccount, ItemNotOpen, SidesDiffer, Invalid without a reason.
    """
    account = bank_accounts.locked(bank_account_id)
    if not reason.strip():
        raise Invalid("Say why they belong together.", param="reason")
    return _made(account, item_ids, reasons.kept(reason), actor, at)


@transaction.atomic
def accept(*, match_id: UUID, actor: Actor, at: datetime, reason: str = "") -> Match:
    """Make a suggestion a match. Raises NotFound when it is no suggestion (any more), and as ``make``."""
    found = Match.objects.filter(pk=match_id, state=MatchState.SUGGESTED).first()
    if found is None:
        raise NotFound("There is no such suggestion any more.")
    account = bank_accounts.locked(found.bank_account_id)
    members = list(ReconciliationItem.objects.filter(match_id=match_id).values_list("pk", flat=True))
    return _made(account, members, reasons.kept(reason) or found.reason, actor, at)


def _made(account: BankAccount, item_ids: Sequence[int], reason: str, actor: Actor, at: datetime) -> Match:
    rows = ReconciliationItem.objects.filter(pk__in=item_ids, bank_account=account, state__in=OPEN_STATES)
    group = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if not group or len(group) != len(set(item_ids)):
        raise errors.ItemNotOpen("One of them is matched already, or belongs to another bank account.")
    theirs, ours = sides(group)
    difference = theirs - ours
    check_difference(account, theirs, ours)
    match = match_rows.new_match(account, group, MatchPass.MANUAL, reason, difference, actor, at)
    match_rows.keep(account=account, matches=[match], members=[group], actor=actor, at=at)
    breaks.close_of(item_ids=[item.pk for item in group], actor=actor, at=at, bank_account=account)
    log.record(
        action="ledger.match.made",
        actor=actor,
        at=at,
        target=match.public_id,
        reason=reason,
        after={
            "bank_account": account.public_id,
            "items": [item.pk for item in group],
            "amount": money.to_text(theirs, account.currency),
            "difference": money.to_text(difference, account.currency),
        },
    )
    return match


def sides(group: Sequence[ReconciliationItem]) -> tuple[Decimal, Decimal]:
    """The sum of the bank's lines and the sum of our entries."""
    theirs = sum((item.amount for item in group if item.side == ItemSide.THEIRS), Decimal(0))
    return theirs, sum((item.amount for item in group), Decimal(0)) - theirs


def check_difference(account: BankAccount, theirs: Decimal, ours: Decimal) -> None:
    """Raise SidesDiffer unless the sums agree, or differ within the tolerance and have the same direction."""
    gap = theirs - ours
    if not gap:
        return
    limits = [limit for limit in (account.tolerance_amount,) if limit is not None]
    if account.tolerance_percent is not None:
        limits.append(abs(ours) * account.tolerance_percent / 100)
    if theirs * ours > 0 and abs(gap) <= min(limits, default=Decimal(0)):
        return
    shown = money.to_text(gap, account.currency)
    raise errors.SidesDiffer(
        f"The bank has {money.to_text(abs(gap), account.currency)} {account.currency} {'more' if gap > 0 else 'less'} than the books, "
        "beyond the tolerance. Post what is missing first.",
        difference=shown,
    )


@transaction.atomic
def undo(*, match_id: UUID, reason: str, actor: Actor, at: datetime) -> Match:
    """Take a match back: its items are open again, a booked difference is reversed, and no run makes the same match again.

    Raises NotFound, IllegalMove, MatchNotUndoable for a write-off, Invalid without a reason, and what reversing raises.
    """
    found = Match.objects.filter(pk=match_id).first()
    if found is None:
        raise NotFound("There is no such match.")
    account = bank_accounts.locked(found.bank_account_id)
    match = Match.objects.select_for_update(of=("self",)).get(pk=match_id)
    check_move(MATCH_MOVES, match.state, MatchState.UNDONE)
    if match.found_by == MatchPass.WRITE_OFF:
        raise errors.MatchNotUndoable("It was written off; reverse the write-off's journal, which is open then.")
    if not reason.strip():
        raise Invalid("Say why it is taken back.", param="reason")
    group = list(ReconciliationItem.objects.filter(match=match).select_for_update(of=("self",)).order_by("pk"))
    booked = [
        item for item in group if match.difference_journal_id is not None and item.journal_id == match.difference_journal_id
    ]
    released = [item for item in group if item not in booked]
    items.write_states([items.NewState(item.pk, items.unmatched(item.side)) for item in group])
    match.state, match.undone_at, match.undone_by, match.undone_reason = MatchState.UNDONE, at, str(actor), reasons.kept(reason)
    match.former_items = [item.pk for item in released]
    match.save(update_fields=["state", "undone_at", "undone_by", "undone_reason", "former_items"])
    if booked:
        _reverse_difference(account, match, booked[0], actor, at)
    breaks.reopen_of(released=released, actor=actor, at=at, bank_account=account)
    match_rows.publish(account, events.ENTRIES_UNMATCHED, [(match, released)], at)
    log.record(
        action="ledger.match.undone",
        actor=actor,
        at=at,
        target=match.public_id,
        reason=match.undone_reason,
        before={"state": str(MatchState.LIVE), "found_by": match.found_by},
        after={"state": str(MatchState.UNDONE), "items": match.former_items},
    )
    return match


def _reverse_difference(account: BankAccount, match: Match, booked: ReconciliationItem, actor: Actor, at: datetime) -> None:
    """The difference is booked back; its entry and the reversal cancel each other out, so they are a match of their own."""
    journal = booked.journal
    posted = journals.reverse(
        book_id=journal.book_id, journal_id=journal.pk, actor=actor, reason="The match was undone", cause=match.public_id
    )
    back = ReconciliationItem(account_id=booked.account_id, journal_id=posted.journal_id)
    items.of_journals(bank_account=account, wanted=[back])
    pair = match_rows.new_match(
        account, [], MatchPass.REVERSAL, "A difference that was booked and taken back.", Decimal(0), actor, at
    )
    pair.save(force_insert=True)
    items.write_states([items.NewState(item.pk, ItemState.MATCHED, pair.pk) for item in (booked, back)])
