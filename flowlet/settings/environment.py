"""Readers of environment variables whose errors name the variable and say what to do."""

import os
from typing import Final

from django.core.exceptions import ImproperlyConfigured

_MISSING: Final = object()


def text(name: str, default: object = _MISSING) -> str:
    """The variable as text. Raises ImproperlyConfigured, naming it, when it is absent and has no default."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is _MISSING:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; docs/guides/operations.md says to what.")
    return str(default)


def flag(name: str, default: bool) -> bool:
    """The variable as a truth value: 1/true/yes/on or 0/false/no/off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false. Use 1 or 0.")


def number(name: str, default: int) -> int:
    """The variable as a whole number."""
    value = os.environ.get(name, "").strip()
    try:
        return int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list, split at commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]
