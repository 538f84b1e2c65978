"""Requests and answers against a published OpenAPI 3.0 description, both sides of every exchange.

``Description(path).complaints(…)`` says in sentences what is not as described: unknown path or parameter, missing header, body, status.
"""

import json
import re
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import jsonschema
import yaml
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date-time", raises=ValueError)(
    lambda text: not isinstance(text, str) or bool(datetime.fromisoformat(text).tzinfo)
)
FORMATS.checks("date", raises=ValueError)(lambda text: not isinstance(text, str) or bool(date.fromisoformat(text)))
FORMATS.checks("uuid", raises=ValueError)(lambda text: not isinstance(text, str) or bool(UUID(text)))
# Of transport, not of the description.
PLAIN_HEADERS = {
    "authorization",
    "accept",
    "accept-encoding",
    "content-type",
    "content-length",
    "host",
    "user-agent",
    "connection",
}


def with_null(node):
    """OpenAPI 3.0's ``nullable`` as JSON Schema says it."""
    if isinstance(node, list):
        return [with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {name: with_null(item) for name, item in node.items()}
    if plain.get("nullable") is True:
        del plain["nullable"]
        return {"anyOf": [plain, {"enum": [None]}]}
    return plain


class Description:
    def __init__(self, path: Path):
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.document = with_null(yaml.load(path.read_text(errors="replace"), Loader=loader))  # noqa: S506
        self.registry = Registry().with_resource("urn:description", Resource(contents=self.document, specification=DRAFT4))
        self.paths = [
            (re.compile("/".join("[^/]+" if step.startswith("{") else re.escape(step) for step in template.split("/"))), template)
            for template in sorted(self.document["paths"], key=lambda template: template.count("{"))
        ]
        self.seen: set[tuple[str, str, int]] = set()

    def complaints(self, *, asked, said, prefix=""):
        """``page`` in a query is passed over: it comes from the bank's own opaque links."""
        path = asked.path.removeprefix(prefix)
        template = next((template for pattern, template in self.paths if pattern.fullmatch(path)), None)
        item = self.document["paths"].get(template, {})
        operation = item.get(asked.method.lower())
        if operation is None:
            return [f"{asked.method} {path} is not described"]
        self.seen.add((asked.method, template, said.status))
        return [
            f"{asked.method} {path}: {complaint}"
            for complaint in (*self._request(item, operation, asked), *self._answer(operation, said))
        ]

    def _request(self, item, operation, asked):
        described = [self._at(node) for node in (*item.get("parameters", ()), *operation.get("parameters", ()))]
        for place, given in (("query", asked.parameters), ("header", asked.headers)):
            known = {
                node["name"].lower() if place == "header" else node["name"]: node for node in described if node["in"] == place
            }
            for name, node in known.items():
                if name in given:
                    yield from self._check(given[name], node["schema"], f"{place} {name}", text=True)
                elif node.get("required") and name != "authorization":
                    yield f"{place} {name} is missing"
            if place == "query":
                yield from (f"query {name} is not described" for name in given if name not in known and name != "page")
        body = self._at(operation.get("requestBody", {}))
        if body.get("required") and not asked.body:
            yield "there is no body"
        if asked.body:
            kind = asked.headers.get("content-type", "")
            content = body.get("content", {})
            if kind not in content and f"{kind}; charset=utf-8" not in content:
                yield f"a body of {kind!r} is not described"
            else:
                schema = content.get(kind) or content[f"{kind}; charset=utf-8"]
                yield from self._check(json.loads(asked.body), schema["schema"], "body")

    def _answer(self, operation, said):
        described = self._at(operation["responses"].get(str(said.status)) or operation["responses"].get("default") or {})
        if not described:
            yield f"the status {said.status} is not described"
            return
        given = {name.lower() for name in said.headers}
        for name, header in described.get("headers", {}).items():
            if self._at(header).get("required") and name.lower() not in given:
                yield f"the answer lacks {name}"
        content = described.get("content", {})
        if said.data is not None and content:
            kind = next(iter(kind for kind in content if kind.startswith(said.content_type)), None)
            if kind is None:
                yield f"an answer of {said.content_type!r} is not described"
            else:
                yield from self._check(said.data, content[kind]["schema"], f"answer {said.status}")

    def _at(self, node):
        while "$ref" in node:
            found = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def _check(self, value, schema, where, *, text=False):
        if text:
            kind = self._at(schema).get("type")
            value = {"true": True, "false": False}.get(value, value) if kind == "boolean" else value
            value = int(value) if kind == "integer" and value.isdigit() else value
        grounded = json.loads(json.dumps(schema).replace('"#/', '"urn:description#/'))
        validator = jsonschema.Draft4Validator(grounded, registry=self.registry, format_checker=FORMATS)
        for error in validator.iter_errors(value):
            place = "/".join(str(step) for step in error.absolute_path)
            yield f"{where} {place}: {error.message[:200]}"


@lru_cache(maxsize=8)
def description(path: Path) -> Description:
    """Read once in a test run."""
    return Description(path)
