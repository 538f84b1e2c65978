"""A real platform as ``bin/up`` starts it: it says how to get in, loses its programs one after another, with SIGKILL, and no cent, and
stops leaving no process. One platform for all tests, which run in the order of the file: the last one stops it.
"""

import json
import os
import signal
import stat
import subprocess
import threading
import time
from collections import Counter
from decimal import Decimal

import pytest
import redis

from flowlet.runtime.programs import birth_of
from flowlet.site.tests.running import Clients, Platform, expect, open_shop, open_wallet

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def platform():
    running = Platform()
    try:
        running.start()
        yield running
    finally:
        running.stop()
    assert not running.home.exists() or not os.listdir(running.home)


@pytest.fixture(scope="module")
def shop(platform):
    return open_shop(platform, wallets=10)


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
    return condition()


def test_it_serves_and_says_how_to_get_in(platform):
    assert until(lambda: platform.ask("GET", "/readyz")[1].get("status") == "ready"), platform.said()
    assert set(platform.pids()) == {"postgres", "valkey", "web", "worker", "beat"}
    card = platform.home / "demo.json"
    assert json.loads(card.read_text())["base_url"] == f"http://localhost:{platform.port}"
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    said = platform.log_text()
    assert "django_migrations" not in said  # a new database is not asked for what it cannot have
    assert [said.count(words) for words in ("│ migrating", "│ collecting static files")] == [1, 1]


def test_a_second_start_on_the_same_data_is_refused(platform):
    second = platform.command(stdout=subprocess.PIPE, text=True)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"already runs on {platform.home} (process {platform.process.pid})" in said
    assert platform.ask("GET", "/healthz") == (200, {"status": "ok"})


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


def at_once(*works):
    """What the works answered, each in a thread, all started together."""
    answers, gate = [None] * len(works), threading.Barrier(len(works))

    def run(number, work):
        gate.wait()
        answers[number] = work()

    threads = [threading.Thread(target=run, args=found) for found in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.fixture(scope="module")
def payer(platform, shop):
    """Somebody with 100.00 USD, or less, and a payee's bank account; answers the body of a payment to it, without the amount."""

    def make(name, amount="100.00"):
        key, _ = shop
        customer, wallet = open_wallet(platform, key, name=name, amount=amount)
        account = {
            "customer_id": customer,
            "kind": "US_BANK",
            "relation": "THIRD_PARTY",
            "currency": "USD",
            "owner_name": "Grace Hopper",
            "routing_number": "021000021",
            "account_number": "000123456789",
            "account_type": "CHECKING",
        }
        payee = expect(201, platform.ask("POST", "/v1/external_accounts", key=key, body=account))["id"]
        return {"kind": "TRANSFER", "rail": "ach", "wallet_id": wallet, "external_account_id": payee}

    return make


def usd(amount):
    return {"amount": {"amount": amount, "currency": "USD"}}


def funds(platform, key, wallet):
    """(available, held) of a wallet."""
    found = expect(200, platform.ask("GET", f"/v1/wallets/{wallet}", key=key))["balance"]
    return found["available"]["amount"], found["held"]["amount"]


def test_thirty_identical_payments_at_once_are_one_payment_and_one_hold(platform, shop, payer):
    key, _ = shop
    body = payer("Thirty Times") | usd("12.50")

    def twin():
        return platform.ask("POST", "/v1/payments", key=key, body=body, idempotency_key="thirty-payments")

    answers = at_once(*[twin] * 30)
    assert [status for status, _ in answers] == [201] * 30
    assert len({json.dumps(answer, sort_keys=True) for _, answer in answers}) == 1
    made = answers[0][1]
    assert made["status"] == "HELD"
    listed = expect(200, platform.ask("GET", f"/v1/payments?wallet_id={body['wallet_id']}", key=key))
    assert [payment["id"] for payment in listed["data"]] == [made["id"]]
    assert funds(platform, key, body["wallet_id"]) == ("87.50", "12.50")
    with platform.database() as cursor:
        cursor.execute("SELECT count(*), sum(amount) FROM wallets_hold WHERE kept_for = %s", [made["id"]])
        assert cursor.fetchone() == (1, Decimal("12.50"))
        cursor.execute("SELECT count(*) FROM flowlet_api_idempotencyrecord WHERE key = 'thirty-payments'")
        assert cursor.fetchone() == (1,)


def test_of_sixteen_payouts_of_a_whole_balance_at_once_exactly_one_is_accepted(platform, shop, payer):
    key, _ = shop
    body = payer("Sixteen Times", "40.00") | usd("40.00")  # the limit of the day would allow two
    answers = at_once(*[lambda: platform.ask("POST", "/v1/payments", key=key, body=body)] * 16)
    assert Counter(status if status == 201 else answer["code"] for status, answer in answers) == {
        201: 1,
        "wallets.insufficient_funds": 15,
    }
    listed = expect(200, platform.ask("GET", f"/v1/payments?wallet_id={body['wallet_id']}", key=key))
    assert [payment["status"] for payment in listed["data"]] == ["HELD"]
    assert funds(platform, key, body["wallet_id"]) == ("0.00", "40.00")


@pytest.mark.timeout(240)
def test_cancel_settlement_run_and_the_banks_word_at_once_take_each_payment_one_way(platform, shop, payer):
    key, _ = shop
    body = payer("Torn Apart")
    ends = Counter()
    for turn in range(8):
        made = expect(201, platform.ask("POST", "/v1/payments", key=key, body=body | usd("10.00")))["id"]

        def post(path, content=None):
            return lambda: platform.ask("POST", path, key=key, body=content or {})

        cancel, run = post(f"/v1/payments/{made}/cancel"), post("/v1/simulations/settlement_runs")
        settle = post(f"/v1/simulations/payments/{made}/settle")
        back = post(f"/v1/simulations/payments/{made}/return", {"reason_code": "R18"})  # says nothing of the account
        answers = at_once(*[cancel, run, settle, back, cancel, run, settle, back][turn % 2 :])
        assert {status for status, _ in answers} <= {200, 201, 409}, answers
        found = expect(200, platform.ask("GET", f"/v1/payments/{made}", key=key))
        path = [move["status"] for move in found["moves"]]
        ends[path[-1]] += 1
        with platform.database() as cursor:
            cursor.execute("SELECT kind, count(*) FROM ledger_journal WHERE cause = %s GROUP BY 1", [made])
            booked = dict(cursor.fetchall())
            cursor.execute("SELECT count(*) FROM payments_sandboxorder WHERE reference = %s", [made])
            told = cursor.fetchone()[0]
        steps = {"SUBMITTED": "payments.clearing", "SETTLED": "payments.settlement", "RETURNED": "payments.return"}
        assert booked == {steps[status]: 1 for status in path if status in steps}, path
        assert told == ("SUBMITTED" in path), path
        assert ("CANCELED" in path) != ("SUBMITTED" in path), path
    paid = 10 * (ends["SUBMITTED"] + ends["SETTLED"])
    assert funds(platform, key, body["wallet_id"]) == (f"{100 - paid}.00", "0.00"), ends
    assert sum(ends.values()) == 8
    assert platform.manage("verify_ledger").returncode == 0


@pytest.mark.timeout(240)
def test_killed_web_worker_and_postgres_under_load_lose_and_double_nothing(platform, shop):
    key, wallets = shop
    with Clients(platform, key, wallets) as clients:
        for program in ("web", "worker", "postgres"):
            before, old = len(clients.acknowledged), platform.pid(program)
            assert until(lambda count=before: len(clients.acknowledged) > count + 20), platform.said()
            platform.kill(program)
            assert birth_of(old) == ""
            assert f"{program} ended with signal 9" in platform.log_text()
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


def test_a_killed_beat_comes_back(platform):
    platform.kill("beat")
    assert "beat ended with signal 9" in platform.log_text()


def test_after_a_killed_supervisor_nothing_stays_and_its_home_can_be_started_again(platform, shop):
    key, wallets = shop
    body = {"source_wallet_id": wallets[0], "target_wallet_id": wallets[1], "amount": {"amount": "2.00", "currency": "USD"}}
    made = expect(201, platform.ask("POST", "/v1/transfers", key=key, body=body, idempotency_key="before"))
    pids = platform.pids()
    platform.process.kill()
    platform.process.wait()
    assert until(lambda: not any(birth_of(pid) for pid in pids.values())), platform.said()
    (platform.home / "demo.json").unlink()
    platform.start()
    # What the first start did is not done again.
    assert [platform.log_text().count(words) for words in ("│ migrating", "│ collecting static files")] == [0, 0]
    again = expect(201, platform.ask("POST", "/v1/transfers", key=key, body=body, idempotency_key="before"))
    assert again == made
    assert platform.manage("verify_ledger").returncode == 0


def test_a_signal_stops_it_in_order_and_leaves_no_process(platform):
    pids = platform.pids()
    platform.process.send_signal(signal.SIGINT)
    assert platform.process.wait(60) == 0
    assert [name for name, pid in pids.items() if birth_of(pid)] == []
    said = platform.log_text()
    order = [said.rindex(f"stopping {name}") for name in ("beat", "worker", "web", "valkey", "postgres")]
    assert order == sorted(order)
    assert said.rstrip().endswith("stopped")
    assert not (platform.home / "supervisor.json").exists()
    assert "\nTraceback" not in said  # what programs log has their prefix; this would be the supervisor's own
