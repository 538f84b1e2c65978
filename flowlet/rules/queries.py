"""Windows answered by the database while a rule is live: by the very SQL that backtests use, for facts that no table holds yet."""

from collections.abc import Collection
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db import connection
from moneyed import Money

from flowlet.rules import sql
from flowlet.rules.kinds import Kind
from flowlet.rules.tree import Aggregate, Quotient, Window
from flowlet.rules.vocabulary import Facts, Vocabulary


def live(window: Window, facts: Facts) -> Any:
    """A source's ``live`` for many rows: one statement a window. What is judged counts if it is a row already."""
    statement, params = sql.window(window, facts)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        value, *rest = cursor.fetchone()
    if window.aggregate == Aggregate.AVERAGE:
        (count,) = rest
        return Quotient(Decimal(value), Decimal(count), window.currency) if count else None
    if value is None:
        return None
    if window.kind == Kind.MOMENT:
        return value.replace(tzinfo=UTC)
    if window.kind == Kind.MONEY:
        return Money(value, window.currency)
    return int(value) if window.kind == Kind.INTEGER else Decimal(value) if window.kind == Kind.DECIMAL else value


def rows(window: Window, facts: Facts, *, key: str, most: int = 50) -> list[Any]:
    """What a window of this source looked at, newest first: ``key`` is SQL over the source's relation, such as ``s.id``."""
    with connection.cursor() as cursor:
        cursor.execute(*sql.window_rows(window, facts, key=key, most=most))
        return [found for (found,) in cursor.fetchall()]


def sheets(vocabulary: Vocabulary, keys: Collection[Any]) -> dict[Any, Facts]:
    """The facts of things that the database holds, by key, as they are now; for explanations of what a query has found."""
    statement, facts = sql.sheets(vocabulary)
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"keys": list(keys)})
        for key, *columns in cursor.fetchall():
            given = iter(columns)
            values: dict[str, Any] = {}
            for fact in facts:
                value = next(given)
                if fact.kind == Kind.MONEY:
                    currency = next(given)
                    value = None if value is None or currency is None else Money(value, currency)
                values[fact.name] = value
            found[key] = vocabulary.sheet(values)
    return found
