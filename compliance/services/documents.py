"""Documents taken in for a verification: looked at by content, scanned, sealed, stored; read again for officers; erased."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from accounts.choices import Mode
from accounts.models.personal import Personal
from compliance import errors, events
from compliance.choices import DocumentStatus, DocumentType, ItemKind, ItemStatus
from compliance.models import Document, Verification, VerificationItem
from compliance.policies import document_files, identity_checks, mrz
from compliance.policies import verifications as policies
from compliance.policies.identity_checks import Finding, ZoneField
from compliance.policies.requirements import IDENTITY
from compliance.providers import scanning
from compliance.selectors import verifications as selectors
from compliance.services import document_store, identity_marks, verification_rows
from flowlet.audit.services import log
from flowlet.core import countries, crypto, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.events.services import outbox
from flowlet.vault.services import subjects

LONGEST_ZONE = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a document beside its picture. Personal."""

    number: str = ""
    issuer: str = ""
    zone: str = ""


def take(
    *,
    verification_id: UUID,
    partner_id: UUID | None = None,
    type: str,
    content: bytes,
    item_id: UUID | None = None,
    number: str = "",
    issuer: str = "",
    zone: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> Document:
    """Take a file in for the item that asks for its type; a newer one takes the place of an older. ``zone`` is the text of its
    machine-readable zone, which fills in the number and says when it ends. One that a scanner finds infected is REFUSED and not stored.

    Raises DocumentTooLarge, UnreadableDocument, ScannerUnavailable, VerificationNotFound, IllegalMove, DocumentNotAsked, ItemNotFound,
    Invalid, UnknownCountry, SubjectErased.
    """
    if type not in DocumentType.values:
        raise Invalid(f"Use {', '.join(DocumentType.values)}.", param="type")
    if len(number) > 40 or not number.isprintable():
        raise Invalid("A number has up to 40 printable characters.", param="number")
    if len(zone) > LONGEST_ZONE:
        raise Invalid(f"A zone has up to {LONGEST_ZONE} characters.", param="zone")
    told = Told(number.strip(), countries.check(issuer, param="issuer") if issuer else "", zone.strip())
    kind = document_files.kind_of(content)
    policies.check_can_collect(selectors.get(verification_id, partner_id=partner_id))
    infection = scanning.scanner().scan(content)  # before any row is locked
    with transaction.atomic():
        row = selectors.locked(verification_id, partner_id=partner_id)
        policies.check_can_collect(row)
        item = _item_for(row, type, item_id)
        reading = mrz.read(told.zone, on=at.date()) if told.zone else None
        if reading is not None and (zone_document := reading.document) is not None:
            told = Told(told.number or zone_document.number, told.issuer or zone_document.issuing_country, told.zone)
            expires_on = zone_document.expires.latest or expires_on  # its digits are checked, what was told is not
        document = Document(
            id=ids.uuid7(),
            partner_id=row.partner_id,
            customer_id=row.customer_id,
            verification=row,
            item=item,
            type=type,
            content_type=kind,
            size_bytes=len(content),
            digest_index=crypto.blind_index(content.hex(), purpose="compliance.document.content"),
            issued_on=issued_on,
            expires_on=expires_on,
            uploaded_by=str(actor),
            created_at=at,
        )
        if infection:
            document.status, document.digest_index = DocumentStatus.REFUSED, ""
        else:
            document.file = document_store.put(content, customer_id=row.customer_id)
            document.sealed = subjects.key_for(row.customer_id).encrypt(_dump(told), aad=_aad(document.pk))
            document.number_index = identity_marks.document(told.number, told.issuer) if told.number else ""
            verification_rows.give(item, ItemStatus.PROVIDED, at=at)
        document.save(force_insert=True)
        _tell(document, events.DOCUMENT_REFUSED if infection else events.DOCUMENT_TAKEN, actor=actor, at=at, infection=infection)
        if not infection:
            verification_rows.begin(row, actor=actor, at=at)
    return document


def get(document_id: UUID, *, partner_id: UUID | None = None) -> Document:
    """The document, of this partner if one is named. Raises DocumentNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = Document.objects.select_related("verification", "item", "customer").filter(pk=document_id, **scope).first()
    if found is None:
        raise errors.DocumentNotFound()
    return found


def content_of(document: Document, *, for_display: bool) -> bytes:
    """The bytes; of a picture for display nothing but pixels. Personal: the caller has written the look to the audit.

    Raises DocumentNotFound where they were erased.
    """
    if document.status != DocumentStatus.STORED:
        raise errors.DocumentNotFound()
    try:
        content = document_store.get(document.file, customer_id=document.customer_id)
    except (FileNotFoundError, subjects.SubjectErased):
        raise errors.DocumentNotFound() from None
    return document_files.for_display(content, document.content_type) if for_display else content


def told_of(document: Document) -> Told:
    """What was told of it. Personal. Raises SubjectErased."""
    text = subjects.key_for(document.customer_id).decrypt(bytes(document.sealed), aad=_aad(document.pk))
    return Told(**orjson.loads(text))


def newest(row: Verification) -> dict[UUID, Document]:
    """The document that counts, by item."""
    found = Document.objects.filter(verification=row, status=DocumentStatus.STORED).exclude(item=None).order_by("id")
    return {each.item_id: each for each in found if each.item_id is not None}


def ended(row: Verification, *, on: date) -> list[str]:
    """The kinds of items whose document has run out by the day, and that nobody has accepted in spite of it."""
    open_ones = dict(row.items.filter(status=ItemStatus.PROVIDED).values_list("pk", "kind"))
    over = [key for key, each in newest(row).items() if each.expires_on and each.expires_on < on]
    return sorted({open_ones[key] for key in over if key in open_ones})


def zone_of(document: Document, personal: Personal, *, at: datetime) -> tuple[mrz.Reading, list[ZoneField]] | None:
    """The zone of a document, and how it compares with whom it is of; None without one. Personal."""
    told = told_of(document)
    if not told.zone:
        return None
    name, born_on = personal.name, personal.born_on
    if document.item is not None and document.item.owner is not None:
        owner = selectors.owner_values(document.item.owner, subjects.key_for(document.customer_id))
        name, born_on = owner["name"], date.fromisoformat(owner["born_on"])
    reading = mrz.read(told.zone, on=at.date())
    is_live = document.verification.partner.mode == Mode.LIVE
    fields = identity_checks.zone_fields(
        reading, type=document.type, name=name, born_on=born_on, number=told.number, is_live=is_live, on=at.date()
    )
    return reading, fields


def findings(row: Verification, personal: Personal, *, at: datetime) -> Iterator[Finding]:
    """What our rules say of the documents that count."""
    items = {item.pk: item for item in row.items.select_related("owner")}
    for key, document in newest(row).items():
        item, where = items[key], str(key)
        document.item, document.verification = item, row
        yield from identity_checks.of_paper(
            where,
            expires_on=document.expires_on,
            issued_on=document.issued_on,
            max_age_days=item.max_age_days,
            wants_expiry=document.type in IDENTITY,
            on=at.date(),
        )
        if zone := zone_of(document, personal, at=at):
            yield from identity_checks.of_zone(where, *zone)
        elif document.type == DocumentType.PASSPORT:
            yield Finding(where, "mrz.given", identity_checks.CheckOutcome.WARN)


@transaction.atomic
def erase_all(*, customer_id: UUID) -> int:
    """Delete the files of a customer who was erased; their rows stay, without anything in them. How many there were."""
    rows = list(Document.objects.select_for_update(no_key=True).filter(customer_id=customer_id, status=DocumentStatus.STORED))
    for row in rows:
        name = row.file
        row.status, row.file, row.sealed, row.digest_index, row.number_index = DocumentStatus.ERASED, "", None, "", ""
        row.save()
        transaction.on_commit(lambda name=name: document_store.remove(name))
    return len(rows)


def sweep_strays(*, at: datetime) -> int:
    """Delete files without a row, left behind by transactions that were rolled back. How many there were."""
    names = list(document_store.strays(at=at))
    known = set(Document.objects.filter(file__in=names).values_list("file", flat=True))
    stray = [name for name in names if name not in known]
    for name in stray:
        document_store.remove(name)
    return len(stray)


def _item_for(row: Verification, type: str, item_id: UUID | None) -> VerificationItem:
    items = row.items.exclude(kind=ItemKind.DUPLICATE)
    if item_id is not None:
        found = items.filter(pk=item_id).first()
        if found is None:
            raise errors.ItemNotFound()
        if type not in found.any_of:
            raise errors.DocumentNotAsked(f"It is shown by {', '.join(found.any_of) or 'no document'}.", param="type")
        return found
    wanted = [item for item in items if type in item.any_of]
    open_ones = [item for item in wanted if item.status in {ItemStatus.MISSING, ItemStatus.ASKED_AGAIN}]
    if not wanted:
        raise errors.DocumentNotAsked(param="type")
    return (open_ones or wanted)[0]


def _dump(told: Told) -> str:
    return orjson.dumps({"number": told.number, "issuer": told.issuer, "zone": told.zone}).decode()


def _aad(document_id: UUID) -> str:
    return f"compliance_document.sealed:{document_id}"


def _tell(document: Document, fact: str, *, actor: Actor, at: datetime, infection: str) -> None:
    data: dict[str, Any] = {
        "id": document.public_id,
        "verification_id": document.verification.public_id,
        "customer_id": ids.public_id("cus", document.customer_id),
        "type": document.type,
        "status": document.status,
    }
    after = {**data, "content_type": document.content_type, "size_bytes": document.size_bytes, "infection": infection or None}
    log.record(action=fact, actor=actor, at=at, target=document.public_id, partner_id=document.partner_id, after=after)
    outbox.publish(type=fact, partner_id=document.partner_id, subject=document.public_id, data=data, at=at)
