"""The first step of all that sends or holds money: lock the allowance, look at everybody's standing, count against the limits.

``begin`` is one round trip (the SQL function ``wallets_spend``) on the hot path of the API; what it reads it decides here. Limits
count outgoing money and holds of a customer in one currency over all wallets, on the day of ``at`` in the book's time zone. Refunds are not
counted: they cannot exceed what came in before.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts import errors as people
from accounts.choices import CustomerStatus, PartnerStatus
from flowlet.core import ids, money
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from ledger import errors as books
from ledger.services.journals import BalanceAfter
from wallets import errors
from wallets.choices import LimitScope, LimitSpan, WalletStatus

_SPEND = "SELECT * FROM wallets_spend(%s, %s, %s, %s, %s)"
_WHERE = """
SELECT b.id, w.allowance_id, w.account_id FROM wallets_wallet w JOIN ledger_book b ON b.partner_id = w.partner_id WHERE w.id = %s"""
_COUNT = """
INSERT INTO wallets_usage AS u (allowance_id, day, wallet_id, used) VALUES (%s, %s, %s, %s)
ON CONFLICT (allowance_id, day, wallet_id) DO UPDATE SET used = u.used + excluded.used"""


class Facts(NamedTuple):
    """What ``wallets_spend`` answers, in its order. Amounts are in the wallets' currency."""

    book_id: int
    partner_status: str
    day: date
    has_lapsed: bool
    allowance_id: int
    source_account: int
    source_currency: str
    source_status: str
    source_customer_status: str
    target_account: int | None
    target_currency: str | None
    target_status: str | None
    target_customer_status: str | None
    target_lapsed: Decimal | None
    tier: str
    tier_transaction: Decimal | None
    tier_daily: Decimal | None
    tier_monthly: Decimal | None
    wallet_transaction: Decimal | None
    wallet_daily: Decimal | None
    wallet_monthly: Decimal | None
    used_daily: Decimal | None
    used_monthly: Decimal | None
    wallet_used_daily: Decimal | None
    wallet_used_monthly: Decimal | None


class Locked(NamedTuple):
    """A wallet whose allowance is locked."""

    book_id: int
    allowance_id: int
    source_account: int


@dataclass(frozen=True, slots=True)
class WalletBalance:
    """What a wallet has: ``total`` is booked, ``held`` is set aside, ``available`` is the rest and can be spent."""

    wallet_id: UUID
    total: Money
    held: Money
    available: Money


def begin(
    *,
    partner_id: UUID,
    source_id: UUID,
    target_id: UUID | None,
    amount: Money | None,
    converting: bool = False,
    at: datetime,
) -> Facts:
    """Lock the allowance of the source wallet, and count ``amount`` against it if there is one.

    Lapsed holds of the allowance are ended first. ``converting``: the target is in another currency. Raises
    WalletNotFound, SameWallet, CurrencyMismatch, PartnerSuspended, CustomerFrozen, CustomerClosed, WalletFrozen, WalletClosed,
    NoLimitForCurrency, LimitExceeded.
    """
    if source_id == target_id:
        raise errors.SameWallet(param="target_wallet_id")
    facts = _ask(partner_id, source_id, target_id, amount, at)
    if facts.source_account is None:
        raise not_found(source_id, "source_wallet_id" if target_id else "wallet_id")
    if facts.has_lapsed:
        _end_lapsed(facts.allowance_id, {facts.source_account, facts.target_account} - {None}, at)
        facts = _ask(partner_id, source_id, target_id, amount, at)
    check_standing(facts, source_id=source_id, target_id=target_id, amount=amount, converting=converting)
    if amount is not None:
        check_limits(facts, amount, source_id=source_id)
    return facts


def lock(*, wallet_id: UUID, at: datetime) -> Locked:
    """Lock the wallet's allowance and end what has lapsed, whatever anybody's standing. Raises WalletNotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_WHERE, [wallet_id])
        row = cursor.fetchone()
        if row is None:
            raise not_found(wallet_id, "wallet_id")
        found = Locked(*row)
        cursor.execute("SELECT FROM wallets_allowance WHERE id = %s FOR NO KEY UPDATE", [found.allowance_id])
    _end_lapsed(found.allowance_id, {found.source_account}, at)
    return found


def uncount(*, allowance_id: int, wallet_id: UUID, day: date, amount: Decimal) -> None:
    """Give back what was counted on ``day``: a hold, or a part of it, was released."""
    if amount:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE wallets_usage SET used = used - %s WHERE allowance_id = %s AND day = %s AND wallet_id = %s",
                [amount, allowance_id, day, wallet_id],
            )


def count(rows: Iterable[tuple[int, date, UUID, Decimal]]) -> None:
    """Count sums of (allowance, day, wallet, amount) whose allowances are locked."""
    with connection.cursor() as cursor:
        cursor.executemany(_COUNT, sorted(rows))


def check_standing(
    facts: Facts, *, source_id: UUID, target_id: UUID | None, amount: Money | None, converting: bool = False
) -> None:
    """Raise unless everybody who takes part can: see ``begin``."""
    if facts.partner_status == PartnerStatus.SUSPENDED:
        raise people.PartnerSuspended()
    if target_id is not None and facts.target_account is None:
        raise not_found(target_id, "target_wallet_id")
    if amount is not None and facts.source_currency != amount.currency.code:
        raise mismatch(source_id, facts.source_currency)
    if target_id is not None and not converting and facts.target_currency != facts.source_currency:
        raise mismatch(target_id, str(facts.target_currency))
    check_customer(facts.source_customer_status)
    check_wallet(facts.source_status, source_id)
    if target_id is not None:
        check_customer(str(facts.target_customer_status))
        check_wallet(str(facts.target_status), target_id)


def check_limits(facts: Facts, amount: Money, *, source_id: UUID) -> None:
    """Raise LimitExceeded or NoLimitForCurrency; the usage in ``facts`` includes the amount already."""
    value, currency = amount.amount, amount.currency.code
    if facts.tier_daily is None:
        raise errors.NoLimitForCurrency(f"No limits are set for {currency}.", currency=currency)
    customer, wallet = LimitScope.CUSTOMER, LimitScope.WALLET
    for scope, span, limit, used in (
        (wallet, LimitSpan.TRANSACTION, facts.wallet_transaction, value),
        (customer, LimitSpan.TRANSACTION, facts.tier_transaction, value),
        (wallet, LimitSpan.DAILY, facts.wallet_daily, facts.wallet_used_daily),
        (customer, LimitSpan.DAILY, facts.tier_daily, facts.used_daily),
        (wallet, LimitSpan.MONTHLY, facts.wallet_monthly, facts.wallet_used_monthly),
        (customer, LimitSpan.MONTHLY, facts.tier_monthly, facts.used_monthly),
    ):
        if limit is not None and used is not None and used > limit:
            raise limit_exceeded(
                scope, span, limit=limit, used=used - value, amount=value, currency=currency, source_id=source_id, tier=facts.tier
            )


def limit_exceeded(
    scope: LimitScope,
    span: LimitSpan,
    *,
    limit: Decimal,
    used: Decimal,
    amount: Decimal,
    currency: str,
    source_id: UUID,
    tier: str,
) -> errors.LimitExceeded:
    """The refusal that says which limit, its value, what is used of it, and what is left."""
    used = Decimal(0) if span == LimitSpan.TRANSACTION else used
    left = max(limit - used, Decimal(0))
    whose = f"customer's {tier.lower()} tier" if scope == LimitScope.CUSTOMER else "wallet"
    what = {LimitSpan.TRANSACTION: "in one transaction", LimitSpan.DAILY: "a day", LimitSpan.MONTHLY: "a month"}[span]
    text = {name: money.to_text(figure, currency) for name, figure in (("limit", limit), ("used", used), ("left", left))}
    spent = "" if span == LimitSpan.TRANSACTION else f", {text['used']} is used"
    return errors.LimitExceeded(
        f"The {whose} may send {text['limit']} {currency} {what}{spent}; {text['left']} is left.",
        scope=scope.value,
        span=span.value,
        limit={"amount": text["limit"], "currency": currency},
        used={"amount": text["used"], "currency": currency},
        left={"amount": text["left"], "currency": currency},
        wallet_id=ids.public_id("wal", source_id),
        kyc_tier=tier,
    )


def check_customer(status: str) -> None:
    """Raises CustomerFrozen or CustomerClosed."""
    if status == CustomerStatus.FROZEN:
        raise people.CustomerFrozen()
    if status == CustomerStatus.CLOSED:
        raise people.CustomerClosed()


def check_wallet(status: str, wallet_id: UUID) -> None:
    """Raises WalletFrozen or WalletClosed, naming the wallet."""
    if status == WalletStatus.FROZEN:
        raise errors.WalletFrozen(wallet_id=ids.public_id("wal", wallet_id))
    if status == WalletStatus.CLOSED:
        raise errors.WalletClosed(wallet_id=ids.public_id("wal", wallet_id))


def not_found(wallet_id: UUID, param: str) -> errors.WalletNotFound:
    """The refusal for a wallet that is not the partner's."""
    return errors.WalletNotFound(f"There is no wallet {ids.public_id('wal', wallet_id)}.", param=param)


def mismatch(wallet_id: UUID, currency: str) -> errors.CurrencyMismatch:
    """The refusal for an amount in another currency than the wallet's."""
    name = ids.public_id("wal", wallet_id)
    return errors.CurrencyMismatch(
        f"The wallet {name} is in {currency}.", param="amount.currency", wallet_id=name, currency=currency
    )


@contextmanager
def in_words_of_wallets(accounts: dict[int, UUID]) -> Iterator[None]:
    """Turn the ledger's refusals about accounts into refusals about wallets, by the keys of their accounts."""
    try:
        yield
    except DomainError as refusal:
        wallet_id = accounts.get(refusal.details.get("account_id"))
        found = worded(refusal, wallet_id)
        if found is refusal:
            raise
        raise found from refusal


def worded(refusal: DomainError, wallet_id: UUID | None) -> DomainError:
    """The wallets' word for a refusal of the ledger about the account of ``wallet_id``; the refusal itself where there is none."""
    if wallet_id is None:
        return refusal
    name = ids.public_id("wal", wallet_id)
    if isinstance(refusal, books.InsufficientFunds):
        currency = refusal.details["currency"]
        figures = {
            key: {"amount": money.to_text(Decimal(refusal.details[key]), currency), "currency": currency}
            for key in ("available", "needed")
            if key in refusal.details
        }
        return insufficient(wallet_id, figures)
    if isinstance(refusal, books.AccountFrozen):
        return errors.WalletFrozen(wallet_id=name)
    if isinstance(refusal, books.AccountClosed):
        return errors.WalletClosed(wallet_id=name)
    if isinstance(refusal, books.AccountNotEmpty):
        return errors.WalletNotEmpty(wallet_id=name)
    return refusal


def insufficient(wallet_id: UUID, figures: dict[str, Any]) -> errors.InsufficientFunds:
    """The refusal for a wallet with too little; ``figures`` are ``available`` and ``needed`` as JSON money."""
    name = ids.public_id("wal", wallet_id)
    message = f"The wallet {name} has too little available."
    if {"available", "needed"} <= figures.keys():
        have, need = figures["available"], figures["needed"]
        message = f"{have['amount']} {have['currency']} is available, {need['amount']} is needed."
    return errors.InsufficientFunds(message, param="amount", wallet_id=name, **figures)


def balance_of(wallet_id: UUID, after: BalanceAfter, currency: str, *, lapsed: Decimal = Decimal(0)) -> WalletBalance:
    """A wallet's balance from its account's; ``lapsed`` is what of the held balance has expired and waits for its release."""
    held = after.held - lapsed
    return WalletBalance(
        wallet_id,
        total=Money(after.posted, currency),
        held=Money(held, currency),
        available=Money(after.posted - held, currency),
    )


def _ask(partner_id: UUID, source_id: UUID, target_id: UUID | None, amount: Money | None, at: datetime) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [partner_id, source_id, target_id, None if amount is None else amount.amount, at])
        return Facts(*cursor.fetchone())


def _end_lapsed(allowance_id: int, accounts: set[int], at: datetime) -> None:
    from wallets.services import lapses

    lapses.end_many(allowance_ids=[allowance_id], accounts=accounts, at=at)
