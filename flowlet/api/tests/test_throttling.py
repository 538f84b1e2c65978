"""The rate limit of a key."""

import threading
import time

import pytest
import redis

from flowlet.api import throttling
from flowlet.api.authentication import ApiKeyFacts
from flowlet.api.errors import RateLimited
from flowlet.api.tests.conftest import Partner
from flowlet.api.tests.pots import ADA
from flowlet.api.tests.test_door import POTS, problem


def test_says_what_is_left_and_refuses_beyond_the_burst(pot_api, db):
    slow = Partner("fk_live_slow")
    answers = [slow.ask("GET", POTS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit"] for answer in answers] == [
        '"default";r=2;t=1', '"default";r=1;t=2', '"default";r=0;t=3', '"default";r=0;t=3',
    ]  # fmt: skip
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"default";q=3;w=3'}
    body = problem(answers[3], 429, "rate_limit.exceeded")
    assert answers[3]["Retry-After"] == "1" and body["details"] == {"retry_after_seconds": 1}


def test_restores_one_request_per_interval(pot_api, db):
    facts = ApiKeyFacts(ADA, "LIVE", "key_x", rate_per_second=20, burst=1)
    pot_api.take(facts)
    with pytest.raises(RateLimited):
        pot_api.take(facts)
    time.sleep(0.06)
    pot_api.take(facts)
    with pytest.raises(RateLimited):
        pot_api.take(facts)


def test_refusals_of_scope_and_form_count_too(pot_api, db):
    slow = Partner("fk_live_slow")
    assert [slow.ask("POST", POTS, {}).status_code for _ in range(4)] == [403, 403, 403, 429]


def test_keys_do_not_share_their_allowance(pot_api, db):
    for _ in range(4):
        Partner("fk_live_slow").ask("GET", POTS)
    assert Partner("fk_live_reader").ask("GET", POTS).status_code == 200


def test_lets_through_exactly_the_burst_when_all_come_at_once(pot_api):
    facts = ApiKeyFacts(ADA, "LIVE", "key_x", rate_per_second=1, burst=25)
    allowed, lock = [], threading.Lock()

    def work():
        for _ in range(10):
            try:
                standing = pot_api.take(facts)
            except RateLimited:
                continue
            with lock:
                allowed.append(standing.remaining)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 25 <= len(allowed) <= 27  # a request is restored each second that this takes
    assert sorted(allowed[:25], reverse=True)[0] == 24


def test_without_redis_the_api_serves_says_so_and_does_not_ask_again_at_once(pot_api, db, monkeypatch):
    asked = []

    def away(**_):
        asked.append(1)
        raise redis.ConnectionError("away")

    monkeypatch.setattr(pot_api, "_script", away)
    before = throttling.UNAVAILABLE._value.get()
    answers = [Partner().ask("GET", POTS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all("RateLimit" not in answer for answer in answers)
    assert throttling.UNAVAILABLE._value.get() - before == 3
    assert len(asked) == 1


def test_asks_redis_again_after_its_rest(pot_api, db, monkeypatch):
    script = pot_api._script

    def away(**_):
        raise redis.TimeoutError("away")

    monkeypatch.setattr(pot_api, "_script", away)
    assert "RateLimit" not in Partner().ask("GET", POTS)
    monkeypatch.setattr(pot_api, "_script", script)
    assert "RateLimit" not in Partner().ask("GET", POTS)
    monkeypatch.setattr(pot_api, "_away_until", time.monotonic() - 1)
    assert "RateLimit" in Partner().ask("GET", POTS)


def test_a_redis_that_does_not_answer_costs_one_short_wait(settings, pot_api, db, monkeypatch):
    settings.REDIS_URL = "redis://192.0.2.1:6379/0"  # TEST-NET-1: packets vanish
    monkeypatch.setattr("flowlet.api.views.limiter", throttling.Limiter())
    started = time.monotonic()
    for _ in range(5):
        assert Partner().ask("GET", POTS).status_code == 200
    assert time.monotonic() - started < 10 * throttling.TIMEOUT_SECONDS
