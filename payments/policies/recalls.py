"""When a payment can be recalled, and until when an answer is due.

Sources: EPC125-05 (SCT rulebook of 2025), section 4.3.2.3: ten banking days after the execution for DUPL and TECH, thirteen months for
FRAD and for a request of the payer, answers within fifteen banking days. Fedwire sets no time; the same is used.
"""

from datetime import date, datetime
from typing import Final

from flowlet.core import clock
from flowlet.core.actors import Actor
from payments import errors
from payments.choices import BatchStatus, Direction, PaymentKind, PaymentStatus, Rail, RecallReason, RecallState
from payments.models import Payment, Recall
from payments.policies import calendars
from payments.policies.mandates import months_after

BANKING_DAYS, MONTHS, ANSWER_DAYS = 10, 13, 15
RAILS: Final = {
    Rail.SEPA_CT: (calendars.Calendar.XECB, "Europe/Brussels"),
    Rail.WIRE: (calendars.Calendar.XFED, "America/New_York"),
}
LEFT: Final = frozenset({PaymentStatus.SUBMITTED, PaymentStatus.UNKNOWN, PaymentStatus.SETTLED})
SENT: Final = frozenset({BatchStatus.DELIVERED, BatchStatus.ACKNOWLEDGED})
# What a deposit can be sent back for without being asked (ISO 20022, ExternalReturnReason1Code).
RETURN_REASONS: Final = frozenset(
    {"AC01", "AC04", "AC06", "AG01", "AM05", "BE01", "CUST", "FOCR", "FR01", "MS02", "NARR", "RR04"}
)
# Why not (ExternalPaymentCancellationRejection1Code, as EPC115-06 allows them).
REFUSALS: Final = frozenset({"AC04", "AM04", "ARDT", "CUST", "LEGL", "NOAS", "NOOR", "NARR"})


def check_can_recall(payment: Payment, *, reason: str, at: datetime) -> None:
    """Raises NotRecallable, RecallTooLate."""
    if payment.direction != Direction.OUT or payment.rail not in RAILS or payment.batch_id is None or payment.status not in LEFT:
        raise errors.NotRecallable(status=payment.status, rail=payment.rail)
    if payment.batch.status not in SENT:
        raise errors.NotRecallable("Its file has not left yet.", status=payment.status, rail=payment.rail)
    until = latest(payment, reason=reason)
    if today(payment.rail, at=at) > until:
        raise errors.RecallTooLate(f"{reason} was possible until {until}.", param="reason", until=str(until))


def latest(payment: Payment, *, reason: str) -> date:
    """The last day on which the payment can be recalled for the reason."""
    executed_on = payment.value_on or payment.created_at.date()
    if reason in {RecallReason.DUPL, RecallReason.TECH}:
        return calendars.add_banking_days(executed_on, BANKING_DAYS, calendar=RAILS[Rail(payment.rail)][0])
    return months_after(executed_on, MONTHS)


def answer_due(rail: str, *, at: datetime) -> date:
    """Until when the answer to a request of this moment is due."""
    return calendars.add_banking_days(today(rail, at=at), ANSWER_DAYS, calendar=RAILS[Rail(rail)][0])


def check_can_send_back(payment: Payment) -> None:
    """Raises NotRecallable unless it is a deposit that is still here."""
    if payment.kind != PaymentKind.DEPOSIT or payment.rail not in RAILS or payment.status != PaymentStatus.SETTLED:
        raise errors.NotRecallable("Only a settled deposit over SEPA or by wire is sent back.", status=payment.status)


def check_waits(recall: Recall, actor: Actor) -> None:
    """Raises RecallAnswered unless a bank waits for our word."""
    if recall.state != RecallState.RECEIVED:
        raise errors.RecallAnswered(state=recall.state)


def today(rail: str, *, at: datetime) -> date:
    """The day at the rail's place."""
    return clock.day_of(at, zone=RAILS[Rail(rail)][1])
