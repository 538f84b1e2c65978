"""A deed on an external account or a mandate is told twice in its own transaction: to the audit, and as an event."""

from datetime import datetime
from typing import Any

from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from payments.models import AccountVerification, ExternalAccount, Mandate


def tell(
    fact: str,
    row: ExternalAccount | Mandate,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    personal: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write the audit record (``personal`` under the customer's key) and the event, to which ``data`` is added."""
    log.record(
        action=fact,
        actor=actor,
        at=at,
        target=row.public_id,
        partner_id=row.partner_id,
        reason=reason,
        before=before,
        after=after,
        personal=personal,
        subject_id=None if personal is None else row.customer_id,
    )
    shown = {**(of_account(row) if isinstance(row, ExternalAccount) else of_mandate(row)), **(data or {})}
    outbox.publish(type=fact, partner_id=row.partner_id, subject=row.public_id, data=shown, at=at)


def of_account(row: ExternalAccount) -> dict[str, Any]:
    """What events say of an external account."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "kind": row.kind,
        "status": row.status,
        "verification": row.verification,
        "external_id": row.external_id or None,
    }


def of_attempt(row: AccountVerification) -> dict[str, Any]:
    """What events say of an attempt to verify it; never an amount or a name."""
    return {
        "verification_id": row.public_id,
        "method": row.method,
        "verification_status": row.status,
        "result": row.result or None,
    }


def of_mandate(row: Mandate) -> dict[str, Any]:
    """What events say of a mandate."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id("cus", row.customer_id),
        "external_account_id": ids.public_id(ExternalAccount.PREFIX, row.external_account_id),
        "scheme": row.scheme,
        "status": row.status,
        "external_id": row.external_id or None,
    }
