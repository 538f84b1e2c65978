"""Reads what providers answer: tolerant of what is new, strict about what would be wrong money."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from payments.providers.errors import AnswerMalformed


def text(data: Any, *path: str) -> str:
    """The text at ``path``, not empty. Raises AnswerMalformed."""
    value = maybe(data, *path)
    if not isinstance(value, str) or not value:
        raise malformed(path)
    return value


def optional_text(data: Any, *path: str) -> str:
    """The text at ``path``, or "" where there is none."""
    value = maybe(data, *path)
    return value if isinstance(value, str) else ""


def whole(data: Any, *path: str) -> int:
    """The whole number at ``path``. Raises AnswerMalformed; a fraction is refused."""
    value = maybe(data, *path)
    if not isinstance(value, int) or isinstance(value, bool):
        raise malformed(path)
    return value


def rows(data: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects of the list at ``path``. Raises AnswerMalformed."""
    value = maybe(data, *path)
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise malformed(path)
    return value


def maybe(data: Any, *path: str) -> Any:
    """What stands at ``path``, or None."""
    for step in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(step)
    return data


def reference(data: Any, *path: str) -> str:
    """An id that may stand there by itself or as the expanded object, or ""."""
    value = maybe(data, *path)
    return optional_text(value, "id") if isinstance(value, Mapping) else value if isinstance(value, str) else ""


def unix(data: Any, *path: str) -> datetime:
    """The moment that seconds since 1970 at ``path`` name. Raises AnswerMalformed."""
    try:
        return datetime.fromtimestamp(whole(data, *path), tz=UTC)
    except (OverflowError, OSError, ValueError):
        raise malformed(path) from None


def moment(data: Any, *path: str) -> datetime:
    """The ISO 8601 moment at ``path``. Raises AnswerMalformed, also without a time zone."""
    try:
        found = datetime.fromisoformat(text(data, *path))
    except ValueError:
        raise malformed(path) from None
    if found.tzinfo is None:
        raise malformed(path)
    return found.astimezone(UTC)


def day(data: Any, *path: str) -> date:
    """The ISO 8601 day at ``path``. Raises AnswerMalformed."""
    try:
        return date.fromisoformat(text(data, *path))
    except ValueError:
        raise malformed(path) from None


def malformed(path: tuple[str, ...]) -> AnswerMalformed:
    """The refusal that names the field."""
    return AnswerMalformed(f"{'.'.join(path)} is missing or has the wrong form.", field=".".join(path))
