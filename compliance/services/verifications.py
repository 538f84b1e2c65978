"""Verifications opened, filled and submitted, by the partner or an officer."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.errors import CustomerFrozen, PersonalDataErased
from accounts.policies import check_is_open
from accounts.selectors import customers
from compliance import errors
from compliance.choices import AlertKind, CheckSource, ItemKind, ItemStatus, MarkKind, VerificationStatus
from compliance.models import Verification, VerificationItem
from compliance.policies import identity_checks
from compliance.policies import requirements as levels
from compliance.policies import verifications as policies
from compliance.selectors import verifications as selectors
from compliance.services import alerts, documents, identity_marks, verification_rows
from flowlet.core import ids
from flowlet.core import metadata as notes
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid


@transaction.atomic
def open(
    *,
    customer_id: UUID,
    partner_id: UUID | None = None,
    level: str,
    metadata: dict[str, str] | None = None,
    renews: Verification | None = None,
    actor: Actor,
    at: datetime,
) -> Verification:
    """Begin to know a customer to a level; what the customer's record holds already counts as given.

    Raises CustomerNotFound, CustomerClosed, CustomerFrozen, PersonalDataErased, LevelReached, VerificationOpen, Invalid.
    """
    if level not in levels.LEVELS:
        raise Invalid(f"Use {', '.join(levels.LEVELS)}.", param="level")
    customer = customers.for_update(customer_id, partner_id=partner_id)
    check_is_open(customer)
    if customer.is_frozen and renews is None:
        raise CustomerFrozen()
    held = selectors.approved_levels(customer.pk)
    if renews is None and any(policies.RANKS[one] >= policies.RANKS[level] for one in held):
        raise errors.LevelReached(kyc_tier=policies.reached_by(held))
    personal = selectors.personal_of(customer)
    if personal is None:
        raise PersonalDataErased()
    asked = selectors.requirements(level=level, kind=customer.kind, country=customer.country)
    if asked is None:
        raise Invalid(f"Nothing is laid down for {level} and {customer.kind}.", param="level")
    row = Verification(
        id=ids.uuid7(),
        partner_id=customer.partner_id,
        customer=customer,
        requirement_set=asked,
        level=level,
        metadata=notes.checked(metadata or {}),
        needs_two=asked.needs_two,
        renews=renews,
        opened_by=str(actor),
        expires_at=at + verification_rows.COLLECTING_TIME,
        created_at=at,
        updated_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "customer_has_one_undecided_verification" not in str(error):
            raise
        twin = selectors.undecided_of(customer.pk)
        raise errors.VerificationOpen(**({"verification": twin.public_id} if twin else {})) from None
    for each in asked.items:
        if each["kind"] != ItemKind.OWNER_IDENTITY:
            verification_rows.ask(row, each, at=at)
    verification_rows.read_record(row, personal, at=at)
    verification_rows.tell(row, actor=actor, at=at)
    return row


@transaction.atomic
def submit(*, verification_id: UUID, partner_id: UUID | None = None, actor: Actor, at: datetime) -> Verification:
    """All is given: our rules look at it, and it waits for an officer.

    Raises VerificationNotFound, IllegalMove, PersonalDataErased, VerificationIncomplete naming the items.
    """
    row = selectors.locked(verification_id, partner_id=partner_id)
    policies.check_can_submit(row)
    personal = selectors.personal_of(row.customer)
    if personal is None:
        raise PersonalDataErased()
    items = verification_rows.read_record(row, personal, at=at)
    lacking = [one for one in items if one.status in {ItemStatus.MISSING, ItemStatus.ASKED_AGAIN}]
    if lacking:
        raise errors.VerificationIncomplete(
            f"Give {', '.join(sorted({one.get_kind_display().lower() for one in lacking}))}.",
            items=[{"id": one.public_id, "kind": one.kind, "status": one.status} for one in lacking],
        )
    row.round += 1
    row.submitted_at, row.expires_at = at, None
    row.proposed_by, row.proposed_at = "", None
    verification_rows.move(row, VerificationStatus.IN_REVIEW, actor=actor, at=at)
    found = [*identity_checks.of_record(personal, country=row.customer.country, at=at), *documents.findings(row, personal, at=at)]
    verification_rows.record(row, found, source=CheckSource.RULES, at=at)
    identity_marks.remember(row.customer, personal)
    _look_for_twins(row, at=at)
    return row


def _look_for_twins(row: Verification, *, at: datetime) -> None:
    """Where the customer looks like another of the partner's, an item for whoever decides, and an alert about the two."""
    twins = identity_marks.twins(row.customer)
    if not twins:
        return
    VerificationItem.objects.get_or_create(
        verification=row, kind=ItemKind.DUPLICATE, owner=None, defaults={"status": ItemStatus.PROVIDED, "updated_at": at}
    )
    verification_rows.record(row, twins, source=CheckSource.DUPLICATES, at=at)
    evidence = [
        alerts.Evidence(
            key=f"{found.code}:{other}",
            headline=f"{MarkKind(found.code.removeprefix('duplicate.').upper()).label} as of {other}",
            facts={"customer": other, "verification": row.public_id},
            happened_at=at,
        )
        for found in twins
        for other in found.facts["customers"]
    ]
    alerts.raise_alert(
        partner_id=row.partner_id,
        customer_id=row.customer_id,
        kind=AlertKind.VERIFICATION,
        scenario="duplicate_customer",
        priority=60 if any(found.code == "duplicate.document" for found in twins) else 40,
        headline="Looks like another customer of the partner",
        evidence=evidence,
        at=at,
    )
