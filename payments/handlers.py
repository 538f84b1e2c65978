"""What payments do when something has happened."""

from flowlet.events import registry
from flowlet.events.models import Event
from payments import tasks
from payments.choices import Direction, PaymentStatus, Rail
from payments.events import INBOUND_RECEIVED
from payments.policies import kinds


@registry.handler("payments.send_ready", types=("payment.held", "payment.approved"))
def send_ready(event: Event) -> None:
    """A payment on a rail without files is ready: send it (out when its money is held, in when it is approved)."""
    data = event.data
    if kinds.RAILS[Rail(data["rail"])].has_files or data["rail"] == Rail.BOOK:
        return
    ready = PaymentStatus.HELD if data["direction"] == Direction.OUT else PaymentStatus.APPROVED
    if data["status"] == ready:
        tasks.send.delay(payment_id=event.subject)


@registry.handler("payments.handle_inbound", types=(INBOUND_RECEIVED,))
def handle_inbound(event: Event) -> None:
    """A provider told us something: handle it, outside of this transaction."""
    tasks.handle_inbound.delay(inbound_id=event.subject)
