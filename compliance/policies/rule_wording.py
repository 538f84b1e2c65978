"""A rule laid out for the eye, and how two versions of one differ, in sentences."""

from collections.abc import Iterator

from flowlet.rules import tree, wording
from flowlet.rules.engine import Rule

_GROUPS = {tree.And: "all of these", tree.Or: "at least one of these"}


def lines(condition: tree.Condition, *, depth: int = 0, opening: str = "") -> Iterator[tuple[int, str]]:
    """The conditions of a rule, each with how deep it lies."""
    match condition:
        case tree.Not(part):
            yield from lines(part, depth=depth, opening="not ")
        case tree.And(parts) | tree.Or(parts):
            said = f"{opening}{_GROUPS[type(condition)]}"
            yield depth, f"{said[:1].upper()}{said[1:]}:"
            for part in parts:
                yield from lines(part, depth=depth + 1)
        case _:
            said = wording.condition(condition)
            yield depth, f"Not: {said}" if opening else said


def differences(old: Rule, new: Rule) -> list[tuple[str, str]]:
    """What was taken out and what was added; nothing when they say the same."""
    if old.document == new.document:
        return []
    before, after = ([wording.condition(leaf) for leaf in tree.leaves(rule.condition)] for rule in (old, new))
    found = [("Taken out", said) for said in before if said not in after] + [
        ("Added", said) for said in after if said not in before
    ]
    return found or [("Grouped otherwise", new.words)]
