"""The toolkit under generated requests: nothing breaks it and nothing wrong gets in."""

import pytest
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from schemathesis import GenerationMode

from flowlet.api.tests.conftest import TEA
from flowlet.api.tests.fuzz import as_sent, fuzz, operations_of
from flowlet.api.tests.test_door import POTS


def document():
    return SchemaGenerator(urlconf="flowlet.api.tests.pots").get_schema(request=None, public=True)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", operations_of(document(), get_wsgi_application()), ids=lambda each: each.label)
def test_no_generated_request_is_answered_outside_the_schema(partner, monkeypatch, operation, mode):
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("flowlet.api.views.limiter.take", lambda facts: None)
    known = {"evt": partner.ask("POST", POTS, TEA).json()["id"]}
    fuzz(operation, mode=mode, key="fk_live_ada", known=known, example=TEA, max_examples=60)


@pytest.mark.parametrize(
    ("generated", "sent"),
    [
        ({"created": {"x": []}}, {}),
        ({"created": {"x": {"y": None}}, "limit": 0}, {"limit": 0}),
        ({"created": {"x": {}, "gte": "noon"}, "limit": 0, "tags": []}, {"created": {"gte": "noon"}, "limit": 0, "tags": []}),
        ({"created": {"gte": ""}}, {"created": {"gte": ""}}),
    ],
)
def test_only_what_has_no_form_in_a_url_is_let_off(generated, sent):
    assert as_sent(generated) == sent
