"""Secrets and personal data do not reach the logs."""

import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from flowlet.core.actors import Actor, ActorKind
from flowlet.telemetry import context, logs, redaction

SECRETS = [
    "fk_live_9cK2mXh7fZp4",
    "fk_test_9cK2mXh7fZp4",
    "Bearer s3cr3t-token-value",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "ada.lovelace@example.com",
    "4111 1111 1111 1111",
    "5500-0055-5555-5559",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
]


@pytest.fixture
def lines():
    """What a logger with our JSON formatter writes, parsed."""

    class Keep(logging.Handler):
        def __init__(self):
            super().__init__()
            self.raw = []

        def emit(self, record):
            self.raw.append(self.format(record))

        @property
        def parsed(self):
            return [json.loads(line) for line in self.raw]

    handler = Keep()
    handler.setFormatter(logs.json_formatter())
    logger = logging.getLogger("flowlet.tests.redaction")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    context.clear()


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_cut_out_of_any_text(secret, lines):
    logging.getLogger("flowlet.tests.redaction").info("before %s after", secret)
    structlog.get_logger("flowlet.tests.redaction").info("ours", note=f"x {secret} y", deep={"list": [secret]})
    assert len(lines.raw) == 2
    for line in lines.raw:
        assert secret.split()[-1] not in line
        assert "[redacted]" in line


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "totp_secret",
        "Authorization",
        "api_key",
        "email",
        "phone",
        "date_of_birth",
        "iban",
        "csrftoken",
    ],
)
def test_a_telling_name_hides_the_value(name, lines):
    structlog.get_logger("flowlet.tests.redaction").info("said", **{name: "plain"})
    assert lines.parsed[0][name] == "[redacted]"


def test_a_traceback_is_redacted_too(lines):
    try:
        raise ValueError("postgres://flowlet_app:hunter2@db/flowlet refused ada@example.com")
    except ValueError:
        logging.getLogger("flowlet.tests.redaction").exception("failed")
    assert "hunter2" not in lines.raw[0]
    assert "ada@example.com" not in lines.raw[0]
    assert "ValueError: postgres://flowlet_app:[redacted]@db/flowlet refused [redacted]" in lines.parsed[0]["exception"]


def test_what_operations_need_stays(lines):
    context.bind_request("req_12345678")
    context.bind_actor(Actor(ActorKind.API_KEY, "key_01k9", "Ledger sync", "10.0.0.1", "req_12345678"), partner_id=None)
    structlog.get_logger("flowlet.tests.redaction").info("posted", journal="jrn_01k9", ip_address="10.0.0.1", legs=2, ms=1.5)
    (line,) = lines.parsed
    assert line | {"at": ""} == {
        "event": "posted",
        "level": "info",
        "logger": "flowlet.tests.redaction",
        "at": "",
        "request_id": "req_12345678",
        "actor": "api_key:key_01k9",
        "journal": "jrn_01k9",
        "ip_address": "10.0.0.1",
        "legs": 2,
        "ms": 1.5,
    }


@given(st.integers(10**12, 10**18))
def test_a_number_is_hidden_exactly_when_it_could_be_a_card(number):
    digits = [int(digit) for digit in str(number)][::-1]
    is_card = (sum(digits[::2]) + sum(d * 2 - 9 * (d > 4) for d in digits[1::2])) % 10 == 0
    assert (redaction.redact_text(f"card {number} seen") == "card [redacted] seen") is is_card


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.binary(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_anything_can_be_logged(value):
    json.dumps(redaction.redact({"value": value}))
