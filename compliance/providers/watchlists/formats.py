"""Which lists there are: what each is called, who publishes it under which licence, and which files it is made of.

A format knows the files of a set by their names, so that a folder can be handed over as it was downloaded. ``pick`` says what each
file of a folder is; ``read`` reads a set. Lists with the code ``own-…`` or ``pep-…`` that are not named here are read in our own form.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compliance.providers.watchlists import eu, ofac, own, pep, uk, uk_list, un
from compliance.providers.watchlists.reading import Reading, SourceFile, UnreadableList
from flowlet.core.errors import NotFound

LARGEST: Final = 512 * 1024 * 1024
_OWN_CODE = re.compile(r"(own|pep)-[a-z0-9][a-z0-9-]{0,29}")


class UnknownList(NotFound):
    """There is no list with this code."""

    code, title = "watchlist.unknown", "There is no such list"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a set: ``called`` is what the publisher calls it, ``names`` are patterns of its name in small letters; ``is_needed``
    says that there is no list without it.
    """

    role: str
    called: str
    names: tuple[str, ...]
    is_needed: bool = False

    def fits(self, name: str) -> bool:
        """Whether a file called so is this one."""
        return any(re.fullmatch(pattern, name.casefold()) for pattern in self.names)


@dataclass(frozen=True, slots=True)
class ListFormat:
    """One list. ``kind`` is SANCTIONS, PEP or OWN; ``prefix`` begins the ids of its entries."""

    code: str
    title: str
    kind: str
    publisher: str
    licence: str
    parts: tuple[Part, ...]
    read: Callable[[Sequence[SourceFile]], Reading]

    def part(self, role: str) -> Part:
        """The part of the set with this role."""
        return next(part for part in self.parts if part.role == role)


_US_GOVERNMENT = "US Government work, in the public domain (17 USC 105)"
_OFAC = "Office of Foreign Assets Control, US Department of the Treasury"
FORMATS: Final[Mapping[str, ListFormat]] = {
    found.code: found
    for found in (
        ListFormat(
            "ofac-sdn",
            "OFAC: Specially Designated Nationals",
            "SANCTIONS",
            _OFAC,
            _US_GOVERNMENT,
            (
                Part(ofac.PRIMARY, "sdn.csv", (r"sdn\.csv", r"sdn_with_header\.csv"), is_needed=True),
                Part(ofac.ALIASES, "alt.csv", (r"alt\.csv", r"sdn_alt\.csv")),
                Part(ofac.ADDRESSES, "add.csv", (r"add\.csv", r"sdn_add(ress)?\.csv")),
                Part(ofac.COMMENTS, "sdn_comments.csv", (r"sdn_comments\.csv",)),
            ),
            ofac.read,
        ),
        ListFormat(
            "ofac-cons",
            "OFAC: consolidated list of all but the SDN",
            "SANCTIONS",
            _OFAC,
            _US_GOVERNMENT,
            (
                Part(ofac.PRIMARY, "cons_prim.csv", (r"cons_prim\.csv",), is_needed=True),
                Part(ofac.ALIASES, "cons_alt.csv", (r"cons_alt\.csv",)),
                Part(ofac.ADDRESSES, "cons_add.csv", (r"cons_add\.csv",)),
                Part(ofac.COMMENTS, "cons_comments.csv", (r"cons_comments\.csv",)),
            ),
            ofac.read,
        ),
        ListFormat(
            "un",
            "United Nations Security Council Consolidated List",
            "SANCTIONS",
            "United Nations Security Council",
            "Free to reproduce with the attribution “United Nations Security Council Consolidated List”",
            (Part(un.LIST, "consolidated.xml", (r"(un_)?consolidated.*\.xml", r"un\.xml"), is_needed=True),),
            un.read,
        ),
        ListFormat(
            "eu",
            "European Union: consolidated list of financial sanctions",
            "SANCTIONS",
            "European Commission",
            "Free to reuse with acknowledgement (Commission Decision 2011/833/EU)",
            (Part(eu.LIST, "xmlFullSanctionsList_1_1.xml", (r".*fullsanctionslist.*\.xml", r"eu\.xml"), is_needed=True),),
            eu.read,
        ),
        ListFormat(
            "uk",
            "United Kingdom: OFSI's consolidated list (ended on 28 January 2026)",
            "SANCTIONS",
            "Office of Financial Sanctions Implementation, HM Treasury",
            "Open Government Licence 3.0",
            (Part(uk.LIST, "ConList.csv", (r"conlist\.(csv|xml)", r"uk\.(csv|xml)"), is_needed=True),),
            uk.read,
        ),
        ListFormat(
            "uk-sanctions",
            "UK Sanctions List",
            "SANCTIONS",
            "Foreign, Commonwealth and Development Office",
            "Open Government Licence 3.0",
            (Part(uk_list.LIST, "UK-Sanctions-List.xml", (r"uk[-_]sanctions[-_]list.*\.xml",), is_needed=True),),
            uk_list.read,
        ),
        ListFormat(
            "pep-us-congress",
            "Congress, President and Vice President of the United States",
            "PEP",
            "Project unitedstates/congress-legislators",
            "CC0 1.0",
            (
                Part(pep.LEGISLATORS, "legislators-current.yaml", (r"legislators-current\.ya?ml",), is_needed=True),
                Part(pep.EXECUTIVE, "executive.yaml", (r"executive\.ya?ml",)),
            ),
            pep.read,
        ),
    )
}


def named(code: str, *, title: str = "") -> ListFormat:
    """The list with this code; ``title`` is what one in our own form is called. Raises UnknownList."""
    if found := FORMATS.get(code):
        return found
    if not _OWN_CODE.fullmatch(code):
        known = ", ".join(FORMATS)
        raise UnknownList(f"There is no list {code}. Known are {known}, and own-… or pep-… for a list in our own form.")
    return ListFormat(
        code,
        title or code,
        code.partition("-")[0].upper(),
        "",
        "",
        (Part(own.LIST, f"{code}.csv", (re.escape(f"{code}.csv"), r"list\.csv"), is_needed=True),),
        own.reader(code),
    )


def pick(found: ListFormat, names: Iterable[str]) -> dict[str, str]:
    """Which name is which part, by role; names that are none are left out. Raises UnreadableList when two are the same part."""
    picked: dict[str, str] = {}
    for name in sorted(names):
        for part in found.parts:
            if part.fits(name):
                if part.role in picked:
                    raise UnreadableList(
                        f"{picked[part.role]} and {name} are both the {part.role} file of {found.code}.", file=name
                    )
                picked[part.role] = name
    return picked


def load(found: ListFormat, folder: Path) -> list[SourceFile]:
    """The files of a set in a folder, in the order of the parts. Raises UnreadableList where there is none, or one is too large."""
    picked = pick(found, (path.name for path in folder.iterdir() if path.is_file()))
    if not picked:
        raise UnreadableList(f"{folder} has no file of {found.code}; such files are called {_names(found)}.")
    files = []
    for part in found.parts:
        if name := picked.get(part.role):
            if (folder / name).stat().st_size > LARGEST:
                raise UnreadableList(f"{name} is larger than {LARGEST // 1024 // 1024} MB.", file=name)
            files.append(SourceFile(part.role, name, (folder / name).read_bytes()))
    return files


def given(found: ListFormat, contents: Mapping[str, bytes]) -> list[SourceFile]:
    """Files that somebody handed over by name, as parts of the list. A list of one part takes a single file whatever it is called.

    Raises UnreadableList for a file that is no part of the list: what was handed over on purpose is not left alone.
    """
    if len(found.parts) == len(contents) == 1:
        [(name, content)] = contents.items()
        return [SourceFile(found.parts[0].role, name, content)]
    picked = pick(found, contents)
    if strange := sorted(set(contents) - set(picked.values())):
        raise UnreadableList(f"{strange[0]} is no file of {found.code}: such files are called {_names(found)}.", file=strange[0])
    return [SourceFile(part.role, picked[part.role], contents[picked[part.role]]) for part in found.parts if part.role in picked]


def read(found: ListFormat, files: Sequence[SourceFile]) -> Reading:
    """The entries of the set. Raises UnreadableList where a needed part is missing, or a file is not what it should be."""
    roles = {file.role for file in files}
    for part in found.parts:
        if part.is_needed and part.role not in roles:
            raise UnreadableList(f"The {part.role} file of {found.code} is missing: without it nothing is on the list.")
    return found.read([file for part in found.parts for file in files if file.role == part.role])


def _names(found: ListFormat) -> str:
    return ", ".join(part.called for part in found.parts)
