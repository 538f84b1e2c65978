"""The consolidated list of the United Nations Security Council, in its XML form.

Source: https://www.un.org/sc/resources/sc-sanctions.xsd. Attribution: "United Nations Security Council Consolidated List". The day it was
made stands in the root's attribute ``dateGenerated``. A person's name is in four parts; an alias is of good or low quality; dates of birth
are exact, approximate or between two years, and some stand only in a note ("Nov. 1973").
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
PERSON, ENTITY = "INDIVIDUAL", "ENTITY"
_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_PLACE_PARTS = ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")
_LOW = "low"
_NOTED = (
    ("ALIAS", "Alias", "ALIAS_NAME"),
    ("DATE_OF_BIRTH", "Date of birth", "DATE"),
    ("PLACE_OF_BIRTH", "Place of birth", "CITY"),
    ("ADDRESS", "Address", "CITY"),
    ("DOCUMENT", "Document", "NUMBER"),
)


def read(files: Sequence[SourceFile]) -> Reading:
    """The entries of the file. Raises UnreadableList."""
    account = Account(files)
    [file] = files
    found = Elements(file, account, root_name="CONSOLIDATED_LIST", tags=(PERSON, ENTITY), around=("INDIVIDUALS", "ENTITIES"))
    entries = list(_entries(found, account))
    made = found.root.get("dateGenerated", "") if found.root is not None else ""
    return account.reading(entries, published_on=dates.day(made))


def _entries(found: Elements, account: Account) -> Iterable[Entry]:
    seen: dict[str, int] = {}
    for element in found:
        number, name = _text(element, "DATAID"), " ".join(_name_parts(element))
        if not number:
            found.refuse(element, "it has no DATAID")
        elif number in seen:
            found.refuse(element, f"entry {number} stands on line {seen[number]} already")
        elif not name:
            found.refuse(element, "it has no name")
        else:
            seen[number] = element.sourceline or 0
            yield account.whole(_entry(element, number, name, account))


def _entry(element: etree._Element, number: str, name: str, account: Account) -> Entry:
    tag = xml.local(element)
    births = [_birth(one, account) for one in xml.every(element, f"{tag}_DATE_OF_BIRTH")]
    births += [_alias_birth(one, account) for one in xml.every(element, f"{tag}_ALIAS")]
    addresses = xml.every(element, f"{tag}_ADDRESS")
    nations = [*_values(element, "NATIONALITY"), *(_text(one, "COUNTRY") for one in addresses)]
    return Entry(
        id=f"un-{number}",
        kind=EntryKind.PERSON if tag == PERSON else EntryKind.ORGANISATION,
        names=tuple(_names(element, tag, name)),
        dates_of_birth=tuple(dict.fromkeys(one for one in births if one is not None)),
        countries=unique(account.country(text) for text in nations),
        identifiers=tuple(dict.fromkeys(_documents(element, tag, account))),
        programmes=unique([_text(element, "UN_LIST_TYPE")]),
        gender=_gender(_text(element, "GENDER"), account),
        remarks=" ".join(text for text in (_text(element, "COMMENTS1"), *_notes(element, tag)) if text),
        reference=_text(element, "REFERENCE_NUMBER"),
        listed_on=dates.day(_text(element, "LISTED_ON")),
        titles=unique([*_values(element, "TITLE"), *_values(element, "DESIGNATION")]),
        places_of_birth=unique(_place(one) for one in xml.every(element, f"{tag}_PLACE_OF_BIRTH")),
        addresses=unique(_place(one) for one in addresses),
    )


def _name_parts(element: etree._Element) -> list[str]:
    """The parts of the name that are there, in their order."""
    return [text for part in _NAME_PARTS if (text := _text(element, part))]


def _names(element: etree._Element, tag: str, name: str) -> Iterable[ListedName]:
    found = {name: ListedName(name, NameQuality.PRIMARY, script_of(name))}
    if original := _text(element, "NAME_ORIGINAL_SCRIPT"):
        found.setdefault(original, ListedName(original, NameQuality.STRONG, script_of(original)))
    for alias in xml.every(element, f"{tag}_ALIAS"):
        text = _text(alias, "ALIAS_NAME")
        quality = NameQuality.WEAK if _text(alias, "QUALITY").casefold() == _LOW else NameQuality.STRONG
        if text and (text not in found or (quality is NameQuality.STRONG and found[text].quality is NameQuality.WEAK)):
            found[text] = ListedName(text, quality, script_of(text))
    return found.values()


def _birth(element: etree._Element, account: Account) -> PartialDate | None:
    kind, note = _text(element, "TYPE_OF_DATE"), _text(element, "NOTE")
    year, first, last = (_text(element, tag) for tag in ("YEAR", "FROM_YEAR", "TO_YEAR"))
    said = _text(element, "DATE") or year or (f"{first} to {last}" if first and last else first or last)
    born = dates.partial(said or note)
    if born is None:
        if said or note:
            account.unknown("date", said or note)
        return None
    if kind == "APPROXIMATELY":
        return PartialDate(born.year, born.month, born.day, born.last_year, is_approximate=True)
    return born


def _alias_birth(element: etree._Element, account: Account) -> PartialDate | None:
    """An alias may come with a date of birth of its own."""
    said = _text(element, "DATE_OF_BIRTH")
    born = dates.partial(said) if said else None
    if said and born is None:
        account.unknown("date", said)
    return born


def _documents(element: etree._Element, tag: str, account: Account) -> Iterable[Identifier]:
    for one in xml.every(element, f"{tag}_DOCUMENT"):
        if number := _text(one, "NUMBER"):
            country = _text(one, "ISSUING_COUNTRY") or _text(one, "COUNTRY_OF_ISSUE")
            kind = _text(one, "TYPE_OF_DOCUMENT") or _text(one, "TYPE_OF_DOCUMENT2")
            yield Identifier(kind, number, account.country(country))
        elif said := _text(one, "NOTE"):
            account.unknown("document", said)


def _notes(element: etree._Element, tag: str) -> Iterable[str]:
    """What stands beside a document, an address, an alias or a date, such as under which other name a passport was issued."""
    for part, label, naming in _NOTED:
        for one in xml.every(element, f"{tag}_{part}"):
            if note := _text(one, "NOTE"):
                yield f"{label}: {' '.join(text for text in (_text(one, naming), note) if text)}"


def _gender(text: str, account: Account) -> Gender | None:
    if text and text.upper() not in Gender.__members__:
        account.unknown("gender", text)
    return Gender.__members__.get(text.upper())


def _place(element: etree._Element) -> str:
    return ", ".join(text for part in _PLACE_PARTS if (text := _text(element, part)))


def _values(element: etree._Element, tag: str) -> list[str]:
    return [printable(one.text or "") for one in xml.every(element, f"{tag}/VALUE")]


def _text(element: etree._Element, path: str) -> str:
    """On one line: the file breaks lines inside its texts."""
    return printable(xml.text(element, path))
