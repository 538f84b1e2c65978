"""The fields of a guided form: drawn from a report's plain values along the table of ``fincen.guide``, and read back into them.

What was typed is never lost: text that is no day or amount goes on as text, and ``fincen.storing`` names its place. What the table does not
have is taken over from the report as it is kept.
"""

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from django.http import QueryDict
from moneyed import Money

from compliance.providers.fincen.guide import TITLES, Line, Section

MOST: Final = 999
_CAPITALS: Final = {
    "FDIC",
    "NCUA",
    "OCC",
    "SEC",
    "IRS",
    "CFTC",
    "FHFA",
    "MSB",
    "ATM",
    "EIN",
    "CRD",
    "IARD",
    "NFA",
    "RSSD",
    "NAIC",
    "NMLS",
    "SSN",
    "ITIN",
}
Trie = dict[str, Any]


@dataclass(frozen=True)
class Input:
    """One field as it is drawn; ``kind`` is text, area, date, number, check, checks or select."""

    name: str
    kind: str
    item: str
    label: str
    value: Any
    options: tuple[tuple[str, str, bool], ...] = ()
    rows: int = 1

    @property
    def id(self) -> str:
        """Where a gap leads to."""
        return f"f-{self.name}"

    @property
    def mark(self) -> str:
        """The item or part of FinCEN's form; what stands for one elsewhere says no more than the heading."""
        return self.item if self.item[:1].isdecimal() or self.item.startswith("Part ") else ""


@dataclass(frozen=True)
class Entry:
    """One of several: its fields, and whether it is to be taken away."""

    name: str
    title: str
    nodes: tuple[Any, ...]
    is_removed: bool


@dataclass(frozen=True)
class Many:
    """Several of one kind; ``more`` is the name of the button that adds one."""

    name: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """How many are drawn."""
        return len(self.entries)


def draw(kind: type, section: Section, values: Mapping[str, Any], *, adding: str = "") -> tuple[Any, ...]:
    """The fields of a section; one more empty entry at the place ``adding``."""
    return tuple(_nodes(kind, _trie(section), values, "", adding))


def take(
    kind: type, sections: tuple[Section, ...], data: QueryDict, base: Mapping[str, Any], *, keep: bool = False
) -> dict[str, Any]:
    """The report's plain values as they were typed, over ``base``; with ``keep``, to draw them again, nothing is taken away yet."""
    found = dict(base)
    for section in sections:
        found, _ = _take(kind, _trie(section), data, found, "", keep)
    return found


def said(kind: type, sections: tuple[Section, ...], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Everything that a report says, as the form has it; what stands in no field of it follows under its own name."""
    plain, found = dict(_plain(values, "")), []

    def go(nodes: tuple[Any, ...], title: str) -> None:
        for node in nodes:
            if isinstance(node, Many):
                for entry in node.entries:
                    go(entry.nodes, f"{title}{entry.title}, ")
            elif plain.pop(node.name, None) is not None:
                chosen = ", ".join(label for _, label, is_chosen in node.options if is_chosen)
                text = chosen or ("yes" if node.value is True else str(node.value))
                found.append((f"{title}{node.mark} {node.label}".strip(), text))

    for section in sections:
        go(draw(kind, section, values), "")
    return found + [(name.replace("_", " ").replace(".", ", "), str(value)) for name, value in plain.items()]


def _plain(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Each value that holds no others, by the name that its field has."""
    if isinstance(value, Mapping) and set(value) != {"amount", "currency"}:
        for key, inner in value.items():
            yield from _plain(inner, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for n, inner in enumerate(value):
            yield from _plain(inner, f"{name}.{n}")
    elif value is not None:
        yield name, value


def spot(where: str) -> str:
    """The name of the field that a gap means: ``subjects[0].name`` is ``subjects.0.name``."""
    return where.replace("[", ".").replace("]", "")


def _trie(section: Section) -> Trie:
    root: Trie = {}
    for line in section.lines:
        *way, last = line.path.split(".")
        place = root
        for token in way:
            place = place.setdefault(token, {})
        place[last] = line
    return root


def _nodes(kind: type, trie: Trie, values: Any, name: str, adding: str) -> Iterator[Any]:
    values = values if isinstance(values, Mapping) else {}
    for token, below in trie.items():
        attribute = token.removesuffix("[]")
        path = f"{name}.{attribute}".lstrip(".")
        hint, value = _hint(kind, attribute), values.get(attribute)
        if isinstance(below, Line):
            yield _input(below, hint, path, _default(kind, attribute) if value is None else value)
        elif token.endswith("[]"):
            inner = get_args(hint)[0]
            found = list(value or [])
            found += [{}] if adding == path or not found else []
            entries = (
                Entry(
                    f"{path}.{n}",
                    f"{TITLES[attribute]} {n + 1}",
                    tuple(_nodes(inner, below, one, f"{path}.{n}", adding)),
                    "_remove" in one,
                )
                for n, one in enumerate(found)
            )
            yield Many(path, TITLES[attribute], tuple(entries))
        else:
            yield from _nodes(hint, below, value, path, adding)


def _input(line: Line, hint: Any, name: str, value: Any) -> Input:
    def shown(kind: str, text: Any, options: Any = ()) -> Input:
        return Input(name, kind, line.item, line.label, text, tuple(options), line.rows)

    if line.options is not None:
        return shown(
            "select", value, [("", "–", not value), *((str(k), v, str(k) == str(value or "")) for k, v in line.options.items())]
        )
    if get_origin(hint) is frozenset and issubclass(get_args(hint)[0], StrEnum):
        return shown("checks", "", [(one.value, _words(one.name), one.value in (value or ())) for one in get_args(hint)[0]])
    if get_origin(hint) in (tuple, frozenset):
        return shown("area", "\n".join(value or ()))
    if hint is bool:
        return shown("check", bool(value))
    if hint == (bool | None):
        chosen = {True: "yes", False: "no"}.get(value, "")
        return shown("select", "", [(v, label, v == chosen) for v, label in (("", "–"), ("yes", "Yes"), ("no", "No"))])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return shown(
            "select", value, [("", "–", not value), *((one.value, _words(one.name), one.value == value) for one in hint)]
        )
    if hint is Money:
        currency = (value or {}).get("currency", "USD")
        return shown("text", (value or {}).get("amount", "") + (f" {currency}" if currency != "USD" else ""))
    kind = {date: "date", int: "number"}.get(hint, "area" if line.rows > 1 else "text")
    return shown(kind, value or "")


def _take(kind: type, trie: Trie, data: QueryDict, base: Any, name: str, keep: bool) -> tuple[dict[str, Any], bool]:
    """The values below ``name``, and whether anything was typed there; what a list offers as chosen does not count."""
    found, typed = dict(base if isinstance(base, Mapping) else {}), False
    for token, below in trie.items():
        attribute = token.removesuffix("[]")
        path = f"{name}.{attribute}".lstrip(".")
        hint, before, default = _hint(kind, attribute), found.pop(attribute, None), _field(kind, attribute).default
        is_needed, may_be_none = default is MISSING, hint != _hints(kind)[attribute]
        value: Any
        if isinstance(below, Line):
            value, counts = _typed(below, hint, data, path)
            counts = counts and not isinstance(default, StrEnum)
        elif token.endswith("[]"):
            value = list(_entries(get_args(hint)[0], below, data, before or [], path, keep))
            counts = bool(value)
        else:
            value, counts = _take(hint, below, data, before, path, keep)
            value = value if counts or (is_needed and not may_be_none) else None
        typed |= counts
        is_said = value is not None and value not in ("", []) and not (value is False and hint is bool)
        if is_said or (is_needed and (value is not None or may_be_none)):
            found[attribute] = value
    return found, typed


def _entries(kind: type, trie: Trie, data: QueryDict, base: list[Any], path: str, keep: bool) -> Iterator[dict[str, Any]]:
    count = data.get(f"{path}._count", "0")
    for n in range(min(int(count) if count.isdecimal() else 0, MOST)):
        value, typed = _take(kind, trie, data, base[n] if n < len(base) else {}, f"{path}.{n}", keep)
        value.pop("_remove", None)
        is_removed = f"{path}.{n}._remove" in data
        if keep or (typed and not is_removed):
            yield value | ({"_remove": True} if is_removed else {})


def _typed(line: Line, hint: Any, data: QueryDict, name: str) -> tuple[Any, bool]:
    raw = " ".join(data.get(name, "").split()) if line.rows == 1 else data.get(name, "").replace("\r\n", "\n").strip()
    if get_origin(hint) is frozenset and issubclass(get_args(hint)[0], StrEnum):
        return data.getlist(name), bool(data.getlist(name))
    if get_origin(hint) in (tuple, frozenset):
        lines = [one.strip() for one in raw.splitlines() if one.strip()]
        return lines, bool(lines)
    if hint is bool:
        return name in data, name in data
    if hint == (bool | None):
        return {"yes": True, "no": False}.get(raw), bool(raw)
    if not raw:
        return ("" if hint is str else None), False
    if hint is Money:
        amount, _, currency = raw.replace(",", "").partition(" ")
        return {"amount": amount, "currency": currency.upper() or "USD"}, True
    if hint is int:
        return (int(raw) if raw.isascii() and raw.isdecimal() else raw), True
    return raw, True


def _hint(kind: type, attribute: str) -> Any:
    """The type of a field; of one that may be missing, what it is when it is there."""
    hint = _hints(kind)[attribute]
    if get_origin(hint) in (Union, types.UnionType) and hint != (bool | None):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    return hint


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _field(kind: type, attribute: str) -> Any:
    return next(one for one in fields(kind) if one.name == attribute)


def _default(kind: type, attribute: str) -> Any:
    """What holds while nothing is said, as a plain value."""
    value = _field(kind, attribute).default
    return None if value is MISSING or is_dataclass(value) else value.value if isinstance(value, StrEnum) else value


def _words(name: str) -> str:
    text = " ".join(word if word in _CAPITALS else word.lower() for word in name.split("_"))
    return text[:1].upper() + text[1:]
