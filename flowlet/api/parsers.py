"""From bytes to values, refusing what two readers could read differently.

JSON is RFC 8259 in UTF-8, with the options it leaves open closed: no duplicate names, no NaN or Infinity, no NUL and no lone
surrogates in strings. Numbers with a fraction arrive as Decimal, never as a float.
"""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson
from django.http import QueryDict

from flowlet.api.errors import DuplicateField, ForbiddenCharacter, MalformedJson, RepeatedParameter

_BRACKETED = re.compile(r"^([a-z_]+)\[([^\[\]]{1,40})\]$", re.ASCII)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise DuplicateField(f"{name[:80]!r} appears twice in one object.", param=name[:80])
            seen.add(name)
    return found


def _refuse_constant(text: str) -> NoReturn:
    raise MalformedJson(f"{text} is not JSON.")


def _whole(text: str) -> int:
    if len(text) > 18:
        raise MalformedJson("A number is too long; write long figures as text.")
    return int(text)


def _fraction(text: str) -> Decimal:
    if len(text) > 40:
        raise MalformedJson("A number is too long; write long figures as text.")
    return Decimal(text)


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_whole, parse_float=_fraction, parse_constant=_refuse_constant)


def load(raw: bytes) -> Any:
    """The value of a JSON document. Raises MalformedJson, DuplicateField, ForbiddenCharacter."""
    try:
        value = _decoder.decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ForbiddenCharacter("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except (RecursionError, ValueError):
        raise MalformedJson("The body is nested too deeply.") from None
    if b"\\u" in raw:
        _check_escapes(raw, value)
    return value


def _check_escapes(raw: bytes, value: Any) -> None:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise ForbiddenCharacter("A text holds half of a surrogate pair.") from None
    if b"\\u0000" in raw and (where := _nul(value, "")) is not None:
        raise ForbiddenCharacter("A text holds the character NUL.", param=where)


def _nul(value: Any, path: str) -> str | None:
    """The path of the first string that holds NUL, or None."""
    if isinstance(value, str):
        return path if "\x00" in value else None
    if isinstance(value, dict):
        for name, item in value.items():
            inner = f"{path}.{name}" if path else name
            if "\x00" in name:
                return path
            if (found := _nul(item, inner)) is not None:
                return found
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if (found := _nul(item, f"{path}[{index}]")) is not None:
                return found
    return None


def nested(query: QueryDict) -> dict[str, Any]:
    """A query as a nested dictionary: ``created[gte]=x`` becomes ``{"created": {"gte": "x"}}``.

    Raises RepeatedParameter and ForbiddenCharacter.
    """
    found: dict[str, Any] = {}
    for name, values in query.lists():
        shown = name[:80]
        if len(values) > 1:
            raise RepeatedParameter(f"{shown!r} is given {len(values)} times.", param=shown)
        value = values[0]
        if "\x00" in value or "�" in value or "\x00" in name or "�" in name:
            raise ForbiddenCharacter("The query is not UTF-8 or holds the character NUL.", param=shown.replace("\x00", ""))
        if match := _BRACKETED.match(name):
            outer, inner = match.groups()
            slot = found.setdefault(outer, {})
            if not isinstance(slot, dict):
                raise RepeatedParameter(f"{outer!r} is given twice.", param=outer)
            slot[inner] = value
        elif name in found:
            raise RepeatedParameter(f"{shown!r} is given twice.", param=shown)
        else:
            found[name] = value
    return found
