"""Customers' money on its way in or out: what upper apps (payments) keep, spend, bring and claim.

``keep`` sets money of a wallet aside for a thing (a payment) until it is spent or let go; unlike a hold of a partner's it does not lapse.
``spend`` moves it out of the wallets into other accounts of the book, ``receive`` brings money in, ``claim`` takes back what came in
before: what the wallet cannot carry becomes a receivable from its customer, so that no floor is ever broken. Their journals have no text:
what somebody wrote stands in the cause. ``metadata`` is by what the books find the journal, nothing personal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger import errors as ledger_errors
from ledger.choices import AccountMode, AccountStatus
from ledger.models import Account
from ledger.services import accounts as ledger_accounts
from ledger.services import charts, journals
from ledger.services import holds as books
from ledger.services.journals import HoldChange, Leg, NewJournal, Posted
from wallets import errors, policies
from wallets.choices import HoldStatus, WalletStatus
from wallets.models import Allowance, Hold, Wallet
from wallets.services import holds, spending


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What becomes of one kept hold: ``credits`` are the other legs and sum up to the hold's amount."""

    hold_id: UUID
    credits: Sequence[Leg]
    kind: str
    cause: str
    external_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim took: from the wallet, and what its customer owes now."""

    posted: Posted
    from_wallet: Money
    receivable: Money


@transaction.atomic
def check_standing(*, partner_id: UUID, wallet_id: UUID, at: datetime) -> None:
    """Whether money may be moved for the wallet at all. Raises WalletNotFound, PartnerSuspended, CustomerFrozen, CustomerClosed,
    WalletFrozen, WalletClosed.
    """
    spending.begin(partner_id=partner_id, source_id=wallet_id, target_id=None, amount=None, at=at)


@transaction.atomic
def keep(
    *,
    partner_id: UUID,
    wallet_id: UUID,
    target_id: UUID | None = None,
    amount: Money,
    kept_for: str,
    actor: Actor,
    at: datetime,
) -> Hold:
    """Set ``amount`` aside for the thing with the public id ``kept_for``; it counts against the limits at once. ``target_id`` is the wallet
    that it goes to in the same transaction, where there is one: both are locked, lowest key first.

    Raises what ``spending.begin`` raises (standing and limits), and InsufficientFunds.
    """
    facts = spending.begin(partner_id=partner_id, source_id=wallet_id, target_id=target_id, amount=amount, at=at)
    if facts.target_account is not None:
        books.lock(book_id=facts.book_id, account_ids=[facts.source_account, facts.target_account])
    hold, _ = holds.put(
        facts=facts,
        partner_id=partner_id,
        wallet_id=wallet_id,
        amount=amount,
        expires_at=None,
        description="",
        external_id=None,
        metadata=None,
        kept_for=kept_for,
        at=at,
    )
    return hold


@transaction.atomic
def let_go(*, hold_id: UUID, at: datetime) -> None:
    """Give the money of a kept hold back to its wallet, frozen or not, and its part of the limits. Raises HoldNotFound, HoldEnded."""
    found = holds.get(hold_id)
    locked = spending.lock(wallet_id=found.wallet_id, at=at)
    hold = holds.locked(hold_id)
    policies.check_is_open_hold(hold)
    holds.let_go(hold, locked, at=at)


@transaction.atomic
def spend(*, book_id: int, items: Sequence[Spending], actor: Actor, at: datetime) -> list[Posted]:
    """Spend kept holds in whole, one journal each, all or nothing; answers in the order of ``items``.

    Allowances, holds and balances are locked in that order, each lowest key first. Raises HoldEnded, WalletFrozen, WalletClosed (of the
    first that stands in the way), PeriodClosed, and BatchRefused for what else the books refuse.
    """
    wanted = {item.hold_id for item in items}
    allowances = Hold.objects.filter(pk__in=wanted).values("allowance_id")
    list(Allowance.objects.select_for_update(no_key=True).filter(pk__in=allowances).order_by("pk").values_list("pk"))
    rows = Hold.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=wanted).select_related("wallet").order_by("pk")
    found = {hold.pk: hold for hold in rows}
    for item in items:
        hold = found.get(item.hold_id)
        if hold is None:
            raise errors.HoldNotFound(f"There is no hold {ids.public_id('hld', item.hold_id)}.")
        policies.check_is_open_hold(hold)
        spending.check_wallet(hold.wallet.status, hold.wallet_id)
    books.change(
        book_id=book_id,
        changes=[HoldChange(found[item.hold_id].wallet.account_id, -found[item.hold_id].remaining) for item in items],
    )
    new = [_journal(item, found[item.hold_id]) for item in items]
    posted = []
    for start in range(0, len(new), journals.BATCH_LIMIT):
        part = new[start : start + journals.BATCH_LIMIT]
        posted += [done.posted for done in journals.post_batch(book_id=book_id, items=part, atomic=True, actor=actor)]
    for hold in found.values():
        hold.captured, hold.status, hold.ended_at = hold.amount, HoldStatus.CAPTURED, at
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE wallets_hold SET captured = amount, status = 'CAPTURED', ended_at = %s WHERE id = ANY (%s)", [at, list(found)]
        )
    return [one for one in posted if one is not None]


def receive(
    *,
    wallet: Wallet,
    debits: Sequence[Leg],
    amount: Money,
    kind: str,
    cause: str,
    credits: Sequence[Leg] = (),
    external_id: str = "",
    metadata: Mapping[str, Any] | None = None,
    effective_on: date | None = None,
    actor: Actor,
) -> Posted:
    """Bring ``amount`` into the wallet; ``debits`` (and further ``credits``, such as a fee) are the other legs.

    Raises WalletFrozen, WalletClosed: money that came nevertheless belongs into suspense, which is the caller's to decide.
    """
    with spending.in_words_of_wallets({wallet.account_id: wallet.pk}):
        return journals.post(
            book_id=wallet.account.book_id,
            legs=[*debits, Leg(wallet.account_id, "CREDIT", amount), *credits],
            kind=kind,
            cause=cause,
            external_id=external_id,
            metadata=metadata,
            effective_on=effective_on,
            actor=actor,
        )


@transaction.atomic
def claim(
    *,
    wallet: Wallet,
    credits: Sequence[Leg],
    amount: Money,
    kind: str,
    cause: str,
    debits: Sequence[Leg] = (),
    external_id: str = "",
    metadata: Mapping[str, Any] | None = None,
    effective_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> Claimed:
    """Take ``amount`` back from the wallet; what it has not available, or all of it when it is frozen or closed, its customer owes.

    ``credits`` (and further ``debits``) are the other legs. One journal; no floor is broken. Limits do not count it.
    """
    book_id, currency = Account.objects.values_list("book_id", "currency").get(pk=wallet.account_id)
    taken = min(available(wallets=[wallet], at=at)[wallet.pk].amount, amount.amount)
    owed = amount.amount - taken
    legs = [*debits]
    if taken:
        legs.append(Leg(wallet.account_id, "DEBIT", Money(taken, currency)))
    if owed:
        receivable = recovery_account(book_id=book_id, customer_id=wallet.customer_id, currency=currency, actor=actor, at=at)
        legs.append(Leg(receivable.pk, "DEBIT", Money(owed, currency)))
    with spending.in_words_of_wallets({wallet.account_id: wallet.pk}):
        done = journals.post(
            book_id=book_id,
            legs=[*legs, *credits],
            kind=kind,
            cause=cause,
            external_id=external_id,
            metadata=metadata,
            effective_on=effective_on,
            actor=actor,
        )
    return Claimed(done, Money(taken, currency), Money(owed, currency))


def available(*, wallets: Sequence[Wallet], at: datetime) -> dict[UUID, Money]:
    """What each wallet could give now, locked until the transaction ends: what it has and does not hold, nothing when it is frozen or
    closed. All are of one book.
    """
    for wallet in sorted(wallets, key=lambda one: one.pk):
        spending.lock(wallet_id=wallet.pk, at=at)
    rows = Wallet.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=[one.pk for one in wallets]).order_by("pk")
    standing = dict(rows.values_list("pk", "status"))
    accounts = [one.account_id for one in wallets]
    balances = books.lock(book_id=Account.objects.get(pk=accounts[0]).book_id, account_ids=accounts) if accounts else {}
    found = {}
    for account in Account.objects.filter(pk__in=accounts):
        posted, held = balances[account.pk]
        wallet = next(one for one in wallets if one.account_id == account.pk)
        is_open = standing[wallet.pk] == WalletStatus.OPEN and account.status == AccountStatus.OPEN
        free = max(posted - held - (account.floor or Decimal(0)), Decimal(0)) if is_open else Decimal(0)
        found[wallet.pk] = Money(free, account.currency)
    return found


def recovery_account(*, book_id: int, customer_id: UUID, currency: str, actor: Actor, at: datetime) -> Account:
    """The account of what the customer owes in the currency; opened when first needed."""
    owner = ids.public_id("cus", customer_id)
    code = f"{charts.RECOVERY_RECEIVABLE}.{owner}"
    known = Account.objects.filter(book_id=book_id, code=code, currency=currency)
    found = known.first()
    if found is not None:
        return found
    try:
        return ledger_accounts.open(
            book_id=book_id,
            line=charts.RECOVERY_RECEIVABLE,
            currency=currency,
            mode=AccountMode.DEFERRED,
            code=code,
            name=f"Recovery from {owner}",
            owner=owner,
            actor=actor,
            at=at,
        )
    except ledger_errors.AccountCodeTaken:  # somebody else was faster
        return known.get()


def _journal(item: Spending, hold: Hold) -> NewJournal:
    amount = Money(hold.amount, hold.currency)
    return NewJournal(
        legs=[Leg(hold.wallet.account_id, "DEBIT", amount), *item.credits],
        kind=item.kind,
        cause=item.cause,
        external_id=item.external_id,
        metadata=item.metadata,
        effective_on=item.effective_on,
    )
