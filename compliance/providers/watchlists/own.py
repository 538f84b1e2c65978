"""Lists of one's own, and any other list that somebody brings into this form: CSV with a heading.

| Column | Holds |
|---|---|
| ``id`` | what identifies the entry in this list, for good |
| ``kind`` | person, organisation, vessel or aircraft |
| ``name`` | the primary name |
| ``family`` | the family name inside it (persons) |
| ``aliases``, ``weak_aliases`` | further names |
| ``dates_of_birth`` | 1948-12-10, 1948-12, 1948, "circa 1951", "1955 to 1960" |
| ``countries`` | ISO 3166-1 alpha-2 codes or English names |
| ``identifiers`` | ``Passport:X123456:IR``; the country may be left out |
| ``programmes``, ``titles``, ``places_of_birth``, ``addresses``, ``linked_to`` | texts |
| ``gender`` | female or male |
| ``reference``, ``listed_on``, ``remarks`` | one text each |

``id``, ``kind`` and ``name`` are needed. Several values of a column are written with ``|`` between them. A column that is not in the
table refuses the file: what it holds would be lost.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from compliance.providers.watchlists import dates, places
from compliance.providers.watchlists.entries import Entry, EntryKind, Gender, Identifier, ListedName, NameQuality, PartialDate
from compliance.providers.watchlists.reading import Account, Reading, SourceFile, UnreadableList, records, unique
from flowlet.core.scripts import script_of

LIST: Final = "list"
NEEDED: Final = ("id", "kind", "name")
COLUMNS: Final = (
    *NEEDED,
    "family",
    "aliases",
    "weak_aliases",
    "dates_of_birth",
    "countries",
    "identifiers",
    "programmes",
    "titles",
    "places_of_birth",
    "addresses",
    "linked_to",
    "gender",
    "reference",
    "listed_on",
    "remarks",
)
LONGEST_ID: Final = 40
_IDS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class _Flaw(Exception):
    """Why a row is not taken."""


def reader(prefix: str) -> Callable[[Sequence[SourceFile]], Reading]:
    """A reader whose entries' ids begin with ``prefix``, so that those of two lists never meet."""

    def read(files: Sequence[SourceFile]) -> Reading:
        account = Account(files)
        return account.reading(_entries(files[0], prefix, account))

    return read


def _entries(file: SourceFile, prefix: str, account: Account) -> Iterable[Entry]:
    found = list(records(file.content, is_multiline=True))
    heading = _heading(file, found[0].cells if found else ())
    seen: dict[str, int] = {}
    for record in found[1:]:
        account.row(file)
        if record.flaw:
            account.refuse(file, record.line, record.flaw, record.text)
            continue
        if len(record.cells) != len(heading):
            reason = f"it has {len(record.cells)} columns instead of {len(heading)}"
            account.refuse(file, record.line, reason, record.text)
            continue
        row = {name: cell.strip() for name, cell in zip(heading, record.cells, strict=True)}
        try:
            entry = _entry(row, prefix)
            if entry.id in seen:
                raise _Flaw(f"id {row['id']} stands on line {seen[entry.id]} already")
        except _Flaw as flaw:
            account.refuse(file, record.line, str(flaw), record.text)
        else:
            seen[entry.id] = record.line
            yield entry


def _heading(file: SourceFile, cells: Sequence[str]) -> list[str]:
    heading = [cell.strip().casefold() for cell in cells]
    unknown = sorted(set(heading) - set(COLUMNS))
    missing = [name for name in NEEDED if name not in heading]
    if missing or unknown or len(set(heading)) != len(heading):
        wrong = [*(f"{name} is missing" for name in missing), *(f"{name or 'an empty one'} is not known" for name in unknown)]
        raise UnreadableList(
            f"{file.name}: its heading does not name the columns of such a list: {', '.join(wrong) or 'one stands there twice'}.",
            file=file.name,
        )
    return heading


def _entry(row: dict[str, str], prefix: str) -> Entry:
    """Nobody else looks at these rows before us, so what is not understood refuses them."""
    kind, gender, listed_on = row["kind"].upper(), row.get("gender", "").upper(), row.get("listed_on", "")
    if not row["id"] or not _IDS.issuperset(row["id"]):
        raise _Flaw("its id is empty, or has other characters than letters, digits, dot, hyphen and underscore")
    if len(row["id"]) > LONGEST_ID:
        raise _Flaw(f"its id is longer than {LONGEST_ID} characters")
    if kind not in EntryKind.__members__:
        raise _Flaw(f"{row['kind']!r} is no kind of entry")
    if not row["name"]:
        raise _Flaw("it has no name")
    if gender and gender not in Gender.__members__:
        raise _Flaw(f"{row['gender']!r} is no gender of such a list")
    if listed_on and dates.day(listed_on) is None:
        raise _Flaw(f"{listed_on!r} is no day")
    family = row.get("family", "")
    if family and family not in row["name"]:
        raise _Flaw("the family name does not stand in the name")
    names = [ListedName(row["name"], NameQuality.PRIMARY, script_of(row["name"]), family)]
    for column, quality in (("aliases", NameQuality.STRONG), ("weak_aliases", NameQuality.WEAK)):
        names += [ListedName(text, quality, script_of(text)) for text in _several(row, column)]
    return Entry(
        id=f"{prefix}-{row['id']}",
        kind=EntryKind[kind],
        names=tuple(dict.fromkeys(names)),
        dates_of_birth=tuple(dict.fromkeys(_born(text) for text in _several(row, "dates_of_birth"))),
        countries=unique(_country(text) for text in _several(row, "countries")),
        identifiers=tuple(dict.fromkeys(_identifier(text) for text in _several(row, "identifiers"))),
        programmes=_several(row, "programmes"),
        gender=Gender[gender] if gender else None,
        remarks=row.get("remarks", ""),
        reference=row.get("reference", ""),
        listed_on=dates.day(listed_on) if listed_on else None,
        titles=_several(row, "titles"),
        places_of_birth=_several(row, "places_of_birth"),
        addresses=_several(row, "addresses"),
        linked_to=_several(row, "linked_to"),
    )


def _several(row: dict[str, str], column: str) -> tuple[str, ...]:
    return unique(text.strip() for text in row.get(column, "").split("|"))


def _born(text: str) -> PartialDate:
    born = dates.partial(text)
    if born is None:
        raise _Flaw(f"{text!r} is no date of birth")
    return born


def _country(text: str) -> str:
    code = places.code_of(text)
    if not code:
        raise _Flaw(f"{text!r} is no country")
    return code


def _identifier(text: str) -> Identifier:
    kind, _, rest = text.partition(":")
    value, _, country = rest.partition(":")
    if not kind.strip() or not value.strip():
        raise _Flaw(f"{text!r} is no identifier: write kind:number, or kind:number:country")
    return Identifier(kind.strip(), value.strip(), _country(country) if country.strip() else "")
