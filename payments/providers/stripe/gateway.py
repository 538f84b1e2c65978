"""Stripe as the carrier of the card rail: a payment is an intent that is confirmed at once, a refund gives back part of one.

Our reference is the idempotency key and stands in the metadata, so that what was lost is found by it. A clear no (a declined card, a
token that does not exist) is an answer; what concerns us and not the payment (credentials, rate) is raised. Without an address to come
back to, a bank that wants to see the cardholder is a no as well: nobody could be sent there.
"""

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
_REFUND = {
    RefundStatus.SUCCEEDED: State.PAID,
    RefundStatus.FAILED: State.REFUSED,
    RefundStatus.CANCELED: State.REFUSED,
}


class CardGateway:
    """Carries card payments over an acquirer."""

    def __init__(self, acquirer: CardAcquirer, *, return_url: str = "") -> None:
        self._acquirer, self._return_url = acquirer, return_url
        self.name = acquirer.name

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
            return answer_of_payment(
                self._acquirer.create_payment(
                    amount=instruction.amount,
                    reference=instruction.reference,
                    key=instruction.reference,
                    payment_method=instruction.details.get("number", ""),
                    confirm=True,
                    return_url=self._return_url,
                    fail_on_action=not self._return_url,
                    description=instruction.description,
                )
            )
        except (NotAuthorized, Throttled):
            raise
        except Refused as refusal:
            return Answer(state=State.REFUSED, reason_code=refusal.provider_code or refusal.code)
        except AmountNotCarried as refusal:
            return Answer(state=State.REFUSED, reason_code=refusal.code)

    def find(self, instruction: Instruction) -> Answer:
        """What became of it, by our reference. Raises as ``submit``."""
        if _is_back(instruction):
            if not instruction.original_reference:
                return Answer(state=State.NOT_FOUND)
            refunds = self._acquirer.refunds_of(instruction.original_reference)
            mine = [refund for refund in refunds if refund.reference == instruction.reference]
            return answer_of_refund(mine[0]) if mine else Answer(state=State.NOT_FOUND)
        if instruction.provider_reference:
            return answer_of_payment(self._acquirer.payment(instruction.provider_reference))
        # The search is behind by up to a minute: it says which payments there are, and each says itself how it stands.
        found = [self._acquirer.payment(one.id) for one in self._acquirer.find_payments(instruction.reference)]
        # One key makes one payment; should there be more, the one that took money is the one that counts.
        found.sort(key=lambda payment: payment.status != CardPaymentStatus.SUCCEEDED)
        return answer_of_payment(found[0]) if found else Answer(state=State.NOT_FOUND)


def _is_back(instruction: Instruction) -> bool:
    return instruction.direction == Direction.OUT


def answer_of_payment(payment: CardPayment) -> Answer:
    """What a card payment's state means. Money that is only authorised has not come."""
    return Answer(
        state=_PAYMENT.get(payment.status, State.ACCEPTED),
        provider_reference=payment.id,
        reason_code=payment.failure_code if payment.status != CardPaymentStatus.SUCCEEDED else "",
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
