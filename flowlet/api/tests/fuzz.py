"""schemathesis over single operations: generated requests, right and wrong, the same ones in every run.

Each request runs in a savepoint that is rolled back, so that one never depends on another. An answer has to be a documented status
with documented content, never a 5xx; a request that violates the schema has to be refused.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from django.core import signals
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
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


def as_sent(query: dict[str, Any]) -> dict[str, Any]:
    """The query without what has no form in a URL: ``created[x]=[]`` is not there when it arrives, so it is no violation either.

    What remains is judged as it is.
    """
    sent = {}
    for name, value in query.items():
        if not isinstance(value, dict):
            sent[name] = value
        elif members := {key: member for key, member in as_sent(value).items() if not _is_nothing(member)}:
            sent[name] = members
    return sent


def _is_nothing(value: Any) -> bool:
    """Whether no text of it would be in a URL: null, or a list or object of nothing else."""
    if isinstance(value, dict):
        value = list(value.values())
    return value is None or (isinstance(value, list) and all(_is_nothing(item) for item in value))


def as_arrived(query: dict[str, Any], url: str) -> dict[str, Any]:
    """The query without members of objects that are not in the URL that was sent: what did not arrive breaks nothing."""
    names = [name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    arrived: dict[str, Any] = {}
    for name, value in query.items():
        if not isinstance(value, dict):
            arrived[name] = value
        elif members := {key: one for key, one in value.items() if any(n.startswith(f"{name}[{key}]") for n in names)}:
            arrived[name] = members
    return arrived


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
    checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS

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
        case.query = as_sent(case.query or {})
        headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}
        with transaction.atomic(), _kept_connection():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        case.query = as_arrived(case.query, response.request.url)
        case.validate_response(response, checks=checks, headers=headers)

    run()


def operations_of(document: dict[str, Any], app: Any) -> list[Any]:
    """Every operation of the OpenAPI document, to be called on the WSGI application."""
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    return [found.ok() for found in schema.get_all_operations()]
