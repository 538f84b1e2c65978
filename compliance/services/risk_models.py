"""The model by which customers are rated: which is in force, and another one by two people through ``flowlet.approvals``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts.policies import check_reason
from compliance import errors, events
from compliance.models import RiskModelVersion
from compliance.policies import risk_model
from compliance.policies.risk_model import SHIPPED, RiskModel
from flowlet.approvals import registry
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.events.services import outbox

CHANGE: Final = "compliance.risk_model"


def register() -> None:
    """Say what can be asked for."""
    registry.kind(
        CHANGE,
        label="Rate customers by another model",
        maker_permission="compliance.request_risk_model",
        checker_permission="compliance.approve_risk_model",
        execute=execute_change,
        describe=describe_change,
    )


def in_force() -> RiskModel:
    """The newest model, or the shipped one."""
    row = RiskModelVersion.objects.order_by("-number").first()
    return SHIPPED if row is None else risk_model.checked(row.content, number=row.number)


def numbered(number: int) -> RiskModel:
    """The model of this number; 0 is the shipped one."""
    if number == 0:
        return SHIPPED
    return risk_model.checked(RiskModelVersion.objects.get(number=number).content, number=number)


def request_change(*, content: Mapping[str, Any], reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for another model. Raises MalformedModel, ModelUnchanged, ReasonMissing, and approvals' MayNot and AlreadyPending."""
    now = in_force()
    wanted = risk_model.checked(content, number=now.number + 1)
    if wanted.digest == now.digest:
        raise errors.ModelUnchanged()
    payload = {"content": dict(content), "before": now.number}
    return requests.submit(kind=CHANGE, payload=payload, subject="risk.model", reason=check_reason(reason), actor=actor, at=at)


@transaction.atomic
def execute_change(*, approval: Approval, actor: Actor, at: datetime) -> RiskModelVersion:
    """Put an approved model in force; ``rate_customers`` rates everybody by it. Raises Obsolete when another came meanwhile."""
    now = in_force()
    if now.number != approval.payload["before"]:
        raise Obsolete(f"Model {now.number} has come into force meanwhile.")
    model = risk_model.checked(approval.payload["content"], number=now.number + 1)
    row = RiskModelVersion.objects.create(
        number=model.number,
        content=approval.payload["content"],
        digest=model.digest,
        reason=approval.reason,
        asked_by=maker_of(approval),
        approved_by=str(actor),
        approval_id=approval.pk,
        created_at=at,
    )
    after = {"number": row.number, "digest": row.digest, "approval": approval.public_id}
    before = {"number": now.number, "digest": now.digest}
    log.record(
        action=events.RISK_MODEL_CHANGED, actor=actor, at=at, target=row.public_id, reason=row.reason, before=before, after=after
    )
    outbox.publish(type=events.RISK_MODEL_CHANGED, partner_id=None, subject=row.public_id, data=after, at=at)
    return row


def describe_change(approval: Approval) -> Mapping[str, str]:
    """What the checker sees: what differs."""
    before = numbered(approval.payload["before"])
    after = risk_model.checked(approval.payload["content"], number=before.number + 1)
    found = risk_model.differences(before, after)
    return {"In force": f"model {before.number}", **{f"Change {number}": text for number, text in enumerate(found, 1)}}


def maker_of(approval: Approval) -> str:
    """Who asked, as rows note it."""
    return f"{approval.maker_kind}:{approval.maker_id}"
