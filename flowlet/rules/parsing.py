"""From a rule's JSON to the typed tree, or a refusal that names the place.

A condition is one of::

    {"and": [condition, …]}   {"or": [condition, …]}   {"not": condition}
    {"op": "eq|ne|lt|le|gt|ge", "left": operand, "right": operand or value}
    {"op": "between", "left": operand, "low": value, "high": value}
    {"op": "in|not_in", "left": operand, "values": [literal, …]}   or   "list": "name of a list"
    {"op": "starts_with|contains", "left": operand, "right": {"value": "text"}}
    {"op": "missing", "left": operand}

An operand is ``{"fact": name}``, in the condition of a window also ``{"field": name}``, or outside of one::

    {"window": {"source": name, "aggregate": word, "of": field, "currency": code, "span": span, "ago": span, "where": condition}}
    {"ratio": [operand, operand]}   {"percent": [operand, operand]}   of facts, fields and windows
    {"age": operand}                 of a moment

and a value ``{"value": literal}``, with ``"unit"`` where what it is compared with has one. Literals: ``kinds.literal``.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flowlet.core import money
from flowlet.core.errors import DomainError
from flowlet.rules import kinds, tree
from flowlet.rules.errors import MalformedRule, RuleTooCostly, RuleTooLarge, UnknownName, WrongType, WrongUnit
from flowlet.rules.kinds import Kind
from flowlet.rules.tree import Aggregate, Comparison
from flowlet.rules.vocabulary import Fact, NamedList, Source, Vocabulary

DEEPEST = 8  # conditions within one another, those of windows included
MOST_NODES = 200  # conditions and operands
LONGEST_LIST = 1_000  # literals in one list
MOST_LITERALS = 5_000  # in all lists together
HIGHEST_COST = 1_000
LARGEST_TEXT = 262_144  # characters of JSON

_SCALARS = frozenset({Kind.DECIMAL, Kind.INTEGER, Kind.TEXT, Kind.DATE})
_SUMMED = frozenset({Kind.MONEY, Kind.DECIMAL, Kind.INTEGER})
# What an aggregate needs a field of, and of which types.
OF = {
    Aggregate.SUM: _SUMMED,
    Aggregate.AVERAGE: _SUMMED,
    Aggregate.MIN: _SUMMED | {Kind.DATE, Kind.MOMENT},
    Aggregate.MAX: _SUMMED | {Kind.DATE, Kind.MOMENT},
    Aggregate.DISTINCT: frozenset({Kind.TEXT, Kind.INTEGER, Kind.DATE}),
}


def load(text: str | bytes, *, most: int = LARGEST_TEXT) -> Any:
    """JSON from outside. Refuses what Python would let pass: NaN and Infinity, a name twice in an object; and too much of it."""
    if len(text) > most:
        raise RuleTooLarge(f"At most {most:,} characters of JSON.", param="$")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as wrong:
        told = "too deep" if isinstance(wrong, RecursionError) else str(wrong)[:120]
        raise MalformedRule(f"This is not JSON: {told}.", param="$") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def parse(document: Any, vocabulary: Vocabulary) -> tree.Condition:
    """The condition of a rule about things of the vocabulary.

    Raises MalformedRule, UnknownName, WrongType, WrongUnit, RuleTooLarge and RuleTooCostly; ``param`` is the path.
    """
    parser = _Parser(vocabulary)
    found = parser.condition(document, path="$", depth=1, row=None)
    if parser.cost > HIGHEST_COST:
        raise RuleTooCostly(f"The rule costs {parser.cost:,}; at most {HIGHEST_COST:,} are allowed.", param="$", cost=parser.cost)
    return found


def problems(document: Any, vocabulary: Vocabulary) -> list[DomainError]:
    """Every refusal, for an editor: each comparison is read by itself, and the whole where all of them are sound. None: it is a rule.

    At most MOST_NODES of them.
    """
    found: list[DomainError] = []

    def read(raw: Any, path: str, depth: int) -> None:
        word = next((one for one in ("and", "or") if isinstance(raw, Mapping) and set(raw) == {one}), "")
        if depth < DEEPEST and word and isinstance(raw[word], list) and raw[word]:
            for number, part in enumerate(raw[word][:MOST_NODES]):
                read(part, f"{path}.{word}[{number}]", depth + 1)
        elif depth < DEEPEST and isinstance(raw, Mapping) and set(raw) == {"not"}:
            read(raw["not"], f"{path}.not", depth + 1)
        else:
            try:
                _Parser(vocabulary).condition(raw, path=path, depth=depth, row=None)
            except DomainError as refused:
                found.append(refused)

    read(document, "$", 1)
    if not found:
        try:
            parse(document, vocabulary)
        except DomainError as refused:
            found.append(refused)
    return found[:MOST_NODES]


def cost(condition: tree.Condition) -> int:
    """What an evaluation may cost, a plain fact costing 1."""
    found = 0
    for leaf in tree.leaves(condition):
        found += isinstance(leaf, tree.Member) and isinstance(leaf.values, NamedList)
        found += sum(operand_cost(operand) for operand in tree.operands(leaf))
    return found


def operand_cost(operand: Any) -> int:
    """What it costs to look it up; nothing for a threshold."""
    if isinstance(operand, tree.Value):
        return 0
    if not isinstance(operand, tree.Window):
        return 1
    return operand.source.cost + (cost(operand.where) if operand.where is not None else 0)


class _Parser:
    """Counts while it reads: nothing is built that is too large. ``row`` is the source whose rows a condition speaks of, if any."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.nodes = self.literals = self.cost = 0

    def condition(self, raw: Any, *, path: str, depth: int, row: Source | None) -> tree.Condition:
        self._count(path)
        if depth > DEEPEST:
            raise RuleTooLarge(f"{path}: conditions lie at most {DEEPEST} deep.", param=path)
        if not isinstance(raw, Mapping):
            raise MalformedRule(f"{path}: a condition is an object.", param=path)
        for word, group in (("and", tree.And), ("or", tree.Or)):
            if word in raw:
                _only(raw, {word}, path)
                parts = raw[word]
                if not isinstance(parts, list) or not parts:
                    raise MalformedRule(f"{path}.{word}: a list of at least one condition.", param=f"{path}.{word}")
                return group(
                    tuple(
                        self.condition(part, path=f"{path}.{word}[{number}]", depth=depth + 1, row=row)
                        for number, part in enumerate(parts)
                    ),
                    path,
                )
        if "not" in raw:
            _only(raw, {"not"}, path)
            return tree.Not(self.condition(raw["not"], path=f"{path}.not", depth=depth + 1, row=row), path)
        return self._leaf(raw, path=path, depth=depth, row=row)

    def _leaf(self, raw: Mapping[str, Any], *, path: str, depth: int, row: Source | None) -> tree.Condition:
        operator = raw.get("op")
        if not isinstance(operator, str) or operator not in _LEAVES:
            raise MalformedRule(f"{path}.op: one of {', '.join(_LEAVES)}, or a group: and, or, not.", param=f"{path}.op")
        parts = _LEAVES[operator]
        if operator in {"in", "not_in"} and "list" in raw:
            parts = {"op", "left", "list"}
        _exactly(raw, parts, path)
        left = self.operand(raw["left"], path=f"{path}.left", depth=depth, row=row)
        match operator:
            case "between":
                return self._between(raw, left, path=path)
            case "in" | "not_in":
                return self._member(raw, left, path=path)
            case "starts_with" | "contains":
                return self._contains(raw, left, path=path)
            case "missing":
                return tree.Missing(left, path)
            case _:
                return self._compare(raw, left, path=path, depth=depth, row=row)

    def _compare(self, raw: Mapping[str, Any], left: tree.Operand, *, path: str, depth: int, row: Source | None) -> tree.Compare:
        comparison = Comparison(raw["op"])
        ordered = comparison not in {Comparison.EQ, Comparison.NE}
        if left.kind == Kind.SET or (ordered and left.kind not in kinds.ORDERED):
            raise WrongType(f"{path}.op: {comparison} does not go with a {left.kind}.", param=f"{path}.op")
        where = f"{path}.right"
        right: tree.Right
        if isinstance(raw["right"], Mapping) and "value" in raw["right"]:
            right = self._value(raw["right"], left, path=where)
        else:
            found = self.operand(raw["right"], path=where, depth=depth, row=row)
            if isinstance(found, tree.Ratio) or _is_average(found):
                raise WrongType(f"{where}: a ratio or an average stands on the left side.", param=where)
            right = found
            if right.kind != left.kind and not {left.kind, right.kind} <= kinds.NUMBERS:
                raise WrongType(f"{where}: a {left.kind} is not compared with a {right.kind}.", param=where)
            _same_unit(left, right, path=where)
        return tree.Compare(comparison, left, right, path)

    def _between(self, raw: Mapping[str, Any], left: tree.Operand, *, path: str) -> tree.Between:
        if left.kind not in kinds.ORDERED:
            raise WrongType(f"{path}.op: between does not go with a {left.kind}.", param=f"{path}.op")
        low = self._value(raw["low"], left, path=f"{path}.low")
        high = self._value(raw["high"], left, path=f"{path}.high")
        _same_unit(low, high, path=f"{path}.high")
        if low.value > high.value:
            raise MalformedRule(f"{path}.high: less than low, so nothing lies between.", param=f"{path}.high")
        return tree.Between(left, low, high, path)

    def _member(self, raw: Mapping[str, Any], left: tree.Operand, *, path: str) -> tree.Member:
        is_negated = raw["op"] == "not_in"
        if isinstance(left, tree.Ratio) or left.kind not in _SCALARS | {Kind.SET} or _is_average(left):
            raise WrongType(f"{path}.op: {raw['op']} does not go with this {left.kind}.", param=f"{path}.op")
        if "list" in raw:
            where = f"{path}.list"
            named = self._named(self.vocabulary.lists, raw["list"], "list", path=where)
            if left.kind not in {Kind.TEXT, Kind.SET}:
                raise WrongType(f"{where}: lists hold texts, not a {left.kind}.", param=where)
            self.cost += 1
            return tree.Member(left, named, is_negated, path)
        where, listed = f"{path}.values", raw["values"]
        if not isinstance(listed, list) or not listed:
            raise MalformedRule(f"{where}: a list of at least one value.", param=where)
        self.literals += len(listed)
        if len(listed) > LONGEST_LIST or self.literals > MOST_LITERALS:
            raise RuleTooLarge(
                f"{where}: a list has at most {LONGEST_LIST:,} values, all together {MOST_LITERALS:,}.", param=where
            )
        kind = Kind.TEXT if left.kind == Kind.SET else left.kind
        values = [kinds.literal(one, kind, path=f"{where}[{number}]") for number, one in enumerate(listed)]
        if len(set(values)) != len(values):
            raise MalformedRule(f"{where}: a value stands there twice.", param=where)
        return tree.Member(left, tuple(values), is_negated, path)

    def _contains(self, raw: Mapping[str, Any], left: tree.Operand, *, path: str) -> tree.Contains:
        at_start = raw["op"] == "starts_with"
        if left.kind not in ({Kind.TEXT} if at_start else {Kind.TEXT, Kind.SET}):
            raise WrongType(f"{path}.op: {raw['op']} does not go with a {left.kind}.", param=f"{path}.op")
        where = f"{path}.right"
        self._count(where)
        _exactly(raw["right"], {"value"}, where)
        return tree.Contains(left, kinds.literal(raw["right"]["value"], Kind.TEXT, path=f"{where}.value"), at_start, path)

    # Operands

    def operand(self, raw: Any, *, path: str, depth: int, row: Source | None) -> tree.Operand:
        if not isinstance(raw, Mapping) or len(raw) != 1 or next(iter(raw)) not in _OPERANDS:
            raise MalformedRule(f"{path}: an object with one of {', '.join(_OPERANDS)}.", param=path)
        word, content = next(iter(raw.items()))
        where = f"{path}.{word}"
        match word:
            case "window":
                return self._window(content, path=where, depth=depth, row=row)
            case "ratio" | "percent":
                return self._ratio(content, path=where, depth=depth, row=row, is_percent=word == "percent")
            case "age":
                self._count(where)
                of = self._plain(content, path=where, depth=depth, row=row)
                if of.kind != Kind.MOMENT:
                    raise WrongType(f"{where}: a {of.kind} has no age; a moment has.", param=where)
                return tree.Age(of, path)
        self._count(where)
        self.cost += 1
        if word == "fact":
            return tree.FactRef(self._named(self.vocabulary.facts, content, "fact", path=where), row is not None, path)
        if row is None:
            raise MalformedRule(f"{where}: fields are spoken of in the condition of a window.", param=where)
        return tree.FieldRef(self._named(row.fields, content, f"field of {row.name}", path=where), path)

    def _plain(self, raw: Any, *, path: str, depth: int, row: Source | None) -> Any:
        """An operand that is not made of others."""
        if isinstance(raw, Mapping) and len(raw) == 1 and next(iter(raw)) in {"ratio", "percent", "age"}:
            raise MalformedRule(f"{path}: of a fact, a field or a window.", param=path)
        found = self.operand(raw, path=path, depth=depth, row=row)
        if _is_average(found):
            raise WrongType(f"{path}: of a fact, a count, a sum, a smallest or a largest, not of an average.", param=path)
        return found

    def _ratio(self, raw: Any, *, path: str, depth: int, row: Source | None, is_percent: bool) -> tree.Ratio:
        self._count(path)
        if not isinstance(raw, list) or len(raw) != 2:
            raise MalformedRule(f"{path}: a list of two operands, the upper and the lower.", param=path)
        top, bottom = (self._plain(part, path=f"{path}[{number}]", depth=depth, row=row) for number, part in enumerate(raw))
        for number, part in enumerate((top, bottom)):
            if part.kind not in _SUMMED:
                raise WrongType(f"{path}[{number}]: a {part.kind} has no ratio.", param=f"{path}[{number}]")
        if (top.kind == Kind.MONEY) is not (bottom.kind == Kind.MONEY):
            raise WrongType(f"{path}: money to money, or a number to a number.", param=path)
        _same_unit(top, bottom, path=path)
        return tree.Ratio(top, bottom, is_percent, path.rpartition(".")[0])

    def _window(self, raw: Any, *, path: str, depth: int, row: Source | None) -> tree.Window:
        self._count(path)
        if row is not None:
            raise MalformedRule(f"{path}: a window's condition holds no window.", param=path)
        _only(raw, {"source", "aggregate", "of", "currency", "span", "ago", "where"}, path)
        source = self._named(self.vocabulary.sources, raw.get("source"), "source", path=f"{path}.source")
        self.cost += source.cost
        word = raw.get("aggregate")
        if not isinstance(word, str) or word not in set(Aggregate):
            raise MalformedRule(f"{path}.aggregate: one of {', '.join(Aggregate)}.", param=f"{path}.aggregate")
        aggregate = Aggregate(word)
        of = self._of(raw, source, aggregate, path=path)
        spans: dict[str, timedelta | None] = {
            name: kinds.span(raw[name], path=f"{path}.{name}") if name in raw else None for name in ("span", "ago")
        }
        where = None
        if "where" in raw:
            where = self.condition(raw["where"], path=f"{path}.where", depth=depth + 1, row=source)
        found = tree.Window(
            source,
            aggregate,
            of,
            self._currency(raw, of, aggregate, path=path),
            **spans,
            where=where,
            key="",
            path=path.rpartition(".")[0],
        )
        return replace(found, key=json.dumps(tree.window_to_json(found), sort_keys=True))

    def _of(self, raw: Mapping[str, Any], source: Source, aggregate: Aggregate, *, path: str) -> Fact | None:
        where = f"{path}.of"
        if aggregate not in OF:
            if "of" in raw:
                raise MalformedRule(f"{where}: {aggregate} is of rows, not of a field.", param=where)
            return None
        if "of" not in raw:
            raise MalformedRule(f"{where}: {aggregate} needs a field.", param=where)
        found: Fact = self._named(source.fields, raw["of"], f"field of {source.name}", path=where)
        if found.kind not in OF[aggregate]:
            raise WrongType(f"{where}: there is no {aggregate} of a {found.kind}.", param=where)
        return found

    @staticmethod
    def _currency(raw: Mapping[str, Any], of: Fact | None, aggregate: Aggregate, *, path: str) -> str:
        where = f"{path}.currency"
        if of is None or of.kind != Kind.MONEY:
            if "currency" in raw:
                raise MalformedRule(f"{where}: {aggregate} here is not of money.", param=where)
            return ""
        asked = raw.get("currency", of.unit)
        if asked == "":
            raise WrongUnit(f"{where}: {of.name} comes in any currency; say in which it is looked at.", param=where)
        if of.unit and asked != of.unit:
            raise WrongUnit(f"{where}: {of.name} is in {of.unit}.", param=where)
        try:
            money.exponent(asked)
        except (DomainError, TypeError) as refused:
            raise WrongUnit(f"{where}: {str(refused)[:80]}", param=where) from None
        return str(asked)

    def _value(self, raw: Any, against: tree.Operand, *, path: str) -> tree.Value:
        """A threshold for what stands on the left."""
        self._count(path)
        _only(raw, {"value", "unit"} if against.kind in kinds.NUMBERS else {"value"}, path)
        if "value" not in raw:
            raise MalformedRule(f"{path}.value is missing.", param=f"{path}.value")
        value = kinds.literal(raw["value"], against.kind, path=f"{path}.value")
        unit = value.currency.code if against.kind == Kind.MONEY else raw.get("unit", "")
        found = tree.Value(against.kind, value, unit, path)
        if against.kind in kinds.NUMBERS and unit != against.unit:
            wanted = f"the unit is {against.unit!r}" if against.unit else "there is no unit"
            raise WrongUnit(f"{path}.unit: {wanted}, not {kinds.shown(unit)}.", param=f"{path}.unit")
        _same_unit(against, found, path=f"{path}.value")
        return found

    # Counting and naming

    def _count(self, path: str) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise RuleTooLarge(f"{path}: a rule has at most {MOST_NODES} parts.", param=path)

    @staticmethod
    def _named(things: Collection[Any], name: Any, what: str, *, path: str) -> Any:
        found = next((thing for thing in things if thing.name == name), None) if isinstance(name, str) else None
        if found is None:
            raise UnknownName(f"{path}: there is no {what} called {kinds.shown(name)}.", param=path)
        return found


_BINARY = {"op", "left", "right"}
_LEAVES = dict.fromkeys([*Comparison], _BINARY) | {
    "between": {"op", "left", "low", "high"},
    "in": {"op", "left", "values"},
    "not_in": {"op", "left", "values"},
    "starts_with": _BINARY,
    "contains": _BINARY,
    "missing": {"op", "left"},
}
_OPERANDS = ("fact", "field", "window", "ratio", "percent", "age")


def _is_average(operand: Any) -> bool:
    return isinstance(operand, tree.Window) and operand.aggregate == Aggregate.AVERAGE


def _same_unit(left: Any, right: Any, *, path: str) -> None:
    """Refuse two units; money whose currency is not fixed goes with any, and is unknown where they turn out to differ."""
    if left.kind == Kind.MONEY and not (left.unit and right.unit):
        return
    if left.unit != right.unit:
        raise WrongUnit(f"{path}: {left.unit or 'no unit'} is not compared with {right.unit or 'no unit'}.", param=path)


def _only(raw: Any, allowed: set[str], path: str) -> None:
    if not isinstance(raw, Mapping):
        raise MalformedRule(f"{path}: an object with {', '.join(sorted(allowed))}.", param=path)
    for name in raw:
        if name not in allowed:
            raise MalformedRule(f"{path}: {kinds.shown(name)} has no place here.", param=path)


def _exactly(raw: Any, needed: set[str], path: str) -> None:
    _only(raw, needed, path)
    for name in sorted(needed - set(raw)):
        raise MalformedRule(f"{path}.{name} is missing.", param=f"{path}.{name}")
