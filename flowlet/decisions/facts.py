"""The facts of a question: a frozen dataclass of the asker's, some of whose fields are personal.

A personal field is declared with ``personal()``. What is recorded of it in clear is only that it was there; its value is sealed
under the key of the person whom it concerns.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from moneyed import Money

from flowlet.core import money

HIDDEN = "[personal]"


def personal(**options: Any) -> Any:
    """A field of a facts dataclass that holds personal data; ``options`` are those of ``dataclasses.field``."""
    return dataclasses.field(metadata={"personal": True}, **options)


def split(facts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The facts as JSON values with personal ones hidden, and the personal values by their path (``beneficiary.name``)."""
    secret: dict[str, Any] = {}
    return _fields(facts, path="", secret=secret), secret


def _fields(facts: Any, *, path: str, secret: dict[str, Any] | None) -> dict[str, Any]:
    shown = {}
    for field in dataclasses.fields(facts):
        value, name = getattr(facts, field.name), f"{path}{field.name}"
        if secret is not None and field.metadata.get("personal") and value not in (None, "", (), []):
            # What lies within a personal value is personal too: it is not looked at again.
            secret[name] = _plain(value, path=name, secret=None)
            shown[field.name] = HIDDEN
        else:
            shown[field.name] = _plain(value, path=name, secret=secret)
    return shown


def _plain(value: Any, *, path: str, secret: dict[str, Any] | None) -> Any:
    if isinstance(value, Money):
        return money.to_json(value)
    if dataclasses.is_dataclass(value):
        return _fields(value, path=f"{path}.", secret=secret)
    if isinstance(value, Mapping):
        return {str(key): _plain(item, path=f"{path}.{key}", secret=secret) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, path=f"{path}.{number}", secret=secret) for number, item in enumerate(value)]
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
