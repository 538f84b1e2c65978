"""Transfers from wallet to wallet of one partner: at once, or authorised and then captured."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from flowlet.core import ids, reasons
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.services import journals
from wallets import errors, events
from wallets.choices import TransferKind, TransferStatus
from wallets.models import Transfer
from wallets.services import holds, lapses, notices, recipes, records, spending
from wallets.services.holds import Captured
from wallets.services.names import checked_external_id, unique_external_id
from wallets.services.spending import WalletBalance


@dataclass(frozen=True, slots=True)
class TransferAfter:
    """A transfer after a step, with the balances of the wallets that the step touched."""

    transfer: Transfer
    balances: list[WalletBalance]


@transaction.atomic(savepoint=False)
def make(
    *,
    partner_id: UUID,
    source_id: UUID,
    target_id: UUID,
    amount: Money,
    description: str = "",
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    effective_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> TransferAfter:
    """Move ``amount`` at once. ``effective_on`` (default: today) is the day it counts for in the books; limits count on the day of ``at``.

    Raises what ``spending.begin`` raises (standing and limits), InsufficientFunds, PeriodClosed, EffectiveDayOutOfRange,
    DuplicateExternalId, and refusals of form.
    """
    transfer = new(
        partner_id=partner_id,
        source_id=source_id,
        target_id=target_id,
        amount=amount,
        description=description,
        external_id=external_id,
        metadata=metadata,
        at=at,
    )
    facts = spending.begin(partner_id=partner_id, source_id=source_id, target_id=target_id, amount=amount, at=at)
    source, target = facts.source_account, facts.target_account
    with spending.in_words_of_wallets({source: source_id, target: target_id}):
        posted = journals.post(
            book_id=facts.book_id,
            legs=recipes.legs(debit=source, credit=target, amount=amount),
            kind=recipes.TRANSFER,
            actor=actor,
            effective_on=effective_on,
            cause=transfer.public_id,
        )
    transfer.journal_id = posted.journal_id
    with unique_external_id(Transfer, partner_id=partner_id, external_id=transfer.external_id):
        records.insert(transfer)
    _tell(transfer, events.TRANSFER_COMPLETED, actor=actor, at=at)
    currency = transfer.currency
    return TransferAfter(
        transfer,
        [
            spending.balance_of(source_id, posted.balances[source], currency),
            spending.balance_of(target_id, posted.balances[target], currency, lapsed=facts.target_lapsed),
        ],
    )


@transaction.atomic(savepoint=False)
def authorize(
    *,
    partner_id: UUID,
    source_id: UUID,
    target_id: UUID,
    amount: Money,
    expires_at: datetime | None = None,
    description: str = "",
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> TransferAfter:
    """Hold ``amount`` of the source wallet for the target until it is captured, voided, or ``expires_at`` (default: seven days on).

    Counts against the limits at once. Raises as ``make``, and ExpiryOutOfRange.
    """
    transfer = new(
        partner_id=partner_id,
        source_id=source_id,
        target_id=target_id,
        amount=amount,
        description=description,
        external_id=external_id,
        metadata=metadata,
        at=at,
    )
    transfer.kind, transfer.status = TransferKind.AUTHORIZED, TransferStatus.AUTHORIZED
    transfer.captured, transfer.completed_at = Decimal(0), None
    facts = spending.begin(partner_id=partner_id, source_id=source_id, target_id=target_id, amount=amount, at=at)
    hold, after = holds.put(
        facts=facts,
        partner_id=partner_id,
        wallet_id=source_id,
        amount=amount,
        expires_at=expires_at,
        description=description,
        external_id=None,
        metadata=None,
        at=at,
    )
    transfer.hold_id = hold.pk
    transfer.hold = hold
    with unique_external_id(Transfer, partner_id=partner_id, external_id=transfer.external_id):
        records.insert(transfer)
    _tell(transfer, events.TRANSFER_AUTHORIZED, actor=actor, at=at)
    return TransferAfter(transfer, [spending.balance_of(source_id, after, transfer.currency)])


@transaction.atomic(savepoint=False)
def capture(
    *, partner_id: UUID, transfer_id: UUID, amount: Money | None = None, is_final: bool = False, actor: Actor, at: datetime
) -> Captured:
    """Move ``amount`` (default: all that is left) of an authorised transfer. May be done several times.

    When nothing is left, or with ``is_final``, which releases the rest, the transfer is COMPLETED. Raises TransferNotFound,
    TransferNotAuthorized, HoldTooSmall, CurrencyMismatch, and of ``spending.begin`` what concerns standing.
    """
    found = get(transfer_id, partner_id=partner_id)
    facts = spending.begin(partner_id=partner_id, source_id=found.source_id, target_id=found.target_id, amount=None, at=at)
    transfer = locked(transfer_id)
    check_waits(transfer)
    hold = holds.locked(transfer.hold_id)
    value = holds.checked_part(hold, amount)
    balances = holds.draw(hold, value, facts=facts, transfer=transfer, is_final=is_final, actor=actor, at=at)
    transfer.captured += value.amount
    if not hold.remaining:
        transfer.status, transfer.completed_at = TransferStatus.COMPLETED, at
    transfer.save(update_fields=["captured", "status", "completed_at", "journal_id"])
    done = transfer.status == TransferStatus.COMPLETED
    _tell(transfer, events.TRANSFER_COMPLETED if done else events.TRANSFER_CAPTURED, actor=actor, at=at)
    return Captured(transfer, hold, balances)


@transaction.atomic(savepoint=False)
def void(*, transfer_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> TransferAfter:
    """Give back what is left of an authorised transfer. It is VOIDED, or COMPLETED when a part was captured.

    Raises TransferNotFound, TransferNotAuthorized.
    """
    found = get(transfer_id, partner_id=partner_id)
    allowance = spending.lock(wallet_id=found.source_id, at=at)
    transfer = locked(transfer_id)
    check_waits(transfer)
    hold = holds.locked(transfer.hold_id)
    after = holds.let_go(hold, allowance, at=at)
    fact = lapses.close_rest(transfer, to=TransferStatus.VOIDED, at=at)
    _tell(transfer, fact, actor=actor, at=at, reason=reasons.kept(reason))
    return TransferAfter(transfer, [spending.balance_of(transfer.source_id, after, transfer.currency)])


def new(
    *,
    partner_id: UUID,
    source_id: UUID,
    target_id: UUID,
    amount: Money,
    description: str,
    external_id: str | None,
    metadata: dict[str, str] | None,
    at: datetime,
) -> Transfer:
    """A completed transfer that is not written yet. Raises refusals of form."""
    return Transfer(
        id=ids.uuid7(),
        partner_id=partner_id,
        source_id=source_id,
        target_id=target_id,
        kind=TransferKind.IMMEDIATE,
        status=TransferStatus.COMPLETED,
        currency=amount.currency.code,
        amount=amount.amount,
        captured=amount.amount,
        refunded=Decimal(0),
        description=records.checked_description(description),
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata) if metadata else {},
        created_at=at,
        completed_at=at,
    )


def get(transfer_id: UUID, *, partner_id: UUID | None = None) -> Transfer:
    """The transfer, of this partner if one is named. Raises TransferNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    transfer = Transfer.objects.filter(pk=transfer_id, **scope).first()
    if transfer is None:
        raise errors.TransferNotFound(f"There is no transfer {ids.public_id('trf', transfer_id)}.")
    return transfer


def locked(transfer_id: UUID) -> Transfer:
    """The transfer with its row locked."""
    return Transfer.objects.select_for_update(no_key=True).get(pk=transfer_id)


def check_waits(transfer: Transfer) -> None:
    """Raises TransferNotAuthorized."""
    if transfer.status != TransferStatus.AUTHORIZED:
        raise errors.TransferNotAuthorized(f"The transfer is {transfer.get_status_display().lower()}.", status=transfer.status)


def _tell(transfer: Transfer, fact: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    notices.tell(
        fact,
        subject=transfer.public_id,
        partner_id=transfer.partner_id,
        actor=actor,
        at=at,
        reason=reason,
        data=notices.of_transfer(transfer),
    )
