"""The United Kingdom's consolidated list of financial sanctions targets, in OFSI's CSV and XML forms ("ConList", 2022 format).

Source: HM Treasury's notice on the format of the consolidated list. A row is one name of a target; the rows with one Group ID are one
entry. In the CSV the first line says when the list was updated and the second names the columns; the XML (ArrayOfFinancialSanctionsTarget)
says the same in elements and gives no day. Days are dd/mm/yyyy, with 00 for what is not known. Several values of a cell are numbered:
"(1) Russia. (2) Ukraine.".
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from compliance.providers.watchlists import dates
from compliance.providers.watchlists.elements import Elements
from compliance.providers.watchlists.entries import Entry, EntryKind, Gender, Identifier, ListedName, NameQuality
from compliance.providers.watchlists.reading import Account, Reading, SourceFile, UnreadableList, printable, records, unique
from flowlet.core import xml
from flowlet.core.scripts import script_of

LIST: Final = "list"
TARGET: Final = "FinancialSanctionsTarget"
# Elements of the XML by the column that says the same.
_ELEMENTS = {
    "group id": "GroupID",
    "group type": "GroupTypeDescription",
    "alias type": "AliasType",
    "alias quality": "AliasQuality",
    "name 6": "Name6",
    **{f"name {number}": f"name{number}" for number in range(1, 6)},
    "title": "Title",
    "name non-latin script": "NameNonLatinScript",
    "dob": "Individual_DateOfBirth",
    "town of birth": "Individual_TownOfBirth",
    "country of birth": "Individual_CountryOfBirth",
    "nationality": "Individual_Nationality",
    "gender": "Individual_Gender",
    "passport number": "Individual_PassportNumber",
    "passport details": "Individual_PassportDetails",
    "national identification number": "Individual_NINumber",
    "national identification details": "Individual_NIDetails",
    "position": "Individual_Position",
    **{f"address {number}": f"Address{number}" for number in range(1, 7)},
    "post/zip code": "PostCode",
    "country": "Country",
    "other information": "OtherInformation",
    "regime": "RegimeName",
    "listed on": "DateListed",
    "business registration number": "Entity_BusinessRegNumber",
    "imo number": "Ship_IMONumber",
    "flag": "Ship_Flag",
    "reference": "UKSanctionsListRef",
    "statement of reasons": "UKStatementOfReasons",
    "owner": "Ship_CurrentOwners",
    "parent company": "Entity_ParentCompany",
}
NEEDED: Final = ("group id", "group type", "name 6", "alias type", "regime")
_KINDS = {"individual": EntryKind.PERSON, "entity": EntryKind.ORGANISATION, "ship": EntryKind.VESSEL}
_PRIMARY = ("primary name", "prime alias")
_ALIASES = frozenset({*_PRIMARY, "primary name variation", "aka", "a.k.a", "fka", "f.k.a", "alias", ""})
_WEAK = frozenset({"low quality", "low"})
_NUMBERED = re.compile(r"\(\d{1,2}\)")
# (column, what kind of number it is, the column with more about it)
_NUMBERS = (
    ("passport number", "Passport", "passport details"),
    ("national identification number", "National identification number", "national identification details"),
    ("business registration number", "Business registration number", ""),
    ("imo number", "IMO number", ""),
)
_GENDERS = {"male": Gender.MALE, "female": Gender.FEMALE}
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Named:
    """One row that was taken."""

    row: Row
    name: ListedName
    is_primary: bool


def read(files: Sequence[SourceFile]) -> Reading:
    """The entries of the file, whichever form it has. Raises UnreadableList."""
    account = Account(files)
    [file] = files
    is_xml = file.content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
    groups: dict[str, list[_Named]] = {}
    published_on = (_from_xml if is_xml else _from_csv)(file, account, groups)
    return account.reading(
        [account.whole(_entry(number, rows, account)) for number, rows in groups.items()], published_on=published_on
    )


def _from_csv(file: SourceFile, account: Account, groups: dict[str, list[_Named]]) -> date | None:
    found = list(records(file.content, is_multiline=True))
    published_on = None
    if found and found[0].cells and found[0].cells[0].strip(" :").casefold() == "last updated":
        published_on = dates.day(found[0].cells[1].strip()) if len(found[0].cells) > 1 else None
        found = found[1:]
    heading = [cell.strip().casefold() for cell in found[0].cells] if found else []
    if missing := [name for name in NEEDED if name not in heading]:
        raise UnreadableList(
            f"{file.name}: its heading is not that of OFSI's list; {', '.join(missing)} is missing.", file=file.name
        )
    # "Last Updated" and the like may stand there twice; nothing that is read does.
    for record in found[1:]:
        account.row(file)
        flaw = record.flaw
        if not flaw and len(record.cells) != len(heading):
            flaw = f"it has {len(record.cells)} columns instead of {len(heading)}"
        if not flaw:
            row = {name: printable(cell) for name, cell in zip(heading, record.cells, strict=True)}
            flaw = _take(row, groups)
        if flaw:
            account.refuse(file, record.line, flaw, record.text)
    return published_on


def _from_xml(file: SourceFile, account: Account, groups: dict[str, list[_Named]]) -> date | None:
    found = Elements(file, account, root_name=f"ArrayOf{TARGET}", tags=(TARGET,))
    newest = None
    for element in found:
        row = {column: _text(element, tag) for column, tag in _ELEMENTS.items()}
        if flaw := _take(row, groups):
            found.refuse(element, flaw)
        elif updated := dates.day(_text(element, "LastUpdated")):
            newest = max(newest or updated, updated)
    # It says of each target when it was updated last: the list is at least as new as that.
    return newest


def _text(element: etree._Element, tag: str) -> str:
    found = xml.first(element, tag)
    return printable(found.text or "") if found is not None else ""


def _take(row: Row, groups: dict[str, list[_Named]]) -> str:
    """Put the row to those of its entry; or why it cannot be taken."""
    number, kind, alias = row["group id"], row["group type"].casefold(), row["alias type"].strip(".").casefold()
    text = " ".join(part for part in (*(row.get(f"name {place}", "") for place in range(1, 6)), row["name 6"]) if part)
    if not number.isascii() or not number.isdigit():
        return "its Group ID is no number"
    if kind not in _KINDS:
        return f"{row['group type']!r} is no kind of target"
    if alias not in _ALIASES:
        return f"{row['alias type']!r} is no kind of name"
    if not text:
        return "it has no name"
    known = groups.setdefault(number, [])
    if known and known[0].row["group type"].casefold() != kind:
        return f"group {number} is {known[0].row['group type']!r} elsewhere"
    quality = NameQuality.WEAK if row.get("alias quality", "").casefold() in _WEAK else NameQuality.STRONG
    family = row["name 6"] if _KINDS[kind] is EntryKind.PERSON else ""
    known.append(_Named(row, ListedName(text, quality, script_of(text), family), alias in _PRIMARY))
    return ""


def _entry(number: str, rows: Sequence[_Named], account: Account) -> Entry:
    kind = _KINDS[rows[0].row["group type"].casefold()]

    def each(column: str, split: Callable[[str], Iterable[str]] = lambda cell: [cell]) -> list[str]:
        """The different values of a column over the rows."""
        cells = unique(one.row.get(column, "") for one in rows)
        return list(unique(value for cell in cells for value in split(cell)))

    births = [(text, dates.partial(text)) for text in each("dob", _numbered)]
    for text, born in births:
        if born is None:
            account.unknown("date", text)
    genders = [text.casefold() for text in each("gender")]
    nations = [account.country(text) for column in ("nationality", "country", "flag") for text in each(column, _numbered)]
    listed = [day for text in each("listed on") if (day := dates.day(text))]
    return Entry(
        id=f"uk-{number}",
        kind=kind,
        names=_names(rows),
        dates_of_birth=tuple(dict.fromkeys(born for _, born in births if born is not None)),
        countries=unique(nations),
        identifiers=tuple(dict.fromkeys(identifier for one in rows for identifier in _identifiers(one.row))),
        programmes=unique(each("regime")),
        gender=_GENDERS.get(genders[0]) if len(genders) == 1 else None,
        remarks=" ".join([*each("other information"), *each("statement of reasons")]),
        reference=", ".join(each("reference")),
        listed_on=min(listed, default=None),
        titles=unique([*each("title", _numbered), *each("position", _numbered)]),
        places_of_birth=unique([*each("town of birth", _numbered), *each("country of birth", _numbered)]),
        addresses=unique(_address(one.row) for one in rows),
        linked_to=unique([*each("owner", _numbered), *each("parent company", _numbered)]),
    )


def _names(rows: Sequence[_Named]) -> tuple[ListedName, ...]:
    """The primary one first; a name in its own script counts as strong."""
    primary = next((one for one in rows if one.is_primary), rows[0]).name
    found = {primary.text: ListedName(primary.text, NameQuality.PRIMARY, primary.script, primary.family)}
    for one in rows:
        known = found.get(one.name.text)
        if known is None or (known.quality is NameQuality.WEAK and one.name.quality is NameQuality.STRONG):
            found[one.name.text] = one.name
        if original := one.row.get("name non-latin script", ""):
            found.setdefault(original, ListedName(original, NameQuality.STRONG, script_of(original)))
    return tuple(found.values())


def _identifiers(row: Row) -> Iterable[Identifier]:
    """Numbers with what is said about them, which may name the country in any words, so none is read out of it."""
    for column, kind, details in _NUMBERS:
        said = list(_numbered(row.get(details, ""))) if details else []
        for place, number in enumerate(_numbered(row.get(column, ""))):
            about = said[place] if place < len(said) else ""
            yield Identifier(f"{kind} ({about})" if about else kind, number)


def _address(row: Row) -> str:
    parts = [*(row.get(f"address {number}", "") for number in range(1, 7)), row.get("post/zip code", ""), row.get("country", "")]
    return ", ".join(part for part in parts if part)


def _numbered(cell: str) -> Iterable[str]:
    """As in ``(1) Russia. (2) Ukraine.``, which is two; anything else is one."""
    return unique(part.strip(" .") if _NUMBERED.search(cell) else part.strip() for part in _NUMBERED.split(cell))
