"""What wallets do when something has happened."""

from accounts.models import Customer
from flowlet.core import actors
from flowlet.events import registry
from flowlet.events.models import Event
from wallets.services import traces


@registry.handler("wallets.forget", types=("customer.erased",))
def forget(event: Event) -> None:
    """Whose data was erased is not named by what moved their money."""
    traces.forget(customer_id=Customer.key(event.subject), actor=actors.system("wallets.forget"), at=event.created_at)
