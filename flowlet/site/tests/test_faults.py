"""A real platform under load loses its programs one after another, with SIGKILL, and no cent."""

import json
import shutil
import threading
import time

import pytest
import redis

from flowlet.site.tests.running import Clients, Platform, expect, open_shop

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def platform():
    running = Platform()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def shop(platform):
    return open_shop(platform, wallets=10)


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
    return condition()


def test_thirty_identical_requests_at_once_have_one_effect_and_thirty_times_the_same_answer(platform, shop):
    key, wallets = shop
    body = {
        "source_wallet_id": wallets[0],
        "target_wallet_id": wallets[1],
        "amount": {"amount": "1.25", "currency": "USD"},
        "external_id": "thirty",
    }
    answers, gate = [], threading.Barrier(30)

    def twin():
        gate.wait()
        answers.append(platform.ask("POST", "/v1/transfers", key=key, body=body, idempotency_key="thirty-twins"))

    threads = [threading.Thread(target=twin) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [status for status, _ in answers] == [201] * 30
    assert len({json.dumps(answer, sort_keys=True) for _, answer in answers}) == 1
    listed = expect(200, platform.ask("GET", "/v1/transfers?external_id=thirty", key=key))
    assert [transfer["id"] for transfer in listed["data"]] == [answers[0][1]["id"]]
    with platform.database() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_journal WHERE cause = %s", [answers[0][1]["id"]])
        assert cursor.fetchone() == (1,)


@pytest.mark.timeout(240)
def test_killed_web_worker_and_postgres_under_load_lose_and_double_nothing(platform, shop):
    key, wallets = shop
    with Clients(platform, key, wallets) as clients:
        for program in ("web", "worker", "postgres"):
            before = len(clients.acknowledged)
            assert until(lambda count=before: len(clients.acknowledged) > count + 20), platform.said()
            platform.kill(program)
        before = len(clients.acknowledged)
        assert until(lambda count=before: len(clients.acknowledged) > count + 20, 60), platform.said()
    clients.retry_until_acknowledged()

    assert clients.strange == []
    with platform.database() as cursor:
        cursor.execute("SELECT external_id, count(*) FROM wallets_transfer WHERE external_id LIKE 'load-%%' GROUP BY 1")
        kept = dict(cursor.fetchall())
        assert kept == dict.fromkeys(clients.acknowledged, 1)
        # None is half done: each has its journal with both legs, its audit record, its event and its idempotency record.
        cursor.execute(
            """SELECT t.external_id, t.id FROM wallets_transfer t WHERE t.external_id LIKE 'load-%%' AND (
                 (SELECT count(*) FROM ledger_entry e WHERE e.journal_id = t.journal_id) <> 2
                 OR (SELECT count(*) FROM flowlet_api_idempotencyrecord r WHERE r.key = t.external_id) <> 1)"""
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*), count(DISTINCT journal_id) FROM wallets_transfer")
        made, journals = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM ledger_journal WHERE kind = 'wallets.transfer'")
        assert (made, cursor.fetchone()[0]) == (journals, journals)
        cursor.execute("SELECT target FROM flowlet_audit_record WHERE action = 'transfer.completed'")
        audited = [target for (target,) in cursor.fetchall()]
        cursor.execute("SELECT subject FROM flowlet_events_event WHERE type = 'transfer.completed'")
        told = [subject for (subject,) in cursor.fetchall()]
    assert len(audited) == len(set(audited)) == len(told) == made
    assert set(audited) == set(told) >= set(clients.acknowledged.values())
    for name in list(clients.acknowledged)[::50]:
        listed = expect(200, platform.ask("GET", f"/v1/transfers?external_id={name}", key=key))
        assert [transfer["id"] for transfer in listed["data"]] == [clients.acknowledged[name]]

    assert until(lambda: _waiting(platform) == 0), f"{_waiting(platform)} events wait\n{platform.said()}"
    read_aloud = platform.manage("verify_ledger", "--json")
    assert read_aloud.returncode == 0, read_aloud.stdout + read_aloud.stderr
    assert json.loads(read_aloud.stdout)["is_clean"] is True


def test_events_wait_for_a_worker_that_is_away_and_money_moves_without_redis(platform, shop):
    key, wallets = shop
    with platform.database() as cursor:
        cursor.execute("SELECT count(*) FROM flowlet_events_event")
        before = cursor.fetchone()[0]
    platform.kill("valkey")
    body = {"source_wallet_id": wallets[2], "target_wallet_id": wallets[3], "amount": {"amount": "0.50", "currency": "USD"}}
    expect(201, platform.ask("POST", "/v1/transfers", key=key, body=body))
    with platform.database() as cursor:
        cursor.execute("SELECT count(*) FROM flowlet_events_event")
        assert cursor.fetchone()[0] == before + 1
    assert until(lambda: _waiting(platform) == 0, 60), f"{_waiting(platform)} events wait\n{platform.said()}"


def test_a_worker_with_work_in_hand_outlives_a_killed_redis_and_goes_on_at_once(platform, shop):
    key, wallets = shop
    worker = platform.pid("worker")
    with platform.database() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE flowlet_events_event IN ACCESS EXCLUSIVE MODE")
        assert until(lambda: _relays_at_the_lock(cursor) > 0), platform.said()
        platform.kill("valkey")
        assert until(lambda: _is_connected(platform)), platform.said()
        # What was in hand ends now: after the connection it came by.
    body = {"source_wallet_id": wallets[4], "target_wallet_id": wallets[5], "amount": {"amount": "0.50", "currency": "USD"}}
    expect(201, platform.ask("POST", "/v1/transfers", key=key, body=body))
    assert until(lambda: _waiting(platform) == 0), f"{_waiting(platform)} events wait\n{platform.said()}"
    assert platform.pid("worker") == worker, platform.said()


def _relays_at_the_lock(cursor):
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'flowlet_events_event'::regclass")
    return cursor.fetchone()[0]


def _is_connected(platform):
    """Whether a worker listens at Redis."""
    try:
        with redis.Redis.from_url(platform.redis_url) as client:
            return any(known["psub"] != "0" for known in client.client_list())
    except redis.exceptions.ConnectionError:
        return False


def _waiting(platform):
    """Events that no handler has seen yet, and deliveries that are due."""
    with platform.database() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM flowlet_events_event WHERE relayed_at IS NULL)
                    + (SELECT count(*) FROM flowlet_events_delivery WHERE status = 'PENDING')"""
        )
        return cursor.fetchone()[0]


def test_the_home_of_a_killed_supervisor_can_be_started_again():
    running = Platform()
    try:
        running.start()
        key, wallets = open_shop(running, wallets=2)
        body = {"source_wallet_id": wallets[0], "target_wallet_id": wallets[1], "amount": {"amount": "2.00", "currency": "USD"}}
        made = expect(201, running.ask("POST", "/v1/transfers", key=key, body=body, idempotency_key="before"))
        running.process.kill()
        running.process.wait()
        (running.home / "demo.json").unlink()
        running.start()
        again = expect(201, running.ask("POST", "/v1/transfers", key=key, body=body, idempotency_key="before"))
        assert again == made
        assert running.manage("verify_ledger").returncode == 0
    finally:
        running.stop()
    assert not running.home.exists() or not shutil.os.listdir(running.home)
