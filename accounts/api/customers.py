"""Customers under /v1/customers."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts import errors
from accounts.api import serializers as forms
from accounts.choices import FreezeOrigin
from accounts.models import Customer
from accounts.models.personal import Personal
from accounts.selectors import customers as selectors
from accounts.services import customers
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.fields import moment, moment_or_null
from flowlet.api.paging import page
from flowlet.api.serializers import between
from flowlet.api.views import PartnerView
from flowlet.core.countries import UnknownCountry
from flowlet.core.states import IllegalMove

_FORM = (
    errors.MalformedName,
    errors.MalformedEmail,
    errors.MalformedPhone,
    UnknownCountry,
    errors.MalformedAddress,
    errors.ImpossibleDate,
    errors.FieldNotForKind,
    errors.MalformedExternalId,
)
_READ = {"GET": "customers:read"}
_WRITE = {"POST": "customers:write"}
_PATH = {"customer_id": Customer.PREFIX}


def shown(rows: Iterable[Customer]) -> list[dict[str, Any]]:
    """The JSON of customers, their personal values opened with one query."""
    rows = list(rows)
    opened = selectors.personal_of(rows)
    return [_shown(customer, opened[customer.pk]) for customer in rows]


def _shown(customer: Customer, personal: Personal | None) -> dict[str, Any]:
    address = personal.address if personal else None
    return {
        "id": customer.public_id,
        "kind": customer.kind,
        "status": customer.status,
        "kyc_tier": customer.kyc_tier,
        "name": personal.name if personal else None,
        "email": personal.email or None if personal else None,
        "phone": personal.phone or None if personal else None,
        "country": customer.country,
        "address": None
        if address is None
        else {
            "line1": address.line1,
            "line2": address.line2 or None,
            "city": address.city,
            "region": address.region or None,
            "postal_code": address.postal_code or None,
            "country": address.country,
        },
        "born_on": personal.born_on if personal else None,
        "incorporated_on": personal.incorporated_on if personal else None,
        "registration_number": personal.registration_number or None if personal else None,
        "is_erased": personal is None,
        "external_id": customer.external_id or None,
        "metadata": customer.metadata,
        "freeze": _freeze(customer),
        "created_at": moment(customer.created_at),
        "updated_at": moment(customer.updated_at),
        "closed_at": moment_or_null(customer.closed_at),
    }


def _freeze(customer: Customer) -> dict[str, Any] | None:
    """Why staff froze somebody is not told to the partner: it could warn the person who is looked at."""
    if not customer.is_frozen:
        return None
    own = customer.freeze_origin == FreezeOrigin.PARTNER
    return {"origin": customer.freeze_origin, "reason": customer.freeze_reason if own else None}


class CustomerList(PartnerView):
    """All customers."""

    required_scopes = {**_READ, **_WRITE}
    tag = "Customers"

    @endpoint(
        summary="List customers",
        query=forms.CustomerFilters,
        response=paged(forms.CustomerOut),
        errors=(errors.MalformedName, errors.MalformedEmail, errors.MalformedPhone),
        query_example={"email": "ada@example.com", "limit": "10"},
        example=page_example(forms.CUSTOMER),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first. Name, e-mail address and phone number are found exactly, although they are stored encrypted."""
        wanted = {name: value for name, value in request.query.items() if name in _FILTERS and value}
        moments = between("created_at", request.query.get("created"))
        found = page(
            selectors.matching(partner_id=request.caller.partner_id, **wanted, **moments), request, render=lambda row: row
        )
        return {**found, "data": shown(found["data"])}

    @endpoint(
        summary="Create a customer",
        body=forms.CustomerIn,
        response=forms.CustomerOut,
        status=201,
        errors=(*_FORM, errors.DuplicateExternalId, errors.PartnerSuspended),
        body_example=forms.NEW_CUSTOMER,
        example=forms.CUSTOMER,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """A person or business that you serve, active and not yet verified. Open wallets for it next."""
        customer = customers.create(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return shown([customer])[0]


_FILTERS = frozenset({"kind", "status", "kyc_tier", "country", "name", "email", "phone", "external_id", "metadata"})


class CustomerDetail(PartnerView):
    """One customer."""

    required_scopes = {**_READ, "PATCH": "customers:write"}
    path_ids = _PATH
    tag = "Customers"

    @endpoint(summary="Read a customer", response=forms.CustomerOut, errors=(errors.CustomerNotFound,), example=forms.CUSTOMER)
    def get(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """The customer as it is now."""
        return shown([selectors.get(customer_id, partner_id=request.caller.partner_id)])[0]

    @endpoint(
        summary="Change a customer",
        body=forms.CustomerChange,
        response=forms.CustomerOut,
        errors=(
            *_FORM,
            errors.CustomerNotFound,
            errors.CustomerClosed,
            errors.DuplicateExternalId,
            errors.PersonalDataErased,
        ),
        body_example={"phone": "+442079460123", "metadata": {"plan": "platinum"}},
        example={**forms.CUSTOMER, "phone": "+442079460123", "metadata": {"plan": "platinum"}},
    )
    def patch(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """What you name changes, null takes a value away, everything else stays."""
        customer = customers.update(
            customer_id=customer_id,
            partner_id=request.caller.partner_id,
            changes=request.data,
            actor=request.actor,
            at=request.at,
        )
        return shown([customer])[0]


class CustomerFreeze(PartnerView):
    """Stop a customer."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "Customers"

    @endpoint(
        summary="Freeze a customer",
        body=forms.ReasonIn,
        response=forms.CustomerOut,
        errors=(errors.CustomerNotFound, errors.CustomerClosed, IllegalMove, errors.ReasonMissing),
        body_example={"reason": "The customer reported a stolen phone"},
        example=forms.FROZEN,
    )
    def post(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """No money moves for the customer until the freeze is lifted."""
        return _act(customers.freeze, request, customer_id, reason=request.data["reason"])


class CustomerUnfreeze(PartnerView):
    """Let a customer go on."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "Customers"

    @endpoint(
        summary="Unfreeze a customer",
        body=forms.ReasonIn,
        response=forms.CustomerOut,
        errors=(
            errors.CustomerNotFound,
            errors.CustomerClosed,
            IllegalMove,
            errors.FrozenByPlatform,
            errors.ReasonMissing,
        ),
        path_example={"customer_id": forms.FROZEN_ID},
        body_example={"reason": "The phone was found"},
        example={**forms.CUSTOMER, "id": forms.FROZEN_ID},
    )
    def post(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """Lift a freeze of your own. A freeze by the platform is not yours to lift."""
        return _act(customers.unfreeze, request, customer_id, reason=request.data["reason"])


class CustomerClose(PartnerView):
    """Serve a customer no more."""

    required_scopes = _WRITE
    path_ids = _PATH
    tag = "Customers"

    @endpoint(
        summary="Close a customer",
        body=forms.OptionalReasonIn,
        response=forms.CustomerOut,
        errors=(
            errors.CustomerNotFound,
            errors.CustomerClosed,
            errors.CustomerFrozen,
            errors.CustomerHasOpenProducts,
        ),
        path_example={"customer_id": forms.LEAVING_ID},
        body_example={"reason": "The account was closed in our app"},
        example={**forms.CLOSED, "id": forms.LEAVING_ID},
    )
    def post(self, request: Any, customer_id: UUID) -> dict[str, Any]:
        """For good; the record stays readable. All wallets have to be closed first."""
        return _act(customers.close, request, customer_id, reason=request.data.get("reason", ""))


def _act(step: Any, request: Any, customer_id: UUID, *, reason: str) -> dict[str, Any]:
    customer = step(
        customer_id=customer_id,
        partner_id=request.caller.partner_id,
        reason=reason,
        actor=request.actor,
        at=request.at,
    )
    return shown([customer])[0]
