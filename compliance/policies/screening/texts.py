"""Listed names inside a text, such as what a payment is for: which words of it are a name, and whose.

A text has many more words than a name, so that words meet by chance: counted is only a run of neighbouring words that is nearly the same
as a listed name of two words or more, and no alias that its publisher calls weak.
"""

from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

from compliance.policies.screening import names, normalising, parts, qualifiers, sounds
from compliance.policies.screening.features import explain
from compliance.policies.screening.index import Candidate, Index
from compliance.policies.screening.matching import Hit
from compliance.providers.watchlists.entries import EntryKind, NameQuality

# From which match on a run of words is a name, and which places of the text are looked at for a name: one word more than it has.
THRESHOLD: Final = 0.92
_SHORTEST: Final = 2
_ONE_SLIP_FROM: Final = 5


def hits_in(index: Index, text: str) -> list[Hit]:
    """The entries whose names stand in the text, the best match first."""
    plain = text.replace(",", " ")
    words = normalising.words(plain, is_person=True)
    asked = (*parts.parse(plain, EntryKind.PERSON), *parts.parse(plain, EntryKind.ORGANISATION))
    best: dict[str, Hit] = {}
    for candidate in index.candidates(asked, None):
        hit = _found(index, candidate, words)
        if hit is not None and (candidate.entry.id not in best or hit.match > best[candidate.entry.id].match):
            best[candidate.entry.id] = hit
    return sorted(best.values(), key=lambda hit: (-hit.match, hit.entry_id))


def _found(index: Index, candidate: Candidate, words: tuple[str, ...]) -> Hit | None:
    wanted = candidate.parsed.all_words
    if len(wanted) < _SHORTEST or candidate.name.quality == NameQuality.WEAK:
        return None
    compared = [
        names.compare(parts.asked(" ".join(run), candidate.entry.kind), (candidate.parsed,), index.rarity)
        for run in _runs(words, wanted)
    ]
    best = max(compared, key=lambda one: one.score, default=None)
    if best is None or best.score < THRESHOLD:
        return None
    return Hit(
        entry_id=candidate.entry.id,
        name=candidate.name.text,
        quality=candidate.name.quality,
        match=round(best.score, 4),
        priority=qualifiers.priority(best.score, ()),
        features=explain(best),
    )


def _runs(words: tuple[str, ...], wanted: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Neighbours of the text that begin and end with a word of the name."""
    places = [place for place, word in enumerate(words) if any(_is_like(word, other) for other in wanted)]
    for start in places:
        for end in places:
            if _SHORTEST <= end - start + 1 <= len(wanted) + 1:
                yield words[start : end + 1]


def _is_like(word: str, other: str) -> bool:
    if word == other or (len(word) > 1 and sounds.sound(word) == sounds.sound(other)):
        return True
    return min(len(word), len(other)) >= _ONE_SLIP_FROM and OSA.distance(word, other, score_cutoff=1) <= 1
