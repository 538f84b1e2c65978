"""OFAC's lists in their CSV form: the SDN list (sdn, alt, add, sdn_comments) and the consolidated list of all others (cons_prim …).

Source: OFAC's data specification (dat_spec.txt, 25 September 2023). No heading; twelve, five, six and two columns; ``-0-`` is null, and
the last line is 0x1A. Aliases and addresses belong to an entry by its number. Remarks are cut at 1,000 characters in the middle of a word,
and the comments file holds the rest. Files that went through a spreadsheet have a heading; only the place of a column counts then,
because what such headings call a column is not always what it holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from compliance.providers.watchlists import ofac_remarks
from compliance.providers.watchlists.entries import Entry, EntryKind, Identifier, ListedName, NameQuality
from compliance.providers.watchlists.reading import Account, Reading, Record, SourceFile, UnreadableList, records, unique
from flowlet.core.scripts import script_of

PRIMARY: Final = "primary"
ALIASES: Final = "aliases"
ADDRESSES: Final = "addresses"
COMMENTS: Final = "comments"
COLUMNS: Final = {PRIMARY: 12, ALIASES: 5, ADDRESSES: 6, COMMENTS: 2}
_KINDS = {
    "": EntryKind.ORGANISATION,
    "entity": EntryKind.ORGANISATION,
    "individual": EntryKind.PERSON,
    "vessel": EntryKind.VESSEL,
    "aircraft": EntryKind.AIRCRAFT,
}
_NULLS = frozenset({"-0-", "-0"})
_ALIAS_KINDS = frozenset({"aka", "fka", "nka"})
_HEADINGS = frozenset({"id", "ent_num", "ent num", "uid"})
CUT: Final = 1000
Cells = tuple[str, ...]


@dataclass(slots=True)
class _Parts:
    """What the other files say of one number."""

    aliases: list[str] = field(default_factory=list)
    addresses: list[tuple[str, str, str]] = field(default_factory=list)  # street, city, country
    comment: str = ""


def read(files: Sequence[SourceFile]) -> Reading:
    """The entries of the files together. Raises UnreadableList for a file that has not the columns of its role."""
    account = Account(files)
    by_role = {file.role: file for file in files}
    rows = dict(_primaries(by_role[PRIMARY], account))
    parts: defaultdict[str, _Parts] = defaultdict(_Parts)
    for role, take in ((ALIASES, _alias), (ADDRESSES, _address), (COMMENTS, _comment)):
        if file := by_role.get(role):
            for line, cells, text in _rows(file, account):
                if cells[0] not in rows:
                    account.refuse(file, line, f"entry {cells[0]} is not on the list", text)
                elif flaw := take(cells, parts[cells[0]], rows[cells[0]]):
                    account.refuse(file, line, flaw, text)
    return account.reading(account.whole(_entry(cells, parts.get(number) or _Parts(), account)) for number, cells in rows.items())


def _primaries(file: SourceFile, account: Account) -> Iterable[tuple[str, Cells]]:
    """What is on the list, by number; the first row with a number counts."""
    seen: dict[str, int] = {}
    for line, cells, text in _rows(file, account):
        number, name, kind = cells[0], cells[1], cells[2].casefold()
        if number in seen:
            account.refuse(file, line, f"entry {number} stands on line {seen[number]} already", text)
        elif not name:
            account.refuse(file, line, "it has no name", text)
        elif kind not in _KINDS:
            account.refuse(file, line, f"{cells[2]!r} is no type of entry", text)
        else:
            seen[number] = line
            yield number, cells


def _entry(cells: Cells, parts: _Parts, account: Account) -> Entry:
    number, name, type_, programmes, title, call_sign, vessel_type, tonnage, gross, flag, owner, remarks = cells
    kind = _KINDS[type_.casefold()]
    remarks = f"{remarks}{parts.comment}".strip()
    said = ofac_remarks.read(remarks, account=account)
    names = [_name(name, NameQuality.PRIMARY, kind), *(_name(alias, NameQuality.STRONG, kind) for alias in parts.aliases)]
    known = {one.text for one in names}
    countries = [*said.countries, account.country(flag), *(account.country(country) for _, _, country in parts.addresses)]
    call = [Identifier("Call sign", call_sign)] if call_sign else []
    details = (("Vessel type", vessel_type), ("Tonnage", tonnage), ("Gross registered tonnage", gross))
    return Entry(
        id=f"ofac-{number}",
        kind=kind,
        names=tuple(dict.fromkeys([*names, *(one for one in said.names if one.text not in known)])),
        dates_of_birth=tuple(dict.fromkeys(said.dates_of_birth)),
        countries=unique(countries),
        identifiers=tuple(dict.fromkeys([*said.identifiers, *call])),
        programmes=unique(part.strip("[] ") for part in programmes.split("] [")),
        gender=said.gender,
        remarks="; ".join([text for text in (remarks, *(f"{label} {value}" for label, value in details if value)) if text]),
        titles=unique([title]),
        places_of_birth=unique(said.places_of_birth),
        addresses=unique(", ".join(part for part in address if part) for address in parts.addresses),
        linked_to=unique([*said.linked_to, owner]),
    )


def _name(text: str, quality: NameQuality, kind: EntryKind) -> ListedName:
    """A person's family name stands before the comma."""
    family, comma, _ = text.partition(",")
    return ListedName(text, quality, script_of(text), family.strip() if comma and kind is EntryKind.PERSON else "")


def _alias(cells: Cells, parts: _Parts, primary: Cells) -> str:
    _, _, kind, name, _ = cells
    if kind.casefold() not in _ALIAS_KINDS:
        return f"{kind!r} is no kind of alias"
    if not name:
        return "it has no name"
    parts.aliases.append(name)
    return ""


def _address(cells: Cells, parts: _Parts, primary: Cells) -> str:
    """An address may be no more than a country, or nothing at all."""
    if any(cells[2:5]):
        parts.addresses.append((cells[2], cells[3], cells[4]))
    return ""


def _comment(cells: Cells, parts: _Parts, primary: Cells) -> str:
    """The rest of remarks that were cut; remarks that are whole were written after it or before."""
    if len(primary[-1]) != CUT:
        return f"the remarks of entry {cells[0]} are not cut, so it belongs to another version of the list"
    if parts.comment:
        return f"entry {cells[0]} has a comment already"
    parts.comment = cells[1]
    return ""


def _rows(file: SourceFile, account: Account) -> Iterable[tuple[int, Cells, str]]:
    """The rows that have the columns of their file, with "" for null; the others are refused."""
    width = COLUMNS[file.role]
    for record in _body(file):
        account.row(file)
        if record.flaw:
            account.refuse(file, record.line, record.flaw, record.text)
        elif len(record.cells) != width:
            account.refuse(file, record.line, f"it has {len(record.cells)} columns instead of {width}", record.text)
        elif not (record.cells[0].strip().isascii() and record.cells[0].strip().isdigit()):
            account.refuse(file, record.line, "it does not begin with a number", record.text)
        else:
            *cells, last = record.cells
            # The last column of two files is a text that goes on elsewhere, perhaps after a blank.
            last = last if file.role in (PRIMARY, COMMENTS) and last.strip() not in _NULLS else _value(last)
            yield record.line, (*(_value(cell) for cell in cells), last), record.text


def _value(cell: str) -> str:
    cell = cell.strip()
    return "" if cell in _NULLS else cell


def _body(file: SourceFile) -> list[Record]:
    """The records without a heading. Raises UnreadableList where the first ones are nothing like this file."""
    width = COLUMNS[file.role]
    found = list(records(file.content))
    if found and found[0].cells and found[0].cells[0].casefold() in _HEADINGS:
        found = found[1:]
    start = found[:10]
    if not any(len(record.cells) == width and record.cells[0].strip().isdigit() for record in start):
        raise UnreadableList(
            f"{file.name}: the first rows are not {width} columns beginning with a number, as OFAC's {file.role} file has them.",
            file=file.name,
        )
    return found
