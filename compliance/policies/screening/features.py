"""Why a hit is a hit, piece by piece, for whoever has to decide.

The contributions of the features of the name add up to the match; those of the qualifiers are what they add to the priority.
"""

from dataclasses import dataclass
from typing import Final

from compliance.policies.screening.names import Comparison, Deduction, Reason, Weighed
from compliance.policies.screening.qualifiers import BIRTH, COUNTRY, GENDER, IDENTIFIER, QUALITY, Qualifier, Verdict
from compliance.policies.screening.similarity import Way


@dataclass(frozen=True, slots=True)
class Feature:
    """One piece of a hit: ``left`` is the query's value, ``right`` the list's, ``sentence`` says it in words."""

    feature: str
    left: str
    right: str
    contribution: float
    sentence: str


_WAYS: Final = {
    Way.SAME: "“{left}” is the same.",
    Way.VARIANT: "“{left}” and “{right}” are spellings of one name.",
    Way.NICKNAME: "“{left}” is another form of “{right}”.",
    Way.SOUND: "“{left}” sounds like “{right}” ({score}).",
    Way.SPELLING: "“{left}” is spelled almost like “{right}” ({score}).",
    Way.CONSONANTS: "“{left}” and “{right}” have the same consonants; one script leaves vowels out ({score}).",
    Way.INITIAL: "“{left}” and “{right}” begin with the same letter, one is an initial.",
    Way.JOINED: "“{left}” and “{right}” are the same but for blanks ({score}).",
    Way.NONE: "“{left}” stands where the list has “{right}”.",
}
_DEDUCTIONS: Final = {
    Reason.EXTRA: "One name has words more: {both}.",
    Reason.LEGAL_FORM: "The legal forms differ: {left} and {right}.",
    Reason.EVIDENCE: "What the names have in common is common: it proves little by itself.",
    Reason.SINGLE_WORD: "A single word or common words are all that the names share, which is no match by itself.",
    Reason.CHARACTERS: "The characters differ: {left} and {right}.",
    Reason.FAMILY: "The family name is not in the other name: {both}.",
    Reason.LINEAGE: "Son and father have changed places: “son of {left}” and “son of {right}”.",
}
_QUALIFIERS: Final = {
    (BIRTH, Verdict.AGREES): "Born on the same day, {left}.",
    (BIRTH, Verdict.NEARLY): "The dates of birth can be the same: {left}, the list has {right}.",
    (BIRTH, Verdict.CONFLICTS): "Born {left}, the list has {right}: less urgent, though the name matches as before.",
    (COUNTRY, Verdict.AGREES): "A country in common: {left}; the list has {right}.",
    (COUNTRY, Verdict.CONFLICTS): "No country in common: {left}; the list has {right}.",
    (GENDER, Verdict.AGREES): "The same gender.",
    (GENDER, Verdict.CONFLICTS): "Different genders: {left}, the list has {right}.",
    (IDENTIFIER, Verdict.AGREES): "The same identifier: {left}; the list has {right}.",
    (QUALITY, Verdict.CONFLICTS): "The publisher calls this alias weak: many may bear it.",
}


def explain(comparison: Comparison, qualifiers: tuple[Qualifier, ...] = ()) -> tuple[Feature, ...]:
    """All features, those of the name first, in the order of the query's words."""
    found = [_of_pair(pair) for pair in comparison.pairs]
    found.extend(_of_deduction(one) for one in comparison.deductions)
    found.extend(
        Feature(one.name, one.left, one.right, one.points, sentence.format(left=one.left, right=one.right))
        for one in qualifiers
        if (sentence := _QUALIFIERS.get((one.name, one.verdict)))
    )
    return tuple(found)


def _of_pair(pair: Weighed) -> Feature:
    left = " ".join(token.text for token in pair.left)
    right = " ".join(token.text for token in pair.right)
    sentence = _WAYS[pair.likeness.way].format(left=left, right=right, score=f"{pair.likeness.score:.0%}")
    name = "name_conflict" if pair.likeness.way == Way.NONE else "name_word"
    return Feature(name, left, right, round(pair.kept, 4), sentence)


def _of_deduction(one: Deduction) -> Feature:
    left, right = " ".join(one.left), " ".join(one.right)
    both = ", ".join(f"“{text}”" for text in (left, right) if text)
    sentence = _DEDUCTIONS[one.reason].format(left=left or "none", right=right or "none", both=both)
    return Feature(f"name_{one.reason.lower()}", left, right, -round(one.points, 4), sentence)
