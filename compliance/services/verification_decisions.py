"""What officers decide about verifications: items accepted or asked for again, approved by one or two people, refused, ended."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import transaction

from accounts.choices import CustomerStatus, KycTier
from accounts.policies import check_reason
from accounts.selectors import customers as customer_selectors
from accounts.services import customers
from compliance import errors, events
from compliance.choices import AskCode, ItemKind, ItemStatus, RefusalCode, VerificationStatus
from compliance.models import Verification, VerificationItem
from compliance.policies import verifications as policies
from compliance.policies import work
from compliance.selectors import verifications as selectors
from compliance.services import documents, verification_rows
from flowlet.core import reasons
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid


@transaction.atomic
def accept_item(*, verification_id: UUID, item_id: UUID, reason: str, actor: Actor, at: datetime) -> Verification:
    """Accept an item in spite of what checks found, saying why. Raises VerificationNotFound, ItemTaken, ItemNotFound, IllegalMove,
    NotAPerson, ReasonMissing, ItemsUndecided for one that is not there.
    """
    row = _free(verification_id, actor, at=at)
    policies.check_can_accept(row, actor)
    item = _item(row, item_id)
    if item.status not in {ItemStatus.PROVIDED, ItemStatus.ACCEPTED}:
        raise errors.ItemsUndecided("It has not been given.", items=[item.kind])
    item.accepted_by = str(actor)
    _accept(item, actor, at=at)
    after = {"item": item.public_id, "kind": item.kind}
    verification_rows.note(row, events.VERIFICATION_ITEM_ACCEPTED, actor=actor, at=at, reason=check_reason(reason), after=after)
    return row


@transaction.atomic
def ask_again(
    *, verification_id: UUID, item_ids: Sequence[UUID], ask_code: str, reason: str = "", actor: Actor, at: datetime
) -> Verification:
    """Have single items given again; the rest stays as it is. The partner learns the code, not the reason.

    Raises VerificationNotFound, ItemTaken, ItemNotFound, IllegalMove, NotAPerson, Invalid.
    """
    if ask_code not in AskCode.values:
        raise Invalid(f"Use {', '.join(AskCode.values)}.", param="ask_code")
    row = _free(verification_id, actor, at=at)
    policies.check_can_ask_again(row, actor)
    if not item_ids:
        raise Invalid("Name at least one item.", param="items")
    for item in [_item(row, item_id) for item_id in item_ids]:
        item.ask_code = ask_code
        verification_rows.give(item, ItemStatus.ASKED_AGAIN, at=at)
    row.proposed_by, row.proposed_at = "", None
    row.expires_at = at + verification_rows.COLLECTING_TIME
    return verification_rows.move(row, VerificationStatus.COLLECTING, reason=reasons.kept(reason), actor=actor, at=at)


@transaction.atomic
def approve(*, verification_id: UUID, reason: str = "", actor: Actor, at: datetime) -> Verification:
    """The customer is known to the level; limits follow, unless they are higher already. Where two people are needed the first only
    proposes it.

    Raises VerificationNotFound, ItemTaken, IllegalMove, NotAPerson, ItemsUndecided, FourEyesRequired, CustomerClosed.
    """
    row = _free(verification_id, actor, at=at)
    policies.check_can_approve(row, actor)
    if ended := documents.ended(row, on=at.date()):
        words = " and ".join(ItemKind(name).label.lower() for name in ended)
        raise errors.ItemsUndecided(f"Expired since it was handed in: {words}. Ask for it again, or accept it.", items=ended)
    row.needs_two = row.needs_two or selectors.is_high_risk(row.customer_id)
    if row.needs_two and not row.proposed_by:
        row.proposed_by, row.proposed_at, row.updated_at = str(actor), at, at
        row.assignee = row.locked_by = row.locked_until = None
        row.save()
        verification_rows.note(row, events.VERIFICATION_PROPOSED, actor=actor, at=at, reason=reason)
        return row
    for item in row.items.exclude(status=ItemStatus.ACCEPTED):
        _accept(item, actor, at=at)
    row.decided_by, row.decided_at = str(actor), at
    row.expires_at = _end(row, at=at)
    verification_rows.move(row, VerificationStatus.APPROVED, reason=reason, actor=actor, at=at)
    if policies.RANKS[row.customer.kyc_tier] < policies.RANKS[row.level]:
        _set_tier(row, row.level, actor=actor, at=at)
    return row


@transaction.atomic
def refuse(*, verification_id: UUID, reason_code: str, reason: str, actor: Actor, at: datetime) -> Verification:
    """The customer is not verified. The partner learns the code, the audit keeps the reason; what holds already stays.

    Raises VerificationNotFound, ItemTaken, IllegalMove, NotAPerson, ReasonMissing, Invalid.
    """
    if reason_code not in RefusalCode.values:
        raise Invalid(f"Use {', '.join(RefusalCode.values)}.", param="reason_code")
    row = _free(verification_id, actor, at=at)
    policies.check_can_refuse(row, actor)
    row.reason_code, row.decided_by, row.decided_at, row.expires_at = reason_code, str(actor), at, None
    return verification_rows.move(row, VerificationStatus.REFUSED, reason=check_reason(reason), actor=actor, at=at)


@transaction.atomic
def expire(*, verification_id: UUID, reason: str = "", actor: Actor, at: datetime) -> Verification:
    """Its time is over: of an approval the customer falls to the level that still holds; one set higher by hand stays.

    Raises VerificationNotFound, IllegalMove.
    """
    row = selectors.locked(verification_id)
    held = row.status == VerificationStatus.APPROVED
    verification_rows.move(row, VerificationStatus.EXPIRED, reason=reason, actor=actor, at=at)
    customer = customer_selectors.get(row.customer_id)
    if held and customer.kyc_tier == row.level and customer.status != CustomerStatus.CLOSED:
        left = policies.reached_by(selectors.approved_levels(row.customer_id))
        if left != row.level:
            _set_tier(row, left, actor=actor, at=at)
    return row


def _free(verification_id: UUID, actor: Actor, *, at: datetime) -> Verification:
    """The row, locked. Raises VerificationNotFound, ItemTaken while somebody else on the staff has it open."""
    row = selectors.locked(verification_id)
    if actor.kind is ActorKind.STAFF:
        work.check_is_free(row, actor, at=at)
    return row


def _end(row: Verification, *, at: datetime) -> datetime:
    """Until when the approval holds: so many months, to the day of the month, or until the first of its documents runs out."""
    years, month = divmod(at.month - 1 + row.requirement_set.valid_months, 12)
    year = at.year + years
    end = at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
    days = [each.expires_on for each in documents.newest(row).values() if each.expires_on and each.expires_on >= at.date()]
    return min([end, *(datetime.combine(day + timedelta(days=1), time.min, UTC) for day in days)])


def _set_tier(row: Verification, level: str, *, actor: Actor, at: datetime) -> None:
    reason = f"Verification {row.public_id}: {row.get_status_display().lower()}"
    customers.set_kyc_tier(customer_id=row.customer_id, kyc_tier=KycTier(level), reason=reason, actor=actor, at=at)


def _accept(item: VerificationItem, actor: Actor, *, at: datetime) -> None:
    item.status, item.ask_code, item.accepted_by, item.updated_at = ItemStatus.ACCEPTED, "", str(actor), at
    item.save()


def _item(row: Verification, item_id: UUID) -> VerificationItem:
    found = row.items.filter(pk=item_id).first()
    if found is None:
        raise errors.ItemNotFound()
    return found
