"""The UK Sanctions List of the Foreign, Commonwealth and Development Office, in its XML form.

Source: https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.xml (root Designations, no namespace). Since 28 January 2026 it is the
only list of the United Kingdom; OFSI's consolidated list (``uk``) ended on that day. A designation is known by its UniqueID
("AFG0001"); newer ones have no OFSI Group ID. Days are dd/mm/yyyy, where a part that is not known is 00 or spelled out (dd/mm/1962).
What has no place of its own in an entry goes to its remarks with the element's name.
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
_KINDS = {"individual": EntryKind.PERSON, "entity": EntryKind.ORGANISATION, "ship": EntryKind.VESSEL}
_NAME_KINDS = frozenset({"primary name", "primary name variation", "alias"})
_WEAK = "low quality a.k.a"
_PERSON, _ENTITY, _SHIP = "IndividualDetails/Individual", "EntityDetails/Entity", "ShipDetails/Ship"
# (elements, number, what is said about it, what kind of number it is)
_NUMBERS = (
    (f"{_PERSON}/PassportDetails/Passport", "PassportNumber", "PassportAdditionalInformation", "Passport"),
    (
        f"{_PERSON}/NationalIdentifierDetails/NationalIdentifier",
        "NationalIdentifierNumber",
        "NationalIdentifierAdditionalInformation",
        "National identifier",
    ),
)
_PLAIN_NUMBERS = (
    (f"{_ENTITY}/BusinessRegistrationNumbers/BusinessRegistrationNumber", "Business registration number"),
    (f"{_SHIP}/IMONumbers/IMONumber", "IMO number"),
    (f"{_SHIP}/HullIdentificationNumbers/HullIdentificationNumber", "Hull identification number"),
)
_LINKS = (
    f"{_ENTITY}/ParentCompanies/ParentCompany",
    f"{_SHIP}/CurrentOwnerOperators/CurrentOwnerOperator",
)
_ADDRESS = (*(f"AddressLine{number}" for number in range(1, 7)), "AddressPostalCode", "AddressCountry")
# Leaves that an entry has a place for, and the day of the last change, which says nothing about who is meant.
_PLACED = frozenset(
    {
        "UniqueID",
        "IndividualEntityShip",
        "RegimeName",
        "DateDesignated",
        "LastUpdated",
        "OtherInformation",
        "UKStatementofReasons",
        "NameType",
        "AliasStrength",
        *(f"Name{number}" for number in range(1, 7)),
        "NameNonLatinScript",
        "NonLatinScriptType",
        "NonLatinScriptLanguage",
        *_ADDRESS,
        "DOB",
        "Nationality",
        "Gender",
        "Position",
        "Title",
        "TownOfBirth",
        "CountryOfBirth",
        "PassportNumber",
        "PassportAdditionalInformation",
        "NationalIdentifierNumber",
        "NationalIdentifierAdditionalInformation",
        "BusinessRegistrationNumber",
        "IMONumber",
        "HullIdentificationNumber",
        "CurrentBelievedFlagOfShip",
        "PreviousFlag",
        "ParentCompany",
        "CurrentOwnerOperator",
    }
)


def read(files: Sequence[SourceFile]) -> Reading:
    """The entries of the file. Raises UnreadableList."""
    account = Account(files)
    [file] = files
    found = Elements(file, account, root_name="Designations", tags=("Designation",), around=("DateGenerated",))
    entries = list(_entries(found, account))
    return account.reading(entries, published_on=dates.day(_text(found.root, "DateGenerated")))


def _entries(found: Elements, account: Account) -> Iterable[Entry]:
    seen: dict[str, int] = {}
    for element in found:
        number, kind = _text(element, "UniqueID"), _text(element, "IndividualEntityShip")
        if not number:
            found.refuse(element, "it has no UniqueID")
        elif number in seen:
            found.refuse(element, f"entry {number} stands on line {seen[number]} already")
        elif kind.casefold() not in _KINDS:
            found.refuse(element, f"{kind!r} is no kind of designation")
        elif strange := [said for said in _texts(element, "Names/Name/NameType") if said.casefold() not in _NAME_KINDS]:
            found.refuse(element, f"{strange[0]!r} is no kind of name")
        elif names := _names(element, _KINDS[kind.casefold()]):
            seen[number] = element.sourceline or 0
            yield account.whole(_entry(element, number, _KINDS[kind.casefold()], names, account))
        else:
            found.refuse(element, "it has no name")


def _entry(element: etree._Element, number: str, kind: EntryKind, names: tuple[ListedName, ...], account: Account) -> Entry:
    addresses = xml.every(element, "Addresses/Address")
    nations = [
        *_texts(element, f"{_PERSON}/Nationalities/Nationality"),
        *(_text(one, "AddressCountry") for one in addresses),
        *_texts(element, f"{_SHIP}/CurrentBelievedFlagOfShips/CurrentBelievedFlagOfShip"),
        *_texts(element, f"{_SHIP}/PreviousFlags/PreviousFlag"),
    ]
    genders = unique(text.upper() for text in _texts(element, f"{_PERSON}/Genders/Gender"))
    for text in genders:
        if text not in Gender.__members__:
            account.unknown("gender", text)
    births = [_born(text, account) for text in _texts(element, f"{_PERSON}/DOBs/DOB")]
    towns = xml.every(element, f"{_PERSON}/BirthDetails/Location")
    return Entry(
        id=f"uksl-{number}",
        kind=kind,
        names=names,
        dates_of_birth=tuple(dict.fromkeys(born for born in births if born is not None)),
        countries=unique(account.country(text) for text in nations),
        identifiers=tuple(dict.fromkeys(_identifiers(element))),
        programmes=unique([_text(element, "RegimeName")]),
        gender=Gender.__members__.get(genders[0]) if len(genders) == 1 else None,
        remarks=" ".join(_remarks(element)),
        reference=number,
        listed_on=dates.day(_text(element, "DateDesignated")),
        titles=unique([*_everywhere(element, "Title"), *_texts(element, f"{_PERSON}/Positions/Position")]),
        places_of_birth=unique(_joined(one, ("TownOfBirth", "CountryOfBirth")) for one in towns),
        addresses=unique(_joined(one, _ADDRESS) for one in addresses),
        linked_to=unique(text for path in _LINKS for text in _texts(element, path)),
    )


def _names(element: etree._Element, kind: EntryKind) -> tuple[ListedName, ...]:
    """The first primary name first; a name in its own script counts as strong."""
    found: list[tuple[bool, ListedName]] = []
    for one in xml.every(element, "Names/Name"):
        if text := " ".join(part for number in range(1, 7) if (part := _text(one, f"Name{number}"))):
            weak = _text(one, "AliasStrength").casefold().startswith(_WEAK)
            family = _text(one, "Name6") if kind is EntryKind.PERSON else ""
            name = ListedName(text, NameQuality.WEAK if weak else NameQuality.STRONG, script_of(text), family)
            found.append((_text(one, "NameType").casefold() == "primary name", name))
    if not found:
        return ()
    first = next((name for is_primary, name in found if is_primary), found[0][1])
    names = {first.text: ListedName(first.text, NameQuality.PRIMARY, first.script, first.family)}
    for _, name in found:
        known = names.get(name.text)
        if known is None or (known.quality is NameQuality.WEAK and name.quality is NameQuality.STRONG):
            names[name.text] = name
    for text in _texts(element, "NonLatinNames/NonLatinName/NameNonLatinScript"):
        names.setdefault(text, ListedName(text, NameQuality.STRONG, script_of(text)))
    return tuple(names.values())


def _born(text: str, account: Account) -> PartialDate | None:
    born = dates.partial(text)
    if born is None:
        account.unknown("date", text)
    return born


def _identifiers(element: etree._Element) -> Iterable[Identifier]:
    """What is said about a number may name the country in any words, so none is read out of it."""
    for path, number, about, kind in _NUMBERS:
        for one in xml.every(element, path):
            if value := _text(one, number):
                said = _text(one, about)
                yield Identifier(f"{kind} ({said})" if said else kind, value)
    for path, kind in _PLAIN_NUMBERS:
        for value in _texts(element, path):
            yield Identifier(kind, value)


def _remarks(element: etree._Element) -> Iterable[str]:
    yield from (text for tag in ("OtherInformation", "UKStatementofReasons") if (text := _text(element, tag)))
    others: dict[str, None] = {}
    for leaf in element.iter():
        if (
            not len(leaf)
            and isinstance(leaf.tag, str)
            and xml.local(leaf) not in _PLACED
            and (text := printable(leaf.text or ""))
        ):
            others[f"{xml.local(leaf)}: {text}."] = None
    # A document without a number is none; what is said about it is kept.
    for path, number, about, kind in _NUMBERS:
        for one in xml.every(element, path):
            if not _text(one, number) and (said := _text(one, about)):
                others[f"{kind}: {said}."] = None
    yield from others


def _everywhere(element: etree._Element, tag: str) -> list[str]:
    return [printable(one.text or "") for one in element.iter(f"{{*}}{tag}")]


def _joined(element: etree._Element, parts: Sequence[str]) -> str:
    return ", ".join(text for part in parts if (text := _text(element, part)))


def _texts(element: etree._Element, path: str) -> list[str]:
    return [text for one in xml.every(element, path) if (text := printable(one.text or ""))]


def _text(element: etree._Element | None, path: str) -> str:
    """On one line: the file breaks lines inside its texts."""
    return printable(xml.text(element, path)) if element is not None else ""
