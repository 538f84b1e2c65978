"""What a person may do with what a customer owes."""

from flowlet.core.actors import Actor
from payments import errors
from payments.choices import ReceivableState
from payments.models import Receivable


def check_is_owed(row: Receivable, actor: Actor) -> None:
    """Raises NotOwed."""
    if row.state != ReceivableState.OPEN:
        raise errors.NotOwed(state=row.state)
