"""Conversions: money of a customer goes from a wallet in one currency to a wallet in another, in one journal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from flowlet.core import clock, ids
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.models import Book
from ledger.services import accounts, charts, fx_positions, journals
from ledger.services.journals import Leg
from wallets import errors, events
from wallets.models import Conversion, FxQuote, Wallet
from wallets.services import notices, prices, quotes, recipes, records, spending
from wallets.services.names import checked_external_id, unique_external_id
from wallets.services.spending import Facts, WalletBalance

_PRICE = (
    "sell_currency",
    "sell_amount",
    "buy_currency",
    "buy_amount",
    "market_amount",
    "fixed_side",
    "market_rate",
    "client_rate",
    "spread_basis_points",
    "rate_on",
    "rate_via",
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A conversion, with the balances of both wallets after it."""

    conversion: Conversion
    balances: list[WalletBalance]


@transaction.atomic(savepoint=False)
def execute(
    *,
    partner_id: UUID,
    source_id: UUID,
    target_id: UUID,
    quote_id: UUID | None = None,
    amount: Money | None = None,
    description: str = "",
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    actor: Actor,
    at: datetime,
) -> Converted:
    """Convert at the price of a quote, or ``amount``, which is in the currency of one of the wallets, at the current price.

    Both wallets are the customer's. What is sold counts against the limits of its currency. One journal: the source wallet pays into the
    book's position in its currency, the position in the other currency pays the target wallet and the spread. Raises QuoteOrAmount,
    WalletNotFound, SameWallet, SameCurrency, DifferentCustomers; QuoteNotFound, QuoteMismatch, QuoteExpired, QuoteUsed; what
    ``prices.price`` raises; what ``spending.begin`` raises; InsufficientFunds, DuplicateExternalId, and refusals of form.
    """
    if (quote_id is None) == (amount is None):
        raise errors.QuoteOrAmount(param="quote_id")
    source, target = _wallets(partner_id, source_id, target_id)
    book = Book.objects.get(partner_id=partner_id)
    on = clock.day_of(at, zone=book.time_zone)
    quote = None if quote_id is None else _quoted(quote_id, source, target, at)
    if quote is not None:
        price = {name: getattr(quote, name) for name in _PRICE}
    else:
        price = prices.price(
            partner_id=partner_id, sell_currency=source.currency, buy_currency=target.currency, amount=amount, on=on
        ).columns()
    conversion = Conversion(
        id=ids.uuid7(),
        partner_id=partner_id,
        customer_id=source.customer_id,
        source_id=source_id,
        target_id=target_id,
        quote=quote,
        description=records.checked_description(description),
        external_id=checked_external_id(external_id),
        metadata=notes.checked(metadata or {}),
        created_at=at,
        **price,
    )
    sell = Money(conversion.sell_amount, source.currency)
    facts = spending.begin(partner_id=partner_id, source_id=source_id, target_id=target_id, amount=sell, converting=True, at=at)
    if quote is not None:  # again, now that the customer's allowance is locked
        _check_unused(quote)
    with spending.in_words_of_wallets({facts.source_account: source_id, facts.target_account: target_id}):
        posted = journals.post(
            book_id=book.pk,
            legs=_legs(conversion, book, facts, on=on, actor=actor, at=at),
            kind=recipes.CONVERSION,
            actor=actor,
            effective_on=on,
            cause=conversion.public_id,
        )
    conversion.journal_id = posted.journal_id
    with unique_external_id(Conversion, partner_id=partner_id, external_id=conversion.external_id), _quote_used_once(quote):
        conversion.save(force_insert=True)
    notices.tell(
        events.CONVERSION_COMPLETED,
        subject=conversion.public_id,
        partner_id=partner_id,
        actor=actor,
        at=at,
        data=notices.of_conversion(conversion),
    )
    return Converted(
        conversion,
        [
            spending.balance_of(source_id, posted.balances[facts.source_account], source.currency),
            spending.balance_of(target_id, posted.balances[facts.target_account], target.currency, lapsed=facts.target_lapsed),
        ],
    )


def get(conversion_id: UUID, *, partner_id: UUID | None = None) -> Conversion:
    """The conversion, of this partner if one is named. Raises ConversionNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = Conversion.objects.filter(pk=conversion_id, **scope).first()
    if found is None:
        raise errors.ConversionNotFound(f"There is no conversion {ids.public_id(Conversion.PREFIX, conversion_id)}.")
    return found


def _wallets(partner_id: UUID, source_id: UUID, target_id: UUID) -> tuple[Wallet, Wallet]:
    if source_id == target_id:
        raise errors.SameWallet(param="target_wallet_id")
    found = {
        wallet.pk: wallet
        for wallet in Wallet.objects.filter(pk__in=[source_id, target_id], partner_id=partner_id).only("customer_id", "currency")
    }
    for key, param in ((source_id, "source_wallet_id"), (target_id, "target_wallet_id")):
        if key not in found:
            raise spending.not_found(key, param)
    source, target = found[source_id], found[target_id]
    if source.currency == target.currency:
        raise errors.SameCurrency(param="target_wallet_id")
    if source.customer_id != target.customer_id:
        raise errors.DifferentCustomers(param="target_wallet_id")
    return source, target


def _quoted(quote_id: UUID, source: Wallet, target: Wallet, at: datetime) -> FxQuote:
    quote = quotes.get(quote_id, partner_id=source.partner_id)
    wanted = (source.customer_id, source.currency, target.currency)
    if (quote.customer_id, quote.sell_currency, quote.buy_currency) != wanted:
        raise errors.QuoteMismatch(f"The quote {quote.public_id} is for another customer or other currencies.", param="quote_id")
    _check_unused(quote)
    if at >= quote.expires_at:
        raise errors.QuoteExpired(param="quote_id", expired_at=quote.expires_at.isoformat())
    return quote


def _check_unused(quote: FxQuote) -> None:
    taker = Conversion.objects.filter(quote_id=quote.pk).only("id").first()
    if taker is not None:
        raise errors.QuoteUsed(
            f"The quote {quote.public_id} was used by {taker.public_id}.", param="quote_id", conversion_id=taker.public_id
        )


@contextmanager
def _quote_used_once(quote: FxQuote | None) -> Iterator[None]:
    """The constraint has the last word."""
    try:
        yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if quote is None or "quote_id" not in name:
            raise
        raise errors.QuoteUsed(f"The quote {quote.public_id} has been used.", param="quote_id") from None


def _legs(conversion: Conversion, book: Book, facts: Facts, **how: Any) -> list[Leg]:
    bought = conversion.buy_currency
    sell, market = Money(conversion.sell_amount, conversion.sell_currency), Money(conversion.market_amount, bought)
    legs = [
        Leg(facts.source_account, "DEBIT", sell),
        *fx_positions.legs(book=book, incoming=sell, outgoing=market, **how),
        Leg(facts.target_account, "CREDIT", Money(conversion.buy_amount, bought)),
    ]
    if conversion.spread_amount:
        income = accounts.system_account(
            book_id=book.pk, line=charts.FX_INCOME, currency=bought, actor=how["actor"], at=how["at"]
        )
        legs.append(Leg(income.pk, "CREDIT", Money(conversion.spread_amount, bought)))
    return legs
