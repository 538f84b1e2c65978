"""The toolkit under generated requests: nothing breaks it and nothing wrong gets in."""

import importlib
import sys

import pytest
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from flowlet.api.testing import seed
from flowlet.api.tests.arriving import breaks_nothing
from flowlet.api.tests.conftest import TEA
from flowlet.api.tests.fuzz import fuzz, operations_of
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
    ("query", "is_right"),
    [
        ("", True),  # where ``tags=[]`` and ``created[x]={}`` were generated
        ("limit=49", True),
        ("limit=%2B5", True),
        ("created%5Bgte%5D=2000-01-01T00%3A00%3A00Z&metadata%5Ba%5D=b", True),
        ("starting_after=", True),
        ("limit=0", False),
        ("limit=", False),
        ("limit=1&limit=2", False),
        ("limit=49&=x", False),
        ("unknown=", False),
        ("unknown=member", False),  # what becomes of ``unknown={"member": null}``
        ("created=", False),
        ("created%5Bgte%5D=noon", False),
        ("created%5Bx%5D=2000-01-01T00%3A00%3A00Z", False),
        ("created%5Bgte%5D%5By%5D=2000-01-01T00%3A00%3A00Z", False),
        ("metadata%5B%5D=b", False),
    ],
)
def test_what_arrived_is_judged_and_nothing_else(query, is_right):
    operation = next(each for each in operations_of(document(), get_wsgi_application()) if each.label == "GET /v1/pots")
    url, key = f"http://localhost/v1/pots?{query}", {"authorization": "Bearer fk_live_ada"}
    assert breaks_nothing(operation, url, key) is is_right
    assert not breaks_nothing(operation, url, {})


def test_a_required_header_that_did_not_arrive_is_missed():
    operation = next(each for each in operations_of(document(), get_wsgi_application()) if each.label == "POST /v1/pots")
    url, headers = "http://localhost/v1/pots", {"Authorization": "Bearer fk_live_ada", "User-Agent": "us"}
    assert not breaks_nothing(operation, url, headers)
    assert breaks_nothing(operation, url, headers | {"idempotency-key": "one"})


def test_the_same_requests_are_generated_whichever_modules_are_loaded(tmp_path, monkeypatch):
    def generated():
        found = []

        @settings(max_examples=300, derandomize=True, database=None, phases=(Phase.generate,))
        @given(st.integers(), st.text())
        def collect(number, text):
            found.append((number, text))

        collect()
        return found

    before = generated()
    (tmp_path / "extraordinary.py").write_text("A, B = 918273645, 'extraordinary'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("extraordinary")
    assert generated() == before
    monkeypatch.delitem(sys.modules, "extraordinary")


def test_an_example_is_made_in_one_way(monkeypatch):
    monkeypatch.setattr("flowlet.api.testing.SEEDS", {})
    seed("pot_example")(lambda tenant: "pot_1")
    with pytest.raises(ValueError, match="pot_example is made by"):
        seed("pot_example")(lambda tenant: "pot_2")
