"""Quotes: a price that holds for a while and is used once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import errors as people
from accounts.choices import PartnerStatus
from accounts.models import Customer
from accounts.services import partners
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from wallets import errors, events
from wallets.models import FxQuote
from wallets.services import notices, prices, spending

USUAL_SECONDS, SHORTEST_SECONDS, LONGEST_SECONDS = 300, 10, 3600


@transaction.atomic(savepoint=False)
def create(
    *,
    partner_id: UUID,
    customer_id: UUID,
    sell_currency: str,
    buy_currency: str,
    amount: Money,
    valid_seconds: int = USUAL_SECONDS,
    actor: Actor,
    at: datetime,
) -> FxQuote:
    """Promise the customer a price for ``amount``, which is in one of the two currencies, for so many seconds.

    Nothing is held and no limit is counted. Raises LockOutOfRange, CustomerNotFound, CustomerFrozen, CustomerClosed, PartnerSuspended,
    and what ``prices.price`` raises.
    """
    if not SHORTEST_SECONDS <= valid_seconds <= LONGEST_SECONDS:
        raise errors.LockOutOfRange(param="valid_seconds")
    if partners.get(partner_id).status == PartnerStatus.SUSPENDED:
        raise people.PartnerSuspended()
    customer = Customer.objects.filter(pk=customer_id, partner_id=partner_id).only("status").first()
    if customer is None:
        raise people.CustomerNotFound(f"There is no customer {ids.public_id('cus', customer_id)}.", param="customer_id")
    spending.check_customer(customer.status)
    found = prices.price(
        partner_id=partner_id,
        sell_currency=sell_currency,
        buy_currency=buy_currency,
        amount=amount,
        on=prices.dealing_day(partner_id=partner_id, at=at),
    )
    quote = FxQuote(
        id=ids.uuid7(),
        partner_id=partner_id,
        customer_id=customer_id,
        created_at=at,
        expires_at=at + timedelta(seconds=valid_seconds),
        **found.columns(),
    )
    quote.save(force_insert=True)
    notices.tell(
        events.FX_QUOTE_CREATED,
        subject=quote.public_id,
        partner_id=partner_id,
        actor=actor,
        at=at,
        data=notices.of_quote(quote),
    )
    return quote


def get(quote_id: UUID, *, partner_id: UUID | None = None) -> FxQuote:
    """The quote with the conversion that took it, of this partner if one is named. Raises QuoteNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    quote = FxQuote.objects.select_related("conversion").filter(pk=quote_id, **scope).first()
    if quote is None:
        raise errors.QuoteNotFound(f"There is no quote {ids.public_id(FxQuote.PREFIX, quote_id)}.", param="quote_id")
    return quote
