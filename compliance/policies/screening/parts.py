"""The parts of a name: words of the name itself, initials, titles, particles, legal forms, generic words, places and numbers.

A name is parsed once, when the list is indexed or a query comes in; everything afterwards works on ``ParsedName``.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final

from compliance.policies.screening import normalising, scripts, settings, sounds, tables
from compliance.providers.watchlists.entries import EntryKind
from flowlet.core.scripts import sole_script_of


class Role(StrEnum):
    """What a word is in a name. A kunya is the first word of an Arabic byname, "father of" or "mother of": half a name."""

    WORD = "WORD"
    INITIAL = "INITIAL"
    TITLE = "TITLE"
    KUNYA = "KUNYA"
    PARTICLE = "PARTICLE"
    GENERIC = "GENERIC"
    PLACE = "PLACE"
    NUMBER = "NUMBER"


_WEIGHTS: Final = {
    Role.WORD: 1.0,
    Role.INITIAL: settings.INITIAL_WEIGHT,
    Role.TITLE: settings.TITLE_WEIGHT,
    Role.KUNYA: settings.KUNYA_WEIGHT,
    Role.PARTICLE: settings.PARTICLE_WEIGHT,
    Role.GENERIC: settings.GENERIC_WEIGHT,
    Role.PLACE: settings.PLACE_WEIGHT,
    Role.NUMBER: settings.NUMBER_WEIGHT,
}
_ROMAN: Final = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "xi": "11",
    "xii": "12",
    "xiii": "13",
}
_ROMAN_IN_FUNDS: Final = {**_ROMAN, "v": "5", "x": "10"}
_ABD: Final = frozenset({"abd", "abdul", "abdel", "abdal", "abdol", "abdoul", "abdu", "abdur", "abdus", "abdou"})
_ARTICLES: Final = frozenset({"al", "el", "ul", "ur", "ar", "as", "ad", "ash", "an", "az", "at", "il", "ud", "ed", "us", "er"})
_SON_OF: Final = frozenset({"bin", "ibn", "ben", "bint", "ould", "wuld"})
_DEGREES: Final = frozenset({"md", "phd", "mba", "esq", "dr", "jr", "sr"})
_PARTICLES_THAT_ARE_NAMES: Final = frozenset({"le", "do", "an", "ho"})
_KUNYA: Final = frozenset({"abu", "abou", "abo", "aboo", "umm", "um", "oum"})
_SERVANT: Final = "abdul"
_DIN: Final = frozenset({"din", "deen", "dine", "dein", "deene"})
_ABDUL: Final = re.compile(r"^abd(?:ou|[aeiou])?(?:l|r(?=r)|s(?=[sh])|z(?=z)|n(?=n))?(?=...)")
_TOO_FEW: Final = 2


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a name.

    ``text`` is folded; ``canonical`` the first spelling of its line in the table of variants, or the text; ``sound`` how it sounds.
    ``is_vowelless`` when it comes from a script that leaves vowels out. ``weight`` before rarity.
    """

    text: str
    role: Role
    canonical: str
    sound: str
    is_vowelless: bool = False

    @property
    def weight(self) -> float:
        """What the word counts against an ordinary word of a name."""
        return _WEIGHTS[self.role]

    @property
    def is_distinctive(self) -> bool:
        """Whether the word can tell one name from another at all."""
        return self.role in {Role.WORD, Role.NUMBER}


@dataclass(frozen=True, slots=True)
class ParsedName:
    """A name, ready to compare: ``tokens`` in their order; ``legal`` the classes of its legal forms; ``original`` the text in its script.

    ``family`` are the words of the family name where a comma marks it;
    ``joined`` is everything in one, for names whose blanks were lost; ``all_words`` all folded words, legal forms and titles included.
    """

    text: str
    is_person: bool
    tokens: tuple[Token, ...]
    legal: frozenset[str]
    script: str
    original: str
    joined: str
    all_words: tuple[str, ...]
    family: frozenset[str] = frozenset()

    @property
    def fathers(self) -> frozenset[str]:
        """The words that stand behind "son of" or "daughter of"."""
        return frozenset(
            token.canonical for before, token in pairwise(self.tokens) if before.text in _SON_OF and token.role == Role.WORD
        )

    @property
    def has_kunya(self) -> bool:
        """Whether the name is a byname, "father of"."""
        return any(token.role == Role.KUNYA for token in self.tokens)

    @property
    def is_syllabic(self) -> bool:
        """Whether every word is made of open syllables: a Chinese name, by the looks of it."""
        return self.is_person and all(sounds.is_syllabic(token.text) for token in self.words)

    @property
    def words(self) -> tuple[Token, ...]:
        """The tokens that are words of the name itself."""
        return tuple(token for token in self.tokens if token.role == Role.WORD)


def asked(text: str, kind: EntryKind | None) -> tuple[ParsedName, ...]:
    """A query's name as ``parse`` reads it, and in one more way: "Abdul Mahsud" may be "MAHSUD, Abdul Aziz" with half a name left out."""
    found = parse(text, kind)
    others = []
    for parsed in found:
        tokens = parsed.tokens
        if parsed.is_person and tokens and tokens[-1].text.startswith(_SERVANT) and parsed.all_words[-1] != tokens[-1].text:
            rest = tokens[-1].text.removeprefix(_SERVANT)
            if len(rest) > 1 and rest == parsed.all_words[-1]:
                servant = Token(_SERVANT, Role.INITIAL, _SERVANT, _SERVANT, tokens[-1].is_vowelless)
                others.append(replace(parsed, tokens=(*tokens[:-1], servant, _person_token(rest, tokens[-1].is_vowelless))))
    return (*found, *others)


def parse(text: str, kind: EntryKind | None) -> tuple[ParsedName, ...]:
    """A name in each of its usual romanisations, the likeliest first; never empty, though a name may have no tokens at all.

    Without a kind the text is read as an organisation's when it ends in a legal form, else as a person's.
    """
    is_person = kind == EntryKind.PERSON
    if kind is None:
        is_person = not _ends_in_legal_form(normalising.words(text, is_person=False))
    script = sole_script_of(text)
    ordered = _given_name_first(text) if is_person else text
    return tuple(_parsed(text, words, is_person, script) for words in normalising.spellings(ordered, is_person=is_person))


def _given_name_first(text: str) -> str:
    """A person's name in the order of speech: "KIM, Jong Un" is "Jong Un KIM"."""
    family, comma, given = text.partition(",")
    return f"{given.strip()} {family}" if comma and given.strip() and "," not in given else text


def _ends_in_legal_form(words: tuple[str, ...]) -> bool:
    forms = tables.legal_forms()
    return any(words[-size:] in forms for size in range(1, tables.longest_legal_form() + 1) if len(words) > size)


def _parsed(text: str, words: tuple[str, ...], is_person: bool, script: str) -> ParsedName:
    is_vowelless = scripts.is_vowelless(text, script)
    if is_person:
        kept, legal = _without_tail(words)
        tokens = _person_tokens(_arabic_compounds(kept), is_vowelless)
    else:
        kept, legal = _without_legal_forms(words)
        tokens = tuple(_organisation_token(word, is_vowelless) for word in kept)
    marked = text.partition(",")[0] if is_person and _given_name_first(text) != text else ""
    return ParsedName(
        family=frozenset(normalising.words(marked, is_person=True)) if marked else frozenset(),
        text=text,
        is_person=is_person,
        tokens=tokens,
        legal=legal,
        script=script,
        original=_original(text, script),
        joined="".join(words),
        all_words=words,
    )


def _original(text: str, script: str) -> str:
    """The letters of a name in Han characters or kana, simplified; "" for all other scripts."""
    if script not in {"Hani", "Jpan"}:
        return ""
    return scripts.simplified("".join(letter for letter in text if letter.isalnum()))


def _person_tokens(words: tuple[str, ...], is_vowelless: bool) -> tuple[Token, ...]:
    """A title at the end is a name ("Ali Pasha", "Waqas Mirza"), and so is a particle at the beginning that is a family name too."""
    last = len(words) - 1
    return tuple(
        _token(word, Role.WORD, is_vowelless)
        if (last and place == last and word in tables.words("titles") and word not in _DEGREES)
        or (last and not place and word in _PARTICLES_THAT_ARE_NAMES)
        else _person_token(word, is_vowelless)
        for place, word in enumerate(words)
    )


def _without_tail(words: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """A person's name without a legal form at its end ("Nicolás Maduro LLC"), if two words remain."""
    forms = tables.legal_forms()
    for word in ("llc", "ltd", "inc", "gmbh", "limited", "corp", "plc"):
        if len(words) > _TOO_FEW and words[-1] == word:
            return words[:-1], frozenset({forms[(word,)]})
    return words, frozenset()


def _arabic_compounds(words: tuple[str, ...]) -> tuple[str, ...]:
    """Names of two or three words that are one name, written as one: abd al-rahman, saif ud-din, nasr allah."""
    if words and words[-1] in _ABD:
        # The rest of the name was put before it: "al-Rahman Tarhuni Abd".
        words = words[-1:] + words[:-1]
    found: list[str] = []
    place = 0
    while place < len(words):
        word, rest = words[place], words[place + 1 :]
        skip = 1 if len(rest) > 1 and rest[0] in _ARTICLES else 0
        if word in _ABD and rest and rest[skip] not in _SON_OF:
            found.append("abdul" + rest[skip])
            place += 2 + skip
        elif len(rest) > 1 and len(word) > 2 and rest[0] in _ARTICLES and rest[1] in _DIN:
            found.append(word + "uddin")
            place += 3
        elif rest and len(word) > 2 and word not in _ARTICLES and rest[0] in {"uddin", "eddin", "eddine", "aldin", "uddeen"}:
            found.append(word + "uddin")
            place += 2
        elif rest and len(word) > 2 and rest[0] in {"allah", "ullah", "ollah"}:
            found.append(word + "ullah")
            place += 2
        else:
            found.append(word)
            place += 1
    return tuple(found)


def _without_legal_forms(words: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The words that are no legal form, and the classes of those that are; the longest form first. Nothing is taken if all would go."""
    forms, longest = tables.legal_forms(), tables.longest_legal_form()
    words = tuple(_legal_word_meant(word, forms) for word in words)
    kept: list[str] = []
    legal: set[str] = set()
    place = 0
    while place < len(words):
        for size in range(min(longest, len(words) - place), 0, -1):
            found = forms.get(words[place : place + size])
            # Short forms are words of some language as well: they count at either end of the name only.
            if found and (size > 1 or len(words[place]) > 3 or place == 0 or place + size >= len(words) - 2):
                legal.add(found)
                place += size
                break
        else:
            kept.append(words[place])
            place += 1
    stops = tables.words("stop_words")
    kept = [word for word in kept if word not in stops and word != "and"] or kept
    return (tuple(kept), frozenset(legal)) if kept else (words, frozenset())


def _legal_word_meant(word: str, forms: dict[tuple[str, ...], str]) -> str:
    """The word, or the legal form that it is but for a slip."""
    meant = tables.generic_word_meant(word)
    return meant if meant is not None and (meant,) in forms else word


@lru_cache(maxsize=200_000)
def _person_token(word: str, is_vowelless: bool) -> Token:
    if word.isdigit():
        role = Role.NUMBER
    elif len(word) == 1:
        role = Role.INITIAL
    elif word in _KUNYA:
        kunya = "abu" if word.startswith("a") else "umm"
        return Token(kunya, Role.KUNYA, kunya, kunya, is_vowelless)
    elif word in tables.words("particles"):
        role = Role.PARTICLE
    elif word in tables.words("titles"):
        role = Role.TITLE
    else:
        role = Role.WORD
    return _token(_abdul(word), role, is_vowelless)


def _abdul(word: str) -> str:
    """All spellings of a name with "servant of" in it under one: "abderrahmane", "abdurrahman" and "abdelrahman" are abdulr…"""
    return _ABDUL.sub("abdul", word) if word.startswith("abd") and len(word) > 6 else word


@lru_cache(maxsize=200_000)
def _organisation_token(word: str, is_vowelless: bool) -> Token:
    if word.isdigit():
        role = Role.NUMBER
    elif word in _ROMAN_IN_FUNDS:
        return _token(_ROMAN_IN_FUNDS[word], Role.NUMBER, is_vowelless)
    elif word in tables.first_of_line("places"):
        return Token(word, Role.PLACE, tables.first_of_line("places")[word], sounds.sound(word), is_vowelless)
    elif word in tables.words("generic_words") or (word,) in tables.legal_forms():
        role = Role.GENERIC
    elif (meant := tables.generic_word_meant(word)) is not None:
        place = tables.first_of_line("places").get(meant)
        return Token(word, Role.PLACE if place else Role.GENERIC, place or meant, sounds.sound(word), is_vowelless)
    else:
        role = Role.WORD
    return _token(word, role, is_vowelless, is_person=False)


def _token(word: str, role: Role, is_vowelless: bool, *, is_person: bool = True) -> Token:
    canonical = tables.first_of_line("spelling_variants").get(word, word) if is_person else word
    return Token(word, role, canonical, sounds.sound(word), is_vowelless)
