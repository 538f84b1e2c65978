"""Rights of persons: a copy of their data, and erasure, each answered within a month with a document.

The copy is put together from what apps declared (``accounts.services.holdings``); what the law forbids to hand out is no part of it, nor is
that it is there. Erasure takes away at once what no law wants kept; the rest goes by itself on its day (``retention.purge``).
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction

from accounts.choices import CustomerStatus
from accounts.errors import PersonalDataErased
from accounts.models import Customer
from accounts.policies import check_reason
from accounts.selectors import customers as people
from accounts.services import holdings
from compliance import errors, events
from compliance.choices import RightKind, RightState
from compliance.models import RightsRequest
from compliance.policies import retention as clocks
from compliance.policies import rights as policies
from compliance.services import retention
from compliance.states import RIGHT_MOVES
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.states import check_move
from flowlet.vault.services import subjects

MONTHS, EXTENDED_MONTHS = 1, 3


@transaction.atomic
def receive(
    *, customer_id: UUID, partner_id: UUID | None = None, kind: str, received_on: date | None = None, actor: Actor, at: datetime
) -> RightsRequest:
    """Take a request in, and count the month from the day on which it came.

    Raises CustomerNotFound, Invalid, PersonalDataErased when nothing personal is left, RightPending.
    """
    customer = people.for_update(customer_id, partner_id=partner_id)
    if kind not in RightKind.values:
        raise Invalid(f"Use {', '.join(RightKind.values)}.", param="kind")
    came = received_on or at.date()
    if came > at.date():
        raise Invalid("A request did not come in the future.", param="received_on")
    if subjects.is_erased(customer.pk):
        raise PersonalDataErased()
    row = RightsRequest(
        partner_id=customer.partner_id,
        customer=customer,
        kind=kind,
        received_on=came,
        due_on=policies.due_on(came, months=MONTHS),
        asked_by=str(actor),
        created_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "one_open_rights_request_of_a_kind" not in str(error):
            raise
        raise errors.RightPending() from None
    _tell(row, events.RIGHT_ASKED, actor=actor, at=at)
    return row


@transaction.atomic
def extend(*, rightsrequest_id: UUID, reason: str, actor: Actor, at: datetime) -> RightsRequest:
    """Two more months, once, for a reason that the person is told (GDPR Art. 12(3)).

    Raises RightNotFound, IllegalMove, RightExtended, Invalid when the month is over, ReasonMissing.
    """
    row = _open(rightsrequest_id, RightState.ANSWERED)
    if row.extension:
        raise errors.RightExtended()
    if at.date() > row.due_on:
        raise Invalid("The month is over; the person had to be told within it.")
    row.extension, row.due_on = check_reason(reason), policies.due_on(row.received_on, months=EXTENDED_MONTHS)
    row.save(update_fields=["extension", "due_on"])
    _tell(row, events.RIGHT_EXTENDED, reason=row.extension, actor=actor, at=at)
    return row


@transaction.atomic
def answer(*, rightsrequest_id: UUID, actor: Actor, at: datetime) -> RightsRequest:
    """Answer it: make the copy, or erase what can go and write the letter. Raises RightNotFound, IllegalMove, SubjectErased."""
    row = _open(rightsrequest_id, RightState.ANSWERED)
    customer = people.for_update(row.customer_id)
    document = export(customer, at=at) if row.kind == RightKind.ACCESS else _erase(row, customer, at=at)
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    row.sealed = subjects.encrypt(row.customer_id, text.decode(), aad=aad(row))
    row.digest = hashlib.sha256(text).hexdigest()
    row.state, row.answered_by, row.answered_at = RightState.ANSWERED, str(actor), at
    row.save()
    _tell(row, events.RIGHT_ANSWERED, actor=actor, at=at)
    return row


@transaction.atomic
def withdraw(*, rightsrequest_id: UUID, reason: str, actor: Actor, at: datetime) -> RightsRequest:
    """The person takes it back. Raises RightNotFound, IllegalMove, ReasonMissing."""
    row = _open(rightsrequest_id, RightState.WITHDRAWN)
    row.state = RightState.WITHDRAWN
    row.save(update_fields=["state"])
    _tell(row, events.RIGHT_WITHDRAWN, reason=check_reason(reason), actor=actor, at=at)
    return row


def document(
    *, rightsrequest_id: UUID, partner_id: UUID | None = None, reason: str = "", actor: Actor, at: datetime
) -> dict[str, Any]:
    """The answer; that somebody took it is in the audit. Raises RightNotFound, RightNotAnswered."""
    row = get(rightsrequest_id, partner_id=partner_id)
    if row.sealed is None:
        raise errors.RightNotAnswered("It is not answered yet.")
    try:
        text = subjects.decrypt(row.customer_id, bytes(row.sealed), aad=aad(row))
    except subjects.SubjectErased:
        raise errors.RightNotAnswered("The data were erased since, and the document with them.") from None
    _tell(row, events.RIGHT_READ, reason=reason, actor=actor, at=at)
    return orjson.loads(text)


def export(customer: Customer, *, at: datetime) -> dict[str, Any]:
    """All that the person may have, as JSON values, with why it is there."""
    shown: list[tuple[holdings.Holding, Callable[[Customer], list[dict[str, Any]]]]] = [
        (one, one.export) for one in holdings.registered() if one.export is not None
    ]
    return {
        "title": "Your data",
        "made_at": at.isoformat(),
        "data": {one.label: give(customer) for one, give in shown},
        "register": [policies.register_row(one) for one, _ in shown],
        "your_rights": list(policies.RIGHTS),
    }


def get(rightsrequest_id: UUID, *, partner_id: UUID | None = None) -> RightsRequest:
    """The request, of this partner if one is named. Raises RightNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = RightsRequest.objects.select_related("customer").filter(pk=rightsrequest_id, **scope).first()
    if found is None:
        raise errors.RightNotFound()
    return found


def aad(row: RightsRequest) -> str:
    """The place of a request's document."""
    return f"compliance_rightsrequest.sealed:{row.pk}"


def _erase(row: RightsRequest, customer: Customer, *, at: datetime) -> dict[str, Any]:
    """Take away what no law wants kept, note when the rest goes, and write the letter."""
    is_served = customer.status != CustomerStatus.CLOSED
    cleared = []
    if not is_served:
        for one in holdings.registered():
            if one.clear is not None and (count := one.clear(customer.pk, at)):
                cleared.append(one.label)
                row.cleared += count
        found = retention.timeline(customer, at=at)
        known = {one.name for one in holdings.registered() if one.export is not None}
        told = clocks.ends_on(line for line in found.lines if line.holding in known)
        row.erase_on = None if found.is_held or found.ends_on is None else max(found.ends_on, at.date())
        row.not_before = None if told is None else max(told, at.date())
    return policies.erasure_letter(is_served=is_served, cleared=cleared, not_before=row.not_before)


def _open(rightsrequest_id: UUID, target: RightState) -> RightsRequest:
    rows = RightsRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    row = rows.filter(pk=rightsrequest_id).first()
    if row is None:
        raise errors.RightNotFound()
    check_move(RIGHT_MOVES, row.state, target)
    return row


def _tell(row: RightsRequest, fact: str, *, reason: str = "", actor: Actor, at: datetime) -> None:
    after = {
        "customer": row.customer.public_id,
        "kind": row.kind,
        "state": row.state,
        "received_on": row.received_on,
        "due_on": row.due_on,
        "digest": row.digest,
    }
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, reason=reason, after=after)
