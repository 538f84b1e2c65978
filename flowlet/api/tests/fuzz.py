"""schemathesis over single operations: generated requests, right and wrong, the same ones in every run.

Each request runs in a savepoint that is rolled back, so that one never depends on another. An answer has to be a documented status
with documented content, never a 5xx; a request that violates the schema has to be refused.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
from django.core import signals
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from flowlet.api.tests.arriving import breaks_nothing

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
JUDGED = [*CHECKS, negative_data_rejection]
_ID = re.compile(r"^([a-z]{2,4})_[0-7][0-9a-z]{25}$")
load_all_checks()


def with_real_ids(value: Any, known: dict[str, str]) -> Any:
    """``value`` with every id whose prefix is known replaced by the known one."""
    if isinstance(value, str):
        found = _ID.match(value)
        return known.get(found[1], value) if found else value
    if isinstance(value, dict):
        return {name: with_real_ids(item, known) for name, item in value.items()}
    if isinstance(value, list):
        return [with_real_ids(item, known) for item in value]
    return value


def _one_of(generated: dict[str, Any] | None, pick: int) -> dict[str, Any]:
    """One of the generated members, or none of them."""
    names = ["", *sorted(generated or {})]
    name = names[pick % len(names)]
    return {name: generated[name]} if name else {}


@contextmanager
def _kept_connection() -> Iterator[None]:
    """As Django's test client does: the end of a request does not close the connection that holds the test's transaction."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    try:
        yield
    finally:
        signals.request_started.connect(close_old_connections)
        signals.request_finished.connect(close_old_connections)


def fuzz(
    operation: Any,
    *,
    mode: GenerationMode,
    key: str,
    known: dict[str, str] | None = None,
    example: dict[str, Any] | None = None,
    max_examples: int,
) -> None:
    """Send ``max_examples`` generated requests of the operation with the API key.

    Half of the right ones are about things that exist: they take the ids of ``known`` by prefix, and the body of ``example`` with one
    generated field, or one generated parameter, so that they come as far as the services.
    """

    @settings(
        max_examples=max_examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans(), pick=st.integers(0, 9))
    def run(case: Any, real: bool, pick: int) -> None:
        if real and mode is GenerationMode.POSITIVE:
            case.path_parameters = with_real_ids(case.path_parameters, known or {})
            case.query = with_real_ids(_one_of(case.query, pick), known or {})
            if example is not None and isinstance(case.body, dict):
                case.body = example | with_real_ids(_one_of(case.body, pick), known or {})
        headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}
        with transaction.atomic(), _kept_connection():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        applied = CHECKS if mode is GenerationMode.POSITIVE or _arrived_right(operation, case, response) else JUDGED
        case.validate_response(response, checks=applied, headers=headers)

    run()


def _arrived_right(operation: Any, case: Any, response: Any) -> bool:
    """Whether nothing of what was made wrong in the request is in what was sent: only query and headers can lose it."""
    negated = {location for location, component in case.meta.components.items() if component.mode.is_negative}
    lossy = {ParameterLocation.QUERY, ParameterLocation.HEADER}
    return negated <= lossy and breaks_nothing(operation, response.request.url, response.request.headers)


def operations_of(document: dict[str, Any], app: Any) -> list[Any]:
    """Every operation of the OpenAPI document, to be called on the WSGI application."""
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    return [found.ok() for found in schema.get_all_operations()]
