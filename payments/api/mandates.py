"""Mandates under /v1/mandates."""

from typing import Any
from uuid import UUID

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import narrowed
from flowlet.api.views import PartnerView
from payments import errors
from payments.api import account_examples as examples
from payments.api import account_rendering as rendering
from payments.api import account_serializers as forms
from payments.models import Mandate
from payments.selectors import mandates as selectors
from payments.services import mandate_amendments, mandates

_PATH = {"mandate_id": Mandate.PREFIX}
_EXACT = ("external_account_id", "customer_id", "scheme", "status", "external_id")


class MandateList(PartnerView):
    """All mandates."""

    required_scopes = {"GET": "mandates:read", "POST": "mandates:write"}
    tag = "Mandates"

    @endpoint(
        summary="List mandates",
        query=forms.MandateFilters,
        response=paged(forms.MandateOut),
        query_example={"status": "ACTIVE"},
        example=page_example(examples.MANDATE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = narrowed(request.query, _EXACT)
        if "reference" in request.query:
            wanted["reference_key"] = request.query["reference"].upper()
        found = selectors.matching(partner_id=request.caller.partner_id, **wanted)
        return page(found, request, render=rendering.mandate)

    @endpoint(
        summary="Create a mandate",
        body=forms.MandateIn,
        response=forms.MandateOut,
        status=201,
        errors=(
            errors.ExternalAccountNotFound,
            errors.ExternalAccountClosed,
            errors.ExternalAccountBlocked,
            errors.NotDebitable,
            errors.MandateSchemeUnfit,
            errors.MandateDayOutOfRange,
            errors.MalformedMandateReference,
            errors.DuplicateMandateReference,
            errors.MalformedCreditorId,
            errors.FieldMissing,
            errors.FieldNotForKind,
            errors.EvidenceMissing,
            errors.MalformedExternalId,
            errors.DuplicateExternalId,
            people.PersonalDataErased,
        ),
        body_example=examples.NEW_MANDATE,
        example=examples.MANDATE,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """The holder's permission to collect money from an account of the customer's own. A SEPA mandate expires when it is not used
        for 36 months; collections get their place in its sequence (FRST, RCUR, FNAL, OOFF) by themselves."""
        made = mandates.create(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return rendering.mandate(made)


class MandateDetail(PartnerView):
    """One mandate."""

    required_scopes = {"GET": "mandates:read"}
    path_ids = _PATH
    tag = "Mandates"

    @endpoint(summary="Read a mandate", response=forms.MandateOut, errors=(errors.MandateNotFound,), example=examples.MANDATE)
    def get(self, request: Any, mandate_id: UUID) -> dict[str, Any]:
        """The mandate as it is now."""
        return rendering.mandate(selectors.get(mandate_id, partner_id=request.caller.partner_id))


class MandateRevoke(PartnerView):
    """Collect no more."""

    required_scopes = {"POST": "mandates:write"}
    path_ids = _PATH
    tag = "Mandates"

    @endpoint(
        summary="Revoke a mandate",
        body=forms.CloseIn,
        response=forms.MandateOut,
        errors=(errors.MandateNotFound, errors.MandateEnded),
        body_example={"reason": "The contract has ended"},
        example=examples.REVOKED,
    )
    def post(self, request: Any, mandate_id: UUID) -> dict[str, Any]:
        """For good. A collection that is on its way is not recalled by this."""
        done = mandates.revoke(
            mandate_id=mandate_id,
            partner_id=request.caller.partner_id,
            reason=request.data.get("reason", ""),
            actor=request.actor,
            at=request.at,
        )
        return rendering.mandate(done)


class MandateAmend(PartnerView):
    """Change a mandate."""

    required_scopes = {"POST": "mandates:write"}
    path_ids = _PATH
    tag = "Mandates"

    @endpoint(
        summary="Amend a mandate",
        body=forms.MandateAmendIn,
        response=forms.MandateOut,
        errors=(
            errors.MandateNotFound,
            errors.MandateEnded,
            errors.MandateNotAmendable,
            errors.MandateSchemeUnfit,
            errors.MalformedMandateReference,
            errors.DuplicateMandateReference,
            errors.MalformedCreditorId,
            errors.ExternalAccountNotFound,
            errors.ExternalAccountClosed,
            errors.ExternalAccountBlocked,
            errors.NotDebitable,
            people.PersonalDataErased,
        ),
        body_example={"reference": "RENT-2027-1815"},
        example=examples.AMENDED,
    )
    def post(self, request: Any, mandate_id: UUID) -> dict[str, Any]:
        """A SEPA mandate gets a new reference, creditor identifier or account of the debtor. The debtor's bank hears of it with the next
        collection.
        """
        done = mandate_amendments.amend(
            mandate_id=mandate_id, partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at
        )
        return rendering.mandate(done)
