"""What leads to a person beside what is sealed under their key: it goes when that key is destroyed, and figures stay."""

from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import Customer
from compliance.models import Activity, CustomerProfile, RuleTrial, Verification, VerificationItem
from flowlet.core import ids

# Way to the customer, and what stands there afterwards.
_LEFT: Final = (
    (Verification, "customer", {"metadata": {}}),
    (VerificationItem, "verification__customer", {"value_index": ""}),
    (CustomerProfile, "customer", {"segment": ""}),
    (Activity, "customer", {"device": None, "location": "", "ip_country": ""}),
)


@transaction.atomic
def forget(customer_id: UUID) -> None:
    """The customer was erased: the partner's notes, keyed digests of values, places and devices go, and lines in samples of backtests."""
    for model, way, blank in _LEFT:
        model._default_manager.filter(**{way: customer_id}).exclude(**blank).update(**blank)
    name = ids.public_id(Customer.PREFIX, customer_id)
    for trial in RuleTrial.objects.select_for_update(no_key=True).filter(sample__contains=[{"customer": name}]).order_by("pk"):
        trial.sample = [line for line in trial.sample if line["customer"] != name]
        trial.save(update_fields=["sample"])
