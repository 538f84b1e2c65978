"""Posts the recipes of ``recipes``: one function per money-relevant move, each exactly one journal in the caller's transaction.

Money for a wallet that cannot take it (frozen, closed, or unknown) goes to suspense; money from a wallet that does not have it is owed by
its customer. So these never fail for the state of a wallet, except ``sent``, which is the moment to stop.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.errors import BatchRefused
from ledger.models import Book, Entry, Journal
from ledger.services import accounts, charts, journals
from ledger.services.journals import Leg, NewJournal, Posted
from payments import errors
from payments.choices import Direction, PaymentKind, Rail, SuspenseCause, SuspenseState
from payments.models import Payment, SuspenseItem
from payments.policies import reversals
from payments.services import receivable_rows, recipes, suspense_rows
from payments.services.suspense_rows import Arrival
from wallets.choices import WalletStatus
from wallets.errors import WalletClosed, WalletFrozen
from wallets.models import Wallet
from wallets.services import custody
from wallets.services.custody import Spending


@dataclass(frozen=True, slots=True)
class Booked:
    """The journal of a move, and whether the money went to suspense, or is owed."""

    journal_id: UUID
    in_suspense: bool = False
    owed: Money | None = None

    @property
    def details(self) -> dict[str, Any]:
        """For the timeline."""
        found: dict[str, Any] = {}
        if self.in_suspense:
            found["in_suspense"] = True
        if self.owed:
            found["owed"] = str(self.owed.amount)
        return found


def book_of(partner_id: UUID) -> int:
    """The key of the partner's book."""
    return Book.objects.values_list("pk", flat=True).get(partner_id=partner_id)


def bank_line(rail: str) -> str:
    """Where settled money of the rail stands: at the bank, or with the acquirer."""
    return charts.CLEARING_IN if rail == Rail.CARD else charts.SAFEGUARDING


def sent(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> list[UUID]:
    """CLEARING (or BOOK, FEE) of held payments of one partner and currency; answers the journals in order.

    Raises what ``custody.spend`` raises: a wallet that was frozen meanwhile stops its payment here.
    """
    first = payments[0]
    book_id, currency = book_of(first.partner_id), first.currency
    out = accounts.system_account(book_id=book_id, line=charts.CLEARING_OUT, currency=currency, actor=actor, at=at).pk
    fees = accounts.system_account(book_id=book_id, line=charts.FEE_INCOME, currency=currency, actor=actor, at=at).pk
    items = []
    for payment in payments:
        amount, fee = Money(payment.amount, currency), Money(payment.fee, currency)
        if payment.kind == PaymentKind.FEE:
            kind, credits = recipes.FEE, [Leg(fees, "CREDIT", amount)]
        elif payment.rail == Rail.BOOK:
            kind, credits = recipes.BOOK, [Leg(payment.target_wallet.account_id, "CREDIT", amount)]
        else:
            kind, credits = recipes.CLEARING, [Leg(out, "CREDIT", amount)]
        if fee:
            credits.append(Leg(fees, "CREDIT", fee))
        items.append(
            Spending(
                hold_id=payment.hold_id,
                credits=credits,
                kind=kind,
                cause=payment.public_id,
                metadata=notes(payment),
            )
        )
    return [posted.journal_id for posted in custody.spend(book_id=book_id, items=items, actor=actor, at=at)]


def settled_out(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> list[UUID]:
    """SETTLEMENT of sent payments of one partner, currency and rail."""
    return _between(
        payments, recipes.SETTLEMENT, debit=charts.CLEARING_OUT, credit=bank_line(payments[0].rail), actor=actor, at=at
    )


def expected(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> list[UUID]:
    """EXPECTED of collections of one partner and currency."""
    return _between(payments, recipes.EXPECTED, debit=charts.CLEARING_IN, credit=charts.INCOMING_EXPECTED, actor=actor, at=at)


def not_collected(payment: Payment, *, actor: Actor, at: datetime) -> Booked:
    """NOT_COLLECTED."""
    done = _between(
        [payment], recipes.NOT_COLLECTED, debit=charts.INCOMING_EXPECTED, credit=charts.CLEARING_IN, actor=actor, at=at
    )
    return Booked(done[0])


def came_in(
    payment: Payment, *, named: Mapping[str, str] | None = None, arrival: Arrival | None = None, actor: Actor, at: datetime
) -> Booked:
    """RECEIPT of money that came by itself, COLLECTED of what was asked for, ACQUIRED of a card payment. ``named`` is by which further
    names the bank's statement may speak of it, ``arrival`` what is known where it names no wallet.
    """
    kind, debits, credits = _coming(payment, _System(payment, actor, at))
    return _give(payment, _left_of(payment), kind, debits, credits, named=named, arrival=arrival, actor=actor, at=at)


def all_came_in(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> list[Booked]:
    """As ``came_in``, for payments of one partner and currency, in a few calls; one by one where the books refuse one of them."""
    keys = {payment.wallet_id for payment in payments}
    rows = Wallet.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=keys).order_by("pk")
    found = {wallet.pk: wallet for wallet in rows}
    open_accounts = {wallet.pk: wallet.account_id for wallet in found.values() if wallet.status == WalletStatus.OPEN}
    system = _System(payments[0], actor, at)
    items = []
    for payment in payments:
        kind, debits, credits = _coming(payment, system)
        account_id = open_accounts.get(payment.wallet_id) or system(charts.SUSPENSE)
        items.append(_journal(payment, kind, [*debits, Leg(account_id, "CREDIT", _left_of(payment)), *credits]))
    with suppress(BatchRefused), transaction.atomic():  # finance may have frozen the account itself
        posted = _posted(system.book_id, items, actor=actor)
        for payment, item in zip(payments, items, strict=True):
            if payment.wallet_id not in open_accounts:
                cause = _cause(found.get(payment.wallet_id), None)
                suspense_rows.lay(payment, _left_of(payment), came_by=item.kind, cause=cause, actor=actor, at=at)
        return [
            Booked(journal_id, in_suspense=payment.wallet_id not in open_accounts)
            for payment, journal_id in zip(payments, posted, strict=True)
        ]
    return [came_in(payment, actor=actor, at=at) for payment in payments]


def failed(payment: Payment, *, actor: Actor, at: datetime) -> Booked:
    """FAILURE of a sent payment: the wallet gets back amount and fee."""
    currency, system = payment.currency, _System(payment, actor, at)
    debits = [Leg(system(charts.CLEARING_OUT), "DEBIT", Money(payment.amount, currency))]
    if payment.fee:
        debits.append(Leg(system(charts.FEE_INCOME), "DEBIT", Money(payment.fee, currency)))
    return _give(payment, Money(payment.total, currency), recipes.FAILURE, debits, [], actor=actor, at=at)


def returned_out(payment: Payment, amount: Money, *, was_settled: bool, actor: Actor, at: datetime) -> Booked:
    """RETURN of a payment that went out: the wallet gets back the amount; the fee stays earned."""
    system = _System(payment, actor, at)
    line = bank_line(payment.rail) if was_settled else charts.CLEARING_OUT
    return _give(payment, amount, recipes.RETURN, [Leg(system(line), "DEBIT", amount)], [], actor=actor, at=at)


def returned_in(payment: Payment, amount: Money, *, kind: str = recipes.RETURN, actor: Actor, at: datetime) -> Booked:
    """RETURN (or DISPUTE) of money that came in: the wallet gives it back, its customer owes what it cannot carry."""
    system = _System(payment, actor, at)
    credits = [Leg(system(bank_line(payment.rail)), "CREDIT", amount)]
    return _take(payment, amount, kind, credits, actor=actor, at=at)


def redeemed(payment: Payment, amount: Money, *, kind: str = recipes.REDEMPTION, actor: Actor, at: datetime) -> Booked:
    """REDEMPTION of a return, or DISPUTE_WON: what the return did, the other way round."""
    system = _System(payment, actor, at)
    bank = system(bank_line(payment.rail))
    if payment.direction == "IN":
        return _give(payment, amount, kind, [Leg(bank, "DEBIT", amount)], [], actor=actor, at=at)
    return _take(payment, amount, kind, [Leg(bank, "CREDIT", amount)], actor=actor, at=at)


def notes(payment: Payment) -> dict[str, str]:
    """By what the bank's statement finds the journal: references, never what somebody wrote of the payment, as journals stay for ever."""
    found = {"payment": payment.public_id, "reference": payment.reference, "rail": payment.rail}
    if payment.trace:
        found["trace_number"] = payment.trace
    if reversals.is_reversal(payment) and payment.original is not None:
        found["end_to_end_id"] = payment.original.reference  # by which banks speak of it
    if payment.batch_id:
        found["batch"] = str(payment.batch_id)
    if payment.provider_reference:
        found["provider_reference"] = payment.provider_reference
    return found


class _System:
    """The keys of the book's own accounts in the payment's currency."""

    def __init__(self, payment: Payment, actor: Actor, at: datetime) -> None:
        self.book_id = book_of(payment.partner_id)
        self.currency, self.actor, self.at = payment.currency, actor, at
        self._known: dict[str, int] = {}

    def __call__(self, line: str) -> int:
        if line not in self._known:
            found = accounts.system_account(book_id=self.book_id, line=line, currency=self.currency, actor=self.actor, at=self.at)
            self._known[line] = found.pk
        return self._known[line]


def _coming(payment: Payment, system: _System) -> tuple[str, list[Leg], list[Leg]]:
    """The recipe of money that came in, and its debits and credits but for the wallet's."""
    amount, fee = Money(payment.amount, payment.currency), Money(payment.fee, payment.currency)
    credits: list[Leg] = []
    if payment.rail == Rail.CARD:
        kind, debits = recipes.ACQUIRED, [Leg(system(charts.INCOMING_EXPECTED), "DEBIT", amount)]
    elif payment.status == "CREATED":
        kind, debits = recipes.RECEIPT, [Leg(system(charts.SAFEGUARDING), "DEBIT", amount)]
    else:
        kind = recipes.COLLECTED
        debits = [Leg(system(charts.SAFEGUARDING), "DEBIT", amount), Leg(system(charts.INCOMING_EXPECTED), "DEBIT", amount)]
        credits.append(Leg(system(charts.CLEARING_IN), "CREDIT", amount))
    if fee:
        credits.append(Leg(system(charts.FEE_INCOME), "CREDIT", fee))
    return kind, debits, credits


def _left_of(payment: Payment) -> Money:
    """What of incoming money is the wallet's."""
    return Money(payment.amount - payment.fee, payment.currency)


def _between(payments: Sequence[Payment], kind: str, *, debit: str, credit: str, actor: Actor, at: datetime) -> list[UUID]:
    system = _System(payments[0], actor, at)
    left, right = system(debit), system(credit)
    items = []
    for payment in payments:
        amount = Money(payment.amount, payment.currency)
        items.append(_journal(payment, kind, [Leg(left, "DEBIT", amount), Leg(right, "CREDIT", amount)]))
    return _posted(system.book_id, items, actor=actor)


def _journal(payment: Payment, kind: str, legs: Sequence[Leg]) -> NewJournal:
    return NewJournal(legs=legs, kind=kind, cause=payment.public_id, metadata=notes(payment))


def _posted(book_id: int, items: Sequence[NewJournal], *, actor: Actor) -> list[UUID]:
    """Post all or none, a thousand a call; the journals in order. Raises BatchRefused."""
    results: list[journals.Result] = []
    for start in range(0, len(items), journals.BATCH_LIMIT):
        part = items[start : start + journals.BATCH_LIMIT]
        results += journals.post_batch(book_id=book_id, items=part, atomic=True, actor=actor)
    return [result.posted.journal_id for result in results if result.posted is not None]


def _give(
    payment: Payment,
    amount: Money,
    kind: str,
    debits: Sequence[Leg],
    credits: Sequence[Leg],
    *,
    named: Mapping[str, str] | None = None,
    arrival: Arrival | None = None,
    actor: Actor,
    at: datetime,
) -> Booked:
    """Credit the wallet if it can take it, else suspense. The wallet's row is locked, so that it is not frozen in between."""
    wallet = None
    if payment.wallet_id:
        wallet = Wallet.objects.select_for_update(no_key=True, of=("self",)).select_related("account").get(pk=payment.wallet_id)
    common = {
        "kind": kind,
        "cause": payment.public_id,
        "metadata": {**(named or {}), **notes(payment)},
        "actor": actor,
    }
    if wallet is not None and wallet.status == WalletStatus.OPEN:
        with suppress(WalletFrozen, WalletClosed), transaction.atomic():  # finance may have frozen the account itself
            posted: Posted = custody.receive(wallet=wallet, debits=debits, amount=amount, credits=credits, **common)
            return Booked(posted.journal_id)
    system = _System(payment, actor, at)
    posted = journals.post(
        book_id=system.book_id, legs=[*debits, Leg(system(charts.SUSPENSE), "CREDIT", amount), *credits], **common
    )
    payer = arrival.payer if arrival else None
    suspense_rows.lay(payment, amount, came_by=kind, cause=_cause(wallet, arrival), payer=payer, actor=actor, at=at)
    return Booked(posted.journal_id, in_suspense=True)


def assigned(payment: Payment, wallet: Wallet, amount: Money, *, actor: Actor, at: datetime) -> UUID:
    """ASSIGNMENT of what lies in suspense of the payment's money. Raises WalletFrozen, WalletClosed."""
    system = _System(payment, actor, at)
    posted = custody.receive(
        wallet=wallet,
        debits=[Leg(system(charts.SUSPENSE), "DEBIT", amount)],
        amount=amount,
        kind=recipes.ASSIGNMENT,
        cause=payment.public_id,
        metadata=notes(payment),
        actor=actor,
    )
    return posted.journal_id


def suspended(payment: Payment) -> Money:
    """What lies in suspense of the payment's money: what its journals put there less what they, and manual ones, took out."""
    legs = Entry.objects.filter(
        journal__in=Journal.objects.filter(book__partner_id=payment.partner_id, cause=payment.public_id),
        account__line__code=charts.SUSPENSE,
    ).values_list("side", "amount")
    by_hand = SuspenseItem.objects.filter(payment=payment, state=SuspenseState.CLOSED).values_list("amount", flat=True)
    zero = Money(-sum(by_hand), payment.currency)
    return sum((Money(amount if side == "CREDIT" else -amount, payment.currency) for side, amount in legs), start=zero)


def _take(payment: Payment, amount: Money, kind: str, credits: Sequence[Leg], *, actor: Actor, at: datetime) -> Booked:
    """Take what lies in suspense from there, the rest from the wallet, and from its customer's receivable what the wallet has not."""
    common = {
        "kind": kind,
        "cause": payment.public_id,
        "metadata": notes(payment),
        "actor": actor,
    }
    system = _System(payment, actor, at)
    there = min(amount, suspended(payment))
    if payment.wallet_id is None and there < amount:
        raise errors.SuspenseSpent("It was taken out of suspense by hand: book by hand from whom it comes back.")
    debits = [Leg(system(charts.SUSPENSE), "DEBIT", there)] if there.amount > 0 else []
    if debits:
        suspense_rows.take_out(payment, there, actor=actor, at=at)
    if there == amount:
        posted = journals.post(book_id=system.book_id, legs=[*debits, *credits], **common)
        return Booked(posted.journal_id, in_suspense=True)
    wallet = Wallet.objects.get(pk=_holder(payment))
    left = amount - there if debits else amount
    done = custody.claim(wallet=wallet, debits=debits, credits=credits, amount=left, at=at, **common)
    if done.receivable:
        receivable_rows.add(payment, wallet, done.receivable, actor=actor, at=at)
    return Booked(done.posted.journal_id, in_suspense=bool(debits), owed=done.receivable if done.receivable else None)


def _holder(payment: Payment) -> UUID | None:
    """The wallet that has the payment's money. What went out, came back and was assigned is where the books brought it last."""
    assigned = SuspenseItem.objects.filter(payment=payment, state=SuspenseState.ASSIGNED)
    if payment.direction == Direction.IN or not assigned.exists():
        return payment.wallet_id
    legs = Entry.objects.filter(
        journal__in=Journal.objects.filter(book__partner_id=payment.partner_id, cause=payment.public_id),
        account__line__code=charts.CUSTOMER_WALLETS,
        side="CREDIT",
    )
    last = legs.order_by("-id").values_list("account_id", flat=True).first()
    return Wallet.objects.values_list("pk", flat=True).get(account_id=last)


def _cause(wallet: Wallet | None, arrival: Arrival | None) -> SuspenseCause:
    """Why the wallet does not get the money; without one, what is known of how the money came."""
    if wallet is None:
        return arrival.cause if arrival else SuspenseCause.NOBODY
    told = {WalletStatus.FROZEN: SuspenseCause.FROZEN, WalletStatus.CLOSED: SuspenseCause.CLOSED}
    return told.get(WalletStatus(wallet.status), SuspenseCause.UNTAKEN)
