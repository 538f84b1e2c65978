"""The documents of a verification beside the customer's record: masked, and opened with a reason for one quarter of an hour."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from accounts.errors import PersonalDataErased
from accounts.selectors import customers
from compliance.admin.verification_owners import owner_labels
from compliance.choices import CheckOutcome, ContentType, DocumentStatus
from compliance.errors import DocumentNotFound
from compliance.models import Document, Verification
from compliance.selectors import verifications as selectors
from compliance.services import documents
from flowlet.backoffice import actor_of, cells, permissions
from flowlet.backoffice.panels import Revealable
from flowlet.core import countries
from flowlet.core.actors import Actor
from flowlet.core.errors import NotFound
from flowlet.vault.services import subjects

SALT, SECONDS = "compliance.document", 900
REVEAL: Final = "accounts.reveal_personal_data"
NAME: Final = "compliance_verification_document"


def masked(row: Verification) -> list[tuple[str, str]]:
    """What there is to be opened: the record, the owners, the documents."""
    pairs = customers.masked_pairs(row.customer)
    pairs += [(label, "••••") for label in owner_labels(row).values()]
    return pairs + [(one.get_type_display(), "••••") for one in row.documents.filter(status=DocumentStatus.STORED)]


def plain(row: Verification) -> list[tuple[str, str]]:
    """The record, the owners, and what was told of each document. Raises PersonalDataErased."""
    pairs = customers.plain_pairs(row.customer)
    box, labels = subjects.key_for(row.customer_id), owner_labels(row)
    for owner in row.owners.order_by("pk"):
        told = selectors.owner_values(owner, box)
        pairs.append((labels[owner.pk], f"{told['name']}, {told['born_on']}, {countries.name(told['country'])}"))
    for one in documents.newest(row).values():
        told_of = documents.told_of(one)
        words = (told_of.number, told_of.issuer, _until(one.issued_on, "issued"), _until(one.expires_on, "until"))
        pairs.append((one.get_type_display(), ", ".join(filter(None, words)) or "nothing told"))
    return pairs


@dataclass(frozen=True, kw_only=True)
class Documents(Revealable):
    """Pictures with zoom and rotation on the left; record and zones on the right."""

    template: ClassVar[str] = "compliance/documents.html"

    wide: bool = True

    def opened(self, obj: Verification, *, actor: Actor, at: datetime, reason: str) -> dict[str, Any]:
        """With addresses of the pictures that hold for this person, for a quarter of an hour."""
        found = super().opened(obj, actor=actor, at=at, reason=reason)
        personal = selectors.personal_of(obj.customer)
        if personal is None:
            raise PersonalDataErased()
        stored = list(documents.newest(obj).values())
        shown = [{"label": one.get_type_display(), "url": url_of(obj, one, actor), "type": one.content_type} for one in stored]
        zones = []
        for one in stored:
            one.verification = obj
            if (zone := documents.zone_of(one, personal, at=at)) is not None:
                zones.append({"label": one.get_type_display(), "rows": _rows(*zone)})
        return found | {
            "pictures": [one for one in shown if one["type"] != ContentType.PDF],
            "files": [one for one in shown if one["type"] == ContentType.PDF],
            "zones": zones,
        }


def url_of(row: Verification, document: Document, actor: Actor) -> str:
    """Where the document is for this person."""
    token = signing.dumps({"document": document.public_id, "person": actor.id}, salt=SALT)
    return f"{reverse(f'admin:{NAME}', args=(row.public_id, document.public_id))}?token={token}"


class DocumentPages:
    """Mixed into the page of verifications: the bytes of one document, for whoever has just revealed it."""

    def get_urls(self) -> list[URLPattern]:
        """And a document's."""
        view = self.admin_site.admin_view(self.document_view)
        return [path("<str:object_id>/documents/<str:document_id>/", view, name=NAME), *super().get_urls()]

    def document_view(self, request: HttpRequest, object_id: str, document_id: str) -> HttpResponse:
        """A picture without anything but its pixels; of a PDF the file, to be downloaded and never shown here."""
        row = self._row_or_404(request, object_id)
        actor = actor_of(request)
        try:
            told = signing.loads(request.GET.get("token", ""), salt=SALT, max_age=SECONDS)
        except signing.BadSignature:
            told = {}
        if told != {"document": document_id, "person": actor.id} or not permissions.allows(request.user, REVEAL):
            raise PermissionDenied
        try:
            document = documents.get(Document.key(document_id), partner_id=row.partner_id)
            is_file = document.content_type == ContentType.PDF
            content = documents.content_of(document, for_display=not is_file)
        except (NotFound, DocumentNotFound):
            raise Http404("There is no such document.") from None
        response = HttpResponse(content, content_type="application/octet-stream" if is_file else document.content_type)
        response["Cache-Control"] = "no-store, private"
        if is_file:
            response["Content-Disposition"] = f'attachment; filename="{document.public_id}.pdf"'
        return response


def _rows(reading: Any, fields: Any) -> list[dict[str, Any]]:
    if not reading.is_sound:
        return [
            {"name": one.field.replace("_", " "), "record": "", "document": f"line {one.line}", "why": one.message, "badge": ""}
            for one in reading.problems
        ]
    return [
        {
            "name": one.name.replace("_", " "),
            "record": one.record or cells.DASH,
            "document": one.document or cells.DASH,
            "why": one.why,
            "badge": cells.badge(CheckOutcome(one.outcome).label, CheckOutcome(one.outcome).tone),
        }
        for one in fields
    ]


def _until(day: date | None, word: str) -> str:
    return f"{word} {day:%Y-%m-%d}" if day else ""
