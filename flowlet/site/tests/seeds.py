"""How the things behind the example ids of the API are made."""

from django.db import transaction

from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from flowlet.events.services import outbox


@seed(example_id("evt"))
def event(tenant: Tenant) -> str:
    """An event about a customer."""
    with transaction.atomic():
        made = outbox.publish(
            type="customer.created",
            partner_id=tenant.partner_id,
            subject=tenant.id(example_id("cus", 2)),
            data={"id": tenant.id(example_id("cus", 2)), "kind": "PERSON", "status": "ACTIVE"},
            at=tenant.at,
        )
    return made.public_id
