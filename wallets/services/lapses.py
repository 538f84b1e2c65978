"""Holds whose time is over: ended at the next lock of their allowance, or by the sweeper."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from flowlet.audit.services import log
from flowlet.audit.services.log import NewRecord
from flowlet.core import actors
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from ledger.services import holds as books
from ledger.services.journals import HoldChange
from wallets import events
from wallets.choices import HoldStatus, TransferKind, TransferStatus
from wallets.models import Allowance, Hold, Transfer
from wallets.services import notices, spending

_ANY_DUE = "SELECT EXISTS (SELECT FROM wallets_hold WHERE allowance_id = ANY (%s) AND status = 'OPEN' AND expires_at <= %s)"
ACTOR = actors.system("wallets.expire_holds")


def sweep(*, at: datetime, partner_id: UUID | None = None, limit: int = 500) -> int:
    """End holds that expired by ``at`` (of one partner, or of all), the oldest ``limit`` of them; returns how many.

    Each allowance is a transaction of its own.
    """
    due = Hold.objects.filter(status=HoldStatus.OPEN, expires_at__lte=at)
    if partner_id is not None:
        due = due.filter(partner_id=partner_id)
    due = due.order_by("expires_at").values_list("allowance_id", flat=True)
    ended = 0
    for allowance_id in sorted(set(due[:limit])):
        with transaction.atomic():
            Allowance.objects.select_for_update(no_key=True).get(pk=allowance_id)
            ended += end_many(allowance_ids=[allowance_id], accounts=set(), at=at)
    return ended


def end_many(*, allowance_ids: Collection[int], accounts: set[int], at: datetime) -> int:
    """End the lapsed holds of allowances (of one book) that are locked; ``accounts`` are locked with theirs, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY_DUE, [list(allowance_ids), at])
        if not cursor.fetchone()[0]:  # as nearly always
            return 0
    due = Hold.objects.filter(allowance__in=allowance_ids, status=HoldStatus.OPEN, expires_at__lte=at)
    transfers = {
        transfer.hold_id: transfer
        for transfer in Transfer.objects.select_for_update(no_key=True)
        .filter(hold__in=due.values("pk"), kind=TransferKind.AUTHORIZED)
        .order_by("id")
    }
    holds = list(due.select_for_update(no_key=True, of=("self",)).select_related("wallet__account").order_by("id"))
    if not holds:
        return 0
    book_id = holds[0].wallet.account.book_id
    books.lock(book_id=book_id, account_ids=accounts | {hold.wallet.account_id for hold in holds})
    books.change(book_id=book_id, changes=[HoldChange(hold.wallet.account_id, -hold.remaining) for hold in holds])
    told: list[tuple[str, str, Hold | Transfer, dict]] = []
    for hold in holds:
        left = hold.remaining
        spending.uncount(allowance_id=hold.allowance_id, wallet_id=hold.wallet_id, day=hold.counted_on, amount=left)
        hold.released += left
        hold.status, hold.ended_at = HoldStatus.EXPIRED, at
        hold.save(update_fields=["released", "status", "ended_at"])
        told.append((events.HOLD_EXPIRED, HoldStatus.OPEN, hold, notices.of_hold(hold)))
        transfer = transfers.get(hold.pk)
        if transfer is not None:
            fact = close_rest(transfer, to=TransferStatus.EXPIRED, at=at)
            told.append((fact, TransferStatus.AUTHORIZED, transfer, notices.of_transfer(transfer)))
    log.record_many(
        [
            NewRecord(action=fact, target=row.public_id, partner_id=row.partner_id, before={"status": before}, after=data)
            for fact, before, row, data in told
        ],
        actor=ACTOR,
        at=at,
    )
    outbox.publish_many(
        [NewEvent(type=fact, partner_id=row.partner_id, subject=row.public_id, data=data, at=at) for fact, _, row, data in told]
    )
    return len(holds)


def close_rest(transfer: Transfer, *, to: TransferStatus, at: datetime) -> str:
    """End an authorised transfer of which nothing more can be captured; returns the fact. What was captured completes it."""
    if transfer.captured > Decimal(0):
        transfer.status, transfer.completed_at = TransferStatus.COMPLETED, at
        fact = events.TRANSFER_COMPLETED
    else:
        transfer.status = to
        fact = events.TRANSFER_EXPIRED if to == TransferStatus.EXPIRED else events.TRANSFER_VOIDED
    transfer.save(update_fields=["status", "completed_at"])
    return fact
