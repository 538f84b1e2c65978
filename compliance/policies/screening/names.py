"""How well two names match, from 0 to 1.

Both names start at 1. Taken off is: for words that are alike but not the same (the more, the less alike); for words on both sides that
nothing on the other side answers to (another given name, another patronymic: the most); for words that only one side has (a middle
name left out: little); for legal forms that differ. Each in proportion to what the word weighs among the words compared. Names that are not
the same word for word must also have enough in common to prove something (evidence, in nats), and one word in common is not enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from rapidfuzz.distance import OSA

from compliance.policies.screening import characters, settings, sounds
from compliance.policies.screening.alignment import Alignment, Pair, align
from compliance.policies.screening.parts import ParsedName, Role, Token
from compliance.policies.screening.rarity import BARE, UNKNOWN, Rarity
from compliance.policies.screening.similarity import Likeness, Way, likeness


class Reason(StrEnum):
    """Why something was taken off the match of two names."""

    CONFLICT = "CONFLICT"
    EXTRA = "EXTRA"
    LEGAL_FORM = "LEGAL_FORM"
    EVIDENCE = "EVIDENCE"
    SINGLE_WORD = "SINGLE_WORD"
    CHARACTERS = "CHARACTERS"
    LINEAGE = "LINEAGE"
    FAMILY = "FAMILY"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A pair of words with its share of the comparison (0 to 1) and how much of that share it keeps; below 0 when it costs more."""

    left: tuple[Token, ...]
    right: tuple[Token, ...]
    likeness: Likeness
    share: float
    kept: float


@dataclass(frozen=True, slots=True)
class Deduction:
    """What was taken off, and for which words of either side."""

    reason: Reason
    points: float
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two names compared: ``score`` is the sum of what pairs keep, less the deductions, never below 0."""

    left: ParsedName
    right: ParsedName
    score: float
    pairs: tuple[Weighed, ...]
    deductions: tuple[Deduction, ...]
    evidence: float


# What a pair that is so much alike loses of its weight; between two points a straight line. Words that stand against each other without
# being alike lose more than they weigh, since they speak against the match.
_LOSSES: Final = (
    (1.0, 0.0),
    (0.9, 0.08),
    (0.85, 0.14),
    (0.8, 0.26),
    (0.75, 0.52),
    (0.7, 0.9),
    (0.6, 1.25),
    (0.5, 1.6),
    (0.0, 1.6),
)
_LOST_NUMBER: Final = 0.8
_SAME_ENOUGH: Final = 0.97
_WHOLE_FROM: Final = 0.80
_MATCHED_FROM: Final = 0.7
_KNOWN_DISCOUNT: Final = 0.08
_ALL_IN_ONE: Final = 0.98
_PER_CONSONANT: Final = 1.5
_SHORT: Final = 3
_FULL_NAME: Final = 2
# Put before the name by which a man goes, or left out, at will.
_MUHAMMAD: Final = "muhammad"
FREE: Final = frozenset({Role.PARTICLE, Role.TITLE, Role.KUNYA})


def compare(left: Sequence[ParsedName], right: Sequence[ParsedName], rarity: Rarity = BARE) -> Comparison:
    """The best comparison of two names, each given in its romanisations."""
    best: Comparison | None = None
    for one in left:
        for other in right:
            found = compare_parsed(one, other, rarity)
            if best is None or found.score > best.score:
                best = found
    if best is None:
        raise ValueError("a name has at least one romanisation")
    return best


def compare_parsed(left: ParsedName, right: ParsedName, rarity: Rarity = BARE) -> Comparison:
    """Two names in one romanisation each."""
    if left.original and right.original:
        return _in_characters(left, right)
    if not left.tokens or not right.tokens:
        return Comparison(left, right, 0.0, (), (), 0.0)
    found = align(left.tokens, right.tokens)
    if _is_all_in_one(left, right) and (
        found.left or found.right or any(pair.likeness.score < _ALL_IN_ONE for pair in found.pairs)
    ):
        whole = (Pair(left.tokens, right.tokens, Likeness(_ALL_IN_ONE, Way.JOINED)),)
        found = Alignment(whole, (), ())
    pairs, left_over, right_over = _with_conflicts(found)
    left_over, right_over = _without_slips(left_over, right), _without_slips(right_over, left)
    weighed, total = _weighed(pairs, rarity, is_syllabic=left.is_syllabic and right.is_syllabic)
    deductions = []
    if total == 0:
        return Comparison(left, right, 0.0, (), (), 0.0)
    if left_over or right_over:
        deductions.append(_extra(left_over, right_over, total, rarity, is_person=left.is_person or right.is_person))
    if left.legal != right.legal and not (left.is_person or right.is_person):
        deductions.append(_legal(left, right))
    deductions.extend(one for one in (_lineage(left, right), _family(left, right, weighed)) if one)
    score = sum(pair.kept for pair in weighed) - sum(one.points for one in deductions)
    evidence = _evidence(weighed, rarity)
    is_whole = all(token.role in FREE for token in (*left_over, *right_over)) and all(
        pair.likeness.score >= _WHOLE_FROM for pair in weighed
    )
    is_same = is_whole and all(pair.likeness.score >= _SAME_ENOUGH for pair in weighed)
    needed = rarity.evidence_needed(is_whole=is_whole)
    if rarity.entries and any(_says_more(token, left) for token in left_over):
        needed += settings.EVIDENCE_MORE_FOR_QUERY
    is_proven = evidence >= needed
    if not is_same and not is_proven:
        points = settings.EVIDENCE_SLOPE * (needed - evidence)
        deductions.append(Deduction(Reason.EVIDENCE, points))
        score -= points
    if score > settings.SINGLE_WORD_CAP and not _has_enough_words(
        left, right, weighed, rarity, is_same=is_same, is_whole=is_whole, is_proven=is_proven
    ):
        deductions.append(Deduction(Reason.SINGLE_WORD, score - settings.SINGLE_WORD_CAP))
        score = settings.SINGLE_WORD_CAP
    return Comparison(left, right, max(0.0, min(1.0, score)), weighed, tuple(deductions), evidence)


def _says_more(token: Token, asked: ParsedName) -> bool:
    """Whether a word of the query that the list does not have tells it apart; a short one of a firm may be "dou" for "du"."""
    return token.role == Role.WORD and (asked.is_person or len(token.text) > _SHORT)


def _in_characters(left: ParsedName, right: ParsedName) -> Comparison:
    score = characters.closeness(left.original, right.original)
    lost = (Deduction(Reason.CHARACTERS, 1 - score, (left.original,), (right.original,)),) if score < 1 else ()
    whole = Weighed(left.tokens, right.tokens, Likeness(1.0, Way.SAME), 1.0, 1.0)
    return Comparison(left, right, score, (whole,), lost, UNKNOWN)


def _is_all_in_one(left: ParsedName, right: ParsedName) -> bool:
    """Whether the names are the same without their blanks, of which one side has fewer ("JSCARGUMENT", "JSC ARGUMENT")."""
    return left.joined == right.joined and len(left.joined) > 5 and left.all_words != right.all_words


def _with_conflicts(found: Alignment) -> tuple[list[Pair], list[Token], list[Token]]:
    """Words left over on both sides stand against each other, the most alike first; particles and titles never do."""
    left = [token for token in found.left if token.role not in FREE]
    right = [token for token in found.right if token.role not in FREE]
    extra_left = [token for token in found.left if token.role in FREE]
    extra_right = [token for token in found.right if token.role in FREE]
    options = sorted(
        ((-likeness(one, other).score, row, column) for row, one in enumerate(left) for column, other in enumerate(right)),
    )
    pairs, rows, columns = list(found.pairs), set[int](), set[int]()
    for score, row, column in options:
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            pairs.append(Pair((left[row],), (right[column],), Likeness(-score, Way.NONE)))
    extra_left.extend(token for row, token in enumerate(left) if row not in rows)
    extra_right.extend(token for column, token in enumerate(right) if column not in columns)
    return pairs, extra_left, extra_right


def _without_slips(left_over: list[Token], other: ParsedName) -> list[Token]:
    """Left over words of a firm without those that are slips of a legal form that the other name has ("stck" for "stock")."""
    if other.is_person or not left_over:
        return left_over
    forms = [form for form in set(other.all_words) - {token.text for token in other.tokens} if len(form) > _SHORT]
    return [
        token
        for token in left_over
        if len(token.text) <= _SHORT or not any(OSA.distance(form, token.text, score_cutoff=1) <= 1 for form in forms)
    ]


def _weight(tokens: Sequence[Token], rarity: Rarity) -> float:
    return sum(token.weight * (0.5 + 0.5 * rarity.of_token(token) / UNKNOWN) for token in tokens)


def _weighed(pairs: Sequence[Pair], rarity: Rarity, *, is_syllabic: bool) -> tuple[tuple[Weighed, ...], float]:
    """Pairs with their shares, and the weight that all shares are shares of."""
    weights = [_pair_weight(pair, rarity) for pair in pairs]
    total = sum(weights)
    if total == 0:
        return (), 0.0
    return tuple(
        Weighed(
            pair.left,
            pair.right,
            pair.likeness,
            weight / total,
            weight / total * (1 - _loss(pair, rarity, is_syllabic=is_syllabic)),
        )
        for pair, weight in zip(pairs, weights, strict=True)
    ), total


def _pair_weight(pair: Pair, rarity: Rarity) -> float:
    left, right = _weight(pair.left, rarity), _weight(pair.right, rarity)
    if Role.TITLE in {pair.left[0].role, pair.right[0].role}:
        return min(left, right)
    if pair.likeness.way == Way.JOINED:
        return max(left, right)
    if pair.likeness.way == Way.NONE and Role.INITIAL in {pair.left[0].role, pair.right[0].role}:
        return settings.OTHER_INITIAL
    return min(left, right) if pair.likeness.way in {Way.NONE, Way.INITIAL} else (left + right) / 2


def _loss(pair: Pair, rarity: Rarity, *, is_syllabic: bool) -> float:
    """The part of its weight that a pair loses; more where both words are known as names, or every letter makes another name."""
    score = pair.likeness.score
    if pair.likeness.way in {Way.SPELLING, Way.SOUND}:
        if is_syllabic or (rarity.is_known(pair.left[0]) and rarity.is_known(pair.right[0])):
            score -= _KNOWN_DISCOUNT
    for (upper, less), (lower, more) in pairwise(_LOSSES):
        if score >= lower:
            lost = less + (more - less) * (upper - score) / (upper - lower)
            break
    return lost * _LOST_NUMBER if Role.NUMBER in {pair.left[0].role, pair.right[0].role} else lost


def _extra(left: Sequence[Token], right: Sequence[Token], total: float, rarity: Rarity, *, is_person: bool) -> Deduction:
    weight = _weight(left, rarity) + _weight(right, rarity)
    most = settings.EXTRA_PERSON if is_person else settings.EXTRA_ORGANISATION
    points = most * weight / (weight + total)
    return Deduction(Reason.EXTRA, points, tuple(token.text for token in left), tuple(token.text for token in right))


def _legal(left: ParsedName, right: ParsedName) -> Deduction:
    one_has_none = not left.legal or not right.legal or left.legal & right.legal
    points = settings.MISSING_LEGAL if one_has_none else settings.LEGAL_CONFLICT
    return Deduction(Reason.LEGAL_FORM, points, tuple(sorted(left.legal)), tuple(sorted(right.legal)))


def _lineage(left: ParsedName, right: ParsedName) -> Deduction | None:
    """Son and father changed places: "Salman bin Muhammad", "Muhammad bin Salman"."""
    fathers, others = left.fathers, right.fathers
    if not fathers or not others or fathers & others:
        return None
    sons = {token.canonical for token in left.words} - fathers
    other_sons = {token.canonical for token in right.words} - others
    if not (fathers & other_sons and others & sons):
        return None
    return Deduction(Reason.LINEAGE, settings.LINEAGE_CONFLICT, tuple(sorted(fathers)), tuple(sorted(others)))


def _family(left: ParsedName, right: ParsedName, pairs: Sequence[Weighed]) -> Deduction | None:
    """The family name, where a comma marks it, answers to nothing on the other side, though other words do."""
    for own, other, is_left in ((left, right, True), (right, left, False)):
        words = own.words
        family = {token.text for token in words if token.text in own.family}
        points = settings.FAMILY_MISSING
        answered = {token.text for pair in pairs for token in (pair.left if is_left else pair.right)}
        if own.is_person and len(words) > _FULL_NAME and (not family or not family.isdisjoint(answered)):
            # A query seldom has a comma: the first and the last of three words are given and family name. Of a listed name the first.
            ends = (words[-1], words[0]) if is_left else (words[0],)
            family = {token.text for token in ends if token.canonical != _MUHAMMAD and token.text not in answered}
            points = settings.END_MISSING
        if not family or len(words) == len(family) or len(other.words) < _FULL_NAME:
            continue
        if family.isdisjoint(answered):
            sides = (tuple(sorted(family)), ()) if is_left else ((), tuple(sorted(family)))
            return Deduction(Reason.FAMILY, points, *sides)
    return None


def _evidence(pairs: Sequence[Weighed], rarity: Rarity) -> float:
    """What the words in common prove, in nats: of each pair the commoner word, less when they are merely alike."""
    found = 0.0
    for pair in pairs:
        if pair.likeness.score < _MATCHED_FROM:
            continue
        proves = min(sum(rarity.of_token(token) for token in side) for side in (pair.left, pair.right))
        if pair.likeness.way == Way.CONSONANTS:
            proves = min(proves, _PER_CONSONANT * min(len(sounds.consonants(side[0].text)) for side in (pair.left, pair.right)))
        found += proves * max(0.0, (pair.likeness.score - 0.5) / 0.5)
    return found


def _has_enough_words(
    left: ParsedName,
    right: ParsedName,
    pairs: Sequence[Weighed],
    rarity: Rarity,
    *,
    is_same: bool,
    is_whole: bool,
    is_proven: bool,
) -> bool:
    """Whether more than one word, or one that may stand alone, is what the names have in common."""
    matched = [pair for pair in pairs if pair.likeness.score >= _MATCHED_FROM]
    words = [pair for pair in matched if _is_distinctive(pair.left) and _is_distinctive(pair.right) and not _is_initial(pair)]
    others = [pair for pair in matched if pair not in words]
    count = sum(max(len(pair.left), len(pair.right)) for pair in matched) + bool(left.legal & right.legal)
    if not words:
        # Generic words and places alone: two of them, and nothing else on either side, are a name all the same ("World Bank"); or three
        # with a slip.
        return (is_same and count > 1) or (is_whole and count > 2)
    if len(words) > 1 or any(len(pair.left) > 1 or len(pair.right) > 1 for pair in words):
        return True
    proves = min(rarity.of_token(token) for token in (*words[0].left, *words[0].right))
    is_rare = proves >= settings.RARE_WORD
    is_person = left.is_person or right.is_person
    if is_same:
        # A name of two words that is one to us, as Abdul Rahman.
        is_compound = not {token.text for token in (*left.words, *right.words)} & {*left.all_words, *right.all_words}
        return is_rare or bool(others) or not is_person or is_compound
    if is_person:
        is_alone = len(left.words) == len(right.words) == 1 and left.has_kunya == right.has_kunya
        return (is_rare and (is_alone or bool(others))) or (is_whole and is_proven and bool(others))
    # A firm whose one telling word is merely alike must be alike as a whole, and the word not a short one.
    is_alike = words[0].likeness.score >= _SAME_ENOUGH
    is_long = min(len(words[0].left[0].text), len(words[0].right[0].text)) > _SHORT
    return (is_rare and (is_alike or (is_whole and is_long))) or (is_whole and bool(others) and (is_alike or is_long))


def _is_initial(pair: Weighed) -> bool:
    return pair.likeness.way == Way.INITIAL or all(token.role == Role.INITIAL for token in (*pair.left, *pair.right))


def _is_distinctive(tokens: Sequence[Token]) -> bool:
    return any(token.is_distinctive for token in tokens)
