"""What of a generated request is on the wire, judged by the operation's own schema.

A generated value may have no form in a URL: ``tags=[]`` and ``created[x]={}`` are not sent, and what is not sent breaks nothing. So the
judge reads the URL and the headers that were sent and nothing else.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_MEMBER = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")
_INTEGER = re.compile(r"[+-]?[0-9]+")


def breaks_nothing(operation: Any, url: str, headers: Mapping[str, str]) -> bool:
    """Whether query and headers, as they were sent, are what the operation declares."""
    return _is_right_query(operation, url) and _are_right_headers(operation, headers)


def _is_right_query(operation: Any, url: str) -> bool:
    read: dict[str, Any] = {}
    schemas = {parameter.name: parameter.definition["schema"] for parameter in operation.query}
    for name, text in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        member = _MEMBER.fullmatch(name)
        if member and schemas.get(member[1], {}).get("type") == "object":
            members = read.setdefault(member[1], {})
            if member[2] in members:
                return False
            members[member[2]] = text
        elif name not in schemas or name in read or schemas[name].get("type") in {"object", "array"}:
            return False
        else:
            read[name] = _as_declared(text, schemas[name])
    return _fits(operation.query, read)


def _are_right_headers(operation: Any, headers: Mapping[str, str]) -> bool:
    sent = {name.lower(): value for name, value in headers.items()}
    declared = {parameter.name: sent[parameter.name.lower()] for parameter in operation.headers if parameter.name.lower() in sent}
    return _fits(operation.headers, declared)


def _as_declared(text: str, schema: Mapping[str, Any]) -> Any:
    """The text as a server reads it that wants the declared type; the text itself when it cannot."""
    kind = schema.get("type")
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def _fits(declared: Any, found: dict[str, Any]) -> bool:
    return declared.get_strict_validator().is_valid(found)
