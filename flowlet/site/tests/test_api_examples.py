"""The examples of the documentation are executed: each endpoint answers its example request with what its example answer shows."""

from typing import Any

import jsonschema
import orjson
import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from flowlet.api.views import PartnerView
from flowlet.site.portal.document import document
from flowlet.site.tests.api_world import Operation, ask, operations, routes

OPERATIONS = operations()
FREE = "free-form"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return orjson.loads(document().content)


def shape(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """What the value is made of: member names and JSON types, without the contents of free-form objects."""
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for branch in schema.get("oneOf", []) + schema.get("allOf", []):
        if branch.get("type") != "null":
            return None if value is None else shape(value, branch, whole)
    if isinstance(value, dict):
        if schema.get("additionalProperties") is not False:
            return FREE
        return {name: shape(item, schema["properties"][name], whole) for name, item in sorted(value.items())}
    if isinstance(value, list):
        items = [shape(item, schema["items"], whole) for item in value]
        return [item for index, item in enumerate(items) if item not in items[:index]]
    return None if value is None else type(value).__name__


def agree(one: Any, other: Any) -> bool:
    """Whether two shapes are the same where neither is null nor an empty list; the schema says where null may stand."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return not one or not other or all(any(agree(left, right) for right in other) for left in one)
    return one == other


def test_every_route_is_a_declared_endpoint():
    for route, callback in routes():
        assert issubclass(callback.cls, PartnerView), route
        assert not route.endswith("/"), route
        for name in Operation("GET", route, callback.cls).names:
            assert name in callback.cls.path_ids or not name.endswith("_id"), f"{route}: path_ids lacks {name}"
        assert callback.cls.endpoints, route


def test_every_operation_has_an_example_of_what_it_takes_and_gives():
    lacking = [
        str(operation)
        for operation in OPERATIONS
        if (operation.endpoint.body is not None and operation.endpoint.body_example is None)
        or (operation.endpoint.response is not None and operation.endpoint.example is None)
        or not operation.endpoint.description
    ]
    assert lacking == []


def test_the_document_is_valid_and_made_without_warnings():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        found = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(found)
    assert (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache)) == ({}, {})


def test_names_of_operations_are_unique(openapi):
    names = [operation["operationId"] for path in openapi["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_example_is_executed_and_answered_as_shown(world, openapi, operation):
    tenant, endpoint = world.owner_of(operation), operation.endpoint
    if operation.method == "GET":
        tenant.real(endpoint.example)  # so that a list has something to show
    response = ask(tenant, operation)
    assert response.status_code == endpoint.status, response.content.decode()[:2000]
    assert response["RateLimit-Policy"] and response["X-Request-Id"]
    if endpoint.response is None:
        return
    promised = openapi["paths"][operation.template][operation.method.lower()]["responses"][str(endpoint.status)]
    schema = promised["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator(schema | {"components": openapi["components"]})
    validator.validate(endpoint.example)
    validator.validate(response.json())
    given, shown = shape(response.json(), schema, openapi), shape(endpoint.example, schema, openapi)
    assert agree(given, shown), (given, shown)
    if "has_more" in given:
        assert given["data"], "the list is empty: no seed makes what its example shows"


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method == "POST"], ids=str)
def test_every_post_is_idempotent(world, operation):
    tenant = world.owner_of(operation)
    first = ask(tenant, operation, **{"Idempotency-Key": "same"})
    again = ask(tenant, operation, **{"Idempotency-Key": "same"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
