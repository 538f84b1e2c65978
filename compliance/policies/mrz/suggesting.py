"""What an OCR probably misread: O for 0, I for 1, S for 5, B for 8 and their like.

Where a field takes only digits or only letters, the other sort is replaced. Where it takes both, replacements are tried until the check
digits agree: one of them, or two where one is not enough.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

from compliance.policies.mrz.layouts import Span
from compliance.policies.mrz.problems import Suggestion

DIGIT_FOR: Final = {"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "G": "6", "B": "8"}
LETTER_FOR: Final = {"0": "O", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B"}
_PAIRS: Final = DIGIT_FOR | LETTER_FOR
MOST: Final = 4  # alternatives shown

Lines = tuple[str, ...]


def replaced(lines: Lines, changes: Sequence[Suggestion]) -> Lines:
    """The lines with the changes made."""
    found = [list(line) for line in lines]
    for change in changes:
        found[change.line - 1][change.position - 1] = change.likely
    return tuple("".join(line) for line in found)


def as_digits(lines: Lines, span: Span) -> tuple[tuple[Suggestion, ...], ...]:
    """The letters of a field of digits as the digits that they look like; nothing when one looks like none."""
    return _all_of(lines, span, DIGIT_FOR, str.isalpha)


def as_letters(lines: Lines, span: Span) -> tuple[tuple[Suggestion, ...], ...]:
    """The digits of a field of letters as the letters that they look like; nothing when one looks like none."""
    return _all_of(lines, span, LETTER_FOR, str.isdigit)


def that_fit(lines: Lines, spans: Sequence[Span], fits: Callable[[Lines], bool]) -> tuple[tuple[Suggestion, ...], ...]:
    """Replacements within the spans after which ``fits`` holds: single ones, or pairs where no single one does. At most ``MOST``."""
    places = [
        Suggestion(span.line, position, character, _PAIRS[character])
        for span in spans
        for position, character in enumerate(span.of(lines), start=span.start)
        if character in _PAIRS
    ]
    for count in (1, 2):
        found = [changes for changes in combinations(places, count) if fits(replaced(lines, changes))]
        if found:
            return tuple(found[:MOST])
    return ()


def _all_of(
    lines: Lines, span: Span, table: dict[str, str], is_wrong: Callable[[str], bool]
) -> tuple[tuple[Suggestion, ...], ...]:
    wrong = [(position, character) for position, character in enumerate(span.of(lines), start=span.start) if is_wrong(character)]
    if not wrong or any(character not in table for _, character in wrong):
        return ()
    return (tuple(Suggestion(span.line, position, character, table[character]) for position, character in wrong),)
