"""Politically exposed persons of the United States: Congress, President and Vice President.

Source: the project unitedstates/congress-legislators (CC0), files legislators-current.yaml and executive.yaml. Members of earlier times
stand in the second file as well; an entry says from when to when each office was held, and what that means is not decided here.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import yaml

from compliance.providers.watchlists import dates
from compliance.providers.watchlists.entries import Entry, EntryKind, Gender, Identifier, ListedName, NameQuality
from compliance.providers.watchlists.reading import Account, Reading, SourceFile, UnreadableList, printable, unique

LEGISLATORS: Final = "legislators"
EXECUTIVE: Final = "executive"
COUNTRY: Final = "US"
DEEPEST: Final = 8
_OFFICES = {
    "sen": ("United States Senate", "Senator"),
    "rep": ("United States House of Representatives", "Representative"),
    "prez": ("Executive of the United States", "President"),
    "viceprez": ("Executive of the United States", "Vice President"),
}
_GENDERS = {"M": Gender.MALE, "F": Gender.FEMALE}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, where it was built
_IDENTIFIERS = (("bioguide", "Bioguide"), ("wikidata", "Wikidata"))


def read(files: Sequence[SourceFile]) -> Reading:
    """The entries of one file or both; who stands in both is one entry. Raises UnreadableList."""
    account = Account(files)
    entries: dict[str, Entry] = {}
    for file in files:
        seen: dict[str, int] = {}
        for line, row in _rows(file):
            account.row(file)
            number, flaw = _flaw_of(row)
            if not flaw and number in seen:
                flaw = f"govtrack {number} stands on line {seen[number]} already"
            if flaw:
                account.refuse(file, line, flaw, str(row))
                continue
            seen[number] = line
            entry = account.whole(_entry(number, row, account))
            known = entries.get(entry.id)
            entries[entry.id] = _both(known, entry) if known else entry
    return account.reading(entries.values())


def _flaw_of(row: object) -> tuple[str, str]:
    """The number, and why the row cannot be taken."""
    if not isinstance(row, dict):
        return "", "it is no person"
    number = _get(row, "id", "govtrack")
    if not number.isascii() or not number.isdigit():
        return "", "it has no govtrack number"
    if not _get(row, "name", "last"):
        return "", "it has no family name"
    terms = row.get("terms")
    if not isinstance(terms, list) or not terms:
        return "", "it has no term of office"
    if unknown := [_get(term, "type") for term in terms if _get(term, "type") not in _OFFICES]:
        return "", f"{unknown[0]!r} is no office that is known"
    return number, ""


def _entry(number: str, row: dict, account: Account) -> Entry:
    first, middle, last, suffix, nickname = (
        _get(row, "name", part) for part in ("first", "middle", "last", "suffix", "nickname")
    )
    spelled = [
        _get(row, "name", "official_full"),
        _joined(first, middle, last, suffix),
        _joined(first, last),
        _joined(nickname, last) if nickname else "",
    ]
    texts = unique(spelled)
    birthday, gender = _get(row, "bio", "birthday"), _get(row, "bio", "gender")
    born = dates.partial(birthday)
    if birthday and born is None:
        account.unknown("date", birthday)
    if gender and gender not in _GENDERS:
        account.unknown("gender", gender)
    terms = row["terms"]
    return Entry(
        id=f"pep-govtrack-{number}",
        kind=EntryKind.PERSON,
        names=tuple(
            ListedName(text, NameQuality.STRONG if place else NameQuality.PRIMARY, "Latn", last if last in text else "")
            for place, text in enumerate(texts)
        ),
        dates_of_birth=(born,) if born else (),
        countries=(COUNTRY,),
        identifiers=tuple(Identifier(kind, value) for name, kind in _IDENTIFIERS if (value := _get(row, "id", name))),
        programmes=unique(_OFFICES[_get(term, "type")][0] for term in terms),
        gender=_GENDERS.get(gender),
        titles=unique(_office(term) for term in terms),
    )


def _office(term: object) -> str:
    """Such as "Senator, WA, 2001-01-03 to 2007-01-03"."""
    span = " to ".join(text for text in (_get(term, "start"), _get(term, "end")) if text)
    return ", ".join(text for text in (_OFFICES[_get(term, "type")][1], _get(term, "state"), span) if text)


def _both(first: Entry, second: Entry) -> Entry:
    """One entry of what two files say of a person."""
    known = {name.text for name in first.names}
    more = [
        ListedName(name.text, NameQuality.STRONG, name.script, name.family) for name in second.names if name.text not in known
    ]
    return Entry(
        id=first.id,
        kind=first.kind,
        names=(*first.names, *more),
        dates_of_birth=tuple(dict.fromkeys([*first.dates_of_birth, *second.dates_of_birth])),
        countries=first.countries,
        identifiers=tuple(dict.fromkeys([*first.identifiers, *second.identifiers])),
        programmes=unique([*first.programmes, *second.programmes]),
        gender=first.gender or second.gender,
        titles=unique([*first.titles, *second.titles]),
        remarks=" ".join(text for text in (first.remarks, second.remarks) if text),
    )


def _rows(file: SourceFile) -> Iterator[tuple[int, object]]:
    """Each person with its first line. Everything is text: nothing in such a file is worth being guessed a number or a day.

    Built from events rather than composed: composing descends into itself as deep as the file says, and in C that ends the process. A
    part that stands for another is refused as well: a small file could say so much that nobody could hold it.
    """
    root: list[tuple[int, object]] | None = None
    # The containers that are open, each with the key that waits for its value.
    stack: list[tuple[list | dict, list[str]]] = []
    for event in _events(file):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableList(f"{file.name} refers to its own parts on line {line}.", file=file.name)
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            made: list | dict = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            if not stack and root is None and isinstance(made, list):
                root = made
            elif not stack or len(stack) > DEEPEST:
                raise UnreadableList(f"{file.name} is no list of persons on line {line}.", file=file.name)
            else:
                _put(stack, made, line)
            stack.append((made, []))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            stack.pop()
        elif isinstance(event, yaml.ScalarEvent):
            if not stack:
                raise UnreadableList(f"{file.name} is no list of persons.", file=file.name)
            _put(stack, event.value, line)
    if not root:
        raise UnreadableList(f"{file.name} is no list of persons.", file=file.name)
    yield from root


def _events(file: SourceFile) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(file.content.decode("utf-8-sig"), Loader=_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" on line {mark.line + 1}" if mark else ""
        raise UnreadableList(f"{file.name} is not YAML{where}.", file=file.name) from None


def _put(stack: list[tuple[list | dict, list[str]]], value: object, line: int) -> None:
    """Into the container that was opened last; a person, in the outermost one, with its line. A key that is no text is none."""
    container, keys = stack[-1]
    if isinstance(container, list):
        container.append((line, value) if len(stack) == 1 else value)
    elif keys:
        container[keys.pop()] = value
    else:
        keys.append(value if isinstance(value, str) else "")


def _get(row: object, *path: str) -> str:
    for step in path:
        row = row.get(step) if isinstance(row, dict) else None
    # YAML can write any character as an escape, even half of one.
    return printable(row).encode(errors="replace").decode() if isinstance(row, str) else ""


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
