"""What partners, banks and payers wrote into payments and what belongs to them: it goes with the customers' data, figures stay.

What lies under the customer's key goes with that key. What is sealed under the keyring, as it may be needed while nobody knows yet whose
it is (evidence, payers, messages to banks), goes here.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Replace, Upper

from accounts.services import traces
from accounts.services.traces import Trace
from flowlet.core.actors import Actor
from payments import events
from payments.choices import DisputeState, SuspenseState
from payments.models import (
    BankLink,
    Consent,
    DepositInstruction,
    Dispute,
    Mandate,
    MandateAmendment,
    Move,
    Payment,
    Recall,
    Recurring,
    SuspenseItem,
)

_NOTES: Final[dict[str, Any]] = {"external_id": "", "metadata": {}}
_WORDS: Final = _NOTES | {"description": ""}


def _digits(column: str) -> Any:
    """The key in place of a name that has to be unique."""
    return Replace(Cast(column, CharField()), Value("-"), Value(""))


TRACES: Final = (
    Trace(
        name="payments",
        model=Payment,
        ways=("customer_id", "target_wallet__customer_id"),
        blank=_WORDS | {"reason": ""},
    ),
    Trace(name="steps", model=Move, ways=("payment__customer_id", "payment__target_wallet__customer_id"), blank={"reason": ""}),
    Trace(name="recurring", model=Recurring, ways=("wallet__customer_id", "target_wallet__customer_id"), blank=_WORDS),
    Trace(
        name="mandates",
        model=Mandate,
        ways=("customer_id",),
        blank=_NOTES | {"status_reason": "", "reference": _digits("id"), "reference_key": Upper(_digits("id"))},
    ),
    Trace(
        name="amendments",
        model=MandateAmendment,
        ways=("mandate__customer_id",),
        blank={"former_reference": _digits("mandate_id")},
        only=~Q(former_reference=""),
    ),
    Trace(name="consents", model=Consent, ways=("customer_id",), blank=_NOTES | {"end_reason": ""}),
    Trace(name="bank_links", model=BankLink, ways=("customer_id",), blank=_NOTES | {"end_reason": ""}),
    Trace(name="virtual_accounts", model=DepositInstruction, ways=("customer_id",), blank={"last_four": ""}),
    Trace(
        name="evidence",
        model=Dispute,
        ways=("payment__customer_id",),
        blank={"sealed": None},
        only=Q(state__in=(DisputeState.WON, DisputeState.LOST)),
    ),
    Trace(
        name="payers",
        model=SuspenseItem,
        ways=("payment__customer_id",),
        blank={"sealed": None},
        only=~Q(state=SuspenseState.OPEN),
    ),
    Trace(
        name="recalls",
        model=Recall,
        ways=("payment__customer_id",),
        blank={"note": "", "answer_note": "", "sealed": None},
        only=Q(ended_at__isnull=False) & (Q(sealed=None) | Q(delivered_at__isnull=False)),
    ),
)


def forget(*, customer_id: UUID, actor: Actor, at: datetime) -> dict[str, int]:
    """The customer was erased: empty what is left; how many rows of which sort."""
    return traces.forget(TRACES, customer_id=customer_id, action=events.PAYMENTS_FORGOTTEN, actor=actor, at=at)
