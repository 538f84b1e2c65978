"""Legal holds: put in place and released by two people, through ``flowlet.approvals``."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from accounts.policies import check_reason
from accounts.selectors import customers as people
from compliance import errors, events
from compliance.models import LegalHold
from compliance.services.risk_models import maker_of
from flowlet.approvals import registry
from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid

PLACE: Final = "compliance.legal_hold"
RELEASE: Final = "compliance.legal_hold_release"


def register() -> None:
    """Say what can be asked for."""
    for name, label, execute in (
        (PLACE, "Put a legal hold on a customer's data", _place),
        (RELEASE, "Release a legal hold", _release),
    ):
        registry.kind(
            name,
            label=label,
            maker_permission="compliance.request_legal_hold",
            checker_permission="compliance.approve_legal_hold",
            execute=execute,
            describe=describe,
            exclusive=name == RELEASE,
        )


def request(*, customer_id: UUID, authority: str, until: date | None = None, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask that nothing of a customer is deleted until a day, or until it is released.

    Raises CustomerNotFound, Invalid, ReasonMissing, and approvals' MayNot.
    """
    customer = people.get(customer_id)
    if not 3 <= len(authority.strip()) <= 200:
        raise Invalid("Say who asks for it, and under which reference.", param="authority")
    if until is not None and until <= at.date():
        raise Invalid("A hold ends in the future, or not on a day.", param="until")
    payload = {"authority": authority.strip(), "until": until.isoformat() if until else None}
    return _submit(PLACE, customer, payload, reason=reason, actor=actor, at=at)


def request_release(*, legalhold_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask that a hold ends. Raises HoldNotFound, ReasonMissing, and approvals' MayNot and AlreadyPending."""
    row = _standing(legalhold_id)
    return _submit(RELEASE, row.customer, {"hold": row.public_id}, reason=reason, actor=actor, at=at)


def describe(approval: Approval) -> Mapping[str, str]:
    """What the checker sees."""
    customer = people.get(Customer.key(approval.subject))
    hold = approval.payload.get("hold")
    said = LegalHold.fetch(hold) if hold else None
    return {
        "Customer": customer.public_id,
        "Stands": customer.get_status_display(),
        "Asked for by": said.authority if said else approval.payload["authority"],
        "Until": (str(said.until or "") if said else approval.payload["until"]) or "it is released",
    }


@transaction.atomic
def _place(*, approval: Approval, actor: Actor, at: datetime) -> LegalHold:
    customer = people.for_update(Customer.key(approval.subject))
    until = approval.payload["until"]
    row = LegalHold.objects.create(
        partner_id=customer.partner_id,
        customer=customer,
        authority=approval.payload["authority"],
        reason=approval.reason,
        begins_at=at,
        until=date.fromisoformat(until) if until else None,
        asked_by=maker_of(approval),
        approved_by=str(actor),
        approval_id=approval.pk,
    )
    _tell(row, events.HOLD_PLACED, approval, actor=actor, at=at)
    return row


@transaction.atomic
def _release(*, approval: Approval, actor: Actor, at: datetime) -> LegalHold:
    try:
        row = _standing(LegalHold.key(approval.payload["hold"]), lock=True)
    except errors.HoldNotFound as refusal:
        raise Obsolete(refusal.message) from None
    row.released_at, row.release_reason = at, approval.reason
    row.release_asked_by, row.release_approved_by = maker_of(approval), str(actor)
    row.save()
    _tell(row, events.HOLD_RELEASED, approval, actor=actor, at=at)
    return row


def _submit(kind: str, customer: Customer, payload: dict, *, reason: str, actor: Actor, at: datetime) -> Approval:
    return requests.submit(
        kind=kind,
        payload=payload,
        subject=customer.public_id,
        reason=check_reason(reason),
        actor=actor,
        at=at,
        partner_id=customer.partner_id,
    )


def _standing(legalhold_id: UUID, *, lock: bool = False) -> LegalHold:
    rows = LegalHold.objects.select_for_update(no_key=True, of=("self",)) if lock else LegalHold.objects
    found = rows.select_related("customer").filter(pk=legalhold_id, released_at=None).first()
    if found is None:
        raise errors.HoldNotFound()
    return found


def _tell(row: LegalHold, fact: str, approval: Approval, *, actor: Actor, at: datetime) -> None:
    """To the audit alone."""
    after = {"customer": row.customer.public_id, "until": row.until, "approval": approval.public_id}
    log.record(
        action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, reason=approval.reason, after=after
    )
