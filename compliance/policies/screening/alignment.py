"""The words of two names side by side, in any order; words that one side joins and the other splits are found as well.

Best pairs first (greedy): the most alike, then the heavier, then those that stand at the same place, so the result is the same each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from compliance.policies.screening.parts import Role, Token
from compliance.policies.screening.similarity import Likeness, Way, likeness

_ALIKE_FROM: Final = 0.45
_JOINED_FROM: Final = 0.85
_MOST_JOINED: Final = 3
_SERVANT: Final = "abdul"


@dataclass(frozen=True, slots=True)
class Pair:
    """Words of the left name against words of the right one: one each, or several joined against one."""

    left: tuple[Token, ...]
    right: tuple[Token, ...]
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs, in the order of the left name, and what is left over on either side."""

    pairs: tuple[Pair, ...]
    left: tuple[Token, ...]
    right: tuple[Token, ...]


def align(left: Sequence[Token], right: Sequence[Token]) -> Alignment:
    """Put two names side by side."""
    options: list[tuple[float, float, int, int, int, int, int, Likeness]] = []
    for row, one in enumerate(left):
        for column, other in enumerate(right):
            found = likeness(one, other)
            if found.score >= _ALIKE_FROM:
                weight = min(one.weight, other.weight)
                options.append((-found.score, -weight, abs(row - column), row, column, 1, 1, found))
    if len(left) > 1 or len(right) > 1:
        options.extend(_joined(left, right))
    options.sort(key=_order)
    used_left: set[int] = set()
    used_right: set[int] = set()
    pairs: list[tuple[int, Pair]] = []
    for *_, row, column, rows, columns, found in options:
        here, there = range(row, row + rows), range(column, column + columns)
        if used_left.isdisjoint(here) and used_right.isdisjoint(there):
            used_left.update(here)
            used_right.update(there)
            pairs.append((row, Pair(tuple(left[row : row + rows]), tuple(right[column : column + columns]), found)))
    pairs.sort(key=_row)
    return Alignment(
        tuple(pair for _, pair in pairs),
        tuple(token for place, token in enumerate(left) if place not in used_left),
        tuple(token for place, token in enumerate(right) if place not in used_right),
    )


def _order(option: tuple[float, float, int, int, int, int, int, Likeness]) -> tuple[float, ...]:
    return option[:7]


def _row(found: tuple[int, Pair]) -> int:
    return found[0]


def _joined(left: Sequence[Token], right: Sequence[Token]) -> list[tuple[float, float, int, int, int, int, int, Likeness]]:
    """Two or three neighbours of one side, joined, against one word of the other."""
    options = []
    for many, single, is_left in ((left, right, True), (right, left, False)):
        for size in range(2, min(_MOST_JOINED, len(many)) + 1):
            for place in range(len(many) - size + 1):
                run = many[place : place + size]
                joined = "".join(token.text for token in run)
                for spot, token in enumerate(single):
                    score = _join_score(joined, run, token)
                    if score < _JOINED_FROM:
                        continue
                    row, column, rows, columns = (place, spot, size, 1) if is_left else (spot, place, 1, size)
                    found = Likeness(score, Way.JOINED)
                    options.append((-score - 0.02, -1.0, abs(row - column), row, column, rows, columns, found))
    return options


def _join_score(joined: str, run: Sequence[Token], token: Token) -> float:
    if run[0].text == "a" and token.text.startswith(_SERVANT) and all(one.role == Role.PARTICLE for one in run[1:-1]):
        # "A. Rauf" and "A. al-Rauf" are Abdul Rauf.
        servant = _SERVANT + run[-1].text
        return 0.95 * likeness(Token(servant, Role.WORD, servant, "", run[-1].is_vowelless), token).score
    if token.role in {Role.INITIAL, Role.NUMBER} or len(joined) < 4 or abs(len(joined) - len(token.text)) > 2:
        return 0.0
    if joined == token.text:
        return 0.98
    if len(joined) < 6 or run[0].text[0] != token.text[0] or OSA.distance(joined, token.text, score_cutoff=2) > 2:
        return 0.0
    whole = Token(joined, Role.WORD, joined, "", run[0].is_vowelless)
    return 0.97 * likeness(whole, token).score
