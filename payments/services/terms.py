"""Terms that count from a moment on, for one partner or all of them and for what a row names: asked for by one person, approved by another.

Fee schedules and limits of rails are such terms. Their rows are never changed: of those for the same, the newest whose moment has come
counts. What the terms are, and whether they may be asked for, their own services say; how they come about stands here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from accounts.models import Partner
from accounts.policies import check_reason
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from payments.selectors import terms as selectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One kind of terms.

    ``change`` is the kind of request, ``fact`` the event, ``rows`` the model. ``scope`` are its columns that say, beside the partner, what
    a row is for; an empty one means all. ``name`` begins the subject of a request, ``content`` is what its payload calls the terms.
    """

    change: str
    fact: str
    rows: type[Model]
    scope: tuple[str, ...]
    name: str
    content: str

    def standing(self, scope: Mapping[str, Any], *, at: datetime) -> Any:
        """The row that counts for exactly this at the moment ``at``; None when there is none."""
        return selectors.same_scope(self.rows, **scope).filter(valid_from__lte=at).first()

    def before(self, approval: Approval) -> Any:
        """The row whose place the terms of a request take, or took; None when there is none."""
        decided_at = approval.decided_at or max(approval.created_at, clock.now())
        at = max(decided_at, _asked(approval) or decided_at)
        rows = selectors.same_scope(self.rows, **self.scope_of(approval.payload))
        return rows.filter(valid_from__lte=at).exclude(approval_id=approval.pk).first()

    def submit(
        self, scope: Mapping[str, Any], *, wanted: Any, valid_from: datetime | None, reason: str, actor: Actor, at: datetime
    ) -> Approval:
        """Ask for ``wanted`` (plain JSON; None for none of its own any more).

        Raises ReasonMissing, and approvals' MayNot and AlreadyPending.
        """
        partner_id = scope["partner_id"]
        partner = None if partner_id is None else Partner.objects.get(pk=partner_id).public_id
        columns = {name: scope[name] for name in self.scope}
        return requests.submit(
            kind=self.change,
            payload={
                "partner": partner,
                **columns,
                self.content: wanted,
                "valid_from": None if valid_from is None else valid_from.isoformat(),
            },
            subject=".".join([self.name, *(value or "all" for value in (partner, *columns.values()))]),
            reason=check_reason(reason),
            actor=actor,
            at=at,
            partner_id=partner_id,
        )

    def execute(
        self,
        approval: Approval,
        *,
        values: Mapping[str, Any],
        as_json: Callable[[Any], dict[str, Any]],
        actor: Actor,
        at: datetime,
    ) -> Any:
        """The approved row with the terms in ``values``: from the moment asked for, or from now where that is later.

        ``as_json(row)`` is what the audit and events say of it.
        """
        valid_from = max(at, _asked(approval) or at)
        scope = self.scope_of(approval.payload)
        before = self.standing(scope, at=valid_from)
        row: Any = self.rows._default_manager.create(
            **scope,
            **values,
            valid_from=valid_from,
            reason=approval.reason,
            approval_id=approval.pk,
            created_at=at,
        )
        after = as_json(row)
        log.record(
            action=self.fact,
            actor=actor,
            at=at,
            target=row.public_id,
            partner_id=row.partner_id,
            reason=approval.reason,
            before=as_json(before) if before else None,
            after={**after, "approval": approval.public_id},
        )
        outbox.publish(type=self.fact, partner_id=row.partner_id, subject=row.public_id, data=after, at=at)
        return row

    def scope_of(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What a request is about, in columns."""
        partner = payload["partner"]
        partner_id: UUID | None = None if partner is None else Partner.key(partner)
        return {"partner_id": partner_id, **{name: payload[name] for name in self.scope}}


def _asked(approval: Approval) -> datetime | None:
    """From when on a request wants its terms to count; None for at once."""
    text = approval.payload["valid_from"]
    return datetime.fromisoformat(text) if text else None
