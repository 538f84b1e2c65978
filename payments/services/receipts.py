"""Money that came by itself: a bank tells of a credit, and it finds its wallet, or goes to suspense."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from payments import errors
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail, SuspenseCause
from payments.models import ExternalAccount, Payment
from payments.policies import kinds, references
from payments.services import deposit_payers, payments, postings, steps
from payments.services.suspense_rows import Arrival
from wallets.models import Wallet

LONGEST_NAME = 128


@transaction.atomic
def take_in(
    *,
    partner_id: UUID,
    rail: Rail,
    amount: Money,
    wallet_id: UUID | None,
    provider: str,
    provider_reference: str,
    external_account_id: UUID | None = None,
    description: str = "",
    value_on: date | None = None,
    named: Mapping[str, str] | None = None,
    arrival: Arrival | None = None,
    actor: Actor,
    at: datetime,
) -> Payment:
    """Book a credit once, however often the provider tells of it: (provider, provider_reference) is its name.

    ``external_account_id`` is whose account it came from, where that is known; a refund goes there. ``value_on`` is from when on the
    bank counts it, ``named`` what else its statement may call it, ``arrival`` what
    is known of the payer, kept with the move that settles it, and why no wallet is named.

    It settles at once: on the wallet, or in suspense when there is none, it is frozen, closed, or in another currency. Raises
    KindNotOnRail, CurrencyNotOnRail, Invalid, and AmountDiffers or InboundRepeated when
    another amount, or of another partner, was told under the name.
    """
    if not provider or not provider_reference or len(provider_reference) > LONGEST_NAME:
        raise Invalid(
            f"A credit has the name that the bank gave it, of at most {LONGEST_NAME} characters.", param="provider_reference"
        )
    kinds.direction_of(PaymentKind.DEPOSIT, rail)
    kinds.check_amount(rail, amount)
    known = _told_before(partner_id, provider, provider_reference, amount)
    if known is not None:
        return known
    wallet = (
        Wallet.objects.filter(pk=wallet_id, partner_id=partner_id, currency=amount.currency.code).first() if wallet_id else None
    )
    payment = Payment(
        id=ids.uuid7(),
        partner_id=partner_id,
        customer_id=wallet.customer_id if wallet else None,
        wallet=wallet,
        external_account=ExternalAccount.objects.filter(pk=external_account_id, partner_id=partner_id).first(),
        kind=PaymentKind.DEPOSIT,
        rail=rail,
        direction=Direction.IN,
        currency=amount.currency.code,
        amount=amount.amount,
        reference=references.new(),
        provider=provider,
        provider_reference=provider_reference,
        description=payments.checked_description(description),
        value_on=value_on,
    )
    try:
        with transaction.atomic():
            payments.write(payment, actor=actor, at=at)
    except IntegrityError as error:
        if "provider_knows_a_payment_once" not in str(error):
            raise
        known = _told_before(partner_id, provider, provider_reference, amount)  # a twin was faster
        if known is None:
            raise
        return known
    if wallet is None and wallet_id and Wallet.objects.filter(pk=wallet_id, partner_id=partner_id).exists():
        arrival = replace(arrival or Arrival(), cause=SuspenseCause.CURRENCY)
    booked = postings.came_in(payment, named=named, arrival=arrival, actor=actor, at=at)
    details = booked.details | deposit_payers.details_of(arrival.payer if arrival else None, customer_id=payment.customer_id)
    steps.take(payment, PaymentStatus.SETTLED, journal_id=booked.journal_id, details=details, actor=actor, at=at)
    return payment


def _told_before(partner_id: UUID, provider: str, name: str, amount: Money) -> Payment | None:
    known = Payment.objects.filter(provider=provider, provider_reference=name).first()
    if known is not None and known.partner_id != partner_id:
        raise errors.InboundRepeated("The bank gave that name to a credit of another partner.")
    if known is not None and (known.amount, known.currency) != (amount.amount, amount.currency.code):
        raise errors.AmountDiffers(
            f"It was told before, of {steps.plain(known.amount, known.currency)['amount']} {known.currency}.",
            param="amount",
            expected=steps.plain(known.amount, known.currency),
        )
    return known
