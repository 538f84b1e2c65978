"""Why a rule answered as it did: each condition with its value, its threshold and its answer, and which of them decided.

A second compiled form beside ``closures``, and slower: nothing is cut short, so that every condition can be told of. An answer was
decided by the parts without which it would have been another: of an ``and`` that is false its false parts, of one that is true all of
them; of an ``or`` the other way; of what is unknown the unknown ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moneyed import Money

from flowlet.rules import closures, kinds, tree, wording
from flowlet.rules.kinds import Kind

HIDDEN = "[personal]"
_MASKED = {True: "the condition is true", False: "the condition is not true", None: "nobody can tell"}

Outcome = bool | None
Explain = Callable[[Any], "Explanation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One comparison. ``path`` is its place in the rule's JSON; ``value`` and ``threshold`` are JSON values as in rules, a ratio in
    words; ``decided`` says that the verdict rests on it, ``masked`` is the sentence without personal values."""

    path: str
    outcome: Outcome
    subject: str
    value: Any
    threshold: Any
    sentence: str
    masked: str
    decided: bool
    is_personal: bool

    def to_json(self, *, personal: bool = False) -> dict[str, Any]:
        """For the record of a verdict; with ``personal`` all of it, to be sealed under the key of the person."""
        hides = self.is_personal and not personal
        return {
            "path": self.path,
            "outcome": self.outcome,
            "subject": self.subject,
            "value": HIDDEN if hides else self.value,
            "threshold": HIDDEN if hides else self.threshold,
            "sentence": self.masked if hides else self.sentence,
            "decided": self.decided,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """True, false or unknown (None), and all comparisons in the order of the rule."""

    outcome: Outcome
    findings: tuple[Finding, ...]

    @property
    def decisive(self) -> tuple[Finding, ...]:
        """The comparisons on which the verdict rests."""
        return tuple(finding for finding in self.findings if finding.decided)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict, and what it rests on, in plain words."""
        verdict = {
            True: "The rule matches.",
            False: "The rule does not match.",
            None: "Nobody can tell whether the rule matches.",
        }
        return (verdict[self.outcome], *(finding.sentence for finding in self.decisive))

    def to_json(self, *, personal: bool = False) -> dict[str, Any]:
        """For the record of a verdict: personal values hidden, unless it is to be sealed."""
        return {"outcome": self.outcome, "findings": [finding.to_json(personal=personal) for finding in self.findings]}


def compiled(condition: tree.Condition) -> Explain:
    """The function that explains what the condition answers about facts."""
    look = _compiled(condition)

    def explain(facts: Any) -> Explanation:
        judged = look(facts)
        return Explanation(outcome=judged.outcome, findings=tuple(judged.findings(decided=True)))

    return explain


@dataclass(frozen=True, slots=True)
class _Judged:
    """A condition of the tree as it was answered: a leaf has a finding, a group parts."""

    outcome: Outcome
    parts: tuple["_Judged", ...] = ()
    decides: Callable[[Outcome], bool] | None = None
    leaf: Callable[[bool], Finding] | None = None

    def findings(self, *, decided: bool) -> Iterator[Finding]:
        if self.leaf is not None:
            yield self.leaf(decided)
        for part in self.parts:
            yield from part.findings(decided=decided and (self.decides is None or self.decides(part.outcome)))


def _compiled(condition: tree.Condition) -> Callable[[Any], _Judged]:
    match condition:
        case tree.And(parts) | tree.Or(parts):
            return _group([_compiled(part) for part in parts], is_all=isinstance(condition, tree.And))
        case tree.Not(part):
            return _negation(_compiled(part))
        case _:
            return _leaf(condition)


def _group(parts: list[Callable[[Any], _Judged]], *, is_all: bool) -> Callable[[Any], _Judged]:
    stop = not is_all  # one part that answers so decides alone

    def look(facts: Any) -> _Judged:
        judged = tuple(part(facts) for part in parts)
        outcomes = [part.outcome for part in judged]
        outcome = stop if stop in outcomes else None if None in outcomes else is_all
        return _Judged(outcome, judged, lambda part: part is outcome)

    return look


def _negation(part: Callable[[Any], _Judged]) -> Callable[[Any], _Judged]:
    def look(facts: Any) -> _Judged:
        judged = part(facts)
        return _Judged(None if judged.outcome is None else not judged.outcome, (judged,))

    return look


def _leaf(leaf: tree.Leaf) -> Callable[[Any], _Judged]:
    test, read = closures.compiled(leaf), closures.reader(leaf.left)
    subject, (yes, no) = wording.operand(leaf.left), wording.phrases(leaf)
    right = leaf.right if isinstance(leaf, tree.Compare) and not isinstance(leaf.right, tree.Value) else None
    other = closures.reader(right) if right is not None else None
    fixed, is_personal = threshold(leaf), tree.is_personal(leaf)

    def look(facts: Any) -> _Judged:
        outcome, value = test(facts), read(facts)
        limit = other(facts) if other is not None else None

        def sentence() -> str:
            said = _said(subject, value, leaf)
            if outcome is None:
                return _unknown(leaf, facts, said=said, subject=subject, value=value, limit=limit, yes=yes)
            if isinstance(leaf, tree.Missing):
                return f"{subject} {yes}." if outcome else f"{said}, so it {no}."
            if leaf.left.kind == Kind.BOOLEAN and right is None:
                return f"{said}."
            aside = f" ({wording.value(limit, unit=right.unit)})" if right is not None else ""
            return f"{said}, which {yes if outcome else no}{aside}."

        def finding(decided: bool) -> Finding:
            told = sentence()
            return Finding(
                path=leaf.path,
                outcome=outcome,
                subject=subject,
                value=_plain(value),
                threshold=fixed if right is None else _plain(limit),
                sentence=told,
                masked=f"{subject}: {_MASKED[outcome]}." if is_personal else told,
                decided=decided,
                is_personal=is_personal,
            )

        return _Judged(outcome, leaf=finding)

    return look


def threshold(leaf: tree.Leaf) -> Any:
    """What the comparison is held against, as JSON; None where that is another operand, or nothing."""
    match leaf:
        case tree.Compare(_, _, tree.Value(_, value)):
            return kinds.to_json(value)
        case tree.Between(_, low, high):
            return [kinds.to_json(low.value), kinds.to_json(high.value)]
        case tree.Member(_, tuple() as values):
            return [kinds.to_json(value) for value in values]
        case tree.Member(_, named):
            return {"list": named.name}
        case tree.Contains(_, needle):
            return needle
    return None


def _said(subject: str, value: Any, leaf: tree.Leaf) -> str:
    return f"{subject} {'holds' if leaf.left.kind == Kind.SET else 'is'} {wording.value(value, unit=leaf.left.unit)}"


def _unknown(leaf: tree.Leaf, facts: Any, *, said: str, subject: str, value: Any, limit: Any, yes: str) -> str:
    """Why nobody can tell."""
    cannot = f"so nobody can tell whether it {yes}"
    if value is None and isinstance(leaf.left, tree.Ratio):
        top, bottom = (closures.reader(part)(facts) for part in (leaf.left.top, leaf.left.bottom))
        for part, found in ((leaf.left.top, top), (leaf.left.bottom, bottom)):
            if found is None:
                return f"{wording.operand(part)} is missing, so there is no ratio."
        lower = wording.operand(leaf.left.bottom)
        if isinstance(top, Money) and top.currency.code != bottom.currency.code:
            return f"{wording.operand(leaf.left.top)} is {wording.value(top)} and {lower} {wording.value(bottom)}: no ratio."
        return f"{lower} is zero, so there is no ratio."
    if value is None:
        return f"{subject} is missing, {cannot}."
    if isinstance(leaf, tree.Compare) and not isinstance(leaf.right, tree.Value) and limit is None:
        return f"{wording.operand(leaf.right)} is missing, {cannot.replace(' it ', f' {subject} ', 1)}."
    return f"{said}, which is in another currency, {cannot}."


def _plain(value: Any) -> Any:
    """A value for JSON: a ratio and a span that is no whole number of minutes in words, a set in order."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Money):
        return {"amount": f"{value.amount:f}", "currency": value.currency.code}
    return wording.value(value) if isinstance(value, tree.Quotient | timedelta) else kinds.to_json(value)
