"""What partners wrote into wallets and into what moved between them: it goes with the customers' data, figures stay."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from accounts.services import traces
from accounts.services.traces import Trace
from flowlet.core.actors import Actor
from wallets import events
from wallets.models import Conversion, Hold, Refund, TopUp, Transfer, Wallet

_NOTES: Final[dict[str, Any]] = {"external_id": "", "metadata": {}}
_WORDS: Final = _NOTES | {"description": ""}
TRACES: Final = (
    Trace(name="wallets", model=Wallet, ways=("customer_id",), blank=_NOTES | {"name": ""}),
    Trace(name="holds", model=Hold, ways=("wallet__customer_id",), blank=_WORDS),
    Trace(name="transfers", model=Transfer, ways=("source__customer_id", "target__customer_id"), blank=_WORDS),
    Trace(
        name="refunds",
        model=Refund,
        ways=("transfer__source__customer_id", "transfer__target__customer_id"),
        blank=_NOTES | {"reason": ""},
    ),
    Trace(name="conversions", model=Conversion, ways=("customer_id",), blank=_WORDS),
    Trace(name="top_ups", model=TopUp, ways=("wallet__customer_id",), blank=_NOTES),
)


def forget(*, customer_id: UUID, actor: Actor, at: datetime) -> dict[str, int]:
    """The customer was erased: empty what is left; how many rows of which sort."""
    return traces.forget(TRACES, customer_id=customer_id, action=events.WALLETS_FORGOTTEN, actor=actor, at=at)
