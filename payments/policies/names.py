"""Whether two names are the same holder's, in the words of the EPC's payee verification: MTCH, CMTC (nearly), NMTC, NOAP (cannot tell).

Compared are words without accents, case and punctuation, in any order, and legal forms in their short spelling. Nearly the same is a
name with a word or two more (a middle name), with an initial in place of a word, or with one letter wrong in one longer word.
"""

from collections.abc import Iterable
from typing import Final

from accounts.models.personal import name_words
from payments.choices import PayeeResult

_FORMS: Final = {
    "limited": "ltd",
    "incorporated": "inc",
    "corporation": "corp",
    "company": "co",
    "and": "",
}
_LONG_WORD: Final = 5


def compare(known: str, named: Iterable[str]) -> PayeeResult:
    """The best result of our name against those that a bank has for the account; NOAP when it has none."""
    own = _words(known)
    found = [_result(own, words) for name in named if (words := _words(name))]
    if not own or not found:
        return PayeeResult.NOAP
    return next(result for result in (PayeeResult.MTCH, PayeeResult.CMTC, PayeeResult.NMTC) if result in found)


def best(known: str, named: Iterable[str]) -> str:
    """Of the bank's names, the one that is most like ours; "" when there is none."""
    order = (PayeeResult.MTCH, PayeeResult.CMTC, PayeeResult.NMTC, PayeeResult.NOAP)
    return min(named, key=lambda name: order.index(compare(known, [name])), default="")


def _words(name: str) -> list[str]:
    return [short for word in name_words(name) if (short := _FORMS.get(word, word))]


def _result(own: list[str], other: list[str]) -> PayeeResult:
    if set(own) == set(other):
        return PayeeResult.MTCH
    shorter, longer = sorted((own, other), key=len)
    if len(shorter) < 2:
        return PayeeResult.NMTC
    left, exact, near = list(longer), 0, 0
    for word in sorted(shorter, key=len, reverse=True):
        same = next((one for one in left if one == word), None)
        alike = same or next((one for one in left if _is_initial(word, one) or _one_letter_off(word, one)), None)
        if alike is None:
            return PayeeResult.NMTC
        left.remove(alike)
        exact, near = exact + (same is not None), near + (same is None)
    # A word at least has to be the same, and no more than one may be merely alike.
    is_near = exact >= 1 and near <= 1 and len(left) <= 2 and any(len(word) > 1 for word in shorter)
    return PayeeResult.CMTC if is_near else PayeeResult.NMTC


def _is_initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _one_letter_off(one: str, other: str) -> bool:
    """Whether one letter was changed, left out, put in, or swapped with the next."""
    if min(len(one), len(other)) < _LONG_WORD or abs(len(one) - len(other)) > 1:
        return False
    start = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        swapped = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
        return swapped or one[start + 1 :] == other[start + 1 :]
    shorter, longer = sorted((one, other), key=len)
    return shorter[start:] == longer[start + 1 :]
