"""Refunds: money of a transfer goes back, in whole or in parts, never more than was captured."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from flowlet.core import ids
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.services import journals
from wallets import errors, events
from wallets.models import Refund, Transfer
from wallets.services import notices, recipes, records, spending, transfers
from wallets.services.names import checked_external_id, unique_external_id
from wallets.services.spending import WalletBalance


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund, its transfer after it, and the balances of both wallets."""

    refund: Refund
    transfer: Transfer
    balances: list[WalletBalance]


@transaction.atomic(savepoint=False)
def make(
    *,
    partner_id: UUID,
    transfer_id: UUID,
    amount: Money | None = None,
    reason: str = "",
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    effective_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> Refunded:
    """Move ``amount`` (default: all that is left) of the transfer back from its target to its source wallet.

    Counts against no limit: it gives back what came in. ``effective_on`` (default: today) is the day it counts for in the books. Raises
    TransferNotFound, RefundTooLarge, CurrencyMismatch, InsufficientFunds, DuplicateExternalId, PeriodClosed, EffectiveDayOutOfRange, and
    of ``spending.begin`` what concerns the standing of wallets and customers.
    """
    found = transfers.get(transfer_id, partner_id=partner_id)
    payer, receiver = found.target_id, found.source_id
    facts = spending.begin(partner_id=partner_id, source_id=payer, target_id=receiver, amount=None, at=at)
    transfer = transfers.locked(transfer_id)
    value = _checked(transfer, amount)
    refund = Refund(
        id=ids.uuid7(),
        partner_id=partner_id,
        transfer_id=transfer.pk,
        currency=transfer.currency,
        amount=value.amount,
        reason=records.checked_description(reason),
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
    )
    source, target = facts.source_account, facts.target_account
    with spending.in_words_of_wallets({source: payer, target: receiver}):
        posted = journals.post(
            book_id=facts.book_id,
            legs=recipes.legs(debit=source, credit=target, amount=value),
            kind=recipes.REFUND,
            actor=actor,
            effective_on=effective_on,
            cause=transfer.public_id,
        )
    refund.journal_id = posted.journal_id
    with unique_external_id(Refund, partner_id=partner_id, external_id=refund.external_id):
        refund.save(force_insert=True)
    transfer.refunded += value.amount
    transfer.save(update_fields=["refunded"])
    notices.tell(
        events.TRANSFER_REFUNDED,
        subject=transfer.public_id,
        partner_id=partner_id,
        actor=actor,
        at=at,
        reason=refund.reason,
        data=notices.of_refund(refund, transfer),
    )
    currency = transfer.currency
    return Refunded(
        refund,
        transfer,
        [
            spending.balance_of(payer, posted.balances[source], currency),
            spending.balance_of(receiver, posted.balances[target], currency, lapsed=facts.target_lapsed),
        ],
    )


def _checked(transfer: Transfer, amount: Money | None) -> Money:
    value = Money(transfer.refundable, transfer.currency) if amount is None else amount
    if value.currency.code != transfer.currency:
        raise errors.CurrencyMismatch(
            f"The transfer is in {transfer.currency}.", param="amount.currency", currency=transfer.currency
        )
    if value.amount > transfer.refundable or value.amount <= 0:
        left = notices.plain(transfer.refundable, transfer.currency)
        raise errors.RefundTooLarge(
            f"{left['amount']} {transfer.currency} of the transfer can still be refunded.", param="amount", left=left
        )
    return value
