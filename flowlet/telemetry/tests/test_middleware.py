"""Every request has an id, a line and a figure."""

import logging

import pytest
from django.http import HttpResponse
from prometheus_client import REGISTRY
from structlog import contextvars

from flowlet.core import ids
from flowlet.telemetry.middleware import RequestMiddleware, request_id_for


@pytest.fixture
def access(caplog):
    caplog.set_level(logging.INFO, logger="flowlet.access")
    return lambda: [record.msg for record in caplog.records if record.name == "flowlet.access"]


def seconds(**labels):
    return REGISTRY.get_sample_value("flowlet_http_request_seconds_count", labels) or 0


@pytest.mark.parametrize("sent", ["abcdefgh", "A.b-c_1234", "x" * 64])
def test_a_well_formed_id_is_taken_over(sent, client):
    answer = client.get("/healthz", headers={"X-Request-Id": sent})
    assert answer.headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "short", "x" * 65, "with space", "line\nfeed-1234", "ümlaut-1234", "<script>1234"])
def test_another_is_replaced_by_one_of_ours(sent):
    made = request_id_for(sent)
    assert made != sent
    assert ids.parse("req", made)


def test_a_request_leaves_one_line_with_its_id_and_nothing_behind(client, access):
    answer = client.get("/v1/nothing-here?email=ada@example.com", headers={"X-Request-Id": "req-for-line"})
    (line,) = access()
    assert answer.status_code == 404
    assert {name: line[name] for name in ("event", "request_id", "method", "path", "status")} == {
        "event": "request",
        "request_id": "req-for-line",
        "method": "GET",
        "path": "/v1/nothing-here",
        "status": 404,
    }
    assert "ada" not in str(line)
    assert contextvars.get_contextvars() == {}


def test_health_checks_are_counted_and_not_logged(client, access):
    before = seconds(method="GET", route="healthz", status="200")
    client.get("/healthz")
    assert seconds(method="GET", route="healthz", status="200") == before + 1
    assert access() == []


def test_the_figure_names_the_route_and_not_the_address(client):
    client.get("/surely/not/there/12345")
    assert seconds(method="GET", route="unmatched", status="404") >= 1


def test_an_unknown_method_does_not_become_a_label(client):
    client.generic("BREW", "/healthz")
    assert seconds(method="OTHER", route="healthz", status="405") >= 1
    assert seconds(method="BREW", route="healthz", status="405") == 0


def test_the_context_is_cleared_even_when_the_view_raises(rf):
    def explode(request):
        assert contextvars.get_contextvars()["request_id"] == request.request_id
        raise RuntimeError

    with pytest.raises(RuntimeError):
        RequestMiddleware(explode)(rf.get("/"))
    assert contextvars.get_contextvars() == {}


def test_a_request_does_not_inherit_the_context_of_the_one_before(rf):
    contextvars.bind_contextvars(actor="staff:usr_before")
    seen = []
    RequestMiddleware(lambda request: seen.append(dict(contextvars.get_contextvars())) or HttpResponse())(rf.get("/"))
    assert "actor" not in seen[0]
