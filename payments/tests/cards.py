"""A live partner whose cards are charged over the stand-in for Stripe, and short words for what happens there."""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.choices import PartnerStatus
from accounts.models import Partner
from flowlet.core import actors, clock
from payments.choices import PaymentKind, Rail
from payments.models import Dispute, Payment
from payments.services import external_accounts, inbox, sending
from payments.tests.world import KEY, STAFF, fresh_world

ROBOT = actors.system("tests")


def live_world():
    """The world of a live partner."""
    made = fresh_world()
    made.partner = Partner.objects.get(Q(name=made.partner.name, mode="LIVE"))
    Partner.objects.filter(pk=made.partner.pk).update(status=PartnerStatus.ACTIVE)
    made.partner.refresh_from_db()
    return made


def card_payment(world, amount="25.00", token="pm_card_visa", wallet=None, **options):
    """A wallet, and a card payment to it that was not sent yet."""
    wallet = wallet or world.wallet()
    card = card_of(world, wallet, token)
    return wallet, world.pay(wallet, amount, kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=card, **options)


def card_of(world, wallet, token):
    """A card of the wallet's customer; ``token`` says what its bank does."""
    return external_accounts.create(
        partner_id=world.partner.pk,
        customer_id=wallet.customer_id,
        kind="CARD",
        currency=wallet.currency,
        owner_name="Ada Lovelace",
        card_token=token,
        card_brand="visa",
        card_last_four="4242",
        actor=KEY,
        at=world.at,
    )


def send(payment) -> Payment:
    """Over Stripe."""
    return sending.send(payment_id=payment.pk, actor=STAFF, at=clock.now())


def deliver(stripe, **options) -> None:
    """All events so far, over the door, and handled until nothing is due."""

    def post(body, header):
        inbox.receive(provider="stripe", body=body, headers={"stripe-signature": header}, at=clock.now())
        return 200

    stripe.send(post, **options)
    inbox.sweep(actor=ROBOT, at=clock.now(), limit=1000)


def taken(stripe) -> int:
    """What cards were charged, in cents."""
    return sum(intent["amount_received"] for intent in stripe.intents.values())


def later(**options) -> datetime:
    """So long from now."""
    return clock.now() + timedelta(**options)


def disputed(world, stripe, **options):
    """A payment that its cardholder disputes, what Stripe has of the dispute, and our row."""
    _, payment = card_payment(world)
    payment = send(payment)
    said = stripe.dispute(payment.provider_reference, **options)
    deliver(stripe)
    return payment, said, Dispute.objects.get(payment=payment)
