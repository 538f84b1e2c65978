"""From the tree to SQL for backtests: one statement over the vocabulary's relation, each fact and each window computed once a row.

What an officer wrote is in the parameters and nowhere else. The condition is true, false or NULL exactly where the closures answer
True, False or None: texts are compared in collation "C", spans are seconds, ratios are multiplied out instead of divided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flowlet.rules import tree
from flowlet.rules.closures import is_quotient
from flowlet.rules.errors import RuleTooLarge
from flowlet.rules.kinds import Kind
from flowlet.rules.tree import Aggregate, Comparison
from flowlet.rules.vocabulary import LONGEST_LIST, Fact, Facts, NamedList, Source, Vocabulary, names_in

_SIGNS = {
    Comparison.EQ: "=",
    Comparison.NE: "<>",
    Comparison.LT: "<",
    Comparison.LE: "<=",
    Comparison.GT: ">",
    Comparison.GE: ">=",
}
_CASTS = {
    Kind.DECIMAL: "::numeric",
    Kind.INTEGER: "::bigint",
    Kind.TEXT: '::text COLLATE "C"',
    Kind.BOOLEAN: "::boolean",
    Kind.DATE: "::date",
    Kind.MOMENT: "::timestamptz",
    Kind.SET: "::text[]",
}
_FUNCTIONS = {
    Aggregate.MIN: "min",
    Aggregate.MAX: "max",
    Aggregate.FIRST_SEEN: "min",
    Aggregate.LAST_SEEN: "max",
}


@dataclass(frozen=True, slots=True)
class Query:
    """A rule as SQL. ``relation`` goes behind FROM; ``condition`` is a boolean over it; ``params`` belong to both."""

    relation: str
    key: str
    moment: str
    condition: str
    params: Mapping[str, Any]

    def outcomes(self) -> tuple[str, Mapping[str, Any]]:
        """Everything in the relation: its key, and true, false or NULL."""
        return f"SELECT {self.key} AS key, ({self.condition}) AS outcome FROM {self.relation}", self.params  # noqa: S608 - declared by apps, values bound

    def hits(self, *, since: datetime, until: datetime) -> tuple[str, Mapping[str, Any]]:
        """What matches and happened from ``since`` on and before ``until``: its key and its moment, oldest first."""
        in_time = self._in_time
        selected = f"SELECT {self.key} AS key, {self.moment} AS at FROM {self.relation}"  # noqa: S608 - declared by apps
        statement = f"{selected} WHERE {in_time} AND ({self.condition}) ORDER BY 2, 1"
        return statement, {**self.params, "since": since, "until": until}

    def per_day(self, *, since: datetime, until: datetime) -> tuple[str, Mapping[str, Any]]:
        """For each day in UTC: how many were looked at, how many matched, of how many it could not tell."""
        judged = (
            f"SELECT ({self.moment} AT TIME ZONE 'UTC')::date AS day, ({self.condition}) AS outcome "  # noqa: S608 - declared by apps
            f"FROM {self.relation} WHERE {self._in_time}"
        )
        counts = "count(*), count(*) FILTER (WHERE outcome), count(*) FILTER (WHERE outcome IS NULL)"
        statement = f"SELECT day, {counts} FROM ({judged}) AS judged GROUP BY day ORDER BY day"  # noqa: S608 - see above
        return statement, {**self.params, "since": since, "until": until}

    def compared_with(self, other: "Query", *, since: datetime, until: datetime) -> tuple[str, Mapping[str, Any]]:
        """How many match ``other`` (whose parameters have a prefix), and how many match both."""
        parts = [
            f"SELECT {one.key} AS key FROM {one.relation} WHERE {one._in_time} AND ({one.condition})"  # noqa: S608 - see above
            for one in (self, other)
        ]
        statement = f"SELECT (SELECT count(*) FROM ({parts[1]}) AS a), (SELECT count(*) FROM ({' INTERSECT '.join(parts)}) AS b)"  # noqa: S608
        return statement, {**self.params, **other.params, "since": since, "until": until}

    @property
    def _in_time(self) -> str:
        return f"{self.moment} >= %(since)s AND {self.moment} < %(until)s"


def compiled(condition: tree.Condition, vocabulary: Vocabulary, *, prefix: str = "") -> Query:
    """The query of a rule. The named lists are those of this moment. Raises RuleTooLarge when one of them is too long."""
    writer = _Writer(vocabulary, prefix)
    written = writer.condition(condition)
    return Query(
        relation=writer.relation(),
        key=_plain(vocabulary.key),
        moment=_plain(writer.declared(vocabulary.clock).sql),
        condition=written,
        params=writer.params,
    )


def window(asked: tree.Window, facts: Facts) -> tuple[str, Mapping[str, Any]]:
    """A window by itself, for facts at hand that no table has to hold: a statement that answers its value in ``v``, an average's in ``v``
    and ``n``, a moment without its zone in UTC, whatever the session's zone."""
    writer = _Writer(facts.vocabulary, "", facts)
    subselect = writer.subselect(asked)
    shown = "rule_window.v AT TIME ZONE 'UTC'" if asked.kind == Kind.MOMENT else "rule_window.*"
    statement = f"SELECT {shown} FROM {writer.facts()} CROSS JOIN LATERAL ({subselect}) AS rule_window"  # noqa: S608 - see above
    return statement, writer.params


def sheets(vocabulary: Vocabulary) -> tuple[str, tuple[Fact, ...]]:
    """A statement that answers keys and all facts of the things whose keys are in ``%(keys)s``; money takes two columns."""
    columns = []
    for fact in vocabulary.facts:
        written = _Writer._field(fact)
        columns += [written.sql, written.currency] if written.currency else [written.sql]
    return (
        f"SELECT {_plain(vocabulary.key)}, {', '.join(columns)} FROM {_plain(vocabulary.relation)}"  # noqa: S608 - declared by apps
        f" WHERE {_plain(vocabulary.key)} = ANY(%(keys)s)",
        vocabulary.facts,
    )


def window_rows(asked: tree.Window, facts: Facts, *, key: str, most: int) -> tuple[str, Mapping[str, Any]]:
    """The rows that a window looks at, newest first, at most so many: ``key`` is SQL over the source's relation."""
    writer = _Writer(facts.vocabulary, "", facts)
    rows = f"SELECT {_plain(key)} AS key, {_plain(asked.source.happened)} AS at {writer.rows(asked)}"
    statement = f"SELECT key FROM {writer.facts()} CROSS JOIN LATERAL ({rows}) AS found ORDER BY at DESC, key DESC"  # noqa: S608 - see above
    return f"{statement} LIMIT {writer.bind(most)}", writer.params


def _plain(sql: str | tuple[str, str]) -> str:
    """A declared expression inside a statement with parameters."""
    if isinstance(sql, tuple):
        raise TypeError(sql)
    return sql.replace("%", "%%")


@dataclass(frozen=True, slots=True)
class _Written:
    """An operand in SQL: money has a currency beside it, a quotient a bottom."""

    sql: str
    currency: str = ""
    bottom: str = ""


@dataclass(slots=True)
class _Writer:
    vocabulary: Vocabulary
    prefix: str
    given: Facts | None = None  # what the facts are, where they are not columns
    params: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)  # name of a fact -> its columns in rule_facts
    windows: dict[str, tuple[str, str]] = field(default_factory=dict)  # key of a window -> alias, and its subselect

    def bind(self, value: Any, cast: str = "") -> str:
        name = f"{self.prefix}p{len(self.params) + 1}"
        self.params[name] = value
        return f"(%({name})s){cast}"  # in brackets: a minus binds less than a cast

    def declared(self, name: str) -> Fact:
        return next(fact for fact in self.vocabulary.facts if fact.name == name)

    def relation(self) -> str:
        parts = [_plain(self.vocabulary.relation), f"CROSS JOIN LATERAL {self.facts()}"]
        parts += [f"CROSS JOIN LATERAL ({subselect}) AS {alias}" for alias, subselect in self.windows.values()]
        return "\n".join(parts)

    def facts(self) -> str:
        """The facts that were asked for, each once."""
        return f"(SELECT {', '.join(self.columns.values()) or '1 AS nothing'}) AS rule_facts"

    # Conditions

    def condition(self, condition: tree.Condition) -> str:
        match condition:
            case tree.And(parts):
                return "(" + " AND ".join(self.condition(part) for part in parts) + ")"
            case tree.Or(parts):
                return "(" + " OR ".join(self.condition(part) for part in parts) + ")"
            case tree.Not(part):
                return f"(NOT {self.condition(part)})"
            case tree.Compare(comparison, left, right):
                return self._compare(comparison, left, right)
            case tree.Between(left, low, high):
                low_, high_ = (self._compare(sign, left, end) for sign, end in ((Comparison.GE, low), (Comparison.LE, high)))
                return f"({low_} AND {high_})"
            case tree.Member():
                return self._member(condition)
            case tree.Contains(left, needle, at_start):
                return self._contains(left, needle, at_start=at_start)
            case tree.Missing(left):
                return self._missing(left)
        raise TypeError(condition)

    def _compare(self, comparison: Comparison, left: tree.Operand, right: tree.Right) -> str:
        sign, one, other = _SIGNS[comparison], self.operand(left), self.operand(right)
        test = f"{one.sql} {sign} {other.sql}"
        if is_quotient(left):
            product = f"{other.sql}::numeric * {one.bottom}"
            above, below = f"{one.sql} {sign} {product}", f"{product} {sign} {one.sql}"
            test = f"CASE WHEN {one.bottom} > 0 THEN {above} WHEN {one.bottom} < 0 THEN {below} END"
        if one.currency and one.currency != other.currency:
            test = f"CASE WHEN {one.currency} = {other.currency} THEN {test} END"
        return f"({test})"

    def _member(self, condition: tree.Member) -> str:
        left, values = self.operand(condition.left).sql, condition.values
        if isinstance(values, NamedList):
            values = tuple(sorted(values.values()))
            if len(values) > LONGEST_LIST:
                raise RuleTooLarge(f"{condition.path}: the list has more than {LONGEST_LIST:,} values.", param=condition.path)
        if condition.left.kind == Kind.SET:
            test = f"{left} && {self.bind(list(values), '::text[]')}"
        elif values:
            cast = _CASTS[condition.left.kind].partition(" ")[0]
            test = f"{left} = ANY({self.bind(list(values), cast + '[]')})"
        else:
            test = f"CASE WHEN {left} IS NOT NULL THEN FALSE END"
        return f"(NOT ({test}))" if condition.is_negated else f"({test})"

    def _contains(self, left: tree.Operand, needle: str, *, at_start: bool) -> str:
        found, sought = self.operand(left).sql, self.bind(needle, "::text")
        if left.kind == Kind.SET:
            return f"({found} @> ARRAY[{sought}])"
        return f"(starts_with({found}, {sought}))" if at_start else f"(strpos({found}, {sought}) > 0)"

    def _missing(self, left: tree.Operand) -> str:
        found = self.operand(left)
        if found.bottom:
            return f"({found.sql} IS NULL OR coalesce({found.bottom}, 0) = 0)"
        return f"({found.sql} IS NULL OR {found.currency} IS NULL)" if found.currency else f"({found.sql} IS NULL)"

    # Operands

    def operand(self, operand: tree.Operand | tree.Value) -> _Written:
        match operand:
            case tree.Value(kind, value):
                return self._value(kind, value)
            case tree.FactRef(fact):
                return self._fact(fact)
            case tree.FieldRef(fact):
                return self._field(fact)
            case tree.Window():
                return self._window(operand)
            case tree.Age(of):
                return _Written(f"({self._clock()} - {self.operand(of).sql})")
            case tree.Ratio(top, bottom, is_percent):
                return self._ratio(self.operand(top), self.operand(bottom), is_percent=is_percent)
        raise TypeError(operand)

    def _value(self, kind: Kind, value: Any) -> _Written:
        match kind:
            case Kind.MONEY:
                return _Written(self.bind(value.amount, "::numeric"), currency=self.bind(value.currency.code, "::text"))
            case Kind.SPAN:
                return _Written(self._span(value))
        return _Written(self.bind(value, _CASTS[kind].partition(" ")[0]))

    def _span(self, span: timedelta) -> str:
        """Seconds: of seven days one might have 23 hours where the session's zone has summer time."""
        return f"make_interval(secs => {self.bind(int(span.total_seconds()))})"

    def _clock(self) -> str:
        return self._fact(self.declared(self.vocabulary.clock)).sql

    def _fact(self, fact: Fact) -> _Written:
        column = f"rule_facts.{_column(fact.name)}"
        if fact.name not in self.columns:
            written = self._field(fact) if self.given is None else self._given(fact, self.given[fact.name])
            self.columns[fact.name] = f"{written.sql} AS {_column(fact.name)}" + (
                f", {written.currency} AS {_column(fact.name, 'currency')}" if written.currency else ""
            )
        is_money = fact.kind == Kind.MONEY
        return _Written(column, currency=f"rule_facts.{_column(fact.name, 'currency')}" if is_money else "")

    @staticmethod
    def _field(fact: Fact) -> _Written:
        """The declared expression itself, cast to the declared type. Money without its currency is missing, and so the other way."""
        if isinstance(fact.sql, tuple):
            amount, currency = (_plain(part) for part in fact.sql)
            return _Written(f"({amount})::numeric", currency=f'({currency})::text COLLATE "C"')
        return _Written(f"({_plain(fact.sql)}){_CASTS[fact.kind]}")

    def _given(self, fact: Fact, value: Any) -> _Written:
        """A fact at hand, as a column of the declared type."""
        if fact.kind == Kind.MONEY:
            amount, currency = (None, None) if value is None else (value.amount, value.currency.code)
            return _Written(self.bind(amount, "::numeric"), currency=self.bind(currency, _CASTS[Kind.TEXT]))
        return _Written(self.bind(sorted(value) if isinstance(value, frozenset) else value, _CASTS[fact.kind]))

    def _same(self, source: Source) -> str:
        """What ties rows to what is judged: by the columns themselves and not their casts, so that indexes serve."""
        same = _plain(source.same)
        for name in names_in(source.same):
            fact = self.declared(name)
            same = same.replace(f"{{{name}}}", f"({_plain(fact.sql)})" if self.given is None else self.bind(self.given[name]))
        return f"({same})"

    def _ratio(self, top: _Written, bottom: _Written, *, is_percent: bool) -> _Written:
        above, below = f"{top.sql}::numeric", f"{bottom.sql}::numeric"
        if top.currency and top.currency != bottom.currency:
            above = f"CASE WHEN {top.currency} = {bottom.currency} THEN {above} END"
        return _Written(f"(({above}) * {100 if is_percent else 1})", bottom=f"({below})")

    def _window(self, window: tree.Window) -> _Written:
        if window.key not in self.windows:
            # Reserved first: what the subselect needs (facts) is written while it is built.
            alias = f"rule_window_{len(self.windows) + 1}"
            self.windows[window.key] = (alias, "")
            self.windows[window.key] = (alias, self.subselect(window))
        alias = self.windows[window.key][0]
        currency = self.bind(window.currency, "::text") if window.currency else ""
        return _Written(f"{alias}.v", currency=currency, bottom=f"{alias}.n" if window.aggregate == Aggregate.AVERAGE else "")

    def subselect(self, window: tree.Window) -> str:
        return f"SELECT {_aggregate(window, self._of(window).sql)} {self.rows(window)}"

    def _of(self, window: tree.Window) -> _Written:
        return self._field(window.of) if window.of is not None else _Written(f"({_plain(window.source.happened)})::timestamptz")

    def rows(self, window: tree.Window) -> str:
        """FROM and WHERE of the rows that a window looks at."""
        source, clock, of = window.source, self._clock(), self._of(window)
        until = f"{clock} - {self._span(window.ago)}" if window.ago is not None else clock
        tests = [self._same(source), f"{_plain(source.happened)} <= {until}"]
        if window.span is not None:
            tests.append(f"{_plain(source.happened)} > {until} - {self._span(window.span)}")
        if window.currency:
            tests.append(f"{of.currency} = {self.bind(window.currency, '::text')}")
        if window.where is not None:
            tests.append(self.condition(window.where))
        return f"FROM {_plain(source.relation)} WHERE {' AND '.join(tests)}"


def _aggregate(window: tree.Window, of: str) -> str:
    match window.aggregate:
        case Aggregate.COUNT:
            return "count(*) AS v"
        case Aggregate.DISTINCT:
            return f"count(DISTINCT {of}) AS v"
        case Aggregate.SUM:
            return f"coalesce(sum({of}), 0) AS v"
        case Aggregate.AVERAGE:
            return f"sum({of}) AS v, count({of}) AS n"
    return f"{_FUNCTIONS[window.aggregate]}({of}) AS v"


def _column(name: str, part: str = "value") -> str:
    """The quoted name of a fact's column; dots are part of it."""
    return f'"{name}:{part}"'
