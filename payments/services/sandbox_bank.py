"""The sandbox bank: takes orders as a real one would, and misbehaves on demand. Simulated, as its name says.

It keeps its own record (``SandboxOrder``), takes each reference once, and knows nothing of payments, so that what it was told can be
compared with the books. A card called NEEDS_PAYER has a bank that wants to see its holder, as Stripe's own test card of that name. Faults
(``SandboxFault``) are used up one by one. Of orders: LOSE_ANSWER (done, but not answered), LOSE_ORDER (not even done), REFUSE. Of what the
bank tells later (``sandbox_tellings``): DUPLICATE, LATE, REORDERED.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from flowlet.core import clock, ids
from flowlet.core.money import Money
from flowlet.core.outbound import OutcomeUnknown
from payments import errors
from payments.choices import Direction, OrderStatus, Rail
from payments.models import SandboxFault, SandboxOrder
from payments.providers.gateway import Answer, Instruction, State
from payments.providers.stripe.gateway import AUTHENTICATED_WITHIN, NOT_AUTHENTICATED, WORDS

NAME = "sandbox"
NEEDS_PAYER = "pm_card_threeDSecure2Required"
CARD_BANK = "https://bank.sandbox.example/3-d-secure"
NEEDED, NOT_SHOWN = "authentication_required", "payment_intent_authentication_failure"
FAULTS = ("LOSE_ANSWER", "LOSE_ORDER", "REFUSE", "DUPLICATE", "LATE", "REORDERED")
_STATES = {
    OrderStatus.ACCEPTED: State.ACCEPTED,
    OrderStatus.PAID: State.PAID,
    OrderStatus.REFUSED: State.REFUSED,
    OrderStatus.RETURNED: State.RETURNED,
}
_TAKE = """
INSERT INTO payments_sandboxorder AS o (id, reference, rail, direction, currency, amount, status, reason_code, times_told, created_at,
updated_at) SELECT t.id, t.reference, %(rail)s, t.direction, t.currency, t.amount, %(status)s, %(code)s, 1, %(at)s, %(at)s
  FROM unnest(%(ids)s::uuid[], %(references)s::text[], %(directions)s::text[], %(currencies)s::text[], %(amounts)s::numeric[])
    AS t(id, reference, direction, currency, amount)
ON CONFLICT (reference) DO UPDATE SET times_told = o.times_told + 1"""


class SandboxGateway:
    """A rail without files, as the sandbox plays it. Cards are charged at once, unless their bank wants to see the payer; open banking
    waits for its simulation.
    """

    name = NAME

    def __init__(self, rail: str, partner_id: UUID) -> None:
        self.rail, self.partner_id = rail, partner_id

    def submit(self, instruction: Instruction) -> Answer:
        """Take the order once. Raises OutcomeUnknown when a fault loses the answer."""
        if use_up(self.partner_id, "LOSE_ORDER"):
            raise OutcomeUnknown(provider=self.name, operation="submit")
        needs_payer = (
            self.rail == Rail.CARD and instruction.direction == Direction.IN and instruction.details.get("number") == NEEDS_PAYER
        )
        if use_up(self.partner_id, "REFUSE"):
            take(instruction, rail=self.rail, refuse=True, at=clock.now())
        elif needs_payer:
            status, code = (OrderStatus.ACCEPTED, "") if instruction.details.get("return_url") else (OrderStatus.REFUSED, NEEDED)
            take(instruction, rail=self.rail, status=status, reason_code=code, at=clock.now())
        else:
            take(instruction, rail=self.rail, at=clock.now())
        if use_up(self.partner_id, "LOSE_ANSWER"):
            raise OutcomeUnknown(provider=self.name, operation="submit")
        return self.find(instruction)

    def find(self, instruction: Instruction) -> Answer:
        """What became of the order."""
        order = SandboxOrder.objects.filter(reference=instruction.reference).first()
        if order is None:
            return Answer(state=State.NOT_FOUND)
        awaits = order.rail == Rail.CARD and order.status == OrderStatus.ACCEPTED
        if awaits and clock.now() - order.created_at > AUTHENTICATED_WITHIN:
            mark(order.reference, OrderStatus.REFUSED, reason_code=NOT_AUTHENTICATED, at=clock.now())
            return self.find(instruction)
        return Answer(
            state=_STATES[OrderStatus(order.status)],
            provider_reference=order.public_id,
            reason_code=order.reason_code,
            reason=WORDS.get(order.reason_code, ""),
            amount=Money(order.amount, order.currency),
            redirect_url=f"{CARD_BANK}?order={order.public_id}" if awaits else "",
        )


def take(
    instruction: Instruction,
    *,
    rail: str,
    refuse: bool = False,
    status: OrderStatus | None = None,
    reason_code: str = "",
    at: datetime,
) -> None:
    """Write the order, or count that it was told again. ``status`` is where it stands, unless it is refused or as usual on its rail."""
    take_many([instruction], rail=rail, refuse=refuse, status=status, reason_code=reason_code, at=at)


def take_many(
    instructions: Sequence[Instruction],
    *,
    rail: str,
    refuse: bool = False,
    status: OrderStatus | None = None,
    reason_code: str = "",
    at: datetime,
) -> None:
    """Write the orders, or count that they were told again, in one statement. The order of references is the order of their locks."""
    usual = OrderStatus.REFUSED if refuse else OrderStatus.PAID if rail == Rail.CARD else OrderStatus.ACCEPTED
    told = sorted(instructions, key=lambda one: one.reference)
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "rail": rail,
                "status": status or usual,
                "code": reason_code or ("sandbox.refused" if refuse else ""),
                "at": at,
                "ids": [ids.uuid7() for _ in told],
                "references": [one.reference for one in told],
                "directions": [one.direction for one in told],
                "currencies": [one.amount.currency.code for one in told],
                "amounts": [one.amount.amount for one in told],
            },
        )


def mark(reference: str, status: OrderStatus, *, reason_code: str = "", at: datetime) -> None:
    """The bank has done it (or sent it back). Raises PaymentNotFound when it was never told."""
    changed = SandboxOrder.objects.filter(reference=reference).update(status=status, reason_code=reason_code, updated_at=at)
    if not changed:
        raise errors.PaymentNotFound("The sandbox bank was not told of this payment yet.")


def misbehave(*, partner_id: UUID, fault: str, times: int, at: datetime) -> None:
    """Let the next ``times`` orders of the partner meet the fault."""
    SandboxFault.objects.create(partner_id=partner_id, fault=fault, times=times, created_at=at)


def use_up(partner_id: UUID, fault: str) -> bool:
    """Whether the fault is to happen now; it is then used up once."""
    with transaction.atomic():
        row = (
            SandboxFault.objects.select_for_update(skip_locked=True)
            .filter(partner_id=partner_id, fault=fault, times__gt=0)
            .order_by("pk")
            .first()
        )
        if row is None:
            return False
        SandboxFault.objects.filter(pk=row.pk).update(times=F("times") - 1)
        return True
