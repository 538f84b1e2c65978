"""Holds: placed, captured in part or in whole, released. ``lapses`` ends those whose time is over."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from flowlet.core import ids, reasons
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.services import holds as books
from ledger.services import journals
from ledger.services.journals import BalanceAfter, HoldChange
from wallets import errors, events, policies
from wallets.choices import HoldStatus, TransferKind, TransferStatus
from wallets.models import Hold, Transfer
from wallets.services import notices, recipes, records, spending
from wallets.services.names import checked_external_id, unique_external_id
from wallets.services.spending import WalletBalance

NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # when holds expire that are kept for something


@dataclass(frozen=True, slots=True)
class HoldAfter:
    """A hold after a step, with the balance of its wallet."""

    hold: Hold
    balances: list[WalletBalance]


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture: the transfer that it made or went on with, its hold, and the balances of both wallets."""

    transfer: Transfer
    hold: Hold
    balances: list[WalletBalance]


@transaction.atomic(savepoint=False)
def place(
    *,
    partner_id: UUID,
    wallet_id: UUID,
    amount: Money,
    expires_at: datetime | None = None,
    description: str = "",
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> HoldAfter:
    """Set ``amount`` of the wallet aside until ``expires_at`` (default: seven days on); it counts against the limits at once.

    Raises what ``spending.begin`` raises, InsufficientFunds, ExpiryOutOfRange, DuplicateExternalId and refusals of form.
    """
    facts = spending.begin(partner_id=partner_id, source_id=wallet_id, target_id=None, amount=amount, at=at)
    hold, after = put(
        facts=facts,
        partner_id=partner_id,
        wallet_id=wallet_id,
        amount=amount,
        expires_at=expires_at,
        description=description,
        external_id=external_id,
        metadata=metadata,
        at=at,
    )
    _tell(hold, events.HOLD_PLACED, actor=actor, at=at)
    return HoldAfter(hold, [spending.balance_of(wallet_id, after, hold.currency)])


@transaction.atomic(savepoint=False)
def capture(
    *,
    partner_id: UUID,
    hold_id: UUID,
    target_id: UUID,
    amount: Money | None = None,
    is_final: bool = False,
    description: str = "",
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    effective_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> Captured:
    """Move ``amount`` (default: all that is left) of the hold to the target wallet as a completed transfer.

    May be done several times until nothing is left; ``is_final`` releases the rest at once. Limits were counted when the hold was
    placed; ``effective_on`` (default: today) is the day the capture counts for in the books. Raises HoldNotFound, HoldEnded, HoldTooSmall,
    HoldBelongsToTransfer, HoldIsKept, CurrencyMismatch, DuplicateExternalId, PeriodClosed, EffectiveDayOutOfRange, and of
    ``spending.begin`` what concerns the standing of wallets and customers.
    """
    source_id = wallet_of(hold_id, partner_id=partner_id)
    facts = spending.begin(partner_id=partner_id, source_id=source_id, target_id=target_id, amount=None, at=at)
    hold = locked(hold_id)
    check_is_free_standing(hold)
    value = checked_part(hold, amount)
    transfer = Transfer(
        id=ids.uuid7(),
        partner_id=partner_id,
        source_id=source_id,
        target_id=target_id,
        kind=TransferKind.HOLD_CAPTURE,
        status=TransferStatus.COMPLETED,
        currency=hold.currency,
        amount=value.amount,
        captured=value.amount,
        hold_id=hold.pk,
        description=records.checked_description(description),
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
        completed_at=at,
    )
    balances = draw(hold, value, facts=facts, transfer=transfer, is_final=is_final, effective_on=effective_on, actor=actor, at=at)
    with unique_external_id(Transfer, partner_id=partner_id, external_id=transfer.external_id):
        records.insert(transfer)
    _tell(hold, events.HOLD_CAPTURED, actor=actor, at=at)
    notices.tell(
        events.TRANSFER_COMPLETED,
        subject=transfer.public_id,
        partner_id=partner_id,
        actor=actor,
        at=at,
        data=notices.of_transfer(transfer),
    )
    return Captured(transfer, hold, balances)


@transaction.atomic(savepoint=False)
def release(*, hold_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime) -> HoldAfter:
    """Give back what is left of the hold; its part of the limits is free again. Works on frozen wallets too.

    Raises HoldNotFound, HoldEnded, HoldBelongsToTransfer, HoldIsKept.
    """
    found = get(hold_id, partner_id=partner_id)
    found_at = spending.lock(wallet_id=found.wallet_id, at=at)
    hold = locked(hold_id)
    check_is_free_standing(hold)
    policies.check_is_open_hold(hold)
    after = let_go(hold, found_at, at=at)
    _tell(hold, events.HOLD_RELEASED, actor=actor, at=at, reason=reasons.kept(reason))
    return HoldAfter(hold, [spending.balance_of(hold.wallet_id, after, hold.currency)])


def put(
    *,
    facts: spending.Facts,
    partner_id: UUID,
    wallet_id: UUID,
    amount: Money,
    expires_at: datetime | None,
    description: str,
    external_id: str | None,
    metadata: dict[str, str] | None,
    kept_for: str = "",
    at: datetime,
) -> tuple[Hold, BalanceAfter]:
    """Write the hold whose amount ``facts`` have counted, and hold the money in the books.

    What is ``kept_for`` something (a public id) has no expiry of its own.
    """
    if kept_for:
        expires_at = NEVER
    else:
        expires_at = expires_at or at + policies.USUAL_HOLD
        policies.check_expiry(expires_at, at=at)
    hold = Hold(
        id=ids.uuid7(),
        partner_id=partner_id,
        wallet_id=wallet_id,
        allowance_id=facts.allowance_id,
        currency=amount.currency.code,
        amount=amount.amount,
        captured=Decimal(0),
        released=Decimal(0),
        expires_at=expires_at,
        counted_on=facts.day,
        description=records.checked_description(description),
        external_id=checked_external_id(external_id),
        kept_for=kept_for,
        metadata=notes.checked(metadata or {}),
        created_at=at,
    )
    with unique_external_id(Hold, partner_id=partner_id, external_id=hold.external_id):
        hold.save(force_insert=True)
    with spending.in_words_of_wallets({facts.source_account: wallet_id}):
        balances = books.change(book_id=facts.book_id, changes=[HoldChange(facts.source_account, amount.amount)])
    return hold, balances[facts.source_account]


def draw(
    hold: Hold,
    value: Money,
    *,
    facts: spending.Facts,
    transfer: Transfer,
    is_final: bool,
    effective_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> list[WalletBalance]:
    """Move ``value`` of the locked hold to the transfer's target and let go of the rest if it is the last time."""
    rest = hold.remaining - value.amount if is_final else Decimal(0)
    source, target = facts.source_account, facts.target_account
    accounts = {source: transfer.source_id, target: transfer.target_id}
    with spending.in_words_of_wallets(accounts):
        posted = journals.post(
            book_id=facts.book_id,
            legs=recipes.legs(debit=source, credit=target, amount=value),
            kind=recipes.CAPTURE,
            actor=actor,
            effective_on=effective_on,
            cause=transfer.public_id,
            holds=[HoldChange(source, -(value.amount + rest))],
        )
    transfer.journal_id = posted.journal_id
    spending.uncount(allowance_id=facts.allowance_id, wallet_id=hold.wallet_id, day=hold.counted_on, amount=rest)
    hold.captured += value.amount
    hold.released += rest
    if not hold.remaining:
        hold.status, hold.ended_at = HoldStatus.CAPTURED, at
    hold.save(update_fields=["captured", "released", "status", "ended_at"])
    return [
        spending.balance_of(transfer.source_id, posted.balances[source], hold.currency),
        spending.balance_of(transfer.target_id, posted.balances[target], hold.currency, lapsed=facts.target_lapsed),
    ]


def let_go(hold: Hold, locked: spending.Locked, *, at: datetime) -> BalanceAfter:
    """Release what is left of the locked, open hold."""
    left = hold.remaining
    balances = books.change(book_id=locked.book_id, changes=[HoldChange(locked.source_account, -left)])
    spending.uncount(allowance_id=locked.allowance_id, wallet_id=hold.wallet_id, day=hold.counted_on, amount=left)
    hold.released += left
    hold.status, hold.ended_at = HoldStatus.RELEASED, at
    hold.save(update_fields=["released", "status", "ended_at"])
    return balances[locked.source_account]


def checked_part(hold: Hold, amount: Money | None) -> Money:
    """How much of the locked hold is to be captured. Raises HoldEnded, CurrencyMismatch, HoldTooSmall."""
    policies.check_is_open_hold(hold)
    value = Money(hold.remaining, hold.currency) if amount is None else amount
    if value.currency.code != hold.currency:
        raise errors.CurrencyMismatch(f"The hold is in {hold.currency}.", param="amount.currency", currency=hold.currency)
    if value.amount > hold.remaining:
        left = notices.plain(hold.remaining, hold.currency)
        raise errors.HoldTooSmall(f"{left['amount']} {hold.currency} is left of the hold.", param="amount", left=left)
    return value


def check_is_free_standing(hold: Hold) -> None:
    """Raises HoldBelongsToTransfer, HoldIsKept."""
    if hold.kept_for:
        raise errors.HoldIsKept(kept_for=hold.kept_for)
    owner = Transfer.objects.filter(hold_id=hold.pk, kind=TransferKind.AUTHORIZED).only("id").first()
    if owner is not None:
        raise errors.HoldBelongsToTransfer(transfer_id=owner.public_id)


def get(hold_id: UUID, *, partner_id: UUID | None = None) -> Hold:
    """The hold, of this partner if one is named. Raises HoldNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    hold = Hold.objects.filter(pk=hold_id, **scope).first()
    if hold is None:
        raise errors.HoldNotFound(f"There is no hold {ids.public_id('hld', hold_id)}.")
    return hold


def wallet_of(hold_id: UUID, *, partner_id: UUID) -> UUID:
    """The key of the wallet whose money it holds. Raises HoldNotFound."""
    return get(hold_id, partner_id=partner_id).wallet_id


def locked(hold_id: UUID) -> Hold:
    """The hold with its row locked; its allowance is locked before."""
    return Hold.objects.select_for_update(no_key=True).get(pk=hold_id)


def _tell(hold: Hold, fact: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    notices.tell(
        fact,
        subject=hold.public_id,
        partner_id=hold.partner_id,
        actor=actor,
        at=at,
        reason=reason,
        data=notices.of_hold(hold),
    )
