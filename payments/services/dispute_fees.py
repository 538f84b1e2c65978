"""What an acquirer charges for a dispute: the platform's own cost, taken from what it owes us, and given back or not when the dispute ends.

The acquirer says how much it has charged in all so far; what is booked is the difference to what was booked before. So it is booked once,
however often it is told, grows when answering costs more, and is reversed by what comes back. The journals' cause is the dispute.
"""

from datetime import datetime

from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.services import accounts, charts, journals
from ledger.services.journals import Leg
from payments import errors
from payments.models import Dispute
from payments.services import postings, recipes, steps


def book(row: Dispute, fee: Money, *, actor: Actor, at: datetime) -> None:
    """The acquirer has charged ``fee`` in all for the locked dispute. Raises AmountDiffers for less than nothing, and for another currency
    than before.
    """
    currency = fee.currency.code
    if fee.amount < 0 or (row.fee_currency not in {"", currency} and fee.amount):
        known = Money(row.fee, row.fee_currency or currency)
        raise errors.AmountDiffers(
            f"A dispute costs {known.amount} {known.currency.code} so far; the acquirer says {fee.amount} {currency}.",
            expected=steps.plain(known.amount, known.currency.code),
        )
    more = fee.amount - row.fee
    if not more:
        return
    currency = row.fee_currency or currency
    payment = row.payment
    book_id = postings.book_of(row.partner_id)
    common = {"book_id": book_id, "currency": currency, "actor": actor, "at": at}
    cost = accounts.system_account(line=charts.PROVIDER_COSTS, **common).pk
    owed = accounts.system_account(line=postings.bank_line(payment.rail), **common).pk
    left, right = (cost, owed) if more > 0 else (owed, cost)
    amount = Money(abs(more), currency)
    journals.post(
        book_id=book_id,
        legs=[Leg(left, "DEBIT", amount), Leg(right, "CREDIT", amount)],
        kind=recipes.DISPUTE_FEE if more > 0 else recipes.DISPUTE_FEE_BACK,
        cause=row.public_id,
        metadata={**postings.notes(payment), "dispute": row.provider_id},
        actor=actor,
    )
    row.fee, row.fee_currency, row.updated_at = fee.amount, currency, at
    row.save(update_fields=["fee", "fee_currency", "updated_at"])
