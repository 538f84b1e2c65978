"""How figures, days and moments are read from a command line; argparse shows what they refuse with."""

from argparse import ArgumentTypeError
from datetime import date, datetime
from decimal import Decimal, InvalidOperation


def amount(text: str) -> Decimal:
    """Such as ``0.50``."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ArgumentTypeError(f"{text!r} is not a figure such as 0.50")
    return found


def day(text: str) -> date:
    """Such as ``2026-03-31``."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-03-31") from None


def moment(text: str) -> datetime:
    """Such as ``2026-03-31T12:00+02:00``, with its zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} is not a moment with its zone, such as 2026-03-31T12:00+02:00")
    return found
