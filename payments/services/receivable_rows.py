"""The rows of what customers owe, moved with the journals that add to it and take from it, in their transaction.

Whoever locks balances does so before: a row is the last thing that is locked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from payments import events
from payments.choices import ReceivableState
from payments.models import Payment, Receivable
from payments.services.steps import plain
from payments.states import RECEIVABLE_MOVES
from wallets.models import Wallet

S = ReceivableState


def add(payment: Payment, wallet: Wallet, owed: Money, *, actor: Actor, at: datetime) -> Receivable:
    """So much of what was taken back the wallet did not have: its customer owes it, beside what is owed already."""
    currency = owed.currency.code
    known = Receivable.objects.select_for_update(no_key=True, of=("self",))
    row = known.filter(customer_id=wallet.customer_id, currency=currency, state=S.OPEN).first()
    if row is not None:
        row.owed, row.payment, row.updated_at = row.owed + owed.amount, payment, at
        row.save(update_fields=["owed", "payment", "updated_at"])
    else:
        row = Receivable.objects.create(
            id=ids.uuid7(),
            partner_id=wallet.partner_id,
            customer_id=wallet.customer_id,
            payment=payment,
            currency=currency,
            owed=owed.amount,
            created_at=at,
            updated_at=at,
        )
    tell(row, events.RECEIVABLE_GREW, owed, actor=actor, at=at, payment_id=payment.public_id)
    return row


def end(row: Receivable, to: ReceivableState, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Take the last step with a locked row, and keep what was changed on it. Raises IllegalMove."""
    check_move(RECEIVABLE_MOVES, S(row.state), to)
    row.state, row.reason, row.ended_by, row.ended_at, row.updated_at = to, reason, str(actor), at, at
    row.save()


def left(row: Receivable) -> Money:
    """What is still owed; of one that was written off, what was given up."""
    return Money(row.owed - row.recovered, row.currency)


def tell(row: Receivable, fact: str, amount: Money, *, reason: str = "", actor: Actor, at: datetime, **more: Any) -> None:
    """Audit and outbox hear of a step by ``amount``."""
    data = {**facts(row), "amount": plain(amount.amount, row.currency), **more}
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, reason=reason, after=data)
    outbox.publish(type=fact, partner_id=row.partner_id, subject=row.public_id, data=data, at=at)


def facts(row: Receivable) -> Mapping[str, Any]:
    """What audit and events say of it."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "state": str(row.state),
        "left": plain(left(row).amount, row.currency),
    }
