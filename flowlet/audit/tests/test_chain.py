"""What is sealed cannot be changed without being named."""

import json
import threading
from io import StringIO
from uuid import uuid4

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from flowlet.audit import tasks, witnesses
from flowlet.audit.models import Block, Record
from flowlet.audit.selectors import chain, records
from flowlet.audit.selectors.chain import Touch
from flowlet.audit.services import checks, seals
from flowlet.audit.tests.conftest import AT
from flowlet.core import actors
from flowlet.db import transactions
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db(transaction=True)


def seal(size=seals.BLOCK_SIZE):
    # The horizon is the whole server's: tests of other processes hold it back for a moment.
    assert transactions.wait_for_horizon(timeout_seconds=240)
    return list(seals.seal_all(at=AT, size=size))


@pytest.fixture
def sealed_trail(write):
    """Ten records in blocks of four, four and two."""
    written = [write(number, subject_id=uuid4() if number == 5 else None) for number in range(10)]
    assert [block.count for block in seal(size=4)] == [4, 4, 2]
    return written


@pytest.fixture
def tamper(superuser_connection):
    """Run SQL the way a superuser can: with every trigger off."""

    def run(sql, params=()):
        with superuser_connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, params)
            assert cursor.rowcount != 0, "the tampering touched nothing"

    return run


def test_an_untouched_trail_verifies_and_states_its_tail(sealed_trail, write):
    write(10)
    found = chain.verify()
    assert found.intact
    assert (found.blocks, found.records, found.unsealed, found.unsealed_since) == (3, 10, 1, AT)
    assert found.head_hash == chain.head().hash


def test_an_empty_trail_verifies():
    found = chain.verify()
    assert (found.intact, found.blocks, found.records, found.unsealed) == (True, 0, 0, 0)


def test_sealing_again_adds_nothing(sealed_trail):
    assert seal() == []
    assert Block.objects.count() == 3


def test_blocks_are_chained_by_their_hashes(sealed_trail):
    blocks = list(Block.objects.order_by("number"))
    assert [block.number for block in blocks] == [1, 2, 3]
    assert bytes(blocks[0].previous_hash) == bytes(32)
    assert [bytes(block.previous_hash) for block in blocks[1:]] == [bytes(block.hash) for block in blocks[:2]]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-03-01 09:30:00.000001+00"),
        ("action", "wallet.unfrozen"),
        ("target", "wal_x"),
        ("partner_id", "00000000-0000-7000-8000-000000000000"),
        ("actor_kind", "system"),
        ("actor_id", "usr_other"),
        ("actor_label", "Auditor"),
        ("actor_ip", "192.0.2.8"),
        ("request_id", "req-2"),
        ("reason", "deed 5 "),
        ("before", "{}"),
        ("after", '{"number": 6}'),
        ("subject_id", "00000000-0000-7000-8000-000000000000"),
        ("personal", "\\x00"),
        ("recorded_xid", "4"),
        ("id", "1000000"),
    ],
)
def test_names_the_first_record_of_which_any_column_was_altered(sealed_trail, tamper, column, value):
    victim = sealed_trail[5]
    tamper(f"UPDATE flowlet_audit_record SET {column} = %s WHERE id = %s", [value, victim.pk])
    tamper("UPDATE flowlet_audit_record SET reason = 'a later one' WHERE id = %s", [sealed_trail[8].pk])
    found = chain.verify().first_break
    expected = {"id": (Touch.RECORD_REMOVED, 2), "recorded_xid": (Touch.RECORD_ALTERED, 2)}
    assert (found.touch, found.block) == expected.get(column, (Touch.RECORD_ALTERED, 2))
    assert found.record_id == victim.pk


def test_every_column_of_a_record_is_covered():
    """The parameters above name them all, so that a new column cannot be forgotten."""
    mark = test_names_the_first_record_of_which_any_column_was_altered.pytestmark[0]
    assert {column for column, _ in mark.args[1]} == {field.column for field in Record._meta.concrete_fields}


def test_names_a_removed_record(sealed_trail, tamper):
    tamper("DELETE FROM flowlet_audit_record WHERE id = %s", [sealed_trail[6].pk])
    found = chain.verify().first_break
    assert (found.touch, found.block, found.record_id) == (Touch.RECORD_REMOVED, 2, sealed_trail[6].pk)


def test_names_the_last_record_of_the_last_block_when_it_is_removed(sealed_trail, tamper):
    tamper("DELETE FROM flowlet_audit_record WHERE id = %s", [sealed_trail[9].pk])
    found = chain.verify().first_break
    assert (found.touch, found.block, found.record_id) == (Touch.RECORD_REMOVED, 3, sealed_trail[9].pk)


@pytest.mark.parametrize("place", [0, 5, 9])
def test_names_an_inserted_record(sealed_trail, tamper, place):
    tamper(
        "INSERT INTO flowlet_audit_record (id, at, action, target, actor_kind, actor_id, actor_label, actor_ip, request_id,"
        " reason, recorded_xid) SELECT 999999, at, action, target, actor_kind, actor_id, actor_label, actor_ip, request_id,"
        " reason, recorded_xid - 1 FROM flowlet_audit_record WHERE id = %s",
        [sealed_trail[place].pk],
    )
    found = chain.verify().first_break
    assert (found.touch, found.record_id) == (Touch.RECORD_INSERTED, 999999)


def test_names_the_first_of_two_swapped_records(sealed_trail, tamper):
    first, second = sealed_trail[2].pk, sealed_trail[7].pk
    tamper("UPDATE flowlet_audit_record SET id = -1 WHERE id = %s", [first])
    tamper("UPDATE flowlet_audit_record SET id = %s WHERE id = %s", [first, second])
    tamper("UPDATE flowlet_audit_record SET id = %s WHERE id = -1", [second])
    found = chain.verify().first_break
    assert (found.touch, found.block, found.record_id) == (Touch.RECORD_ALTERED, 1, first)


def test_names_a_sealed_record_that_was_moved_behind_the_sealed_part(sealed_trail, tamper):
    tamper("UPDATE flowlet_audit_record SET recorded_xid = recorded_xid + 1000000 WHERE id = %s", [sealed_trail[3].pk])
    found = chain.verify().first_break
    assert (found.touch, found.block, found.record_id) == (Touch.RECORD_ALTERED, 1, sealed_trail[3].pk)


def test_names_a_record_that_could_never_be_sealed(sealed_trail, write, tamper):
    late = write(11)
    tamper("UPDATE flowlet_audit_record SET recorded_xid = recorded_xid + 1000000 WHERE id = %s", [late.pk])
    found = chain.verify().first_break
    assert (found.touch, found.record_id) == (Touch.RECORD_AHEAD, late.pk)


def test_a_server_that_is_younger_than_its_records_is_said_to_be_so_and_seals_nothing(sealed_trail, write, monkeypatch):
    """As after a restore from a dump: new records would sort before the sealed ones."""
    write(11)
    monkeypatch.setattr(transactions, "next_id", lambda: 1000)
    found = chain.verify().first_break
    assert (found.touch, found.block) == (Touch.COUNTER_BEHIND, 3)
    with pytest.raises(seals.CounterBehind, match="restored from a dump"):
        seals.seal_next(at=AT)
    with pytest.raises(CommandError, match="docs/guides/evidence.md"):
        call_command("seal_audit")
    assert Block.objects.count() == 3


@pytest.mark.parametrize(
    "change",
    [
        "sealed_at = sealed_at + interval '1 second'",
        "count = 3",
        "last_xid = last_xid + 1",
        "last_id = last_id - 1",
        "record_ids = record_ids[2:] || record_ids[1]",
        "digests = digests || '\\x00'",
        "previous_hash = sha256('x')",
        "hash = sha256('x')",
    ],
)
def test_names_an_altered_block(sealed_trail, tamper, change):
    tamper(f"UPDATE flowlet_audit_block SET {change} WHERE number = 2")
    found = chain.verify().first_break
    assert (found.touch, found.block, found.record_id) == (Touch.BLOCK_ALTERED, 2, None)


@pytest.mark.parametrize("number", [1, 2])
def test_names_a_removed_block(sealed_trail, tamper, number):
    tamper("DELETE FROM flowlet_audit_block WHERE number = %s", [number])
    found = chain.verify().first_break
    assert (found.touch, found.block) == (Touch.BLOCK_REMOVED, number)


def test_a_chain_that_was_rewritten_as_a_whole_differs_from_its_anchor(sealed_trail, tamper):
    anchor = chain.head()
    tamper("DELETE FROM flowlet_audit_block")
    tamper("UPDATE flowlet_audit_record SET reason = 'harmless' WHERE id = %s", [sealed_trail[9].pk])
    seal(size=4)
    assert chain.verify().intact, "without an anchor nobody can tell"
    found = chain.verify(anchors={anchor.number: anchor.hash}).first_break
    assert (found.touch, found.block) == (Touch.ANCHOR_DIFFERS, 3)


def test_an_anchored_block_that_is_gone_is_named(sealed_trail, tamper):
    anchor = chain.head()
    tamper("DELETE FROM flowlet_audit_block WHERE number = 3")
    found = chain.verify(anchors={anchor.number: anchor.hash}).first_break
    assert (found.touch, found.block) == (Touch.BLOCK_REMOVED, 3)


def test_erasing_a_subject_leaves_the_chain_valid(write):
    subject = uuid4()
    record = write(1, personal={"after": {"name": "Ada Lovelace"}}, subject_id=subject)
    seal()
    before = chain.head()
    subjects.erase(subject, at=AT)
    with pytest.raises(subjects.SubjectErased):
        records.personal_of(Record.objects.get(pk=record.pk))
    found = chain.verify(anchors={before.number: before.hash})
    assert (found.intact, found.records) == (True, 1)


def test_digests_do_not_depend_on_the_sessions_settings(sealed_trail):
    with connection.cursor() as cursor:
        cursor.execute(
            "SET TIME ZONE 'Asia/Tokyo'; SET DateStyle = 'German'; SET bytea_output = 'escape'; SET extra_float_digits = 0"
        )
    try:
        assert chain.verify().intact
    finally:
        connection.close()


@pytest.mark.parametrize("table", ["flowlet_audit_record", "flowlet_audit_block"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_nobody_may_change_or_remove_rows(sealed_trail, owner_connection, table, statement):
    column = {"flowlet_audit_record": "reason", "flowlet_audit_block": "sealed_at"}[table]
    sql = statement.format(table, column, column)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection.connection.cursor() as cursor:
        cursor.execute(sql)
    connection.connection.rollback()
    with pytest.raises(psycopg2.errors.RestrictViolation, match="append-only"), owner_connection.cursor() as cursor:
        cursor.execute(sql)
    assert (Record.objects.count(), Block.objects.count()) == (10, 3)


def test_the_application_cannot_switch_the_triggers_off(sealed_trail):
    for sql in ("ALTER TABLE flowlet_audit_record DISABLE TRIGGER ALL", "SET session_replication_role = replica"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection.connection.cursor() as cursor:
            cursor.execute(sql)
        connection.connection.rollback()


def in_thread(function):
    def run():
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_record_of_an_open_transaction_is_sealed_later_and_exactly_once(write):
    """A slow transaction writes early and commits late: nothing that began after it is sealed before it."""
    written, go_on = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            write(1)
            written.set()
            go_on.wait(20)

    thread = in_thread(slow)
    assert written.wait(20)
    write(2)
    write(3)
    assert list(seals.seal_all(at=AT)) == []
    assert chain.unsealed() == 2
    go_on.set()
    thread.join()
    assert [block.count for block in seal()] == [3]
    assert list(Record.objects.filter(pk__in=Block.objects.get().record_ids).order_by("id").values_list("target", flat=True)) == [
        "wal_1",
        "wal_2",
        "wal_3",
    ]


def test_sealing_while_others_write_loses_nothing_and_seals_nothing_twice(write):
    """Four writers (some roll back, some dawdle) against two sealers."""
    stop, failures = threading.Event(), []

    def writer(base):
        for number in range(60):
            try:
                with transaction.atomic():
                    write(base + number)
                    if number % 7 == 0:
                        threading.Event().wait(0.01)
                    if number % 5 == 0:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                pass

    def sealer():
        try:
            while not stop.is_set():
                list(seals.seal_all(at=AT, size=7))
        except Exception as error:
            failures.append(error)

    sealers = [in_thread(sealer) for _ in range(2)]
    writers = [in_thread(lambda base=base: writer(base)) for base in (0, 1000, 2000, 3000)]
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()
    seal(size=7)
    assert failures == []
    sealed = [record_id for ids in Block.objects.order_by("number").values_list("record_ids", flat=True) for record_id in ids]
    assert len(sealed) == len(set(sealed)) == 4 * 48
    assert set(sealed) == set(Record.objects.values_list("id", flat=True))
    found = chain.verify()
    assert (found.intact, found.unsealed) == (True, 0)


def run_command(name, *args):
    out, err = StringIO(), StringIO()
    try:
        call_command(name, *args, stdout=out, stderr=err)
        code = 0
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def test_the_commands_seal_verify_and_give_the_head(write):
    for number in range(5):
        write(number)
    code, out, _ = run_command("seal_audit", "--block-size", "2", "--wait", "240", "--json")
    assert (code, json.loads(out)) == (0, {"blocks": 3, "records": 5, "unsealed": 0, "head": str(chain.head())})
    code, out, _ = run_command("seal_audit", "--head")
    assert (code, out.strip()) == (0, f"3:{chain.head().hash}")
    code, out, _ = run_command("verify_audit", "--anchor", str(chain.head()))
    assert code == 0
    assert "The audit trail is intact." in out
    write(6)
    code, out, _ = run_command("verify_audit", "--json")
    found = json.loads(out)
    assert (code, found["intact"], found["records"], found["unsealed"], found["first_break"]) == (0, True, 5, 1, None)


def test_the_command_names_the_altered_record_and_exits_with_one(sealed_trail, tamper):
    victim = sealed_trail[4].pk
    tamper("UPDATE flowlet_audit_record SET reason = 'x' WHERE id = %s", [victim])
    code, out, err = run_command("verify_audit")
    assert code == 1
    assert f"BROKEN: Record {victim}, sealed in block 2, was altered." in err
    assert "intact" not in out
    code, out, _ = run_command("verify_audit", "--json")
    assert (code, json.loads(out)["first_break"]["record_id"]) == (1, victim)


@pytest.mark.parametrize("anchor", ["3", "0:" + "a" * 64, "1:zz", "1:" + "A" * 64])
def test_the_command_refuses_an_anchor_of_another_form(anchor):
    with pytest.raises(CommandError, match="number:hash"):
        call_command("verify_audit", "--anchor", anchor)


def test_the_command_has_no_head_to_give_before_the_first_seal():
    with pytest.raises(CommandError, match="Nothing is sealed"):
        call_command("seal_audit", "--head")


def test_the_tasks_seal_and_write_down_what_verifying_found(sealed_trail, write, tamper, caplog):
    write(10)
    assert transactions.wait_for_horizon(timeout_seconds=240)
    assert tasks.seal_audit() == 1
    assert tasks.verify_audit() is True
    good = Record.objects.latest("id")
    assert (good.action, good.actor_id, good.after["records"]) == ("audit.verified", "audit.verify", 11)
    tamper("UPDATE flowlet_audit_record SET reason = 'x' WHERE id = %s", [sealed_trail[4].pk])
    assert checks.verify(actor=actors.system("test"), at=AT).intact is False
    bad = Record.objects.latest("id")
    assert (bad.action, bad.after["break"]) == ("audit.broken", f"Record {sealed_trail[4].pk}, sealed in block 2, was altered.")
    assert any(entry.levelname == "CRITICAL" for entry in caplog.records)


def test_a_row_on_which_a_service_works_while_it_is_compared_is_no_difference(sealed_trail, monkeypatch):
    said = iter([["a is open", "b is open"], ["b is open", "c is open"]])
    monkeypatch.setattr(witnesses, "differences", lambda: next(said))
    assert checks.examine().differences == ["b is open"]
