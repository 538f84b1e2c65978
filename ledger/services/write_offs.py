"""Writing a break off: one person asks, another decides, then a journal puts books and bank in line."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from flowlet.approvals import registry
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core import money
from flowlet.core.actors import Actor
from ledger import errors
from ledger.choices import OPEN_STATES, BreakState, ItemSide, ItemState, MatchPass
from ledger.models import Break, Journal, ReconciliationItem
from ledger.services import accounts, breaks, items, journals, match_rows
from ledger.services.journals import Leg

KIND = "ledger.write_off_break"
JOURNAL_KIND = "write_off"


def register() -> None:
    """Say that write-offs can be asked for, and who makes and checks them."""
    registry.kind(
        KIND,
        label="Write off a break",
        maker_permission="ledger.request_write_off",
        checker_permission="ledger.approve_write_off",
        execute=execute,
        describe=describe,
    )


def check_can_write_off(*, row: Break) -> None:
    """Raise ItemNotOpen unless the break is open and stands for a line or an entry."""
    if row.state == BreakState.CLOSED or row.item is None or row.item.state not in OPEN_STATES:
        raise errors.ItemNotOpen(
            "Only an open line or entry is written off; explain a difference from before the first statement."
        )


@transaction.atomic
def submit(*, break_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for a break to be written off. Raises NotFound, ItemNotOpen, MayNot, MalformedRequest, AlreadyPending."""
    row = breaks.locked(break_id)
    check_can_write_off(row=row)
    payload = {
        "break": row.public_id,
        "bank_account": row.bank_account.public_id,
        "side": str(row.side),
        "amount": {"amount": money.to_text(row.amount, row.currency), "currency": row.currency},
        "line": row.bank_account.write_off_line,
    }
    return requests.submit(kind=KIND, payload=payload, subject=row.public_id, reason=reason, actor=actor, at=at)


def execute(*, approval: Approval, actor: Actor, at: datetime) -> Journal:
    """Post the write-off and match it with what was written off. Obsolete when the break was settled meanwhile."""
    row = breaks.locked(Break.key(approval.payload["break"]))
    try:
        check_can_write_off(row=row)
    except errors.ItemNotOpen:
        raise Obsolete("The break was settled meanwhile.") from None
    item, account = row.item, row.bank_account
    member = account.members.select_related("account__book").filter(account_id=item.account_id).first()
    nostro = (member or account.members.select_related("account__book").order_by("account_id").first()).account
    against = accounts.system_account(
        book_id=nostro.book_id, line=approval.payload["line"], currency=account.currency, actor=actor, at=at
    )
    # What the bank has and we have not is added; what we have and the bank has not is taken out.
    change = item.amount if item.side == ItemSide.THEIRS else -item.amount
    amount = money.exact(abs(change), account.currency)
    sides = ("DEBIT", "CREDIT") if change > 0 else ("CREDIT", "DEBIT")
    posted = journals.post(
        book_id=nostro.book_id,
        legs=[Leg(nostro.pk, sides[0], amount), Leg(against.pk, sides[1], amount)],
        kind=JOURNAL_KIND,
        actor=actor,
        description=f"Write-off: {approval.reason}"[:500],
        cause=approval.public_id,
        metadata={"break": row.public_id, "maker": approval.maker_id, "checker": actor.id},
    )
    booked = ReconciliationItem(account_id=nostro.pk, journal_id=posted.journal_id)
    items.of_journals(bank_account=account, wanted=[booked])
    match = match_rows.new_match(account, [item], MatchPass.WRITE_OFF, approval.reason, Decimal(0), actor, at)
    match_rows.keep(
        account=account, matches=[match], members=[[item, booked]], actor=actor, at=at, settled_as=ItemState.WRITTEN_OFF
    )
    row.reason = approval.reason[:500]
    row.save(update_fields=["reason"])
    breaks.close_of(item_ids=[item.pk], actor=actor, at=at, bank_account=account)
    return Journal.objects.get(pk=posted.journal_id)


def describe(approval: Approval) -> Mapping[str, str]:
    """What the checker reads."""
    asked = approval.payload
    row = Break.objects.select_related("bank_account", "item__line", "item__journal").get(pk=Break.key(asked["break"]))
    shown = {
        "Bank account": str(row.bank_account),
        "Break": f"{row.get_type_display()}, {row.dated_on}",
        "Amount": f"{Decimal(asked['amount']['amount']):,} {asked['amount']['currency']}",
        "Against": f"chart line {asked['line']}",
    }
    if row.item is not None and row.item.reference:
        shown["Reference"] = row.item.reference
    return shown
