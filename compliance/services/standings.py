"""How customers stand with screening, as far as their partners may know, and the event of each change.

Whatever may change it publishes ``STANDING_TOUCHED``, or an event of a hit, in its own transaction; the change is told in another, in which
the row of what was told last is locked. So of two that end at once the later one sees both, and who screens many locks no more.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.choices import CustomerStatus
from accounts.models import Customer
from compliance import events
from compliance.choices import ScreeningStatus, SubjectKind
from compliance.models import ScreeningStanding, ScreeningSubject
from compliance.selectors import screening
from flowlet.events.services import outbox


def touch(subject: ScreeningSubject, *, at: datetime) -> None:
    """How the subject's customer stands may have changed; of counterparties and texts partners are told nothing."""
    if subject.kind in {SubjectKind.CUSTOMER, SubjectKind.OWNER}:
        touch_customer(subject.customer_id, at=at)


def touch_customer(customer_id: UUID, *, at: datetime) -> None:
    """The same of a customer."""
    name = Customer(pk=customer_id).public_id
    outbox.publish(type=events.STANDING_TOUCHED, partner_id=None, subject=name, data={}, at=at)


@transaction.atomic
def tell(*, customer_id: UUID, at: datetime) -> bool:
    """Tell the partner how the customer stands, if that is not what they were told last; answers whether it was not.

    Nothing is told of a closed customer.
    """
    customer = Customer.objects.get(pk=customer_id)
    if customer.status == CustomerStatus.CLOSED:
        return False
    first = {"status": ScreeningStatus.IN_PROGRESS, "told_at": customer.created_at}
    ScreeningStanding.objects.get_or_create(customer_id=customer_id, defaults=first)
    row = ScreeningStanding.objects.select_for_update(no_key=True).get(pk=customer_id)
    status = screening.status_of(customer_id)
    if status == row.status:
        return False
    row.status, row.told_at = status, at
    row.save(update_fields=["status", "told_at"])
    outbox.publish(
        type=events.SCREENING_CHANGED,
        partner_id=customer.partner_id,
        subject=customer.public_id,
        data={"customer_id": customer.public_id, "screening": status.value},
        at=at,
    )
    return True
