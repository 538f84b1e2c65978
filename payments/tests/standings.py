"""A payment in every state that a service leads to, made by walking the services."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from unittest import mock

from django.test import override_settings

from flowlet.core.money import Money
from flowlet.decisions import registry
from flowlet.decisions.opinions import Reason, review
from payments.choices import PaymentKind, PaymentStatus, Rail
from payments.models import Payment
from payments.services import deciding, outcomes, payments, sandbox_bank, sending, settlement
from payments.tests.world import KEY, OTHER, STAFF, PaymentWorld

S = PaymentStatus
ALL = tuple(state for state in S if state != S.EXPIRED)  # nothing expires a payment yet


@contextmanager
def doubts() -> Iterator[None]:
    """Every payment that is made goes to review."""
    with mock.patch.dict(registry._deciders, clear=True):
        registry.decider("payments.doubts", point=deciding.POINT)(lambda facts: review(Reason("payments.doubts", "Looks odd.")))
        yield


@contextmanager
def threshold() -> Iterator[None]:
    """Every outgoing payment needs a second person."""
    with override_settings(PAYMENT_APPROVAL_ABOVE={"USD": Decimal(0)}):
        yield


def card_payment(world: PaymentWorld, *, fault: str = "") -> Payment:
    """A card payment that was sent: settled at once, unless the answer is lost or it is refused."""
    wallet = world.wallet()
    made = world.pay(wallet, "25.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet))
    if fault:
        sandbox_bank.misbehave(partner_id=world.partner.pk, fault=fault, times=1, at=world.at)
    return sending.send(payment_id=made.pk, actor=KEY, at=world.at)


def sent(world: PaymentWorld, wallet=None, amount: str = "10.00", **options: object) -> Payment:
    """An ACH payment in a delivered file."""
    wallet = wallet or world.wallet("100.00")
    made = world.pay(wallet, amount, to=world.bank(wallet), **options)
    settlement.run(at=world.at, actor=STAFF, early=True, partner_id=world.partner.pk)
    made.refresh_from_db()
    return made


def settled(world: PaymentWorld) -> Payment:
    """An ACH payment that arrived."""
    return outcomes.settle(payment_id=sent(world).pk, actor=OTHER, at=world.at)


def collection(world: PaymentWorld) -> Payment:
    """A collection that waits for its file."""
    wallet = world.wallet()
    account = world.bank(wallet, relation="OWN")
    mandate = world.ach_mandate(account)
    return world.pay(wallet, "10.00", kind=PaymentKind.COLLECTION, to=account, mandate_id=mandate.pk)


def refunded(world: PaymentWorld) -> Payment:
    """A card payment that was given back."""
    made = card_payment(world)
    world.fund(made.wallet, "5.00")
    back = payments.refund(payment_id=made.pk, amount=Money("25.00", "USD"), actor=KEY, at=world.at)
    sending.send(payment_id=back.pk, actor=KEY, at=world.at)
    made.refresh_from_db()
    return made


def make(world: PaymentWorld, state: str) -> Payment:
    """A payment in the state."""
    common = {"actor": OTHER, "at": world.at}
    if state == S.CREATED:
        return _paid(world, scheduled_on=(world.at + timedelta(days=3)).date())
    if state == S.REVIEW:
        with doubts():
            return _paid(world)
    if state == S.APPROVAL:
        with threshold():
            return _paid(world)
    if state == S.REJECTED:
        return payments.reject(payment_id=make(world, S.REVIEW).pk, reason="no papers came", **common)
    if state == S.CANCELED:
        return payments.cancel(payment_id=_paid(world).pk, reason="asked to", **common)
    if state == S.FAILED:
        return card_payment(world, fault="REFUSE")
    if state == S.UNKNOWN:
        return card_payment(world, fault="LOSE_ANSWER")
    if state == S.RETURNED:
        return outcomes.return_(payment_id=settled(world).pk, reason_code="R03", reason="No account", **common)
    if state == S.DISPUTED:
        return outcomes.dispute(payment_id=card_payment(world).pk, reason_code="fraudulent", **common)
    return {S.APPROVED: collection, S.HELD: _paid, S.SUBMITTED: sent, S.SETTLED: settled, S.REFUNDED: refunded}[S(state)](world)


def _paid(world: PaymentWorld, **options: object) -> Payment:
    wallet = world.wallet("100.00")
    return world.pay(wallet, "10.00", to=world.bank(wallet), **options)
