"""Work is taken, given and left: next in a queue, a lock on what is open, assignment by hand, in bulk, by skill and load."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from compliance import errors, events
from compliance.choices import AlertState
from compliance.choices.work import SKILLS
from compliance.models import Alert, OfficerSkill, WorkItem
from compliance.policies import alerts as alert_policies
from compliance.policies import work as policies
from compliance.selectors import work
from compliance.services import alerts
from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, Invalid

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of many: how many were done, and why others were not, by public id."""

    done: int
    refused: Mapping[str, str]


@transaction.atomic
def next_item(
    *, queue: str, filters: Mapping[str, str] | None = None, actor: Actor, at: datetime, after: UUID | None = None
) -> Any:
    """The most urgent free item of the queue and filters, open for the actor from now on; None when there is none.

    Two who ask at once never get the same. ``after`` is the item that is left: it is let go, and what comes after it in the order is
    given, from the beginning again where nothing comes. Raises QueueUnknown, Forbidden.
    """
    policies.check_is_person(actor)
    found, person = work.queue(queue), User.fetch(actor.id)
    policies.check_can_work(person, found.permission)
    rows = work.free(work.waiting(found, person=person, at=at, filters=filters), person=person, at=at)
    rows = work.skilled(found, rows, person=person).select_for_update(skip_locked=True, no_key=True, of=("self",))
    row = None
    if after is not None:
        left = found.model.objects.filter(pk=after).first()
        row = rows.filter(_beyond(left)).first() if left is not None else None
        rows = rows.exclude(pk=after)
        leave(item_id=after, model=found.model, actor=actor, at=at)
    row = row or rows.first()
    if row is not None:
        _lock(row, person, at=at)
    return row


@transaction.atomic
def hold(*, item_id: UUID, model: type[WorkItem] = Alert, actor: Actor, at: datetime) -> Any:
    """Say that the actor has it open, for ten minutes more. Raises AlertNotFound (or what the model's is), Forbidden, ItemTaken."""
    row = _free(item_id, model, actor=actor, at=at)
    _lock(row, User.fetch(actor.id), at=at)
    return row


def leave(*, item_id: UUID, model: type[WorkItem] = Alert, actor: Actor, at: datetime) -> bool:
    """Let go of what the actor has open; answers whether it was theirs."""
    mine = model.objects.filter(pk=item_id, locked_by_id=User.key(actor.id))
    return bool(mine.update(locked_by=None, locked_until=None))


def _free(item_id: UUID, model: type[WorkItem], *, actor: Actor, at: datetime) -> Any:
    policies.check_is_person(actor)
    row = model.objects.select_for_update(no_key=True, of=("self",)).select_related("locked_by").filter(pk=item_id).first()
    if row is None:
        raise policies.TERMS[model].missing()
    policies.check_is_free(row, actor, at=at)
    return row


def _lock(row: WorkItem, person: User, *, at: datetime) -> None:
    row.locked_by, row.locked_until = person, at + policies.LOCK
    row.save(update_fields=["locked_by", "locked_until"])


def _beyond(row: WorkItem) -> Q:
    """What comes after the row in the order of work."""
    same = Q(due_at__gt=row.due_at) | Q(due_at=row.due_at, pk__gt=row.pk)
    return Q(priority__lt=row.priority) | (Q(priority=row.priority) & same)


@transaction.atomic
def assign(
    *, item_id: UUID, model: type[WorkItem] = Alert, person: User | None, reason: str = "", actor: Actor, at: datetime
) -> Any:
    """It is this person's from now on (an alert is then in review); nobody's for None.

    Raises AlertNotFound (or what the model's is), Forbidden for who does no such work, FourEyesRequired where the person proposed what
    waits for a second one, ItemTaken, IllegalMove for what waits no more.
    """
    row = _free(item_id, model, actor=actor, at=at)
    _assign(row, person, reason=reason, actor=actor, at=at)
    return row


def take(*, item_id: UUID, model: type[WorkItem] = Alert, actor: Actor, at: datetime) -> Any:
    """Become the one whose it is. Raises as ``assign``."""
    policies.check_is_person(actor)
    return assign(item_id=item_id, model=model, person=User.fetch(actor.id), actor=actor, at=at)


def _assign(row: Any, person: User | None, *, reason: str = "", actor: Actor, at: datetime) -> None:
    policies.check_waits(row)
    if person is not None:
        policies.check_can_be_given(row, person)
    before = {"assignee": row.assignee.public_id if row.assignee else None}
    after = {"assignee": person.public_id if person else None}
    row.assignee = person
    if isinstance(row, Alert):
        if row.state in (AlertState.OPEN, AlertState.IN_REVIEW):
            row.state = AlertState.OPEN if person is None else AlertState.IN_REVIEW
        row.save(update_fields=["state"])
        after["state"] = str(row.state)
    row.save(update_fields=["assignee"])
    fact = policies.TERMS[type(row)].fact
    log.record(action=fact, actor=actor, at=at, target=row.public_id, reason=reason, before=before, after=after)


def assign_many(
    *,
    item_ids: Sequence[UUID],
    model: type[WorkItem] = Alert,
    person: User | None,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> Bulk:
    """As ``assign``, each on its own. Raises Invalid for more than 200 at once."""
    return _each(item_ids, model, lambda key: assign(item_id=key, model=model, person=person, reason=reason, actor=actor, at=at))


def close_many(*, alert_ids: Sequence[UUID], disposition: str, reason_code: str, words: str, actor: Actor, at: datetime) -> Bulk:
    """Decide many alerts alike, each on its own; what takes two people waits for the second, and what is looked at one by one is
    refused. Other work has no such thing. Raises Invalid for more than 200 at once.
    """

    def close(key: UUID) -> None:
        row = Alert.objects.filter(pk=key).first()
        if row is None:
            raise errors.AlertNotFound()
        alert_policies.check_can_close_with_others(row, disposition)
        alerts.decide(alert_id=key, disposition=disposition, reason_code=reason_code, words=words, actor=actor, at=at)

    return _each(alert_ids, Alert, close)


def _each(keys: Sequence[UUID], model: type[WorkItem], deed: Callable[[UUID], Any]) -> Bulk:
    if not 0 < len(keys) <= MOST_AT_ONCE:
        raise Invalid(f"Choose 1 to {MOST_AT_ONCE} at once.", param="items")
    refused = {}
    for key in sorted(keys):
        try:
            deed(key)
        except DomainError as refusal:
            refused[model(pk=key).public_id] = refusal.message
    return Bulk(len(keys) - len(refused), refused)


@transaction.atomic
def spread(*, model: type[WorkItem] = Alert, limit: int = MOST_AT_ONCE, actor: Actor, at: datetime) -> int:
    """Give up to ``limit`` pieces of such work that nobody has to those whose skills reach them, to who has least of all work first;
    answers how many.

    People are those with a row of skills who are not away and have fewer than their most. What somebody has open is left alone,
    what was proposed goes to another, and what is of modes that officers do not work on stays.
    """
    found = work.of_model(model)[0]
    skills = OfficerSkill.objects.filter(is_away=False, user__is_active=True).select_related("user")
    people = list(skills.annotate(load=work.load("user")).order_by("pk"))
    kinds = sorted({kind for one in people for kind in one.kinds})
    rows = work.waiting(found, person=None, at=at).filter(work.unlocked(at), work.reached(found, kinds), assignee=None)
    given = 0
    for row in rows.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit]:
        skill = found.skill_of(row)
        able = [one for one in people if skill in one.kinds and one.load < one.most_open and policies.can_be_given(row, one.user)]
        if able:
            least = min(able, key=lambda one: one.load)
            _assign(row, least.user, actor=actor, at=at)
            least.load += 1
            given += 1
    return given


@transaction.atomic
def set_skills(
    *, person: User, kinds: Sequence[str], most_open: int, is_away: bool = False, actor: Actor, at: datetime
) -> OfficerSkill:
    """What the person is given from now on. Raises Forbidden for who does no such work, Invalid."""
    policies.check_is_person(actor)
    policies.check_can_work(person)
    row = OfficerSkill.objects.select_for_update(no_key=True).filter(user=person).first() or OfficerSkill(user=person)
    before = None if row._state.adding else _skills(row)
    row.kinds, row.most_open, row.is_away = sorted(set(kinds)), most_open, is_away
    if not row.kinds or not set(row.kinds) <= set(SKILLS) or not 1 <= most_open <= 500:
        raise Invalid(f"Name some of {', '.join(SKILLS)}, and 1 to 500 pieces of work at a time.", param="kinds")
    row.save()
    log.record(action=events.OFFICER_SKILLS_SET, actor=actor, at=at, target=person.public_id, before=before, after=_skills(row))
    return row


def _skills(row: OfficerSkill) -> dict[str, Any]:
    return {"kinds": list(row.kinds), "most_open": row.most_open, "is_away": row.is_away}
