"""Which entries of the lists are worth a close look for a name, found without looking at all of them.

The index goes from words to names. A query's word finds the words of the lists that are spelled like it, sound like it, are variants or
nicknames of it, or differ by a slip or two (words with one letter left out are keys as well); names collect what the words that they share
with the query prove, and the names with the most are compared in full. Words joined or split are found by runs of neighbours.
Built once from a list, then only read; the same input gives the same index and the same answers.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from compliance.policies.screening import sounds, tables
from compliance.policies.screening.parts import ParsedName, Role, Token, parse
from compliance.policies.screening.qualifiers import bank_code, is_bank_code, same_identifier
from compliance.policies.screening.rarity import Rarity
from compliance.policies.screening.similarity import likeness
from compliance.providers.watchlists.entries import Entry, EntryKind, ListedName

# How many names are compared in full at most, and from which part of the best one's evidence on.
CLOSE_LOOKS: Final = 40
_WORTH_A_LOOK: Final = 0.45
_ALIKE_FROM: Final = 0.70
# What it proves that two words of one side, joined, are a word of the other.
_SAME_RUN: Final = 6.0
_SHORTEST_WITH_SLIPS: Final = 3
_LONGEST_RUN: Final = 3
_NOT_ASKED: Final = frozenset({Role.INITIAL, Role.PARTICLE, Role.KUNYA, Role.TITLE})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name of an entry that is worth a close look."""

    entry: Entry
    name: ListedName
    parsed: ParsedName


class Index:
    """The names of entries, ready to be asked."""

    def __init__(self, entries: Iterable[Entry], rarity: Rarity | None = None) -> None:
        """``rarity`` is that of the whole, where only some entries are looked at."""
        self.entries: dict[str, Entry] = {}
        self._names: list[Candidate] = []
        self._by_identifier: dict[str, list[int]] = defaultdict(list)
        self._by_bank: dict[str, list[int]] = defaultdict(list)
        of_entries: list[list[ParsedName]] = []
        for entry in entries:
            self.entries[entry.id] = entry
            of_one: list[ParsedName] = []
            for identifier in entry.identifiers:
                if plain := same_identifier(identifier.value):
                    self._by_identifier[plain].append(len(self._names))
                if is_bank_code(identifier) and (code := bank_code(identifier.value)):
                    self._by_bank[code].append(len(self._names))
            for name in entry.names:
                for parsed in parse(name.text, entry.kind):
                    self._names.append(Candidate(entry, name, parsed))
                    of_one.append(parsed)
            of_entries.append(of_one)
        self.rarity: Final = rarity or Rarity.of(of_entries)
        self._tokens: list[Token] = []
        self._postings: list[list[int]] = []
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_bones: dict[str, list[int]] = defaultdict(list)
        self._by_run: dict[str, list[int]] = defaultdict(list)
        self._by_original: dict[str, list[int]] = defaultdict(list)
        self._lengths: list[float] = []
        self._alike: dict[Token, list[tuple[int, float]]] = {}
        self._fill()

    def __len__(self) -> int:
        """How many names, romanisations included."""
        return len(self._names)

    def with_identifier(self, value: str) -> list[Candidate]:
        """The first name of each entry that has this number, however it is punctuated."""
        return [self._names[number] for number in self._by_identifier.get(same_identifier(value), ())]

    def with_bank(self, bic: str) -> list[Candidate]:
        """The first name of each entry that is this bank, whatever the branch."""
        return [self._names[number] for number in self._by_bank.get(bank_code(bic), ())]

    def _fill(self) -> None:
        numbers: dict[Token, int] = {}
        for number, candidate in enumerate(self._names):
            parsed = candidate.parsed
            for token in dict.fromkeys(parsed.tokens):
                place = numbers.get(token)
                if place is None:
                    place = numbers[token] = len(self._tokens)
                    self._tokens.append(token)
                    self._postings.append([])
                    self._index_token(token, place)
                self._postings[place].append(number)
            for run in runs(parsed):
                self._by_run[run].append(number)
            if parsed.original:
                self._by_original[parsed.original].append(number)
            self._lengths.append(sum(self.rarity.of_token(token) * token.weight for token in parsed.tokens))

    def _index_token(self, token: Token, place: int) -> None:
        if token.role == Role.INITIAL:
            return
        for key in keys_of(token):
            self._by_key[key].append(place)
        self._by_bones[bones_of(token)].append(place)

    def candidates(self, name: Sequence[ParsedName], kind: EntryKind | None, most: int = CLOSE_LOOKS) -> list[Candidate]:
        """Names worth a close look, the most promising first; of ``kind`` alone when it is given."""
        found: dict[int, float] = {}
        for parsed in name:
            for number, evidence in self._evidence(parsed).items():
                if evidence > found.get(number, 0.0):
                    found[number] = evidence
        for parsed in name:
            for number in self._by_original.get(parsed.original, ()) if parsed.original else ():
                found[number] = found.get(number, 0.0) + 100.0
        of_kind = (
            (evidence - 0.05 * self._lengths[number], -number)
            for number, evidence in found.items()
            if kind is None or self._names[number].entry.kind == kind
        )
        best = heapq.nlargest(most, of_kind)
        return [self._names[-number] for evidence, number in best if evidence >= best[0][0] * _WORTH_A_LOOK]

    def _evidence(self, parsed: ParsedName) -> dict[int, float]:
        """What the words that each name shares with the query prove together."""
        found: dict[int, float] = defaultdict(float)
        words = asked_words(parsed)
        for token in dict.fromkeys(words):
            of_token: dict[int, float] = {}
            for place, score in self._alike_to(token):
                worth = score * score * self.rarity.of_token(self._tokens[place]) * token.weight
                for number in self._postings[place]:
                    if worth > of_token.get(number, 0.0):
                        of_token[number] = worth
            for number, worth in of_token.items():
                found[number] += worth
        for run in runs(parsed):
            for number in self._by_run.get(run, ()):
                found[number] += _SAME_RUN
            for place in self._by_key.get(run, ()):
                if self._tokens[place].sound == run:
                    for number in self._postings[place]:
                        found[number] += _SAME_RUN
        for sound in {sounds.sound(word) for word in (*parsed.all_words, *(token.text for token in words))}:
            for number in self._by_run.get(sound, ()):
                found[number] += _SAME_RUN
        self._add_initials(parsed, found)
        return found

    def _add_initials(self, parsed: ParsedName, found: dict[int, float]) -> None:
        """Among names that share a word, those rank first whose other words begin with the query's initials."""
        initials = {token.text for token in parsed.tokens if token.role == Role.INITIAL}
        firsts = {token.text[0] for token in parsed.words}
        if not initials and not firsts:
            return
        for number in found:
            tokens = self._names[number].parsed.tokens
            for token in tokens:
                if token.role == Role.INITIAL and token.text in firsts:
                    found[number] += 0.5
                elif initials and token.role == Role.WORD and token.text[0] in initials:
                    found[number] += 1.0

    def _alike_to(self, token: Token) -> list[tuple[int, float]]:
        """The lists' words that are like the query's, and how much."""
        known = self._alike.get(token)
        if known is not None:
            return known
        places: dict[int, None] = {}
        for key in keys_of(token):
            places.update(dict.fromkeys(self._by_key.get(key, ())))
        if token.is_vowelless:
            places.update(dict.fromkeys(self._by_bones.get(bones_of(token), ())))
        else:
            for place in self._by_bones.get(bones_of(token), ()):
                if self._tokens[place].is_vowelless:
                    places[place] = None
        for other in also_called(token):
            places.update(dict.fromkeys(self._by_key.get(other, ())))
        found = [(place, score) for place in places if (score := likeness(token, self._tokens[place]).score) >= _ALIKE_FROM]
        if len(self._alike) > 50_000:
            self._alike.clear()
        self._alike[token] = found
        return found


def asked_words(parsed: ParsedName) -> tuple[Token, ...]:
    """The words of a query that the index is asked for: the telling ones, or all where there is none."""
    return tuple(one for one in parsed.tokens if one.role not in _NOT_ASKED) or parsed.tokens


def runs(parsed: ParsedName) -> set[str]:
    """Neighbouring words in one, as they sound: of two words, of three, and of all; as written and as read."""
    found: set[str] = set()
    for words in dict.fromkeys((parsed.all_words, tuple(token.text for token in parsed.tokens))):
        found.update(
            "".join(words[place : place + size]) for size in range(2, _LONGEST_RUN + 1) for place in range(len(words) - size + 1)
        )
        if len(words) > 1:
            found.add("".join(words))
    return {sounds.sound(run) for run in found if len(run) > 4}


def keys_of(token: Token) -> set[str]:
    """What a word is looked up by: as spelled, as read, as it sounds, and each with one letter left out."""
    found = {token.text, token.canonical, token.sound}
    if token.role not in {Role.NUMBER, Role.PARTICLE}:
        for form in tuple(found):
            if len(form) >= _SHORTEST_WITH_SLIPS:
                found.update(form[:place] + form[place + 1 :] for place in range(len(form)))
    return found


def bones_of(token: Token) -> str:
    """Its consonants, which are all that some scripts write."""
    return sounds.consonants(token.text).replace("l", "r")


def also_called(token: Token) -> Iterator[str]:
    """The other names that one may go by."""
    if token.role != Role.WORD:
        return
    lines = tables.groups("nicknames").get(token.canonical, frozenset()) | tables.groups("nicknames").get(token.text, frozenset())
    for line in sorted(lines):
        yield from tables.lines_of("nicknames")[line]
    if token.canonical.startswith("abdul"):
        yield token.canonical.removeprefix("abdul")
