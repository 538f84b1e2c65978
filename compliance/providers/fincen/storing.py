"""Reports as JSON and back, for keeping drafts and what was filed. Exact: money as text with its currency, days and moments as ISO 8601.

What an older version of a report wrote reads as long as its fields still exist: fields that are missing take their default, unknown ones
are refused, for silently dropping a part of a report would lose it.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from moneyed import Money

from flowlet.core import money
from flowlet.core.errors import Invalid

T = TypeVar("T")


class UnreadableReport(Invalid):
    """The JSON is not of a report of this kind. The message names the field."""

    code, title = "fincen.unreadable_report", "The report cannot be read"


def to_json(report: Any) -> dict[str, Any]:
    """A report as plain values; fields with their default value are left out."""
    found: dict[str, Any] = {}
    for each in fields(report):
        value = getattr(report, each.name)
        if each.default is MISSING or value != each.default:
            found[each.name] = _plain(value)
    return found


def from_json(kind: type[T], values: Mapping[str, Any]) -> T:
    """The report of these plain values. Raises UnreadableReport."""
    return _built(kind, values, "")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return to_json(value)
    if isinstance(value, Money):
        return {"amount": str(value.amount), "currency": value.currency.code}
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, StrEnum) else value


def _built(kind: type[T], values: Any, where: str) -> T:
    if not isinstance(values, Mapping):
        raise UnreadableReport(f"{where or 'report'}: an object is expected.", param=where)
    hints = _hints(kind)
    if unknown := set(values) - set(hints):
        raise UnreadableReport(f"{where or 'report'}: {', '.join(sorted(map(str, unknown)))} is not known.", param=where)
    given = {name: _read(hints[name], value, f"{where}.{name}".lstrip(".")) for name, value in values.items()}
    try:
        return kind(**given)
    except TypeError:
        missing = [each.name for each in fields(kind) if each.default is MISSING and each.name not in given]  # type: ignore[arg-type]
        raise UnreadableReport(f"{where or 'report'}: {', '.join(missing)} is missing.", param=where) from None


def _read(hint: Any, value: Any, where: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (wanted,) = (each for each in inner if each is not type(None))
        return None if value is None else _read(wanted, value, where)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise UnreadableReport(f"{where}: a list is expected.", param=where)
        return origin(_read(inner[0], each, f"{where}[{index}]") for index, each in enumerate(value))
    if is_dataclass(hint):
        return _built(hint, value, where)  # type: ignore[arg-type]
    try:
        return _scalar(hint, value)
    except (ValueError, TypeError, KeyError, InvalidOperation, Invalid):
        raise UnreadableReport(f"{where}: {hint.__name__} is expected.", param=where) from None


def _scalar(hint: Any, value: Any) -> Any:
    if hint is Money:
        return money.exact(Decimal(value["amount"]), value["currency"])
    if hint in (date, datetime):
        return hint.fromisoformat(value)
    if issubclass(hint, StrEnum):
        return hint(value)
    if type(value) is not hint:
        raise ValueError
    return value


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
