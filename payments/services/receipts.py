"""Money that came by itself: a bank tells of a credit, and it finds its wallet, or goes to suspense."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
from payments.models import ExternalAccount, Payment
from payments.policies import kinds, references
from payments.services import payments, postings, steps
from wallets.models import Wallet


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
    actor: Actor,
    at: datetime,
) -> Payment:
    """Book a credit once, however often the provider tells of it: (provider, provider_reference) is its name.

    ``external_account_id`` is whose account it came from, where that is known; a refund goes there. ``value_on`` is from when on the
    bank counts it, ``named`` what else its statement may call it.

    It settles at once: on the wallet, or in suspense when there is none, it is frozen, closed, or in another currency. Raises
    KindNotOnRail, CurrencyNotOnRail, Invalid.
    """
    if not provider or not provider_reference:
        raise Invalid("A credit has the name that the bank gave it.", param="provider_reference")
    kinds.direction_of(PaymentKind.DEPOSIT, rail)
    kinds.check_amount(rail, amount)
    known = Payment.objects.filter(provider=provider, provider_reference=provider_reference[:128]).first()
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
        provider_reference=provider_reference[:128],
        description=payments.checked_description(description),
        value_on=value_on,
    )
    try:
        with transaction.atomic():
            payments.write(payment, actor=actor, at=at)
    except IntegrityError as error:
        if "provider_knows_a_payment_once" not in str(error):
            raise
        return Payment.objects.get(provider=provider, provider_reference=provider_reference[:128])  # a twin was faster
    booked = postings.came_in(payment, named=named, actor=actor, at=at)
    steps.take(payment, PaymentStatus.SETTLED, journal_id=booked.journal_id, details=booked.details, actor=actor, at=at)
    return payment
