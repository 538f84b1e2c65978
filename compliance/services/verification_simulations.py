"""Officers of the sandbox: a partner's program plays what people decide."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import Mode
from compliance import errors
from compliance.choices import AskCode, ItemStatus, RefusalCode
from compliance.models import Verification
from compliance.policies import verifications as policies
from compliance.selectors import verifications as selectors
from compliance.services import verification_decisions
from flowlet.core import actors
from flowlet.core.actors import Actor

FIRST = actors.system("sandbox.officer")


@transaction.atomic
def decide(
    *,
    verification_id: UUID,
    partner_id: UUID,
    decision: str,
    reason_code: str = RefusalCode.NOT_ELIGIBLE,
    ask_code: str = AskCode.UNREADABLE,
    item_ids: Sequence[UUID] = (),
    actor: Actor,
    at: datetime,
) -> Verification:
    """APPROVE accepts what checks failed, by two where two are needed; REFUSE; ASK_AGAIN for ``item_ids``.

    Raises SandboxOnly, VerificationNotFound, ItemNotFound, IllegalMove, Invalid.
    """
    row = selectors.get(verification_id, partner_id=partner_id)
    if row.partner.mode != Mode.SANDBOX:
        raise errors.VerificationSandboxOnly()
    who = {"verification_id": row.pk, "actor": actor, "at": at}
    if decision == "REFUSE":
        return verification_decisions.refuse(reason_code=reason_code, reason="Simulated", **who)
    if decision == "ASK_AGAIN":
        return verification_decisions.ask_again(item_ids=item_ids, ask_code=ask_code, reason="Simulated", **who)
    policies.check_can_accept(row, actor)
    for item in policies.undecided(row):
        if item.status == ItemStatus.PROVIDED:
            verification_decisions.accept_item(item_id=item.pk, reason="Simulated", **who)
    if row.needs_two or selectors.is_high_risk(row.customer_id):
        verification_decisions.approve(**who | {"actor": FIRST})
    return verification_decisions.approve(**who)
