"""Outbound calls: what comes of them, what is tried again, where they may go."""

import contextlib
import gzip
import http.server
import json
import logging
import socket
import threading
import time
import uuid
from decimal import Decimal

import pytest
import structlog

from flowlet.core import breakers, network
from flowlet.core.breakers import Breaker
from flowlet.core.outbound import (
    NotAuthorized,
    NotThere,
    Outbound,
    OutcomeUnknown,
    Refused,
    Retries,
    Throttled,
    Timeouts,
    Unavailable,
)


class Scripted:
    """A server that gives the prepared answers in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self):
        self.asked, self.answers = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def gives(status=200, body=b"{}", **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def loses(handler):
    """The request was read, and the connection dies."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def drips(handler):
    """A byte now and then, each in good time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)


@pytest.fixture
def server():
    found = Scripted()
    yield found
    found.close()


def outbound(url, **kwargs):
    kwargs.setdefault("retries", Retries(attempts=3, first=0.01, longest=0.02, jitter=0))
    kwargs.setdefault("private_hosts", frozenset({"127.0.0.1"}))
    kwargs.setdefault("breaker", Breaker(f"test-{uuid.uuid4()}"))
    kwargs.setdefault("timeouts", Timeouts(connect=1, read=0.5, attempt=1, call=5))
    return Outbound(provider="bank", base_url=url, **kwargs)


def test_an_answer_has_decimals_and_the_providers_request_id(server):
    server.answers = [gives(200, b'{"a": 0.1, "n": 3}', Request_Id="req_1")]
    answer = outbound(server.url, headers=lambda: {"Authorization": "Bearer x"}).call(
        "GET", "/v1/x", operation="x.get", query={"a": "b c"}
    )
    assert (answer.status, answer.data, answer.request_id) == (200, {"a": Decimal("0.1"), "n": 3}, "req_1")
    method, path, headers, _ = server.asked[0]
    assert (method, path, headers["authorization"]) == ("GET", "/v1/x?a=b+c", "Bearer x")
    assert uuid.UUID(headers["x-request-id"]).version == 7


def test_bodies_are_json_form_or_bytes_as_they_are(server):
    server.answers = [gives()]
    out = outbound(server.url)
    out.call("POST", "/j", operation="j", data={"a": ["é", 1]})
    out.call("POST", "/f", operation="f", form=[("a[b]", "1&2"), ("a[c]", "x y")])
    out.call("POST", "/c", operation="c", content=b"\x00signed", headers={"content-type": "application/jose"})
    (_, _, jh, j), (_, _, fh, f), (_, _, ch, c) = server.asked
    assert (json.loads(j), jh["content-type"]) == ({"a": ["é", 1]}, "application/json")
    assert (f, fh["content-type"]) == (b"a%5Bb%5D=1%262&a%5Bc%5D=x+y", "application/x-www-form-urlencoded")
    assert (c, ch["content-type"]) == (b"\x00signed", "application/jose")


@pytest.mark.parametrize("value", [1.5j, Decimal("1.5"), float("nan")])
def test_a_body_with_a_number_that_has_no_agreed_form_is_not_sent(server, value):
    with pytest.raises((TypeError, ValueError)):
        outbound(server.url).call("POST", "/", operation="x", data={"amount": value})
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (401, NotAuthorized), (402, Refused), (403, NotAuthorized), (404, NotThere), (409, Refused)],
)
def test_a_refusal_is_typed_is_not_repeated_and_carries_the_providers_code_but_not_its_words(server, status, kind):
    server.answers = [gives(status, b'{"error": {"code": "no_money", "message": "Ada has no money"}}')]
    with pytest.raises(Refused) as caught:
        outbound(server.url, code_of=lambda data: data["error"]["code"]).call("POST", "/p", operation="p", idempotency_key="k")
    error = caught.value
    assert (type(error), error.http_status, error.provider_code) == (kind, status, "no_money")
    assert error.data["error"]["message"] == "Ada has no money"
    assert "Ada" not in str(error) + repr(error) + repr(error.details)
    assert len(server.asked) == 1


def test_a_post_without_a_key_is_sent_once_and_its_outcome_is_unknown(server):
    server.answers = [loses]
    with pytest.raises(OutcomeUnknown):
        outbound(server.url).call("POST", "/p", operation="p", data={})
    assert len(server.asked) == 1


@pytest.mark.parametrize("fault", [loses, gives(500), gives(503), gives(408), lambda handler: time.sleep(0.8)])
def test_a_post_with_a_key_is_repeated_under_the_same_key(server, fault):
    server.answers = [fault, gives(200, b'{"id": 1}')]
    answer = outbound(server.url).call("POST", "/p", operation="p", data={}, idempotency_key="k-1")
    assert answer.data == {"id": 1}
    assert [headers["idempotency-key"] for _, _, headers, _ in server.asked] == ["k-1", "k-1"]


@pytest.mark.parametrize(
    "fault", [loses, gives(500), gives(200, b"not json"), gives(200, b'{"a": NaN}'), gives(200, b"[" * 100_000)]
)
def test_what_never_gets_a_clear_answer_is_unknown_for_a_write_and_unavailable_for_a_question(server, fault):
    server.answers = [fault]
    out = outbound(server.url)
    with pytest.raises(OutcomeUnknown):
        out.call("POST", "/p", operation="p", idempotency_key="k")
    out.breaker.reset()
    with pytest.raises(Unavailable):
        out.call("GET", "/p", operation="p")
    out.breaker.reset()
    with pytest.raises(Unavailable):
        out.call("POST", "/p", operation="p", safe=True)


@pytest.mark.parametrize("later", [gives(429, Retry_After="60"), gives(401), gives(409)])
def test_an_unknown_outcome_is_not_forgotten_when_a_later_attempt_says_nothing_about_it(server, later):
    server.answers = [loses, later]
    with pytest.raises(OutcomeUnknown):
        outbound(server.url).call("POST", "/p", operation="p", idempotency_key="k")
    assert len(server.asked) == 2


def test_an_unknown_outcome_is_not_forgotten_when_the_provider_is_not_reached_afterwards(server):
    def leaves(handler):
        server._server.socket.close()
        loses(handler)

    server.answers = [leaves]
    with pytest.raises(OutcomeUnknown) as caught:
        outbound(server.url).call("POST", "/p", operation="p", idempotency_key="k")
    assert type(caught.value.__cause__) is Unavailable


def test_a_clear_refusal_settles_an_unknown_outcome(server):
    server.answers = [loses, gives(402)]
    with pytest.raises(Refused) as caught:
        outbound(server.url).call("POST", "/p", operation="p", idempotency_key="k")
    assert caught.value.http_status == 402


def test_who_is_not_reached_is_unavailable_and_nothing_happened():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        out = outbound(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unavailable):
            out.call("POST", "/p", operation="p", idempotency_key="k")


def test_retry_after_is_honoured_while_it_is_short(server):
    server.answers = [gives(429, Retry_After="1"), gives(200)]
    began = time.monotonic()
    outbound(server.url).call("GET", "/", operation="x")
    assert 1 <= time.monotonic() - began < 3
    server.answers = [gives(429, Retry_After="11")]
    with pytest.raises(Throttled):
        outbound(server.url).call("GET", "/", operation="x")
    assert len(server.asked) == 3


def test_a_provider_may_say_that_an_answer_leaves_the_outcome_open(server):
    server.answers = [gives(409, b'{"busy": true}'), gives(200, b'{"id": 1}')]
    out = outbound(server.url, says_nothing=lambda answer: bool(answer.data.get("busy")))
    assert out.call("POST", "/p", operation="p", idempotency_key="k").data == {"id": 1}
    server.answers = [gives(409, b'{"busy": true}')]
    with pytest.raises(OutcomeUnknown):
        out.call("POST", "/p", operation="p", idempotency_key="k")


def test_a_dripping_answer_ends_with_the_time_of_the_attempt(server):
    server.answers = [drips]
    out = outbound(server.url, retries=Retries(attempts=1))
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        out.call("POST", "/p", operation="p")
    assert 0.9 < time.monotonic() - began < 2


def test_large_answers_are_not_taken_in_packed_or_not(server):
    bomb = gzip.compress(b" " * 5_000_000)
    for answer in (gives(200, b"1" * 2000), gives(200, bomb, Content_Encoding="gzip"), gives(200, b"{}", Content_Encoding="br")):
        server.answers = [answer]
        with pytest.raises(OutcomeUnknown):
            outbound(server.url, max_bytes=1000).call("POST", "/", operation="x")
    server.answers = [gives(200, gzip.compress(b'{"a": 1.10}'), Content_Encoding="gzip")]
    assert outbound(server.url).call("GET", "/", operation="x").data == {"a": Decimal("1.10")}
    server.answers = [gives(200, gzip.compress(b'{"a": 1.10}')[:-4], Content_Encoding="gzip")]
    with pytest.raises(Unavailable):
        outbound(server.url).call("GET", "/", operation="x")


def test_redirects_are_followed_within_the_host_by_questions_only(server):
    server.answers = [gives(302, Location="/there"), gives(200, b'{"a": 1}')]
    out = outbound(server.url, headers=lambda: {"Authorization": "Bearer x"})
    assert out.call("GET", "/here", operation="x", query={"q": "1"}).data == {"a": 1}
    assert [path for _, path, _, _ in server.asked] == ["/here?q=1", "/there"]
    other = Scripted()
    other.answers = [gives()]
    for method, target in (("GET", other.url + "/"), ("POST", "/there")):
        server.answers = [gives(307, Location=target)]
        with pytest.raises(Refused) as caught:
            out.call(method, "/here", operation="x")
        assert caught.value.http_status == 307
    assert other.asked == []
    other.close()


@pytest.mark.parametrize("path", ["x", "//evil.example", "/../x", "http://evil.example/"])
def test_a_path_stays_below_the_address(path):
    with pytest.raises(ValueError):
        outbound("http://127.0.0.1:1").call("GET", path, operation="x")


@pytest.mark.parametrize(
    "url", ["http://bank.example", "ftp://bank.example", "https://u:p@bank.example", "https://", "https://b.example?x=1"]
)
def test_addresses_are_https_and_bare(url):
    with pytest.raises(ValueError):
        outbound(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert network.is_public(address) is public


def test_a_name_that_leads_inside_is_refused_unless_it_is_named(server, monkeypatch):
    server.answers = [gives()]
    port = int(server.url.rpartition(":")[2])
    real = socket.getaddrinfo

    def resolve(host, *args, **kwargs):
        return real("127.0.0.1" if host == "bank.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Unavailable) as caught:
        outbound(f"https://bank.example:{port}").call("POST", "/", operation="x", idempotency_key="k")
    assert caught.value.details["cause"] == "AddressRefused"
    assert server.asked == []
    outbound(f"http://bank.example:{port}", private_hosts=frozenset({"bank.example"})).call("GET", "/", operation="x")
    assert len(server.asked) == 1


def test_the_breaker_opens_is_shared_and_lets_one_try_after_its_rest(server):
    server.answers = [gives(500)]
    name = f"test-{uuid.uuid4()}"

    def client():
        return outbound(server.url, breaker=Breaker(name, threshold=3, rest_seconds=0.3), retries=Retries(attempts=1))

    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            client().call("POST", "/", operation="x")
    with pytest.raises(Unavailable) as caught:
        client().call("POST", "/", operation="x")
    assert caught.value.details["retry_after_seconds"] == 1
    assert len(server.asked) == 3
    time.sleep(0.35)
    trial = Breaker(name, threshold=3, rest_seconds=0.3)
    assert trial.wait_seconds() == 0
    assert Breaker(name).wait_seconds() > 0, "one trial at a time"
    trial.tell(success=False)
    assert 0 < Breaker(name).wait_seconds() <= 0.3
    time.sleep(0.35)
    server.answers = [gives()]
    client().call("GET", "/", operation="x")
    assert Breaker(name).wait_seconds() == 0


def test_refusals_do_not_open_the_breaker(server):
    server.answers = [gives(402)]
    out = outbound(server.url, breaker=Breaker(f"test-{uuid.uuid4()}", threshold=2))
    for _ in range(4):
        with pytest.raises(Refused):
            out.call("POST", "/", operation="x")
    assert len(server.asked) == 4


def test_without_redis_the_breaker_is_the_processs_own_and_a_counter_says_so(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    breakers.shared.forget()
    try:
        breaker = Breaker(f"test-{uuid.uuid4()}", threshold=2, rest_seconds=0.2)
        before = breakers.LOCAL.labels(name=breaker.name)._value.get()
        for _ in range(2):
            assert breaker.wait_seconds() == 0
            breaker.tell(success=False)
        assert breaker.wait_seconds() > 0
        assert breakers.LOCAL.labels(name=breaker.name)._value.get() == before + 3
        time.sleep(0.25)
        assert breaker.wait_seconds() == 0
        assert breaker.wait_seconds() > 0, "one trial at a time"
        breaker.tell(success=True)
        assert breaker.wait_seconds() == 0
    finally:
        breakers.shared.forget()


def test_a_line_per_attempt_names_the_call_and_holds_no_body_query_or_header(server, caplog):
    server.answers = [gives(500, b'{"iban": "DE02"}'), gives(200, b'{"name": "Ada"}')]
    structlog.reset_defaults()
    from flowlet.telemetry.logs import configure_structlog

    configure_structlog()
    with caplog.at_level(logging.INFO):
        outbound(server.url, headers=lambda: {"Authorization": "Bearer sk_secret"}).call(
            "POST", "/people/ada", operation="people.make", query={"q": "Ada"}, data={"name": "Ada"}, idempotency_key="k"
        )
    lines = [str(record.msg) for record in caplog.records if record.name == "flowlet.outbound"]
    assert len(lines) == 2
    assert "'operation': 'people.make'" in lines[0] and "'status': 500" in lines[0] and "'outcome': 'unknown'" in lines[0]
    assert "'status': 200" in lines[1] and "'attempt': 2" in lines[1]
    everything = " ".join(str(record.msg) + record.getMessage() for record in caplog.records)
    for secret in ("Ada", "ada", "sk_secret", "DE02"):
        assert secret not in everything
