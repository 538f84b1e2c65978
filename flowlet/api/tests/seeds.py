"""How the event behind the example id is made."""

from django.db import transaction

from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from flowlet.events.services import outbox


@seed(example_id("evt"))
def event(tenant: Tenant) -> str:
    """A wallet was frozen."""
    with transaction.atomic():
        return outbox.publish(
            type="wallet.frozen",
            partner_id=tenant.partner_id,
            subject=example_id("wal"),
            data={"id": example_id("wal"), "status": "FROZEN"},
            at=tenant.at,
        ).public_id
