"""Every POST takes effect once."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from flowlet.api import idempotency, tasks
from flowlet.api.models import IdempotencyRecord
from flowlet.api.tests.conftest import TEA, Partner
from flowlet.api.tests.test_door import POTS, problem
from flowlet.core import clock
from flowlet.core.crypto import CannotOpen


def at_once(count, work):
    """Run ``work(n)`` in as many threads, started together; their results in order."""
    results, ready = [None] * count, threading.Barrier(count)

    def run(number):
        try:
            ready.wait()
            results[number] = work(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~:/"])
def test_replays_the_answer_byte_for_byte(partner, pots_made, key):
    first = partner.ask("POST", POTS, TEA, key=key)
    again = partner.ask("POST", POTS, raw=b'{ "size":{"currency":"USD","amount":"12.50"},\n"name":"tea" }', key=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first and again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == "application/json"
    assert pots_made() == 1


@pytest.mark.parametrize(
    ("key", "code"), [(None, "key_missing"), ("", "key_malformed"), ("x" * 256, "key_malformed"), ("é", "key_malformed")]
)
def test_a_post_needs_a_key(pot_api, db, pots_made, key, code):
    headers = {"Authorization": "Bearer fk_live_ada"} | ({} if key is None else {"Idempotency-Key": key})
    response = Partner().generic("POST", POTS, b"{}", content_type="application/json", headers=headers)
    problem(response, 400, f"idempotency.{code}", "Idempotency-Key")
    assert pots_made() == 0


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"name": "coffee"}, "name"),
        ({"size": {"amount": "12.51", "currency": "USD"}}, "size.amount"),
        ({"size": {"amount": "12.50", "currency": "EUR"}}, "size.currency"),
        ({"metadata": {}}, "metadata"),
        ({"handles": 1}, "handles"),
    ],
)
def test_another_request_with_the_same_key_is_refused_and_the_difference_named(partner, pots_made, change, param):
    partner.ask("POST", POTS, TEA, key="k")
    problem(partner.ask("POST", POTS, TEA | change, key="k"), 422, "idempotency.key_reused", param)
    assert pots_made() == 1


def test_another_path_with_the_same_key_is_refused(partner):
    pot = partner.ask("POST", POTS, TEA, key="k").json()
    problem(partner.ask("POST", f"{POTS}/{pot['id']}", key="k"), 422, "idempotency.key_reused", "path")


def test_names_differences_in_lists():
    def request(content):
        return ["POST", "/x", content]

    legs = [{"amount": "1"}, {"amount": "2"}]
    for other, where in [
        ({"legs": [{"amount": "1"}, {"amount": "3"}]}, "legs[1].amount"),
        ({"legs": [{"amount": "1"}]}, "legs[1]"),
        ({"legs": []}, "legs[0]"),
        ({"legs": None}, "legs"),
        ([], "body"),
    ]:
        assert idempotency.first_difference(request({"legs": legs}), request(other)) == where
    assert idempotency.first_difference(request({"n": 1}), request({"n": True})) == "n"


def test_keys_belong_to_a_partner_in_a_mode(partner, pots_made):
    for key in ("fk_live_ada", "fk_test_ada", "fk_live_bob"):
        assert "Idempotency-Replayed" not in Partner(key).ask("POST", POTS, TEA, key="same")
    assert pots_made() == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "tea"}, 400),
        (TEA | {"size": {"amount": "0.50", "currency": "USD"}}, 422),
        (TEA | {"name": "broken"}, 500),
    ],
)
def test_refusals_are_not_recorded_so_that_a_repetition_is_judged_anew(partner, pots_made, body, status):
    assert partner.ask("POST", POTS, body, key="k").status_code == status
    assert IdempotencyRecord.objects.count() == 0
    assert partner.ask("POST", POTS, TEA, key="k").status_code == 201
    assert pots_made() == 1


def test_a_record_that_cannot_be_written_takes_the_effect_with_it(partner, pots_made, monkeypatch):
    def fail(**_):
        raise RuntimeError("no record")

    monkeypatch.setattr(idempotency, "_store", fail)
    assert partner.ask("POST", POTS, TEA, key="k").status_code == 500
    assert pots_made() == 0 and IdempotencyRecord.objects.count() == 0


def test_records_are_sealed_in_their_place(partner):
    partner.ask("POST", POTS, TEA, key="one")
    partner.ask("POST", POTS, TEA, key="two")
    one, two = IdempotencyRecord.objects.order_by("id")
    assert b"tea" not in bytes(one.sealed)
    IdempotencyRecord.objects.filter(pk=one.pk).update(sealed=two.sealed)
    with pytest.raises(CannotOpen):
        idempotency.once(
            partner_id=one.partner_id, key="one", method="POST", path=POTS, content=TEA, at=clock.now(), produce=lambda: None
        )


@pytest.mark.django_db(transaction=True)
def test_thirty_identical_requests_at_once_have_one_effect_and_thirty_times_the_same_answer(pot_api, pots_made):
    answers = at_once(30, lambda _: Partner().ask("POST", POTS, TEA, key="k"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert pots_made() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_in_flight_waits_for_the_first_answer(pot_api, pots_made):
    slow = TEA | {"patience": 2}
    answers = at_once(2, lambda _: Partner().ask("POST", POTS, slow, key="k"))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert pots_made() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_waits_too_long_is_told_to_come_back(pot_api, pots_made, monkeypatch):
    monkeypatch.setattr(idempotency, "WAIT_MS", 200)
    slow = TEA | {"patience": 3}

    def work(number):
        time.sleep(0.3 * number)
        return Partner().ask("POST", POTS, slow, key="k")

    first, second = at_once(2, work)
    assert first.status_code == 201
    body = problem(second, 409, "idempotency.in_flight")
    assert second["Retry-After"] == "1" and body["details"] == {"retry_after_seconds": 1}
    assert pots_made() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_goes_ahead_when_the_first_is_refused(pot_api, pots_made):
    def work(number):
        time.sleep(0.2 * number)
        body = TEA | {"patience": 2} | ({"size": {"amount": "0.50", "currency": "USD"}} if number == 0 else {})
        return Partner().ask("POST", POTS, body, key="k")

    first, second = at_once(2, work)
    assert (first.status_code, second.status_code) == (422, 201)
    assert pots_made() == 1


@pytest.mark.django_db(transaction=True)
def test_the_unique_constraint_is_the_last_word_when_the_lock_does_not_hold(pot_api, pots_made, monkeypatch):
    numbers = iter(range(1, 100))
    monkeypatch.setattr(idempotency, "_lock_number", lambda *_: next(numbers))
    answers = at_once(2, lambda _: Partner().ask("POST", POTS, TEA | {"patience": 1}, key="k"))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert sorted("Idempotency-Replayed" in answer for answer in answers) == [False, True]
    assert pots_made() == 1


def test_costs_one_select_and_one_insert(partner):
    with CaptureQueriesContext(connection) as captured:
        partner.ask("POST", POTS, TEA)
    statements = [query["sql"].split()[:3] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert [statement[0] for statement in statements] == ["SELECT", "INSERT", "INSERT"]
    assert [statement[2] for statement in statements[1:]] == ["flowlet_events_event", "flowlet_api_idempotencyrecord"]


def test_records_are_pruned_after_thirty_days(partner):
    for key in ("old", "young"):
        partner.ask("POST", POTS, TEA, key=key)
    now = clock.now()
    IdempotencyRecord.objects.filter(key="old").update(created_at=now - timedelta(days=30, minutes=1))
    IdempotencyRecord.objects.filter(key="young").update(created_at=now - timedelta(days=29))
    assert tasks.prune_idempotency_records() == 1
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["young"]
