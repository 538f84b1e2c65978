"""Verifications and documents under /v1."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts import errors as account_errors
from compliance import errors
from compliance.api import verification_examples as examples
from compliance.api import verification_serializers as forms
from compliance.choices import ContentType
from compliance.models import Document, Verification
from compliance.policies.document_files import LARGEST
from compliance.selectors import verifications as selectors
from compliance.services import documents, verification_owners, verification_simulations, verifications
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import StrictSerializer
from flowlet.api.uploads import Upload
from flowlet.api.views import PartnerView
from flowlet.core.countries import UnknownCountry
from flowlet.core.states import IllegalMove

READ, WRITE = "verifications:read", "verifications:write"
_PATH = {"verification_id": Verification.PREFIX}
_GIVEN = (errors.VerificationNotFound, IllegalMove, account_errors.PersonalDataErased)
FILE = Upload(
    types=tuple(ContentType.values),
    largest=LARGEST,
    example=examples.PIXEL,
    description="A JPEG, PNG or PDF of up to 10 MB, known by its content",
)


class NothingIn(StrictSerializer):
    """An empty object."""


def _rows() -> QuerySet[Verification]:
    return Verification.objects.prefetch_related("items", "owners")


def _shown(row: Verification) -> dict[str, Any]:
    return forms.verification(_rows().get(pk=row.pk))


class VerificationList(PartnerView):
    """All verifications."""

    required_scopes = {"GET": READ, "POST": WRITE}
    tag = "Verifications"

    @endpoint(
        summary="List verifications",
        query=forms.VerificationFilters,
        response=paged(forms.VerificationOut),
        query_example={"customer_id": examples.PERSON_ID},
        example=page_example(examples.VERIFICATION),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = {name: request.query[name] for name in ("customer_id", "status") if name in request.query}
        if request.query.get("metadata"):
            wanted["metadata__contains"] = request.query["metadata"]
        return page(_rows().filter(partner_id=request.caller.partner_id, **wanted), request, render=forms.verification)

    @endpoint(
        summary="Open a verification",
        body=forms.VerificationIn,
        response=forms.VerificationOut,
        status=201,
        errors=(
            account_errors.CustomerNotFound,
            account_errors.CustomerClosed,
            account_errors.CustomerFrozen,
            account_errors.PersonalDataErased,
            errors.LevelReached,
            errors.VerificationOpen,
        ),
        body_example={"customer_id": examples.PERSON_ID, "level": "BASIC"},
        example=examples.VERIFICATION,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Begin to know a customer to a level. `items` says what is asked for; what the customer's record holds counts as given. Give the
        rest, then submit. A customer has one undecided verification at a time.
        """
        return _shown(
            verifications.open(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        )


class VerificationDetail(PartnerView):
    """One verification."""

    required_scopes = {"GET": READ}
    path_ids = _PATH
    tag = "Verifications"

    @endpoint(
        summary="Read a verification",
        response=forms.VerificationOut,
        errors=(errors.VerificationNotFound,),
        example=examples.VERIFICATION,
    )
    def get(self, request: Any, verification_id: UUID) -> dict[str, Any]:
        """The verification as it is now."""
        return _shown(selectors.get(verification_id, partner_id=request.caller.partner_id))


class VerificationOwners(PartnerView):
    """Owners of a business."""

    required_scopes = {"POST": WRITE}
    path_ids = _PATH
    tag = "Verifications"

    @endpoint(
        summary="Give the owners of a business",
        body=forms.OwnersIn,
        response=forms.VerificationOut,
        errors=(*_GIVEN, errors.OwnersNotAsked, errors.MalformedOwners),
        path_example={"verification_id": examples.BUSINESS_ID},
        body_example={"owners": [{"name": "Charles Babbage", "born_on": "1971-12-26", "country": "GB", "share": "60.00"}]},
        example=examples.OWNED,
    )
    def post(self, request: Any, verification_id: UUID) -> dict[str, Any]:
        """Everybody who owns more than 25 %, or controls the business; this list takes the place of an earlier one."""
        return _shown(
            verification_owners.give(
                verification_id=verification_id,
                partner_id=request.caller.partner_id,
                **request.data,
                actor=request.actor,
                at=request.at,
            )
        )


class VerificationDocuments(PartnerView):
    """Upload a document."""

    required_scopes = {"POST": WRITE}
    path_ids = _PATH
    tag = "Verifications"

    @endpoint(
        summary="Upload a document",
        body=forms.DocumentIn,
        upload=FILE,
        response=forms.DocumentOut,
        status=201,
        errors=(
            *_GIVEN,
            errors.ItemNotFound,
            errors.DocumentNotAsked,
            errors.UnreadableDocument,
            errors.DocumentTooLarge,
            errors.ScannerUnavailable,
            UnknownCountry,
        ),
        path_example={"verification_id": examples.COLLECTING_ID},
        body_example={
            "type": "PASSPORT",
            "number": "123456789",
            "issuer": "GB",
            "issued_on": "2020-05-02",
            "expires_on": "2030-05-01",
        },
        example=examples.DOCUMENT,
    )
    def post(self, request: Any, verification_id: UUID) -> dict[str, Any]:
        """A file for the item that asks for its type, as `multipart/form-data`. A newer one takes the place of an older. It is scanned for
        viruses; one that is not safe is answered with the status `REFUSED` and not kept.
        """
        row = documents.take(
            verification_id=verification_id,
            partner_id=request.caller.partner_id,
            content=request.file,
            **request.data,
            actor=request.actor,
            at=request.at,
        )
        return forms.document(row)


class VerificationSubmit(PartnerView):
    """Submit a verification."""

    required_scopes = {"POST": WRITE}
    path_ids = _PATH
    tag = "Verifications"

    @endpoint(
        summary="Submit a verification",
        body=NothingIn,
        response=forms.VerificationOut,
        errors=(*_GIVEN, errors.VerificationIncomplete),
        path_example={"verification_id": examples.COMPLETE_ID},
        body_example={},
        example=examples.SUBMITTED,
    )
    def post(self, request: Any, verification_id: UUID) -> dict[str, Any]:
        """Everything is given: people look at it. An item that was asked for again has to be another than before."""
        return _shown(
            verifications.submit(
                verification_id=verification_id, partner_id=request.caller.partner_id, actor=request.actor, at=request.at
            )
        )


class DocumentList(PartnerView):
    """All documents."""

    required_scopes = {"GET": READ}
    tag = "Verifications"

    @endpoint(
        summary="List documents",
        query=forms.DocumentFilters,
        response=paged(forms.DocumentOut),
        query_example={"verification_id": examples.COLLECTING_ID},
        example=page_example(examples.DOCUMENT),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        wanted = {name: request.query[name] for name in ("verification_id", "customer_id") if name in request.query}
        return page(Document.objects.filter(partner_id=request.caller.partner_id, **wanted), request, render=forms.document)


class DocumentDetail(PartnerView):
    """One document."""

    required_scopes = {"GET": READ}
    path_ids = {"document_id": Document.PREFIX}
    tag = "Verifications"

    @endpoint(summary="Read a document", response=forms.DocumentOut, errors=(errors.DocumentNotFound,), example=examples.DOCUMENT)
    def get(self, request: Any, document_id: UUID) -> dict[str, Any]:
        """What there is to know of a file that was given; its content never comes out again."""
        return forms.document(documents.get(document_id, partner_id=request.caller.partner_id))


class VerificationDecide(PartnerView):
    """An officer for the sandbox."""

    required_scopes = {"POST": "simulation:write"}
    path_ids = _PATH
    tag = "Simulations"

    @endpoint(
        summary="Simulate the decision about a verification",
        body=forms.DecisionIn,
        response=forms.VerificationOut,
        errors=(*_GIVEN, errors.VerificationSandboxOnly, errors.ItemNotFound, errors.ItemsUndecided),
        path_example={"verification_id": examples.REVIEWED_ID},
        body_example={"decision": "APPROVE"},
        example=examples.APPROVED,
    )
    def post(self, request: Any, verification_id: UUID) -> dict[str, Any]:
        """What an officer would decide: `APPROVE`, `REFUSE`, or `ASK_AGAIN` for the items in `item_ids`. Sandbox only."""
        return _shown(
            verification_simulations.decide(
                verification_id=verification_id,
                partner_id=request.caller.partner_id,
                **request.data,
                actor=request.actor,
                at=request.at,
            )
        )
