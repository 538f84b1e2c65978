"""The whole API under generated requests: no 5xx, no answer outside the schema, nothing that violates the schema gets in.

``FLOWLET_FUZZ_EXAMPLES`` says how many of each operation and kind, 25 unless told.
"""

import os

import orjson
import pytest
from django.core.wsgi import get_wsgi_application
from schemathesis import GenerationMode

from flowlet.api.testing import SEEDS
from flowlet.api.tests.fuzz import fuzz, operations_of
from flowlet.site.portal.document import document
from flowlet.site.tests.api_world import operations

BY_LABEL = {str(operation): operation for operation in operations()}
EXAMPLES = int(os.environ.get("FLOWLET_FUZZ_EXAMPLES", "25"))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    "generated", operations_of(orjson.loads(document().content), get_wsgi_application()), ids=lambda each: each.label
)
def test_no_generated_request_is_answered_outside_the_schema(world, monkeypatch, generated, mode):
    monkeypatch.setattr("flowlet.api.views.limiter.take", lambda facts: None)
    operation = BY_LABEL[generated.label]
    tenant = world.owner_of(operation)
    known = {}
    for example in (example for example in _mentioned(operation) if example in SEEDS):
        known.setdefault(example.rpartition("_")[0], tenant.id(example))
    example = tenant.real(operation.endpoint.body_example)
    fuzz(generated, mode=mode, key=tenant.key, known=known, example=example, max_examples=EXAMPLES)


def _mentioned(operation):
    endpoint = operation.endpoint
    yield from (operation.example_of(name) for name in operation.names)
    pending = [endpoint.body_example, dict(endpoint.query_example)]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, str):
            yield value
