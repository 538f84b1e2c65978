"""What is known of somebody who is screened, as one value: kept sealed with the subject, asked of the lists name by name.

The material part of either side is what the comparison rests on. While neither changes, what was decided about the two stands.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

import orjson

from compliance.policies.screening.matching import Query
from compliance.providers.watchlists.entries import Entry, EntryKind, Gender, Identifier, PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who is asked about: every name that is known, and what lies beside the names.

    ``bic`` is that of the bank that holds an account; ``is_text`` when the names are a text in which names may stand.
    """

    names: tuple[str, ...]
    kind: EntryKind | None = None
    born: tuple[PartialDate, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    gender: Gender | None = None
    bic: str = ""
    is_text: bool = False

    def queries(self) -> Iterator[Query]:
        """One query for each name."""
        for name in self.names:
            yield Query(name, self.kind, self.born, self.countries, self.identifiers, self.gender)

    def dump(self) -> str:
        """As JSON, always the same for the same."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def load(cls, text: str) -> Self:
        """What ``dump`` made."""
        found = orjson.loads(text)
        return cls(
            names=tuple(found["names"]),
            kind=EntryKind(found["kind"]) if found["kind"] else None,
            born=tuple(PartialDate(**one) for one in found["born"]),
            countries=tuple(found["countries"]),
            identifiers=tuple(Identifier(**one) for one in found["identifiers"]),
            gender=Gender(found["gender"]) if found["gender"] else None,
            bic=found["bic"],
            is_text=found["is_text"],
        )


def material_of(entry: Entry) -> str:
    """What of an entry a comparison rests on, as JSON; remarks, addresses, programmes and references are not."""
    found = {name: getattr(entry, name) for name in ("kind", "names", "dates_of_birth", "countries", "identifiers", "gender")}
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()
