"""An entry as JSON values and back: what is stored of each version. What is empty is left out; the digest is of the canonical bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, Final

import orjson

from compliance.providers.watchlists.entries import Entry, EntryKind, Gender, Identifier, ListedName, NameQuality, PartialDate

FIELDS: Final = tuple(field.name for field in fields(Entry) if field.name != "id")
_DEFAULTS = {kind: {field.name: field.default for field in fields(kind)} for kind in (ListedName, PartialDate, Identifier)}


def to_json(entry: Entry) -> dict[str, Any]:
    """All of the entry but its id."""
    found: dict[str, Any] = {"kind": entry.kind.value, "names": [_short(name) for name in entry.names]}
    if entry.dates_of_birth:
        found["dates_of_birth"] = [_short(born) for born in entry.dates_of_birth]
    if entry.identifiers:
        found["identifiers"] = [_short(identifier) for identifier in entry.identifiers]
    for name in ("countries", "programmes", "titles", "places_of_birth", "addresses", "linked_to"):
        if value := getattr(entry, name):
            found[name] = list(value)
    for name in ("remarks", "reference"):
        if value := getattr(entry, name):
            found[name] = value
    if entry.gender is not None:
        found["gender"] = entry.gender.value
    if entry.listed_on is not None:
        found["listed_on"] = entry.listed_on.isoformat()
    return found


def from_json(entry_id: str, found: Mapping[str, Any]) -> Entry:
    """The entry that ``to_json`` was given."""
    texts = {
        name: tuple(found[name])
        for name in ("countries", "programmes", "titles", "places_of_birth", "addresses", "linked_to")
        if name in found
    }
    return Entry(
        id=entry_id,
        kind=EntryKind(found["kind"]),
        names=tuple(
            ListedName(**{**name, "quality": NameQuality(name.get("quality", NameQuality.PRIMARY))}) for name in found["names"]
        ),
        dates_of_birth=tuple(PartialDate(**born) for born in found.get("dates_of_birth", ())),
        identifiers=tuple(Identifier(**identifier) for identifier in found.get("identifiers", ())),
        gender=Gender(found["gender"]) if "gender" in found else None,
        remarks=found.get("remarks", ""),
        reference=found.get("reference", ""),
        listed_on=date.fromisoformat(found["listed_on"]) if "listed_on" in found else None,
        **texts,
    )


def digest(entry: Entry) -> str:
    """The SHA-256 of what the entry says; two entries that say the same have the same."""
    return hashlib.sha256(orjson.dumps(to_json(entry), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _short(part: ListedName | PartialDate | Identifier) -> dict[str, Any]:
    """The fields that are not what they would be anyway."""
    defaults = _DEFAULTS[type(part)]
    values = {name: getattr(part, name) for name in defaults}
    return {
        name: str(value) if isinstance(value, NameQuality) else value for name, value in values.items() if value != defaults[name]
    }
