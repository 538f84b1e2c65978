"""A band against the model's, for a time: asked for by one person, approved by another through ``flowlet.approvals``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from accounts.policies import check_reason
from compliance import errors, events
from compliance.choices import RatingCause, RiskBand
from compliance.models import CustomerRisk, RiskOverride
from compliance.policies import risk as policies
from compliance.selectors import risk as selectors
from compliance.services import ratings
from compliance.services.risk_models import maker_of
from flowlet.approvals import registry
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError

OVERRIDE: Final = "compliance.risk_override"


def register() -> None:
    """Say what can be asked for."""
    registry.kind(
        OVERRIDE,
        label="Override a customer's risk",
        maker_permission="compliance.request_risk_override",
        checker_permission="compliance.approve_risk_override",
        execute=execute,
        describe=describe,
    )


def request(*, customer_id: UUID, band: str, until: datetime | None, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask that the customer counts as of ``band`` until a moment, or (an empty band) as the model says again.

    Raises CustomerNotRated, OverrideRefused, ReasonMissing, and approvals' MayNot and AlreadyPending.
    """
    row = selectors.of_customer(customer_id)
    if band and (band not in RiskBand.values or until is None):
        raise errors.OverrideRefused("Name a band, and until when.", param="until" if band in RiskBand.values else "band")
    _check(row, band, until, at=at)
    return requests.submit(
        kind=OVERRIDE,
        payload={"customer": row.customer.public_id, "band": band, "until": until.isoformat() if band and until else None},
        subject=row.customer.public_id,
        reason=check_reason(reason),
        actor=actor,
        at=at,
        partner_id=row.partner_id,
    )


@transaction.atomic
def execute(*, approval: Approval, actor: Actor, at: datetime) -> RiskOverride:
    """Carry an approved override out. Raises Obsolete when it has no sense any more."""
    row = selectors.of_customer(Customer.key(approval.payload["customer"]))
    band, until = approval.payload["band"], approval.payload["until"]
    ends = datetime.fromisoformat(until) if until else None
    try:
        _check(row, band, ends, at=at)
    except DomainError as refusal:
        raise Obsolete(refusal.message) from None
    made = RiskOverride.objects.create(
        customer_id=row.customer_id,
        band=band,
        model_band=row.rating.model_band,
        reason=approval.reason,
        begins_at=at,
        expires_at=ends or at + policies.LONGEST_OVERRIDE,
        asked_by=maker_of(approval),
        approved_by=str(actor),
        approval_id=approval.pk,
    )
    log.record(
        action=events.RISK_OVERRIDDEN,
        actor=actor,
        at=at,
        target=row.public_id,
        partner_id=row.partner_id,
        reason=approval.reason,
        before={"band": row.band},
        after={"customer": row.customer.public_id, "band": band or None, "until": until, "approval": approval.public_id},
    )
    ratings.rate(customer_ids=[row.customer_id], cause=RatingCause.OVERRIDE, reason=approval.reason, actor=actor, at=at)
    return made


def describe(approval: Approval) -> Mapping[str, str]:
    """What the checker sees."""
    row = selectors.of_customer(Customer.key(approval.payload["customer"]))
    band = approval.payload["band"]
    return {
        "Model says": f"{RiskBand(row.rating.model_band).label}, {row.points} points",
        "Counts as": RiskBand(row.band).label,
        "Is to count as": RiskBand(band).label if band else "what the model says",
        "Until": (approval.payload["until"] or "")[:10],
    }


def _check(row: CustomerRisk, band: str, until: datetime | None, *, at: datetime) -> None:
    policies.check_override(band=band, model_band=row.rating.model_band, now=row.band, expires_at=until or at, at=at)
