"""What the door lets in, and how it refuses."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import override_settings

from flowlet.api.tests.conftest import TEA, Partner

POTS = "/v1/pots"


def problem(response, status, code, param=""):
    """The response is this refusal, complete."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["code"], body["param"]) == (status, status, code, param)
    assert set(body) == {
        "type", "title", "status", "detail", "instance", "code", "param", "request_id", "doc_url", "details", "errors",
    }  # fmt: skip
    assert body["doc_url"] == body["type"] and body["doc_url"].endswith(f"/docs/errors#{code}")
    return body


def test_creates_reads_and_lists(partner, pots_made):
    made = partner.ask("POST", POTS, TEA)
    assert made.status_code == 201
    pot = made.json()
    assert pot["size"] == {"amount": "12.50", "currency": "USD"} and pot["id"].startswith("evt_")
    assert partner.ask("GET", f"{POTS}/{pot['id']}").json() == pot
    assert partner.ask("GET", POTS).json() == {"data": [pot], "has_more": False}
    assert pots_made() == 1


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "auth.missing_key"),
        ("Basic abc", "auth.missing_key"),
        ("Bearer", "auth.missing_key"),
        ("Bearer fk_live_nobody", "auth.invalid_key"),
        ("Bearer " + "x" * 300, "auth.invalid_key"),
        ("Bearer fk\x7f", "auth.invalid_key"),
        ("Bearer fk_live_old", "auth.expired_key"),
    ],
)
def test_refuses_who_shows_no_valid_key(partner, header, code):
    response = partner.ask("GET", POTS, Authorization=header)
    problem(response, 401, code)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_missing_scope_is_named(pot_api, db, pots_made):
    body = problem(Partner("fk_live_reader").ask("POST", POTS, TEA), 403, "auth.missing_scope")
    assert body["details"] == {"scope": "pots:write"}
    assert pots_made() == 0


def test_another_tenants_pot_is_not_there(partner):
    pot = partner.ask("POST", POTS, TEA).json()
    for key in ("fk_live_bob", "fk_test_ada"):
        problem(Partner(key).ask("GET", f"{POTS}/{pot['id']}"), 404, "resource.not_found")
        assert Partner(key).ask("GET", POTS).json() == {"data": [], "has_more": False}


@pytest.mark.parametrize("bad", ["evt_1", "pot_01k9z8h3wq1d5m8k0r2v4x6y7z", "evt_" + "u" * 26, "evt_" + "z" * 26, "%00", "%ff"])
def test_a_malformed_id_is_404(partner, bad):
    problem(partner.ask("GET", f"{POTS}/{bad}"), 404, "resource.not_found")


@override_settings(TRUSTED_PROXIES=1)
def test_the_callers_address_is_what_the_outermost_trusted_proxy_saw(partner):
    office = Partner("fk_live_office")
    assert office.ask("GET", POTS, X_Forwarded_For="6.6.6.6, 192.0.2.7").status_code == 200
    problem(office.ask("GET", POTS, X_Forwarded_For="192.0.2.7, 6.6.6.6"), 403, "auth.address_not_allowed")
    problem(office.ask("GET", POTS), 403, "auth.address_not_allowed")


def test_a_forwarded_header_is_not_believed_without_proxies(partner):
    problem(Partner("fk_live_office").ask("GET", POTS, X_Forwarded_For="192.0.2.7"), 403, "auth.address_not_allowed")


def test_unknown_routes_and_methods(partner):
    problem(partner.ask("GET", "/v1/nothing"), 404, "route.not_found")
    problem(partner.ask("GET", "/v1/"), 404, "route.not_found")
    problem(partner.ask("POST", "/v1/pots/", TEA), 404, "route.not_found")
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        response = partner.ask(method, POTS)
        problem(response, 405, "route.method_not_allowed")
        assert response["Allow"] == "GET, POST"


def test_negotiation(partner):
    problem(partner.ask("GET", POTS, Accept="text/html"), 406, "request.not_acceptable")
    problem(partner.ask("GET", POTS, Accept="application/json;q=0"), 406, "request.not_acceptable")
    for accept in ("*/*", "application/*", "text/html, application/json;q=0.5", "Application/JSON; charset=utf-8"):
        assert partner.ask("GET", POTS, Accept=accept).status_code == 200
    problem(partner.ask("POST", POTS, raw=b"name=tea", content_type="text/plain"), 415, "request.unsupported_media_type")


@pytest.mark.parametrize(
    ("raw", "code", "param"),
    [
        (b"{", "request.malformed_json", ""),
        (b'{"a": NaN}', "request.malformed_json", ""),
        (b'{"a": Infinity}', "request.malformed_json", ""),
        (b"[" * 100_000, "request.malformed_json", ""),
        (b'{"a": ' + b"9" * 5000 + b"}", "request.malformed_json", ""),
        (b'{"a": 1.' + b"9" * 5000 + b"}", "request.malformed_json", ""),
        (b"\xff\xfe", "request.forbidden_character", ""),
        (b'{"name": "\\ud800"}', "request.forbidden_character", ""),
        (b'{"name": "a\\u0000"}', "request.forbidden_character", "name"),
        (b'{"metadata": {"a": ["x", "\\u0000"]}}', "request.forbidden_character", "metadata.a[1]"),
        (b'{"name": "a", "name": "b"}', "request.duplicate_field", "name"),
        (b'{"size": {"amount": "1", "amount": "2"}}', "request.duplicate_field", "amount"),
        (b'{"name": "tea", "size": {"amount": 12.5, "currency": "USD"}}', "money.malformed_amount", "size.amount"),
        (b'{"name": "tea", "size": {"amount": 12, "currency": "USD"}}', "money.malformed_amount", "size.amount"),
        (b'{"name": "tea", "size": 12.5}', "money.malformed_amount", "size"),
        (b'{"name": "tea", "size": {"amount": "1", "currency": "USD", "x": 1}}', "money.malformed_amount", "size"),
        (b'{"name": "tea", "size": {"amount": "10.5", "currency": "JPY"}}', "money.too_precise", "size.amount"),
        (b'{"name": "tea", "size": {"amount": "1e3", "currency": "USD"}}', "money.malformed_amount", "size.amount"),
        (b'{"name": "tea", "size": {"amount": "1", "currency": "ZZZ"}}', "money.unknown_currency", "size.currency"),
        (b'{"name": "tea", "size": {"amount": "0", "currency": "USD"}}', "money.not_positive", "size.amount"),
        (b'{"name": 5, "size": {"amount": "1", "currency": "USD"}}', "request.invalid", "name"),
        (b'{"name": "tea", "size": {"amount": "1", "currency": "USD"}, "handles": "1"}', "request.invalid", "handles"),
        (b'{"name": "tea", "size": {"amount": "1", "currency": "USD"}, "handles": true}', "request.invalid", "handles"),
        (b'{"name": "tea", "size": {"amount": "1", "currency": "USD"}, "colour": "red"}', "request.invalid", "colour"),
        (b'{"name": "tea", "size": {"amount": "1", "currency": "USD"}, "parent_id": "pot_1"}', "request.invalid", "parent_id"),
        (b'{"name": "tea", "size": {"amount": "1", "currency": "USD"}, "metadata": {"a": 1}}', "request.invalid", "metadata.a"),
        (b"[]", "request.invalid", ""),
        (b"null", "request.invalid", ""),
        (b"", "request.invalid", "name"),
    ],
)
def test_refuses_bodies_of_the_wrong_form(partner, pots_made, raw, code, param):
    problem(partner.ask("POST", POTS, raw=raw, content_type="application/json"), 400, code, param)
    assert pots_made() == 0


def test_names_every_fault_of_a_body(partner):
    body = problem(partner.ask("POST", POTS, {"size": {"amount": "-1", "currency": "USD"}}), 400, "request.invalid", "name")
    assert [(part["code"], part["param"]) for part in body["errors"]] == [
        ("field.required", "name"),
        ("money.not_positive", "size.amount"),
    ]


def test_an_operation_without_a_body_takes_none(partner):
    pot = partner.ask("POST", POTS, TEA).json()
    assert partner.ask("POST", f"{POTS}/{pot['id']}").json() == pot
    assert partner.ask("POST", f"{POTS}/{pot['id']}", {}).json() == pot
    problem(partner.ask("POST", f"{POTS}/{pot['id']}", {"size": 1}), 400, "request.invalid", "size")
    problem(partner.ask("POST", f"{POTS}/{pot['id']}", [1]), 400, "request.invalid")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_that_is_too_large_is_413(partner):
    problem(partner.ask("POST", POTS, {"name": "x" * 200}), 413, "request.too_large")


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("colour=red", "request.unknown_parameter", "colour"),
        ("limit=1&limit=2", "request.repeated_parameter", "limit"),
        ("limit=0", "request.invalid", "limit"),
        ("limit=101", "request.invalid", "limit"),
        ("limit=x", "request.invalid", "limit"),
        ("limit=%FF", "request.forbidden_character", "limit"),
        ("limit=%00", "request.forbidden_character", "limit"),
        ("created=now", "request.invalid", "created"),
        ("created[since]=2026-01-01T00:00:00Z", "request.invalid", "created.since"),
        ("created[gte]=2026-01-01", "request.invalid", "created.gte"),
        ("created[gte]=2026-01-01T00:00:00", "request.invalid", "created.gte"),
        ("created[gte]=0001-01-01T00:00:00%2B14:00", "request.invalid", "created.gte"),
        ("starting_after=evt_1", "page.malformed_cursor", "starting_after"),
        ("ending_before=%27", "page.malformed_cursor", "ending_before"),
    ],
)
def test_refuses_queries_of_the_wrong_form(partner, query, code, param):
    problem(partner.ask("GET", f"{POTS}?{query}"), 400, code, param)


def test_an_operation_without_parameters_takes_none(partner):
    pot = partner.ask("POST", POTS, TEA).json()
    problem(partner.ask("GET", f"{POTS}/{pot['id']}?limit=1"), 400, "request.unknown_parameter", "limit")


def test_what_nobody_anticipated_is_a_clean_500_and_leaves_nothing(partner, pots_made, caplog):
    response = partner.ask("POST", POTS, TEA | {"name": "broken"})
    body = problem(response, 500, "server.fault")
    assert "secret" not in str(body)
    assert "a secret that must not leave" in caplog.text
    assert pots_made() == 0


def test_a_domain_refusal_is_typed_and_leaves_nothing(partner, pots_made):
    response = partner.ask("POST", POTS, TEA | {"size": {"amount": "0.50", "currency": "USD"}})
    body = problem(response, 422, "pot.too_small", "size")
    assert body["details"] == {"least": {"amount": "1.00", "currency": "USD"}}
    assert pots_made() == 0


def test_a_body_in_chunks_does_not_pass_for_an_empty_one(partner, pots_made):
    pot = partner.ask("POST", POTS, TEA).json()
    response = partner.ask("POST", f"{POTS}/{pot['id']}", raw=b"", Transfer_Encoding="chunked", content_type="application/json")
    problem(response, 411, "request.length_required")


def test_a_lock_in_the_way_is_503_with_retry_after_and_leaves_nothing(partner, pots_made):
    response = partner.ask("POST", POTS, TEA | {"name": "deadlock"})
    assert problem(response, 503, "server.busy")["details"] == {"retry_after_seconds": 1}
    assert response["Retry-After"] == "1"
    assert pots_made() == 0


@pytest.mark.parametrize("error", [OperationalError("could not connect"), InterfaceError("connection already closed")])
def test_a_database_that_is_away_is_503(partner, monkeypatch, error):
    def away(*_):
        raise error

    monkeypatch.setattr("flowlet.api.authentication._lookup", away)
    problem(partner.ask("GET", POTS), 503, "server.busy")


def test_head_is_answered_like_get_without_a_body(partner):
    response = partner.ask("HEAD", POTS)
    assert (response.status_code, response.content) == (200, b"")
    assert "RateLimit" in response
