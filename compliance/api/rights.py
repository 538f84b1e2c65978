"""Requests of persons under /v1: a partner asks on behalf of its customer, and takes the answer."""

from typing import Any
from uuid import UUID

from accounts import errors as account_errors
from accounts.models import Customer
from compliance import errors
from compliance.api import rights_serializers as forms
from compliance.models import RightsRequest
from compliance.services import rights
from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.paging import page
from flowlet.api.views import PartnerView
from flowlet.core import ids

READ, WRITE = "customers:read", "customers:write"
_PATH = {"rightsrequest_id": RightsRequest.PREFIX}
ANSWERED_ID = example_id("rrq", 2)
PERSON_ID = example_id("cus", 51)
FIRST = "2026-01-15"
EXAMPLE: dict[str, Any] = {
    "id": example_id("rrq"),
    "customer_id": PERSON_ID,
    "kind": "ACCESS",
    "status": "OPEN",
    "received_on": FIRST,
    "due_on": "2026-02-15",
    "takes_longer": False,
    "not_before": None,
    "answered_at": None,
}
DOCUMENT: dict[str, Any] = {
    "title": "Your request for erasure",
    "made_at": None,
    "text": ["You are a customer still, and your data are needed for the contract (GDPR Art. 6(1)(b) and 17(1)(a))."],
    "data": None,
    "register": None,
    "your_rights": ["You may complain to the supervisory authority of the country where you live or work."],
}


class RightsRequestList(PartnerView):
    """All requests of persons."""

    required_scopes = {"GET": READ, "POST": WRITE}
    tag = "Rights of persons"

    @endpoint(
        summary="List requests of persons",
        query=forms.RightsRequestFilters,
        response=paged(forms.RightsRequestOut),
        query_example={"customer_id": PERSON_ID},
        example=page_example(EXAMPLE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = {"customer_id": request.query["customer_id"]} if "customer_id" in request.query else {}
        rows = RightsRequest.objects.filter(partner_id=request.caller.partner_id, **wanted)
        return page(rows, request, render=shown)

    @endpoint(
        summary="Ask on behalf of a customer",
        body=forms.RightsRequestIn,
        response=forms.RightsRequestOut,
        status=201,
        errors=(account_errors.CustomerNotFound, account_errors.PersonalDataErased, errors.RightPending),
        body_example={"customer_id": example_id("cus", 52), "kind": "ERASURE"},
        example={**EXAMPLE, "customer_id": example_id("cus", 52), "kind": "ERASURE"},
    )
    def post(self, request: Any) -> dict[str, Any]:
        """A copy of the data (GDPR Art. 15 and 20), or erasure (Art. 17). Make sure that it is the customer who asks. Our officers answer
        within a month from the day on which the request reached you.
        """
        return shown(rights.receive(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at))


class RightsRequestDetail(PartnerView):
    """One request."""

    required_scopes = {"GET": READ}
    path_ids = _PATH
    tag = "Rights of persons"

    @endpoint(
        summary="Read a request of a person",
        response=forms.RightsRequestOut,
        errors=(errors.RightNotFound,),
        example=EXAMPLE,
    )
    def get(self, request: Any, rightsrequest_id: UUID) -> dict[str, Any]:
        """The request as it is now."""
        return shown(rights.get(rightsrequest_id, partner_id=request.caller.partner_id))


class RightsRequestDocument(PartnerView):
    """The answer."""

    required_scopes = {"GET": READ}
    path_ids = _PATH
    tag = "Rights of persons"

    @endpoint(
        summary="Take the answer to a request of a person",
        response=forms.RightsDocumentOut,
        errors=(errors.RightNotFound, errors.RightNotAnswered),
        path_example={"rightsrequest_id": ANSWERED_ID},
        example=DOCUMENT,
    )
    def get(self, request: Any, rightsrequest_id: UUID) -> dict[str, Any]:
        """The copy, or the letter, for the customer. Every look at it is kept."""
        found = rights.document(
            rightsrequest_id=rightsrequest_id, partner_id=request.caller.partner_id, actor=request.actor, at=request.at
        )
        return {name: found.get(name) for name in DOCUMENT}


def shown(row: RightsRequest) -> dict[str, Any]:
    """What the partner may know: nothing of when the data really go, nor why."""
    return {
        "id": row.public_id,
        "customer_id": ids.public_id(Customer.PREFIX, row.customer_id),
        "kind": row.kind,
        "status": row.state,
        "received_on": row.received_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "takes_longer": bool(row.extension),
        "not_before": row.not_before.isoformat() if row.not_before else None,
        "answered_at": forms.moment_or_null(row.answered_at),
    }
