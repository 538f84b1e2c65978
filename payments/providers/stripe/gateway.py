"""Stripe as the carrier of the card rail: a payment is an intent that is confirmed at once, a refund gives back part of one.

Our reference is the idempotency key and stands in the metadata, so that what was lost is found by it. A clear no (a declined card, a
token that does not exist) is an answer; what concerns us and not the payment (credentials, rate) is raised. A bank that wants to see the
cardholder (3-D Secure) is answered with the address they are to be sent to, when the payment has one to which they come back; without it is
a no as well: nobody could be sent there. Who does not come within an hour is waited for no longer. What was declined or given up is
canceled at Stripe before it is told as a no: whoever knows an intent's secret could try it again with another card.
"""

from dataclasses import replace
from datetime import timedelta

from flowlet.core import clock
from flowlet.core.outbound import NotAuthorized, Refused, Throttled
from payments.choices import Direction
from payments.providers.errors import AmountNotCarried
from payments.providers.gateway import Answer, Instruction, State
from payments.providers.ports import CardAcquirer, CardPayment, CardPaymentStatus, CardRefund, RefundStatus

_PAYMENT = {
    CardPaymentStatus.SUCCEEDED: State.PAID,
    CardPaymentStatus.CANCELED: State.REFUSED,
    CardPaymentStatus.REQUIRES_PAYMENT_METHOD: State.REFUSED,
}
AUTHENTICATED_WITHIN = timedelta(hours=1)
NOT_AUTHENTICATED = "card.not_authenticated"
# What the codes do not say by themselves.
WORDS = {
    "authentication_required": "The card's bank wants to see the cardholder: make the payment with a return_url.",
    "payment_intent_authentication_failure": "The cardholder did not show their bank who they are.",
    NOT_AUTHENTICATED: "The cardholder did not come to their bank within an hour.",
}
_REFUND = {
    RefundStatus.SUCCEEDED: State.PAID,
    RefundStatus.FAILED: State.REFUSED,
    RefundStatus.CANCELED: State.REFUSED,
}


class CardGateway:
    """Carries card payments over an acquirer."""

    def __init__(self, acquirer: CardAcquirer) -> None:
        self._acquirer, self.name = acquirer, acquirer.name

    def submit(self, instruction: Instruction) -> Answer:
        """Charge the card, or give back; what goes out never charges, so a payment without a name at Stripe is not given back.

        Raises OutcomeUnknown, Unavailable, NotAuthorized, Throttled.
        """
        if _is_back(instruction) and not instruction.original_reference:
            return Answer(state=State.REFUSED, reason_code="stripe.payment_unknown")
        try:
            if _is_back(instruction):
                return answer_of_refund(
                    self._acquirer.refund_payment(
                        instruction.original_reference,
                        key=instruction.reference,
                        reference=instruction.reference,
                        amount=instruction.amount,
                    )
                )
            return_url = instruction.details.get("return_url", "")
            made = self._acquirer.create_payment(
                amount=instruction.amount,
                reference=instruction.reference,
                key=instruction.reference,
                payment_method=instruction.details.get("number", ""),
                confirm=True,
                return_url=return_url,
                fail_on_action=not return_url,
                description=instruction.description,
            )
            return answer_of_payment(concluded(self._acquirer, made))
        except (NotAuthorized, Throttled):
            raise
        except Refused as refusal:
            return Answer(state=State.REFUSED, reason_code=refusal.provider_code or refusal.code)
        except AmountNotCarried as refusal:
            return Answer(state=State.REFUSED, reason_code=refusal.code)

    def find(self, instruction: Instruction) -> Answer:
        """What became of it, by our reference; given up when its cardholder did not come in time. Raises as ``submit``."""
        if _is_back(instruction):
            if not instruction.original_reference:
                return Answer(state=State.NOT_FOUND)
            refunds = self._acquirer.refunds_of(instruction.original_reference)
            mine = [refund for refund in refunds if refund.reference == instruction.reference]
            return answer_of_refund(mine[0]) if mine else Answer(state=State.NOT_FOUND)
        if instruction.provider_reference:
            return answer_of_payment(concluded(self._acquirer, self._acquirer.payment(instruction.provider_reference)))
        # The search is behind by up to a minute: it says which payments there are, and each says itself how it stands.
        found = [self._acquirer.payment(one.id) for one in self._acquirer.find_payments(instruction.reference)]
        # One key makes one payment; should there be more, the one that took money is the one that counts.
        found.sort(key=lambda payment: payment.status != CardPaymentStatus.SUCCEEDED)
        return answer_of_payment(concluded(self._acquirer, found[0])) if found else Answer(state=State.NOT_FOUND)


def _is_back(instruction: Instruction) -> bool:
    return instruction.direction == Direction.OUT


def concluded(acquirer: CardAcquirer, payment: CardPayment) -> CardPayment:
    """The payment, canceled if it was declined or its cardholder had their time; they may still have been faster.

    Raises OutcomeUnknown, Unavailable, NotAuthorized, Throttled: nobody knows yet whether it can still be charged.
    """
    is_declined = payment.status == CardPaymentStatus.REQUIRES_PAYMENT_METHOD
    is_late = payment.status == CardPaymentStatus.REQUIRES_ACTION and clock.now() - payment.created_at > AUTHENTICATED_WITHIN
    if not is_declined and not is_late:
        return payment
    key = f"{payment.id}:{'declined' if is_declined else 'abandoned'}"
    try:
        ended = acquirer.cancel_payment(payment.id, key=key, abandoned=is_late)
    except (NotAuthorized, Throttled):
        raise
    except Refused:
        return acquirer.payment(payment.id)
    return replace(ended, failure_code=payment.failure_code) if is_declined else ended


def answer_of_payment(payment: CardPayment) -> Answer:
    """What a card payment's state means. Money that is only authorised has not come."""
    code = payment.failure_code if payment.status != CardPaymentStatus.SUCCEEDED else ""
    if payment.status == CardPaymentStatus.CANCELED and code == "abandoned":
        code = NOT_AUTHENTICATED
    return Answer(
        state=_PAYMENT.get(payment.status, State.ACCEPTED),
        provider_reference=payment.id,
        reason_code=code,
        reason=WORDS.get(code, ""),
        amount=payment.received if payment.status == CardPaymentStatus.SUCCEEDED else None,
        redirect_url=payment.action_url,
    )


def answer_of_refund(refund: CardRefund) -> Answer:
    """What a refund's state means."""
    return Answer(
        state=_REFUND.get(refund.status, State.ACCEPTED),
        provider_reference=refund.id,
        reason_code=refund.failure_code,
        amount=refund.amount,
    )
