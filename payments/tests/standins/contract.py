"""Holds requests and answers to a provider's published OpenAPI description.

The descriptions are reference data (FLOWLET_REFERENCE_DATA/openapi). They are OpenAPI 3.0, whose schemas are nearly JSON Schema
draft 4; ``nullable`` is rewritten, for draft 4 does not know it and OpenAPI ignores it beside ``$ref``.
"""

import functools
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from payments.tests.standins.server import Asked, Reply


def folder() -> Path:
    """Where the descriptions lie; skips where they are not."""
    data = os.environ.get("FLOWLET_REFERENCE_DATA", "")
    found = Path(data) / "openapi"
    if not data or not found.is_dir():
        pytest.skip("FLOWLET_REFERENCE_DATA is not set: no API descriptions to hold the messages to")
    return found


@functools.cache
def of(name: str) -> "Contract":
    """The contract in this file of the reference data."""
    return Contract(yaml.load((folder() / name).read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506


def _is_number_text(_: Any, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


# In a form and in a query everything is text: what reads as the wanted type is of it.
_Form = extend(
    jsonschema.Draft4Validator,
    type_checker=jsonschema.Draft4Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda checker, value: isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None,
            "number": _is_number_text,
            "boolean": lambda checker, value: value in ("true", "false"),
        }
    ),
)


class Contract:
    """One description."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = _rewritten(document)
        self._registry = Registry().with_resource("urn:api", Resource(contents=self._document, specification=DRAFT4))
        self._routes = [(_pattern(path), path, item) for path, item in self._document["paths"].items()]
        # Fixed paths before those with a variable: /search is no id.
        self._routes.sort(key=lambda route: route[1].count("{"))

    def problems(self, asked: Asked, reply: Reply, *, prefix: str = "") -> list[str]:
        """Everything in the exchange that the description does not allow; ``prefix`` stands before its paths."""
        path = asked.path.removeprefix(prefix)
        operation, template = self._operation(asked.method, path)
        if operation is None:
            return [f"{asked.method} {path}: no such operation"]
        where = f"{asked.method} {template}"
        return [
            *(f"{where} query: {text}" for text in self._query(operation, asked)),
            *(f"{where} request: {text}" for text in self._request(operation, asked)),
            *(f"{where} {reply.status}: {text}" for text in self._answer(operation, reply)),
        ]

    def schema_problems(self, name: str, value: Any) -> list[str]:
        """What is wrong with the value as the component ``name``."""
        return self._errors(jsonschema.Draft4Validator, {"$ref": f"#/components/schemas/{name}"}, value)

    def _operation(self, method: str, path: str) -> tuple[dict[str, Any] | None, str]:
        for pattern, template, item in self._routes:
            if pattern.fullmatch(path) and method.lower() in item:
                return item[method.lower()], template
        return None, ""

    def _query(self, operation: dict[str, Any], asked: Asked) -> list[str]:
        known = {found["name"]: found for found in map(self._resolved, operation.get("parameters", ())) if found["in"] == "query"}
        given = nested(asked.query)
        found = [f"{name} is not known" for name in given if name not in known]
        found += [f"{name} is missing" for name, what in known.items() if what.get("required") and name not in given]
        for name, value in given.items():
            if name in known:
                found += self._errors(_Form, known[name]["schema"], value)
        return found

    def _request(self, operation: dict[str, Any], asked: Asked) -> list[str]:
        wanted = self._resolved(operation.get("requestBody") or {})
        if not asked.body:
            return ["no body"] if wanted.get("required") else []
        media = asked.headers.get("content-type", "").split(";")[0]
        content = wanted.get("content", {}).get(media)
        if content is None:
            return [f"{media} is not taken"]
        if media == "application/x-www-form-urlencoded":
            return self._errors(_Form, content["schema"], nested(asked.form))
        return self._errors(jsonschema.Draft4Validator, content["schema"], asked.json)

    def _answer(self, operation: dict[str, Any], reply: Reply) -> list[str]:
        answers = operation["responses"]
        wanted = answers.get(str(reply.status)) or answers.get("default")
        if wanted is None:
            return ["this status is not described"]
        content = self._resolved(wanted).get("content", {}).get("application/json")
        return self._errors(jsonschema.Draft4Validator, content["schema"], reply.data) if content else []

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            value = functools.reduce(lambda found, step: found[step], value["$ref"].removeprefix("#/").split("/"), self._document)
        return value

    def _errors(self, kind: Any, schema: dict[str, Any], value: Any) -> list[str]:
        validator = kind(_absolute(schema), registry=self._registry)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(value)]


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """``a[b]=1`` and ``c[0]=2`` as {"a": {"b": "1"}, "c": ["2"]}."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        steps = [step.rstrip("]") for step in name.split("[")]
        place = found
        for step, after in zip(steps, [*steps[1:], None], strict=True):
            key = str(len(place)) if step == "" else step
            if after is None:
                place[key] = value
            else:
                place = place.setdefault(key, {})
    return _listed(found)


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("/".join("[^/]+" if "{" in step else re.escape(step) for step in path.split("/")))


def _rewritten(value: Any) -> Any:
    if isinstance(value, list):
        return [_rewritten(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _rewritten(item) for key, item in value.items() if key not in ("nullable", "example", "examples", "x-examples")}
    if "properties" in value and isinstance(value["properties"], dict):
        # A property may itself be called so.
        inner["properties"] = {key: _rewritten(item) for key, item in value["properties"].items()}
    if value.get("nullable") is True:
        return {"anyOf": [inner, {"enum": [None]}]}
    return inner


def _absolute(value: Any) -> Any:
    """The schema with its references leading into the registry."""
    if isinstance(value, list):
        return [_absolute(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: f"urn:api{item}" if key == "$ref" and isinstance(item, str) and item.startswith("#") else _absolute(item)
        for key, item in value.items()
    }
