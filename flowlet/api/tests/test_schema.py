"""The OpenAPI document says what the endpoints do."""

import gc

import jsonschema
import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from flowlet.api.endpoints import endpoint, example_id, paged
from flowlet.api.serializers import StrictSerializer
from flowlet.api.tests import pots
from flowlet.api.tests.conftest import TEA
from flowlet.api.tests.test_door import POTS
from flowlet.api.views import PartnerView
from flowlet.core import ids


@pytest.fixture(scope="module")
def document():
    GENERATOR_STATS.reset()
    found = SchemaGenerator(urlconf="flowlet.api.tests.pots").get_schema(request=None, public=True)
    assert not GENERATOR_STATS._warn_cache and not GENERATOR_STATS._error_cache
    return found


def conforms(document, response):
    """The response is what the document promises for its status."""
    operation = document["paths"][response.wsgi_request.path if response.wsgi_request.path == POTS else f"{POTS}/{{pot_id}}"]
    promised = operation[response.wsgi_request.method.lower()]["responses"][str(response.status_code)]
    if "$ref" in promised:
        promised = document["components"]["responses"][promised["$ref"].rpartition("/")[2]]
    schema = promised["content"][response["Content-Type"]]["schema"] | {"components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(response.json())


def test_is_valid_openapi(document):
    validate_schema(document)
    assert document["openapi"] == "3.1.0"


def test_answers_and_refusals_conform(document, partner):
    made = partner.ask("POST", POTS, TEA)
    pot = f"{POTS}/{made.json()['id']}"
    answers = [
        made,
        partner.ask("GET", POTS),
        partner.ask("GET", pot),
        partner.ask("POST", pot),
        partner.ask("GET", POTS, Authorization=None),
        partner.ask("GET", f"{POTS}?limit=0"),
        partner.ask("POST", POTS, {"name": 1}),
        partner.ask("POST", POTS, TEA | {"size": {"amount": "0.50", "currency": "USD"}}),
        partner.ask("POST", POTS, TEA | {"name": "broken"}),
        partner.ask("GET", f"{POTS}/x"),
        partner.ask("GET", POTS, Accept="text/html"),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 401, 400, 400, 422, 500, 404, 406]
    for answer in answers:
        conforms(document, answer)


def test_an_operation_lists_its_refusals_with_examples(document):
    responses = document["paths"][POTS]["post"]["responses"]
    assert set(responses["422"]["content"]["application/problem+json"]["examples"]) == {"pot.too_small", "idempotency.key_reused"}
    assert set(responses) == {"201", "400", "401", "403", "406", "409", "411", "413", "415", "422", "429", "500", "503"}
    assert {
        "money.unknown_currency", "money.malformed_amount", "money.too_precise", "money.not_positive", "money.too_large",
    } <= set(responses["400"]["content"]["application/problem+json"]["examples"])  # fmt: skip
    assert "404" in document["paths"][f"{POTS}/{{pot_id}}"]["get"]["responses"]
    assert (
        "page.malformed_cursor"
        in document["paths"][POTS]["get"]["responses"]["400"]["content"]["application/problem+json"]["examples"]
    )


def test_what_operations_share_stands_in_the_document_once(document):
    components = document["components"]
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) > 3
    for operation in operations:
        assert operation["responses"]["401"] == {"$ref": "#/components/responses/Refused401"}
    assert components["responses"]["Refused401"]["headers"] == {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    named = set()
    for answer in [
        *components["responses"].values(),
        *(answer for operation in operations for answer in operation["responses"].values()),
    ]:
        for code, example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).items():
            assert example == {"$ref": f"#/components/examples/{code}"}
            named.add(code)
    assert named == set(components["examples"]) >= {"auth.missing_key", "pot.too_small", "request.malformed_json"}
    assert all(example["value"]["code"] == code for code, example in components["examples"].items())


def test_requests_are_closed_and_typed(document):
    schemas = document["components"]["schemas"]
    pot = schemas["PotIn"]
    assert pot["additionalProperties"] is False
    assert pot["required"] == ["name", "size"]
    assert pot["properties"]["size"] == {"$ref": "#/components/schemas/PositiveMoney"}
    assert schemas["PotOut"]["properties"]["size"] == {"$ref": "#/components/schemas/Money"}
    body = document["paths"][POTS]["post"]["requestBody"]
    assert body["required"] is True and body["content"]["application/json"]["example"]["name"] == "tea"


def test_parameters_are_described(document):
    parameters = {p["name"]: p for p in document["paths"][POTS]["get"]["parameters"]}
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}
    assert (parameters["created"]["style"], parameters["created"]["explode"]) == ("deepObject", True)
    assert set(parameters["created"]["schema"]["properties"]) == {"gte", "gt", "lte", "lt"}
    post = {p["name"]: p for p in document["paths"][POTS]["post"]["parameters"]}
    assert post["Idempotency-Key"]["required"] is True


def test_operations_name_their_scope_and_key(document):
    post = document["paths"][POTS]["post"]
    assert (post["operationId"], post["x-scope"], post["security"]) == ("open_a_pot", "pots:write", [{"ApiKey": []}])


def test_a_view_without_declaration_or_scope_is_refused_at_import():
    with pytest.raises(TypeError, match=r"lacks its @endpoint declaration"):
        type("Bare", (PartnerView,), {"get": lambda self, request: {}, "required_scopes": {"GET": "x"}})
    declared = endpoint(summary="Declared")(lambda self, request: {})
    with pytest.raises(TypeError, match=r"does not name the scope of GET"):
        type("Scopeless", (PartnerView,), {"get": declared})


def test_example_ids_are_real_ids_and_stay_the_same():
    assert example_id("wal").startswith("wal_")
    assert len({example_id("wal"), example_id("wal", 2), example_id("cus"), example_id("par")}) == 4
    assert ids.parse("wal", example_id("wal")).version == 7


def test_two_apps_serializers_of_one_name_carry_their_apps_names():
    twin = type("PotIn", (StrictSerializer,), {"__module__": "kitchen.api.serializers"})
    view = pots.PotList()
    assert view.schema.get_serializer_name(twin(), "request") == "KitchenPotIn"
    assert view.schema.get_serializer_name(pots.PotIn(), "request") == "ApiPotIn"
    del twin
    gc.collect()
    assert view.schema.get_serializer_name(pots.PotIn(), "request") == "PotIn"


def test_pages_of_one_item_share_one_serializer():
    assert paged(pots.PotOut) is paged(pots.PotOut)
    assert paged(pots.PotOut).__name__ == "PotPage"
