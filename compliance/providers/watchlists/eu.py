"""The European Union's consolidated list of financial sanctions, in its XML form (Financial Sanctions Files, version 1.1).

Source: the Commission's xmlFullSanctionsList_1_1 (namespace http://eu.europa.ec/fpi/fsd/export). All but remarks stands in attributes;
the day it was made in the root's ``generationDate``. A name is strong or not, and none is marked as the primary one: the first strong
Latin name counts as such. ``countryIso2Code`` is "00" where the country is not known.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from lxml import etree

from compliance.providers.watchlists import dates
from compliance.providers.watchlists.elements import Elements
from compliance.providers.watchlists.entries import Entry, EntryKind, Gender, Identifier, ListedName, NameQuality, PartialDate
from compliance.providers.watchlists.reading import Account, Reading, SourceFile, printable, unique
from flowlet.core import xml
from flowlet.core.scripts import script_of

LIST: Final = "list"
_KINDS = {
    "person": EntryKind.PERSON,
    "p": EntryKind.PERSON,
    "enterprise": EntryKind.ORGANISATION,
    "e": EntryKind.ORGANISATION,
    "entity": EntryKind.ORGANISATION,
    "vessel": EntryKind.VESSEL,
    "ship": EntryKind.VESSEL,
}
_GENDERS = {"M": Gender.MALE, "F": Gender.FEMALE}
_STREET = ("street", "poBox", "zipCode", "city", "region", "place", "countryDescription")
_BIRTHPLACE = ("place", "city", "region", "countryDescription")
# Some descriptions are what stands for nothing.
_NOTHING = frozenset({"", "UNKNOWN", "00"})
# What makes a document doubtful; it is listed all the same, and says so.
_DOUBTS = ("knownExpired", "knownFalse", "reportedLost", "revokedByIssuer")


def read(files: Sequence[SourceFile]) -> Reading:
    """The entries of the file. Raises UnreadableList."""
    account = Account(files)
    [file] = files
    found = Elements(file, account, root_name="export", tags=("sanctionEntity",))
    entries = list(_entries(found, account))
    made = found.root.get("generationDate", "") if found.root is not None else ""
    return account.reading(entries, published_on=dates.day(made))


def _entries(found: Elements, account: Account) -> Iterable[Entry]:
    seen: dict[str, int] = {}
    for element in found:
        number, kind = _get(element, "logicalId"), _kind(element)
        if not number:
            found.refuse(element, "it has no logicalId")
        elif number in seen:
            found.refuse(element, f"entry {number} stands on line {seen[number]} already")
        elif kind is None:
            found.refuse(element, "its subjectType is neither a person nor an enterprise")
        else:
            names = _names(element, kind)
            if names:
                seen[number] = element.sourceline or 0
                yield account.whole(_entry(element, number, kind, names, account))
            else:
                found.refuse(element, "it has no name")


def _kind(element: etree._Element) -> EntryKind | None:
    subject = xml.first(element, "subjectType")
    if subject is None:
        return None
    said = (_get(subject, "code").casefold(), _get(subject, "classificationCode").casefold())
    return next((_KINDS[text] for text in said if text in _KINDS), None)


def _entry(element: etree._Element, number: str, kind: EntryKind, names: tuple[ListedName, ...], account: Account) -> Entry:
    aliases, births, addresses = (xml.every(element, tag) for tag in ("nameAlias", "birthdate", "address"))
    regulations = xml.every(element, "regulation")
    genders = unique(_get(one, "gender").upper() for one in aliases)
    for text in genders:
        if text not in _GENDERS:
            account.unknown("gender", text)
    countries = [_country(one, account) for one in [*xml.every(element, "citizenship"), *addresses]]
    listed = [day for one in regulations if (day := dates.day(_get(one, "publicationDate")))]
    return Entry(
        id=f"eu-{number}",
        kind=kind,
        names=names,
        dates_of_birth=tuple(dict.fromkeys(born for one in births if (born := _birth(one, account)) is not None)),
        countries=unique(countries),
        identifiers=tuple(
            dict.fromkeys(
                found for one in xml.every(element, "identification") if (found := _identifier(one, account)) is not None
            )
        ),
        programmes=unique(_get(one, "programme") for one in regulations),
        # Names of one entry that differ in it say nothing.
        gender=_GENDERS.get(genders[0]) if len(genders) == 1 else None,
        remarks=" ".join(printable(one.text or "") for one in xml.every(element, "remark") if one.text).strip(),
        reference=_get(element, "euReferenceNumber"),
        listed_on=dates.day(_get(element, "designationDate")) or min(listed, default=None),
        titles=unique(_get(one, part) for one in aliases for part in ("title", "function")),
        places_of_birth=unique(_joined(one, _BIRTHPLACE) for one in births),
        addresses=unique(_joined(one, _STREET) for one in addresses),
    )


def _names(element: etree._Element, kind: EntryKind) -> tuple[ListedName, ...]:
    """The primary one first."""
    found: dict[str, ListedName] = {}
    for one in xml.every(element, "nameAlias"):
        parts = [text for part in ("firstName", "middleName", "lastName") if (text := _get(one, part))]
        text = _get(one, "wholeName") or " ".join(parts)
        quality = NameQuality.WEAK if _get(one, "strong").casefold() == "false" else NameQuality.STRONG
        if text and (text not in found or (quality is NameQuality.STRONG and found[text].quality is NameQuality.WEAK)):
            family = _get(one, "lastName") if kind is EntryKind.PERSON else ""
            found[text] = ListedName(text, quality, script_of(text), family if family in text else "")
    names = list(found.values())
    if not names:
        return ()
    strong = [name for name in names if name.quality is NameQuality.STRONG]
    primary = next((name for name in strong if name.script == "Latn"), (strong or names)[0])
    first = ListedName(primary.text, NameQuality.PRIMARY, primary.script, primary.family)
    return (first, *(name for name in names if name is not primary))


def _birth(element: etree._Element, account: Account) -> PartialDate | None:
    first, last = _get(element, "yearRangeFrom"), _get(element, "yearRangeTo")
    is_approximate = _get(element, "circa").casefold() == "true"
    whole = dates.partial(_get(element, "birthdate"))
    born = whole or dates.from_parts(_get(element, "year"), _get(element, "monthOfYear"), _get(element, "dayOfMonth"))
    if born is None and (first or last):
        born = dates.partial(f"{first or last} to {last or first}")
    if born is None:
        if said := _get(element, "birthdate") or _get(element, "year"):
            account.unknown("date", said)
        return None
    return PartialDate(born.year, born.month, born.day, born.last_year, is_approximate=is_approximate)


def _identifier(element: etree._Element, account: Account) -> Identifier | None:
    number = _get(element, "number") or _get(element, "latinNumber")
    if not number:
        return None
    kind = _get(element, "identificationTypeDescription") or _get(element, "identificationTypeCode")
    doubts = [name for name in _DOUBTS if _get(element, name).casefold() == "true"]
    return Identifier(f"{kind} ({', '.join(doubts)})" if doubts else kind, number, _country(element, account))


def _country(element: etree._Element, account: Account) -> str:
    code = _get(element, "countryIso2Code")
    return account.country(code if code not in _NOTHING else _known(_get(element, "countryDescription")))


def _joined(element: etree._Element, parts: Sequence[str]) -> str:
    return ", ".join(text for part in parts if (text := _known(_get(element, part))))


def _known(text: str) -> str:
    return "" if text.upper() in _NOTHING else text


def _get(element: etree._Element, name: str) -> str:
    return printable(element.get(name, ""))
