"""Spellings that sound alike, written alike.

``sound`` evens out the romanisations of Arabic, Slavic, Persian, Turkic, Korean and Chinese names and the spellings of European ones: what
is left of "Qaddafi" and "Gadhafi", of "Tchaikovsky" and "Chaykovskiy", is the same or nearly so. ``consonants`` keeps classes of
consonants alone: the common ground with scripts that leave vowels out.
"""

import re
from functools import lru_cache
from typing import Final

# In this order; each is applied to the whole word.
_RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?:skiy|skij|skii|skyi|sky|skaya|skaja|skaia)$", "ski"),
        (r"(?:yy|iy|ij|yi|ii)$", "i"),
        (r"(?:owicz|ovitch|ovic|ovits|ovich|evich|ewicz|evitch|evic)$", "ovic"),
        (r"(?:off|ow|ov|of)$", "ov"),
        (r"(?:eff|ew|ev)$", "ev"),
        (r"(?:zade|zadeh|zada)$", "zada"),
        (r"(?:edine|eddine|eddin|uddin|oddin|aldin|addin|udin|iddin|eldin|uldin)$", "udin"),
        (r"(?:ollah|ullah|allah|ulla|olla|oullah)$", "ula"),
        (r"([^aeiou])\1+", r"\1"),
        (r"dzh|dj|zh", "j"),
        (r"c(?=[eiy])", "s"),
        (r"tsch|tch|shch|sch|sh|ch|cz", "C"),
        (r"kh|ckh", "h"),
        (r"ph", "f"),
        (r"gh", "g"),
        (r"th", "t"),
        (r"dh", "d"),
        (r"ck|q|c", "k"),
        (r"x", "ks"),
        (r"w", "v"),
        (r"ts|tz", "z"),
        (r"j(?=[^aeiouy]|$)", "i"),
        (r"(?<=[^aeiou])j(?=[aou])", "j"),
        (r"ou|oo|ue|uu", "u"),
        (r"ee|ie|ii|ei|ey|ai|ay|ae|ea", "e"),
        (r"oe|eu|oi", "o"),
        (r"au|aw|av(?=[^aeiou])", "au"),
        (r"y|e", "i"),
        (r"o", "u"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[aeiou])h(?=[^aeiou]|$)", ""),
        (r"(?<=[^aeiou])h(?=[^aeiou]|$)", ""),
    )
)
_COARSE: Final = str.maketrans("bpvfwtdkgqcszjx", "bbbbbttkkkcssjs")
_NO_VOWEL: Final = re.compile(r"[aeiouyhw]")
_DOUBLE: Final = re.compile(r"(.)\1+")


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """A word as it sounds, roughly; vowels stay in their places."""
    heard = word
    for pattern, replacement in _RULES:
        heard = pattern.sub(replacement, heard)
    return heard.lower()


# Consonant, vowels, and at most n or ng: once or twice.
_SYLLABLES: Final = re.compile(r"(?:(?:zh|ch|sh|ts|[bpmfdtnlgkhjqxrzcsyw])[aeiou]{1,3}(?:ng|n(?![aeiou]))?){1,2}")


@lru_cache(maxsize=100_000)
def is_syllabic(word: str) -> bool:
    """Whether a word is made of open syllables as Chinese names are: a letter more or less makes another name of it."""
    return len(word) <= 14 and _SYLLABLES.fullmatch(word) is not None


@lru_cache(maxsize=100_000)
def consonants(word: str) -> str:
    """The classes of a word's consonants, in order: no vowels, h, w, y and doubling; what is left of it in a script without vowels."""
    heard = sound(word.replace("w", "").replace("y", "").replace("dj", "j").replace("j", "J")).replace("J", "c")
    return _DOUBLE.sub(r"\1", _NO_VOWEL.sub("", heard.replace("j", "c")).translate(_COARSE))
