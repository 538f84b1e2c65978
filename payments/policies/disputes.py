"""What a person may do to a dispute as it stands. Each check raises what the service would, before anybody tries."""

from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from payments import errors
from payments.choices import DisputeState
from payments.models import Dispute
from payments.policies import payments
from payments.states import DISPUTE_MOVES, DISPUTE_OWED


def check_can_answer(dispute: Dispute, actor: Actor | None = None) -> None:
    """Raises DisputeAnswered unless it waits for its answer: with evidence, or given up."""
    if dispute.state != DisputeState.OPEN:
        raise errors.DisputeAnswered(state=dispute.state)


def check_is_owed(dispute: Dispute, actor: Actor) -> None:
    """Raises DisputeAnswered unless the acquirer is still to be told, and knows the dispute."""
    if dispute.state not in DISPUTE_OWED or not dispute.provider_id:
        raise errors.DisputeAnswered("There is nothing to tell the acquirer.", state=dispute.state)


def check_can_end(dispute: Dispute, actor: Actor) -> None:
    """Raises IllegalMove unless it goes on, and its payment is in dispute now."""
    check_move(DISPUTE_MOVES, DisputeState(dispute.state), DisputeState.WON)
    payments.check_is_disputed(dispute.payment, actor)
