"""Who looks after what is left to be done by hand: money in suspense, what customers owe."""

from datetime import datetime
from typing import Any

from accounts.models import User
from flowlet.audit.services import log
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid


def oneself(actor: Actor, *, what: str) -> User:
    """The person who acts. Raises Invalid for who is no person."""
    if actor.kind != ActorKind.STAFF:
        raise Invalid(f"Only a person looks after {what}.", param="owner")
    return User.fetch(actor.id)


def give(row: Any, owner: User, *, fact: str, actor: Actor, at: datetime) -> None:
    """The row, which is locked, is the owner's from now on. Raises Invalid for one who is not active."""
    if not owner.is_active:
        raise Invalid("The owner is not active.", param="owner")
    before, row.owner, row.updated_at = row.owner, owner, at
    row.save(update_fields=["owner", "updated_at"])
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=row.public_id,
        partner_id=row.partner_id,
        before={"owner": before.public_id if before else None},
        after={"owner": owner.public_id},
    )
