"""What leads from a name to the names that may match it, as plain texts: the index the other way round.

``asked`` is what a query would look an index up by, ``of_words`` and ``of_whole`` what the index holds a listed name under. Names that the
index finds for a query have at least one key in common, so that a change of a list leads to those whom it may concern without reading
everybody's names; ``Reach`` says who that is, from keys alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from compliance.policies.screening import names, parts, settings, sounds
from compliance.policies.screening.index import also_called, asked_words, bones_of, keys_of, runs
from compliance.policies.screening.parts import ParsedName, Role
from compliance.policies.screening.profiles import Profile
from compliance.policies.screening.qualifiers import bank_code, is_bank_code, same_identifier
from compliance.policies.screening.rarity import Rarity
from compliance.providers.watchlists.entries import Entry, EntryKind, Identifier

# What names that differ otherwise in nothing may lack in evidence, and still match.
_TWO: Final = 2
_SAME_WORD: Final = 4
"""Keys that a word shares with itself at least."""
# The key of whoever has no more than one word that is no initial, title or generic word.
_SHORT: Final = "n:1"
_ENOUGH: Final = settings.EVIDENCE_NEEDED_ON_LISTS - (1 - settings.THRESHOLD) / settings.EVIDENCE_SLOPE


def of_profile(profile: Profile) -> set[str]:
    """The keys of somebody who is asked about, or of a text."""
    found = _numbers(profile.identifiers) | {f"c:{code}" for code in [bank_code(profile.bic)] if code}
    for query in profile.queries():
        kinds = (EntryKind.PERSON, EntryKind.ORGANISATION) if profile.is_text else (query.kind,)
        for parsed in (parsed for kind in kinds for parsed in parts.asked(query.name, kind)):
            found |= asked(parsed)
    return found


def of_entry(entry: Entry) -> set[str]:
    """The keys of somebody who is listed."""
    found = of_numbers(entry)
    for name in entry.names:
        for parsed in parts.parse(name.text, entry.kind):
            found |= of_whole(parsed).union(*of_words(parsed).values())
    return found


def of_numbers(entry: Entry) -> set[str]:
    """The keys of what issuers call somebody who is listed."""
    banks = {f"c:{code}" for one in entry.identifiers if is_bank_code(one) and (code := bank_code(one.value))}
    return _numbers(entry.identifiers) | banks


def asked(parsed: ParsedName) -> set[str]:
    """The keys of a query's name."""
    tokens = asked_words(parsed)
    found = {f"w:{key}" for token in tokens for key in (*keys_of(token), *also_called(token))}
    found |= {f"{'b' if token.is_vowelless else 'v'}:{bones_of(token)}" for token in tokens}
    heard = runs(parsed)
    found |= {
        f"r:{sound}" for sound in heard | {sounds.sound(word) for word in (*parsed.all_words, *(one.text for one in tokens))}
    }
    found |= {f"s:{sound}" for sound in heard}
    found |= {_SHORT} if len(parsed.words) < _TWO else set()
    return found | ({f"o:{parsed.original}"} if parsed.original else set())


def of_words(parsed: ParsedName) -> dict[int, set[str]]:
    """The keys of each word of a listed name, by its place."""
    found = {}
    for place, token in enumerate(parsed.tokens):
        if token.role != Role.INITIAL:
            keys = {f"w:{key}" for key in keys_of(token)} | {f"b:{bones_of(token)}", f"s:{token.sound}"}
            found[place] = keys | ({f"v:{bones_of(token)}"} if token.is_vowelless else set())
    return found


def of_whole(parsed: ParsedName) -> set[str]:
    """The keys of a listed name that are of more than one of its words."""
    return {f"r:{sound}" for sound in runs(parsed)} | ({f"o:{parsed.original}"} if parsed.original else set())


def _numbers(identifiers: Iterable[Identifier]) -> set[str]:
    return {f"i:{plain}" for one in identifiers if (plain := same_identifier(one.value))}


class Reach:
    """Whom entries may concern, as far as keys tell: somebody with a number in common, with a run of words, with all telling words of a
    name, or with words that prove enough together for a match (``settings.EVIDENCE_NEEDED_ON_LISTS`` less what may be missing).

    One word is enough for who has no more, or where the list has no more and it is the same: that shares many keys, while words that
    differ by a slip share few, and so do words that have nothing to do with each other. ``digest`` makes of a key what is kept of it.
    """

    def __init__(self, entries: Iterable[Entry], rarity: Rarity, digest: Callable[[str], int]) -> None:
        self._alone: set[int] = set()
        self._words: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._names: list[tuple[frozenset[int], dict[int, float]]] = []
        digested = cache(digest)
        self._short = digested(_SHORT)
        for entry in entries:
            self._alone.update(map(digested, of_numbers(entry)))
            for name in entry.names:
                for parsed in parts.parse(name.text, entry.kind):
                    self._add(parsed, rarity, digested)

    def _add(self, parsed: ParsedName, rarity: Rarity, digested: Callable[[str], int]) -> None:
        words = of_words(parsed)
        telling = frozenset(place for place in words if parsed.tokens[place].role not in names.FREE) or frozenset(words)
        for place, keys in words.items():
            for key in keys:
                self._words[digested(key)].append((len(self._names), place))
        self._alone.update(map(digested, of_whole(parsed)))
        self._names.append((telling, {place: rarity.of_token(parsed.tokens[place]) for place in words}))

    @property
    def keys(self) -> list[int]:
        """All that may lead to somebody."""
        return sorted(self._alone | self._words.keys())

    def concerns(self, kept: Iterable[int]) -> bool:
        """Whether somebody of whom these digests are kept may be one of the entries."""
        shared: dict[int, Counter[int]] = defaultdict(Counter)
        is_short = False
        for key in kept:
            if key in self._alone:
                return True
            is_short |= key == self._short
            for number, place in self._words.get(key, ()):
                shared[number][place] += 1
        return any(self._is_enough(number, places, is_short=is_short) for number, places in shared.items())

    def _is_enough(self, number: int, places: Counter[int], *, is_short: bool) -> bool:
        telling, worth = self._names[number]
        if len(places) < _TWO and not is_short and (len(telling) > 1 or max(places.values()) < _SAME_WORD):
            return False
        return telling <= places.keys() or sum(worth[place] for place in places) >= _ENOUGH
