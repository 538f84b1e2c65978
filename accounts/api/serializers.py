"""The forms of requests and answers about customers and keys, and their examples."""

from typing import Any

from rest_framework import serializers

from accounts.choices import CustomerKind, CustomerStatus, FreezeOrigin, KycTier, Mode, PartnerStatus, Scope
from flowlet.api.endpoints import example_id
from flowlet.api.fields import MetadataField, PublicIdField
from flowlet.api.serializers import MomentRange, PageFilters, StrictSerializer


class CountryField(serializers.RegexField):
    """An ISO 3166-1 alpha-2 code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "ISO 3166-1 alpha-2, such as DE")
        super().__init__(r"^[A-Z]{2}$", max_length=2, min_length=2, **options)


class AddressIn(StrictSerializer):
    """A postal address."""

    line1 = serializers.CharField(max_length=200)
    line2 = serializers.CharField(max_length=200, required=False, allow_null=True)
    city = serializers.CharField(max_length=200)
    region = serializers.CharField(max_length=200, required=False, allow_null=True)
    postal_code = serializers.CharField(max_length=20, required=False, allow_null=True)
    country = CountryField()


class AddressOut(StrictSerializer):
    """A postal address."""

    line1 = serializers.CharField()
    line2 = serializers.CharField(allow_null=True)
    city = serializers.CharField()
    region = serializers.CharField(allow_null=True)
    postal_code = serializers.CharField(allow_null=True)
    country = CountryField()


class _Values(StrictSerializer):
    """What create and update have in common; null leaves a value out, or takes it away."""

    email = serializers.CharField(max_length=254, required=False, allow_null=True, help_text="An e-mail address")
    phone = serializers.CharField(max_length=40, required=False, allow_null=True, help_text="E.164 with +, such as +442079460958")
    address = AddressIn(required=False, allow_null=True)
    born_on = serializers.DateField(required=False, allow_null=True, help_text="Persons only")
    incorporated_on = serializers.DateField(required=False, allow_null=True, help_text="Businesses only")
    registration_number = serializers.CharField(max_length=64, required=False, allow_null=True, help_text="Businesses only")
    external_id = serializers.CharField(
        max_length=128, required=False, allow_null=True, help_text="Your own id of the customer; unique among your customers"
    )


class CustomerIn(_Values):
    """A new customer."""

    kind = serializers.ChoiceField(CustomerKind.choices)
    name = serializers.CharField(max_length=200, help_text="The full name of a person, the legal name of a business")
    country = CountryField(help_text="Residence of a person, seat of a business: ISO 3166-1 alpha-2")
    metadata = MetadataField(required=False)


class CustomerChange(_Values):
    """What changes about a customer; what is not named stays. Metadata is replaced as a whole."""

    name = serializers.CharField(max_length=200, required=False)
    country = CountryField(required=False)
    metadata = MetadataField(stays=True)


class ReasonIn(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=500, help_text="Kept in the audit; no personal data, please")


class OptionalReasonIn(StrictSerializer):
    """Why, if there is something to say."""

    reason = serializers.CharField(max_length=500, required=False, help_text="Kept in the audit; no personal data, please")


class CustomerFilters(PageFilters):
    """Which customers; several filters narrow the list down."""

    kind = serializers.ChoiceField(CustomerKind.choices, required=False)
    status = serializers.ChoiceField(CustomerStatus.choices, required=False)
    kyc_tier = serializers.ChoiceField(KycTier.choices, required=False)
    country = CountryField(required=False)
    name = serializers.CharField(max_length=200, required=False, help_text="Whole words of the name, in any order")
    email = serializers.CharField(max_length=254, required=False, help_text="The whole address")
    phone = serializers.CharField(max_length=40, required=False, help_text="E.164; write the + as %2B")
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class FreezeOut(StrictSerializer):
    """A freeze."""

    origin = serializers.ChoiceField(FreezeOrigin.choices, help_text="PLATFORM: only Flowlet lifts it")
    reason = serializers.CharField(allow_null=True, help_text="The reason that you gave; null for the platform's")


class CustomerOut(StrictSerializer):
    """A customer. Personal values are null where you gave none, and all of them where they have been erased."""

    id = PublicIdField("cus")
    kind = serializers.ChoiceField(CustomerKind.choices)
    status = serializers.ChoiceField(CustomerStatus.choices)
    kyc_tier = serializers.ChoiceField(KycTier.choices, help_text="How far the identity is verified; limits hang on it")
    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    country = CountryField()
    address = AddressOut(allow_null=True)
    born_on = serializers.DateField(allow_null=True)
    incorporated_on = serializers.DateField(allow_null=True)
    registration_number = serializers.CharField(allow_null=True)
    is_erased = serializers.BooleanField(help_text="Whether the personal values have been erased for good")
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    freeze = FreezeOut(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class KeyOut(StrictSerializer):
    """The key that asks."""

    id = PublicIdField("key")
    name = serializers.CharField()
    hint = serializers.CharField(help_text="How the key begins and ends")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    allowed_networks = serializers.ListField(child=serializers.CharField(), help_text="CIDR; empty allows every address")
    rate_per_second = serializers.IntegerField(help_text="Sustained requests a second")
    burst = serializers.IntegerField(help_text="Requests that may come at once")
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class PartnerOut(StrictSerializer):
    """The partner whose key it is."""

    id = PublicIdField("par")
    name = serializers.CharField()
    mode = serializers.ChoiceField(Mode.choices)
    status = serializers.ChoiceField(PartnerStatus.choices)
    country = CountryField()
    time_zone = serializers.CharField(help_text="The days of your books are days of this zone")


class MeOut(StrictSerializer):
    """Who you are to Flowlet."""

    partner = PartnerOut()
    key = KeyOut()


FROZEN_ID, LEAVING_ID = example_id("cus", 8), example_id("cus", 9)
NEW_CUSTOMER = {
    "kind": "PERSON",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+442079460958",
    "country": "GB",
    "address": {"line1": "12 St James's Square", "city": "London", "postal_code": "SW1Y 4JH", "country": "GB"},
    "born_on": "1990-12-10",
    "external_id": "user-1815",
    "metadata": {"plan": "gold"},
}
CUSTOMER = {
    "id": example_id("cus"),
    "kind": "PERSON",
    "status": "ACTIVE",
    "kyc_tier": "UNVERIFIED",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+442079460958",
    "country": "GB",
    "address": {
        "line1": "12 St James's Square",
        "line2": None,
        "city": "London",
        "region": None,
        "postal_code": "SW1Y 4JH",
        "country": "GB",
    },
    "born_on": "1990-12-10",
    "incorporated_on": None,
    "registration_number": None,
    "is_erased": False,
    "external_id": "user-1815",
    "metadata": {"plan": "gold"},
    "freeze": None,
    "created_at": "2026-01-15T09:30:00Z",
    "updated_at": "2026-01-15T09:30:00Z",
    "closed_at": None,
}
FROZEN = {**CUSTOMER, "status": "FROZEN", "freeze": {"origin": "PARTNER", "reason": "The customer reported a stolen phone"}}
CLOSED = {**CUSTOMER, "status": "CLOSED", "closed_at": "2026-01-16T10:00:00Z", "updated_at": "2026-01-16T10:00:00Z"}
ME = {
    "partner": {
        "id": example_id("par"),
        "name": "Acme",
        "mode": "SANDBOX",
        "status": "ACTIVE",
        "country": "DE",
        "time_zone": "Europe/Berlin",
    },
    "key": {
        "id": example_id("key"),
        "name": "backend",
        "hint": "fk_test_…x7Qa",
        "scopes": ["customers:read", "customers:write"],
        "allowed_networks": ["203.0.113.0/24"],
        "rate_per_second": 100,
        "burst": 200,
        "expires_at": None,
        "created_at": "2026-01-15T09:30:00Z",
    },
}
