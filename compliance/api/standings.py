"""How a customer stands with compliance, under /v1: as much as a partner may know, and never why."""

from typing import Any, Final
from uuid import UUID

from rest_framework import serializers

from accounts import errors as people
from accounts.choices import KycTier
from accounts.models import Customer
from accounts.selectors import customers
from compliance.api import verification_examples as examples
from compliance.choices import ScreeningStatus
from compliance.selectors import risk, screening
from compliance.services import profiles
from flowlet.api.endpoints import endpoint
from flowlet.api.fields import MoneySerializerField
from flowlet.api.serializers import StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core import money
from ledger.errors import NoRate

VOLUME: Final = {"amount": "2500.00", "currency": "USD"}
EXAMPLE: Final = {
    "customer_id": examples.PERSON_ID,
    "kyc_tier": "UNVERIFIED",
    "screening": "IN_PROGRESS",
    "expected_monthly": None,
}


class DeclarationIn(StrictSerializer):
    """What you know of the customer that nobody else does."""

    expected_monthly = MoneySerializerField(
        allow_null=True, help_text="How much is expected to come in and go out in a month; null when you declare nothing"
    )


class StandingOut(StrictSerializer):
    """How a customer stands."""

    customer_id = serializers.CharField()
    kyc_tier = serializers.ChoiceField(KycTier.choices)
    screening = serializers.ChoiceField(
        ScreeningStatus.choices, help_text="`IN_PROGRESS` until everybody concerned was screened and nothing waits for a person"
    )
    expected_monthly = MoneySerializerField(allow_null=True, help_text="The declared volume of a month")


class CustomerStanding(PartnerView):
    """How one customer stands with compliance."""

    required_scopes = {"GET": "verifications:read", "PATCH": "verifications:write"}
    path_ids = {"customer_id": Customer.PREFIX}
    tag = "Verifications"

    @endpoint(
        summary="Read how a customer stands",
        response=StandingOut,
        errors=(people.CustomerNotFound,),
        example=EXAMPLE,
    )
    def get(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """The tier to which the customer is verified, and whether screening is clear. It takes moments after a customer was created, and
        longer where a person has to look; why is never told.
        """
        return _shown(customers.get(customer_id, partner_id=request.caller.partner_id))

    @endpoint(
        summary="Declare a customer's expected volume",
        body=DeclarationIn,
        response=StandingOut,
        errors=(people.CustomerNotFound, people.CustomerClosed, NoRate),
        body_example={"expected_monthly": VOLUME},
        example={**EXAMPLE, "expected_monthly": VOLUME},
    )
    def patch(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """How much of a month is usual for this customer, in a currency that has an exchange rate. What goes far beyond it is looked at."""
        row = profiles.declare(
            customer_id=customer_id, partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at
        )
        return _shown(row.customer)


def _shown(row: Customer) -> dict[str, Any]:
    profile = risk.profile_of(row.pk)
    declared = profile.declared if profile is not None else None
    return {
        "customer_id": row.public_id,
        "kyc_tier": row.kyc_tier,
        "screening": screening.status_of(row.pk).value,
        "expected_monthly": money.to_json(declared) if declared is not None else None,
    }
