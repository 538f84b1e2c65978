"""Whether a payment by a customer's order needs strong authentication, and what it rests on: a challenge, or an exemption.

``settings.AUTHENTICATION_ABOVE`` switches it on per currency; up to its amount a payment may be of low value (Reg. (EU) 2018/389 Art. 16).
Exemptions that rest on facts of the payment (recurring, between own accounts) are brought by whoever asks.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import errors
from accounts.choices import AuthenticationMeans, CustomerKind
from accounts.models import AuthenticationChallenge, Customer, LowValueCount
from accounts.selectors import authentication as selectors
from accounts.services import authentication_challenges as challenges
from flowlet.core.actors import Actor
from flowlet.core.money import Money, in_words, to_text

IN_A_ROW = 5  # Art. 16(c); the sum of Art. 16(b) is settings.AUTHENTICATION_LOW_VALUE_TOTAL. Both hold, though one would do


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a customer orders: how much, and to whom (``authentication_challenges.open`` says what the ids are)."""

    customer_id: UUID
    amount: Money
    payee_id: str
    payee_digest: str
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an order rests on, and why that holds, in a sentence."""

    means: AuthenticationMeans
    reason: str
    challenge: AuthenticationChallenge | None = None


@transaction.atomic(savepoint=False)
def demand(
    order: Order,
    *,
    challenge_id: UUID | None,
    used_for: str,
    exemption: Basis | None = None,
    is_series: bool = False,
    actor: Actor,
    at: datetime,
) -> Basis | None:
    """What the order ``used_for`` rests on, in the transaction that makes it; None where nothing is asked. A challenge that is named is
    used, also where none is needed. A series (``is_series``) is never of low value: each payment of it will rest on this.

    Raises AuthenticationRequired, AuthenticationUnfit.
    """
    if challenge_id is not None:
        return _by_challenge(order, challenge_id, used_for, actor=actor, at=at)
    threshold = settings.AUTHENTICATION_ABOVE.get(order.amount.currency.code)
    if threshold is None:
        return None
    found = exemption or _corporate(order) or _trusted(order)
    if found is None and not is_series and order.amount.amount <= threshold:
        found = _low_value(order)
    if found is None:
        raise errors.AuthenticationRequired(
            param="authentication_id",
            amount={"amount": to_text(order.amount.amount, order.amount.currency.code), "currency": order.amount.currency.code},
            payee_id=order.payee_id,
        )
    return found


def _by_challenge(order: Order, challenge_id: UUID, used_for: str, *, actor: Actor, at: datetime) -> Basis:
    row = challenges.use(
        challenge_id=challenge_id,
        customer_id=order.customer_id,
        amount=order.amount,
        payee_digest=order.payee_digest,
        reference=order.reference,
        used_for=used_for,
        actor=actor,
        at=at,
    )
    counts = LowValueCount.objects.filter(customer_id=order.customer_id, currency=order.amount.currency.code)
    counts.update(total=0, count=0)
    factor = row.factor
    said = f"{factor.get_type_display()}, unlocked by {factor.get_second_category_display().lower()} as the partner says."
    return Basis(means=AuthenticationMeans.CHALLENGE, reason=said, challenge=row)


def _corporate(order: Order) -> Basis | None:
    if not settings.AUTHENTICATION_CORPORATE_EXEMPTION:
        return None
    if not Customer.objects.filter(pk=order.customer_id, kind=CustomerKind.BUSINESS).exists():
        return None
    return Basis(means=AuthenticationMeans.CORPORATE, reason="A business, over processes that consumers do not have.")


def _trusted(order: Order) -> Basis | None:
    row = selectors.trusted_payees_of(order.customer_id).filter(payee_digest=order.payee_digest).first()
    if row is None:
        return None
    said = f"Trusted since {row.created_at:%Y-%m-%d} ({row.public_id})."
    return Basis(means=AuthenticationMeans.TRUSTED_BENEFICIARY, reason=said)


def _low_value(order: Order) -> Basis | None:
    """Count it, with the count's row locked, so that two at once are two. What is counted stays so if the payment is canceled later."""
    currency = order.amount.currency.code
    LowValueCount.objects.bulk_create([LowValueCount(customer_id=order.customer_id, currency=currency)], ignore_conflicts=True)
    row = LowValueCount.objects.select_for_update(no_key=True).get(customer_id=order.customer_id, currency=currency)
    total, count = row.total + order.amount.amount, row.count + 1
    most: Decimal | None = settings.AUTHENTICATION_LOW_VALUE_TOTAL.get(currency)
    if count > IN_A_ROW or (most is not None and total > most):
        return None
    row.total, row.count = total, count
    row.save(update_fields=["total", "count"])
    said = f"Number {count} since the last authentication, {in_words(Money(total, currency))} together."
    return Basis(means=AuthenticationMeans.LOW_VALUE, reason=said)
