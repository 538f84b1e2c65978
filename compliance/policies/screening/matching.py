"""A query against the lists: hits with their two figures and their reasons.

``match`` says how well the names match, ``priority`` how urgent the hit is; a hit is a match at or above the one threshold
(``settings.THRESHOLD``), or an equal identifier. The same query against the same index gives the same answer.
"""

from dataclasses import dataclass
from typing import Final

from compliance.policies.screening import names, parts, qualifiers, settings
from compliance.policies.screening.features import Feature, explain
from compliance.policies.screening.index import Candidate, Index
from compliance.providers.watchlists.entries import EntryKind, Gender, Identifier, NameQuality, PartialDate

# What an equal identifier makes of a match, if the names alone make less of it.
SAME_IDENTIFIER: Final = 0.95
# What an equal BIC adds to the priority.
SAME_BANK: Final = 0.40


@dataclass(frozen=True, slots=True)
class Query:
    """Who is asked about. Without a kind all entries are looked at, with one those of that kind. Countries are ISO 3166-1 alpha-2."""

    name: str
    kind: EntryKind | None = None
    born: tuple[PartialDate, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    gender: Gender | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that may be who was asked about; ``name`` is the one of its names that matches best."""

    entry_id: str
    name: str
    quality: NameQuality
    match: float
    priority: float
    features: tuple[Feature, ...]
    version: str = settings.VERSION


def screen(index: Index, query: Query, *, threshold: float = settings.THRESHOLD, most: int = 50) -> list[Hit]:
    """The hits for a query, the best match first, then the most urgent; at most ``most``, one per entry."""
    asked = parts.asked(query.name, query.kind)
    best: dict[str, tuple[names.Comparison, Candidate]] = {}
    for candidate in index.candidates(asked, query.kind):
        compared = names.compare(asked, (candidate.parsed,), index.rarity)
        held = best.get(candidate.entry.id)
        if held is None or compared.score > held[0].score:
            best[candidate.entry.id] = (compared, candidate)
    for identifier in query.identifiers:
        for candidate in index.with_identifier(identifier.value):
            if candidate.entry.id not in best:
                best[candidate.entry.id] = (names.compare(asked, (candidate.parsed,), index.rarity), candidate)
    hits = []
    for compared, candidate in best.values():
        hit = _hit(query, compared, candidate, threshold)
        if hit is not None:
            hits.append(hit)
    hits.sort(key=lambda hit: (-hit.match, -hit.priority, hit.entry_id))
    return hits[:most]


def banks(index: Index, bic: str) -> list[Hit]:
    """The entries that are the bank with this BIC."""
    found = []
    for candidate in index.with_bank(bic):
        listed = next(one.value for one in candidate.entry.identifiers if qualifiers.is_bank_code(one))
        same = qualifiers.Qualifier(qualifiers.IDENTIFIER, qualifiers.Verdict.AGREES, f"BIC {bic}", f"BIC {listed}", SAME_BANK)
        why = (Feature("bank", same.left, same.right, SAME_IDENTIFIER, "The bank that holds the account is listed."),)
        priority = qualifiers.priority(SAME_IDENTIFIER, (same,))
        found.append(Hit(candidate.entry.id, candidate.name.text, candidate.name.quality, SAME_IDENTIFIER, priority, why))
    return found


def _hit(query: Query, compared: names.Comparison, candidate: Candidate, threshold: float) -> Hit | None:
    if compared.score < threshold and not query.identifiers:
        return None
    found = qualifiers.compare(
        born=query.born,
        countries=query.countries,
        gender=query.gender,
        identifiers=query.identifiers,
        entry=candidate.entry,
        quality=candidate.name.quality,
    )
    is_same_number = any(one.name == qualifiers.IDENTIFIER and one.verdict == qualifiers.Verdict.AGREES for one in found)
    match = max(compared.score, SAME_IDENTIFIER) if is_same_number else compared.score
    if match < threshold:
        return None
    return Hit(
        entry_id=candidate.entry.id,
        name=candidate.name.text,
        quality=candidate.name.quality,
        match=round(match, 4),
        priority=qualifiers.priority(match, found),
        features=explain(compared, found),
    )
