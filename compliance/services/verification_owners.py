"""Owners of a business as a verification tells them, by the partner or an officer: all at once, or one by one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction

from accounts.models.personal import checked_day, checked_name
from accounts.policies import check_reason
from compliance import errors, events
from compliance.choices import ItemKind, ItemStatus
from compliance.models import BeneficialOwner, Verification
from compliance.policies import verifications as policies
from compliance.selectors import verifications as selectors
from compliance.services import verification_rows
from flowlet.core import countries, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.vault.services import subjects

MOST: Final = 20


@transaction.atomic
def give(
    *,
    verification_id: UUID,
    partner_id: UUID | None = None,
    owners: Sequence[Mapping[str, Any]],
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> Verification:
    """Tell who owns more than 25 % of a business, or controls it: ``name``, ``born_on``, ``country``, ``share``. All at once: whoever was
    told before and is not among them is forgotten. An empty list says that nobody does.

    Raises VerificationNotFound, IllegalMove, OwnersNotAsked, MalformedOwners, and the refusals of form of each value.
    """
    row = _collecting(verification_id, actor, partner_id=partner_id)
    told = [_checked(each, place=f"owners[{number}].", at=at) for number, each in enumerate(owners)]
    _check_sum([each["share"] for each in told], param="owners")
    row.items.filter(kind=ItemKind.OWNER_IDENTITY).delete()
    row.owners.all().delete()
    for each in told:
        _place(row, each, at=at)
    return _told(row, {"owners": len(told)}, reason=reason, actor=actor, at=at)


@transaction.atomic
def add(*, verification_id: UUID, actor: Actor, at: datetime, **values: Any) -> Verification:
    """One more owner, by ``name``, ``born_on``, ``country`` and ``share``; those who were told stay, with their documents.

    Raises VerificationNotFound, IllegalMove, OwnersNotAsked, MalformedOwners.
    """
    row = _collecting(verification_id, actor)
    told = _checked(values, at=at)
    _check_sum([*(one.share for one in row.owners.all()), told["share"]])
    owner = _place(row, told, at=at)
    return _told(row, {"added": owner.public_id, "share": owner.share}, actor=actor, at=at)


@transaction.atomic
def correct(*, verification_id: UUID, owner_id: UUID, reason: str, actor: Actor, at: datetime, **values: Any) -> Verification:
    """Other values for one owner; what is empty stays. Documents stay too, and are held against the owner anew with the next submission.

    Raises VerificationNotFound, IllegalMove, OwnersNotAsked, OwnerNotFound, MalformedOwners, ReasonMissing.
    """
    row = _collecting(verification_id, actor)
    owner, box = _owner(row, owner_id), subjects.key_for(row.customer_id)
    before = selectors.owner_values(owner, box)
    before |= {"born_on": date.fromisoformat(before["born_on"]), "share": owner.share}
    told = _checked(before | {name: value for name, value in values.items() if value not in (None, "")}, at=at)
    changed = sorted(name for name, value in (before | {"born_on": before["born_on"].isoformat()}).items() if told[name] != value)
    if not changed:
        raise errors.MalformedOwners("Nothing would change.")
    _check_sum([*(one.share for one in row.owners.exclude(pk=owner.pk)), told["share"]])
    shares = {"before": {"share": owner.share}} if "share" in changed else {}
    _seal(owner, told, box)
    owner.save()
    for item in owner.items.filter(status=ItemStatus.ACCEPTED):
        verification_rows.give(item, ItemStatus.PROVIDED, at=at)
    after = {"corrected": owner.public_id, "changed": changed} | ({"share": owner.share} if shares else {})
    return _told(row, after, reason=check_reason(reason), actor=actor, at=at, **shares)


@transaction.atomic
def remove(*, verification_id: UUID, owner_id: UUID, reason: str, actor: Actor, at: datetime) -> Verification:
    """Somebody is no owner, and need show no document. Without any left the item is missing, until it is said that nobody is one.

    Raises VerificationNotFound, IllegalMove, OwnersNotAsked, OwnerNotFound, ReasonMissing.
    """
    row = _collecting(verification_id, actor)
    owner = _owner(row, owner_id)
    after = {"removed": owner.public_id, "share": owner.share}
    owner.delete()
    status = ItemStatus.PROVIDED if row.owners.exists() else ItemStatus.MISSING
    return _told(row, after, status=status, reason=check_reason(reason), actor=actor, at=at)


def _collecting(verification_id: UUID, actor: Actor, *, partner_id: UUID | None = None) -> Verification:
    row = selectors.locked(verification_id, partner_id=partner_id)
    policies.check_can_tell_owners(row, actor)
    return row


def _owner(row: Verification, owner_id: UUID) -> BeneficialOwner:
    found = row.owners.filter(pk=owner_id).first()
    if found is None:
        raise errors.OwnerNotFound()
    return found


def _place(row: Verification, told: dict[str, Any], *, at: datetime) -> BeneficialOwner:
    """A new owner, with a document to come where the level wants one."""
    owner = BeneficialOwner(id=ids.uuid7(), verification=row, created_at=at)
    _seal(owner, told, subjects.key_for(row.customer_id))
    owner.save(force_insert=True)
    proof = next((each for each in row.requirement_set.items if each["kind"] == ItemKind.OWNER_IDENTITY), None)
    if proof:
        verification_rows.ask(row, proof, owner=owner, at=at)
    return owner


def _seal(owner: BeneficialOwner, told: Mapping[str, Any], box: subjects.SubjectBox) -> None:
    owner.share = told["share"]
    plain = orjson.dumps({name: told[name] for name in ("name", "born_on", "country")}).decode()
    owner.sealed = box.encrypt(plain, aad=selectors.owner_aad(owner.pk))


def _told(
    row: Verification, after: dict[str, Any], *, status: ItemStatus = ItemStatus.PROVIDED, actor: Actor, at: datetime, **said: Any
) -> Verification:
    verification_rows.give(row.items.get(kind=ItemKind.OWNERS), status, at=at)
    verification_rows.note(row, events.OWNERS_GIVEN, actor=actor, at=at, after=after, **said)
    verification_rows.begin(row, actor=actor, at=at)
    return row


def _check_sum(shares: Sequence[Decimal], *, param: str = "share") -> None:
    if len(shares) > MOST or sum(shares, Decimal(0)) > 100:
        raise errors.MalformedOwners(f"Up to {MOST} owners have up to 100 % together.", param=param)


def _checked(each: Mapping[str, Any], *, place: str = "", at: datetime) -> dict[str, Any]:
    """One owner, with texts as they are sealed. Raises MalformedOwners naming the value."""
    share = each.get("share")
    if not isinstance(share, Decimal) or not 0 <= share <= 100 or share != round(share, 2):
        raise errors.MalformedOwners("A share is 0 to 100, with up to two decimals.", param=f"{place}share")
    try:
        born = checked_day(each.get("born_on"), param="born_on", at=at)
        name, country = checked_name(each.get("name")), countries.check(each.get("country") or "")
    except DomainError as refusal:
        raise errors.MalformedOwners(refusal.message, param=f"{place}{refusal.param}") from None
    return {"name": name, "born_on": date.isoformat(born), "country": country, "share": share}
