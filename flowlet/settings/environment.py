"""Readers of environment variables whose errors name the variable and say what to do."""

import os
from typing import Final
from urllib.parse import urlsplit

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


def choice(name: str, words: tuple[str, ...], default: str) -> str:
    """One of the words. Raises ImproperlyConfigured, naming the variable."""
    value = text(name, default)
    if value not in words:
        raise ImproperlyConfigured(f"{name} is {' or '.join(words)}.")
    return value


def folder(name: str) -> str:
    """The variable as a folder that exists, or "" when it is not set."""
    value = os.environ.get(name, "").strip()
    if value and not os.path.isdir(value):
        raise ImproperlyConfigured(f"{name}={value!r} is not a folder.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list, split at commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def url(name: str, schemes: set[str], default: object = _MISSING) -> str:
    """The variable as an address with one of the schemes and a host."""
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} is not an address of the form {' or '.join(f'{scheme}://host' for scheme in sorted(schemes))}."
        )
    return value.rstrip("/")


def long_text(name: str, least: int) -> str:
    """The variable as text of at least so many characters."""
    value = text(name)
    if len(value) < least:
        raise ImproperlyConfigured(f"{name} has {len(value)} characters; at least {least} random ones are needed.")
    return value
