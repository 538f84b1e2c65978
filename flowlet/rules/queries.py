"""Windows answered by the database while a rule is live: by the very SQL that backtests use, for facts that no table holds yet."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db import connection
from moneyed import Money

from flowlet.rules import sql
from flowlet.rules.kinds import Kind
from flowlet.rules.tree import Aggregate, Quotient, Window
from flowlet.rules.vocabulary import Facts


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
