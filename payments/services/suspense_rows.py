"""The rows of suspense: what lies there of each payment, moved with the journals that put it there and take it out, in their transaction.

The payment's row is locked by the caller. What a bank said of the payer is sealed: whoever it is, we have no contract with them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flowlet.audit.services import log
from flowlet.core import crypto, ids, masking
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from payments import events
from payments.choices import Direction, SuspenseCause, SuspenseState
from payments.models import Payment, SuspenseItem
from payments.services.steps import plain
from payments.states import SUSPENSE_MOVES
from wallets.models import Wallet

S = SuspenseState


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who paid, as the bank says. Personal data."""

    name: str = field(default="", repr=False)
    account: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.name or self.account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is known of money that came by itself: who paid, and why no wallet is named."""

    payer: Payer = field(default_factory=Payer)
    cause: SuspenseCause = SuspenseCause.NOBODY


def lay(
    payment: Payment, amount: Money, *, came_by: str, cause: SuspenseCause, payer: Payer | None = None, actor: Actor, at: datetime
) -> SuspenseItem:
    """So much of the payment's money has come to lie in suspense, beside what lies there already."""
    row = SuspenseItem.objects.select_for_update(no_key=True).filter(payment=payment, state=S.OPEN).first()
    if row is not None:
        row.amount, row.updated_at = row.amount + amount.amount, at
        row.save(update_fields=["amount", "updated_at"])
    else:
        row = SuspenseItem(
            id=ids.uuid7(),
            partner_id=payment.partner_id,
            payment=payment,
            currency=payment.currency,
            amount=amount.amount,
            came_by=came_by,
            cause=cause,
            created_at=at,
            updated_at=at,
        )
        if payer:
            row.sealed = crypto.seal(json.dumps(asdict(payer)).encode(), aad=aad(row))
        row.save(force_insert=True)
    data = {**facts(row), "amount": plain(amount.amount, row.currency)}
    log.record(action=events.PAYMENT_SUSPENDED, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, after=data)
    outbox.publish(
        type=events.PAYMENT_SUSPENDED,
        partner_id=row.partner_id,
        subject=payment.public_id,
        data={**data, "id": payment.public_id},
        at=at,
    )
    return row


def take_out(payment: Payment, amount: Money, *, actor: Actor, at: datetime) -> None:
    """So much of it has gone back; when nothing is left, the row ends."""
    row = SuspenseItem.objects.select_for_update(no_key=True).filter(payment=payment, state=S.OPEN).first()
    if row is None:
        return
    before, row.updated_at = row.amount, at
    if amount.amount < row.amount:
        row.amount -= amount.amount
        row.save(update_fields=["amount", "updated_at"])
    else:
        end(row, S.RETURNED, actor=actor, at=at)
    log.record(
        action=events.SUSPENSE_RETURNED,
        actor=actor,
        at=at,
        target=row.public_id,
        partner_id=row.partner_id,
        before={"amount": plain(before, row.currency)},
        after={"state": str(row.state), "returned": plain(min(amount.amount, before), row.currency)},
    )


def end(
    row: SuspenseItem,
    to: SuspenseState,
    *,
    wallet: Wallet | None = None,
    journal_id: UUID | None = None,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Take the last step with a locked row. Raises IllegalMove."""
    check_move(SUSPENSE_MOVES, S(row.state), to)
    row.state, row.wallet, row.journal_id, row.reason = to, wallet, journal_id, reason
    row.ended_by, row.ended_at, row.updated_at = str(actor), at, at
    row.save(update_fields=["state", "wallet", "journal_id", "reason", "ended_by", "ended_at", "updated_at"])


def payer_of(row: SuspenseItem) -> Payer:
    """Who paid. Personal data."""
    if row.sealed is None:
        return Payer()
    return Payer(**json.loads(crypto.open_sealed(bytes(row.sealed), aad=aad(row))))


def masked_payer(row: SuspenseItem) -> str:
    """Who paid, as everybody may see it; "" where no bank has said."""
    payer = payer_of(row)
    return masked_name(payer) or masked_account(payer)


def masked_name(payer: Payer) -> str:
    """The first letter of each word."""
    return masking.text(payer.name)


def masked_account(payer: Payer) -> str:
    """The end of the number."""
    return masking.tail(payer.account) if payer.account else ""


def facts(row: SuspenseItem) -> Mapping[str, Any]:
    """What audit and events say of it."""
    payment = row.payment
    return {
        "suspense_item_id": row.public_id,
        "payment_id": payment.public_id,
        "rail": payment.rail,
        "direction": str(Direction(payment.direction)),
        "wallet_id": ids.public_id(Wallet.PREFIX, payment.wallet_id) if payment.wallet_id else None,
        "reference": payment.reference,
        "amount": plain(row.amount, row.currency),
        "cause": str(row.cause),
    }


def aad(row: Any) -> str:
    """The place of a row's sealed payer."""
    return f"payments_suspenseitem.sealed:{row.pk}"
