"""What our own rules find in a customer's data and documents. Pure functions: codes and outcomes, and nothing personal in them.

A machine-readable zone is held against the customer's record field by field (``zone_fields``); only there the values themselves appear,
for the officer's eyes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import phonenumbers

from accounts.models.personal import Personal
from compliance.choices import CheckOutcome, DocumentType, ItemKind
from compliance.policies import mrz

ADULT_YEARS: Final = 18
# Domains that no mail reaches (RFC 2606, RFC 6761).
_NOWHERE: Final = (".example", ".invalid", ".test", ".localhost", ".example.com", ".example.net", ".example.org")
_ZONES: Final = {DocumentType.PASSPORT: {mrz.Format.TD3}, DocumentType.ID_CARD: {mrz.Format.TD1, mrz.Format.TD2}}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found of an item (its kind, or its key): ``code`` and ``facts`` are codes and ids."""

    item: str
    code: str
    outcome: CheckOutcome
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ZoneField:
    """One field of a zone beside the customer's record. Personal."""

    name: str
    outcome: CheckOutcome
    record: str
    document: str
    why: str = ""


def of_record(personal: Personal, *, country: str, at: datetime) -> Iterator[Finding]:
    """Sanity of what the record says; its form was checked at the door."""
    if personal.email:
        domain = personal.email.rpartition("@")[2]
        nowhere = f".{domain.lower()}".endswith(_NOWHERE)
        yield Finding(ItemKind.CONTACT, "email.domain", CheckOutcome.WARN if nowhere else CheckOutcome.PASS)
    if personal.phone:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(personal.phone, None)) or ""
        abroad = region not in {country, "001"}
        yield Finding(ItemKind.CONTACT, "phone.country", CheckOutcome.WARN if abroad else CheckOutcome.PASS, {"country": region})
    if personal.address:
        there = personal.address.country
        yield Finding(
            ItemKind.ADDRESS, "address.country", CheckOutcome.PASS if there == country else CheckOutcome.WARN, {"country": there}
        )
        bare = not any(character.isdigit() for character in personal.address.line1 + personal.address.line2)
        yield Finding(ItemKind.ADDRESS, "address.number", CheckOutcome.WARN if bare else CheckOutcome.PASS)
    if personal.born_on:
        minor = _years(personal.born_on, at.date()) < ADULT_YEARS
        yield Finding(ItemKind.BIRTH_DATE, "birth.age", CheckOutcome.FAIL if minor else CheckOutcome.PASS)


def of_paper(
    item: str, *, expires_on: date | None, issued_on: date | None, max_age_days: int | None, wants_expiry: bool, on: date
) -> Iterator[Finding]:
    """Whether a document holds on the day, and whether it is young enough."""
    if expires_on is not None:
        yield Finding(item, "document.expiry", CheckOutcome.FAIL if expires_on < on else CheckOutcome.PASS)
    elif wants_expiry:
        yield Finding(item, "document.expiry", CheckOutcome.WARN, {"reason": "not_told"})
    if max_age_days is not None:
        if issued_on is None:
            yield Finding(item, "document.age", CheckOutcome.WARN, {"reason": "not_told"})
        else:
            old = (on - issued_on).days > max_age_days
            yield Finding(item, "document.age", CheckOutcome.FAIL if old else CheckOutcome.PASS)


def of_zone(item: str, reading: mrz.Reading, fields: list[ZoneField]) -> Iterator[Finding]:
    """What a zone and its comparison amount to, without their values."""
    if not reading.is_sound:
        kinds = sorted({str(problem.kind) for problem in reading.problems})
        yield Finding(item, "mrz.check_digits", CheckOutcome.FAIL, {"problems": kinds})
        return
    yield Finding(item, "mrz.check_digits", CheckOutcome.PASS)
    for one in fields:
        yield Finding(item, f"mrz.{one.name}", one.outcome)


def zone_fields(
    reading: mrz.Reading,
    *,
    type: str,
    name: str,
    born_on: date | None,
    number: str = "",
    is_live: bool = True,
    on: date,
) -> list[ZoneField]:
    """A sound zone beside what the record and the form say of the person. Empty for a zone that cannot be relied on."""
    document = reading.document
    if document is None:
        return []
    told = f"{document.given_names} {document.surname}".strip()
    found = [
        _field("name", not _name_differs(document, name), name, told, "The names differ."),
        _field("number", not mrz.compare(document, number=number), number, document.number, "The numbers differ."),
        _field(
            "kind",
            document.format in _ZONES.get(DocumentType(type), set(mrz.Format)),
            type,
            str(document.format),
            "Not its kind.",
        ),
        _field(
            "expiry",
            document.is_expired(on=on) is False,
            "",
            str(document.expires.latest or ""),
            "It has expired, or does not say.",
        ),
        _field("specimen", not (is_live and document.is_specimen), "", document.issuer, "It is a specimen."),
    ]
    if born_on is None:
        found.append(
            ZoneField("born_on", CheckOutcome.WARN, "", str(document.born.latest or ""), "The record has no date of birth.")
        )
    else:
        differ = mrz.compare(document, born_on=born_on)
        shown = differ[0].document if differ else born_on.isoformat()
        found.append(_field("born_on", not differ, born_on.isoformat(), shown, "The dates of birth differ."))
    return found


def _field(name: str, agrees: bool, record: str, document: str, why: str) -> ZoneField:
    return ZoneField(name, CheckOutcome.PASS if agrees else CheckOutcome.FAIL, record, document, "" if agrees else why)


def _name_differs(document: mrz.Document, name: str) -> bool:
    """Whether no way of parting the full name into surname and given names, in either order, is the document's."""
    words = name.split()
    parted = [(" ".join(words[cut:]), " ".join(words[:cut])) for cut in range(len(words))]
    parted += [(given, surname) for surname, given in parted if given]
    return not any(
        bool(given) == bool(document.given_names) and not mrz.compare(document, surname=surname, given_names=given)
        for surname, given in parted
    )


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
