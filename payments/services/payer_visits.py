"""Payers who are back from their bank, over open banking (``authorisations``) or by card (3-D Secure, over the acquirer).

What a browser brings is a reason to look: of a card payment the acquirer is asked how it stands, and that is booked.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from flowlet.core.actors import Actor
from payments import errors
from payments.choices import AuthorisationStatus, OrderStatus
from payments.models import Payment
from payments.providers.gateway import State
from payments.selectors.payments import is_sandbox
from payments.services import authorisations, gateways, sandbox_bank, sending, steps

NAMED = "payment_intent"  # how the acquirer names its payment in the payer's address


def complete(
    *, payment_id: UUID, partner_id: UUID | None = None, callback: Mapping[str, str], actor: Actor, at: datetime
) -> Payment:
    """The payer came back with ``callback``, the parameters of the address. By card: how the acquirer says it stands is booked.

    Raises as ``authorisations.complete``; NotAuthorisedThere also for a card whose bank still waits for its holder.
    """
    payment, row = authorisations.waiting(payment_id, partner_id)
    if not authorisations.is_card(row):
        return authorisations.complete(payment_id=payment_id, partner_id=partner_id, callback=callback, actor=actor, at=at)
    authorisations.check_awaits(row)
    if not payment.provider_reference or callback.get(NAMED) != payment.provider_reference:
        raise errors.CallbackRefused("It names another payment.", param=f"parameters.{NAMED}")
    gateway = gateways.of(payment)
    answer = gateway.find(sending.instruction_of(payment))
    if answer.redirect_url and answer.state == State.ACCEPTED:
        raise errors.NotAuthorisedThere("The card's bank still waits for its holder.", status=payment.status)
    payment = sending.hear(payment_id, answer, actor=actor, at=sending.moment_of(gateway, at))
    if payment.status in authorisations.ON_ITS_WAY:
        with transaction.atomic():
            payment = steps.locked(payment_id)
            authorisations.note_authorised(payment, actor=actor, at=at)
    return payment


def simulate(*, payment_id: UUID, partner_id: UUID, approves: bool, at: datetime) -> dict[str, str]:
    """In the sandbox: the payer went to the bank and decided. Answers what their browser brings back, for ``complete``.

    Raises SandboxOnly, PaymentNotFound, NotAuthorisedThere.
    """
    if not is_sandbox(partner_id):
        raise errors.SandboxOnly
    payment, row = authorisations.waiting(payment_id, partner_id)
    if not authorisations.is_card(row):
        return authorisations.simulate_visit(payment_id=payment_id, partner_id=partner_id, approves=approves)
    if row.status != AuthorisationStatus.AWAITING:
        raise errors.NotAuthorisedThere(status=row.status)
    code = "" if approves else sandbox_bank.NOT_SHOWN
    sandbox_bank.mark(payment.public_id, OrderStatus.PAID if approves else OrderStatus.REFUSED, reason_code=code, at=at)
    # Nobody tells the sandbox's payments of it: it is asked with the next round.
    Payment.objects.filter(pk=payment_id, status__in=authorisations.ON_ITS_WAY).update(ask_at=at)
    return {NAMED: payment.provider_reference, "redirect_status": "succeeded" if approves else "failed"}
