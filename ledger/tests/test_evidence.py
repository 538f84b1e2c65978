"""The database refuses changes; and where a superuser forces them, verification names the first row that was touched."""

from decimal import Decimal

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger.models import Entry, Journal, SealBlock, Verification
from ledger.services import journals, seals, snapshots, verification
from ledger.tests.conftest import ACTOR, move, open_wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def history(book):
    a, b = open_wallet(book, funds="100.00"), open_wallet(book)
    keys = [move(a, b, f"{n}.00").journal_id for n in range(1, 8)]
    journals.reverse(book_id=book.pk, journal_id=keys[0], actor=ACTOR, reason="mistake")
    return keys


@pytest.mark.parametrize("table", ["ledger_journal", "ledger_entry", "ledger_sealblock", "ledger_balance"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_the_application_can_neither_update_nor_delete_nor_truncate_the_books(history, table, statement):
    column = {"ledger_journal": "kind", "ledger_entry": "amount", "ledger_sealblock": "hash", "ledger_balance": "posted"}[table]
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column))


@pytest.mark.parametrize("table", ["ledger_journal", "ledger_entry", "ledger_sealblock"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_even_the_owner_is_refused(history, owner_connection, table, statement):
    seals.seal()
    column = {"ledger_journal": "kind", "ledger_entry": "amount", "ledger_sealblock": "hash"}[table]
    with pytest.raises(psycopg2.errors.RestrictViolation, match="append-only"), owner_connection.cursor() as cursor:
        cursor.execute(statement.format(table, column))


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TRIGGER entries_are_checked ON ledger_entry",
        "INSERT INTO ledger_journal SELECT * FROM ledger_journal",
    ],
)
def test_the_application_cannot_switch_a_guard_off(history, sql):
    with pytest.raises(DatabaseError, match="permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(sql)


def legs_again(ordinal, journal="journal_id", amount="amount", side="side", moment="posted_at", xid="posted_xid"):
    return f"""INSERT INTO ledger_entry (id, ordinal, side, amount, currency, effective_on, posted_at, posted_xid, seq, balance_after,
                                         account_id, journal_id)
               SELECT nextval('ledger_entry_id_seq'), {ordinal}, {side}, {amount}, currency, effective_on, {moment}, {xid},
               seq + 1000, balance_after, account_id, {journal} FROM ledger_entry WHERE journal_id = %(key)s"""


def test_the_owner_cannot_insert_legs_into_an_old_journal(history, owner_connection):
    with owner_connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.UniqueViolation, match="entry_ordinal_is_taken_once"):
            cursor.execute(legs_again("ordinal"), {"key": str(history[0])})
        with pytest.raises(psycopg2.errors.RestrictViolation, match="not of this transaction"):
            cursor.execute(legs_again("ordinal + 2"), {"key": str(history[0])})
        with pytest.raises(psycopg2.errors.RestrictViolation, match="not of this transaction"):
            cursor.execute(
                legs_again("ordinal", journal="'00000000-0000-7000-8000-000000000000'::uuid"), {"key": str(history[0])}
            )


@pytest.mark.parametrize("ordinal", ["ordinal + 2", "ordinal - 2"])
def test_a_journal_takes_no_legs_that_it_has_not_announced(book, history, owner_connection, ordinal):
    a, b = open_wallet(book, funds="5.00"), open_wallet(book)
    owner_connection.autocommit = False
    with owner_connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_post(NULL, %s, 'x', NULL, 't', '', '', '', '{}', NULL, false, %s, '{1,-1}', '{USD,USD}', '{1,2}')",
            [book.pk, [a.pk, b.pk]],
        )
        key = cursor.fetchone()[0].split(",")[0]
        with pytest.raises(psycopg2.errors.RestrictViolation, match="not announced"):
            cursor.execute(legs_again(ordinal), {"key": key})
    owner_connection.rollback()


NEW_JOURNAL = """WITH j AS (
    INSERT INTO ledger_journal (id, book_id, kind, effective_on, posted_at, posted_xid, leg_count, external_id, description, cause, actor,
                                metadata)
    SELECT gen_random_uuid(), book_id, kind, effective_on, clock_timestamp(), pg_current_xact_id()::text::bigint, 2, '', '', '', '', '{{}}'
      FROM ledger_journal WHERE id = %(key)s
    RETURNING *)
INSERT INTO ledger_entry (id, ordinal, side, amount, currency, effective_on, posted_at, posted_xid, seq, balance_after, account_id, journal_id)
SELECT nextval('ledger_entry_id_seq'), e.ordinal, {side}, {amount}, {currency}, {day}, j.posted_at, {xid}, {seq}, e.balance_after, e.account_id, j.id
  FROM ledger_entry e, j WHERE e.journal_id = %(key)s"""
AS_IT_SHOULD = {
    "side": "e.side",
    "amount": "e.amount",
    "currency": "e.currency",
    "day": "e.effective_on",
    "xid": "j.posted_xid",
    "seq": "e.seq + 1000",
}


def test_the_raw_statement_of_the_next_test_is_taken_when_nothing_is_wrong_with_it(history, owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute(NEW_JOURNAL.format(**AS_IT_SHOULD), {"key": str(history[0])})
        assert cursor.rowcount == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"amount": "e.amount + e.ordinal"}, "does not balance in USD"),
        ({"amount": "-e.amount"}, "not a positive debit or credit"),
        ({"amount": "0"}, "not a positive debit or credit"),
        ({"side": "'OTHER'"}, "does not balance in USD"),
        ({"side": "'DEBIT'"}, "does not balance in USD"),
        ({"currency": "'EUR'"}, "is in USD"),
        ({"day": "e.effective_on - 1"}, "differs from its journal"),
        ({"xid": "j.posted_xid - 1"}, "differs from its journal"),
        ({"seq": "NULL"}, "running balance does not fit|has too little"),
    ],
)
def test_the_database_refuses_wrong_legs_whoever_writes_them(history, owner_connection, wrong, message):
    before = Entry.objects.count()
    with pytest.raises(psycopg2.Error, match=message), owner_connection.cursor() as cursor:
        cursor.execute(NEW_JOURNAL.format(**AS_IT_SHOULD | wrong), {"key": str(history[0])})
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("posted = -0.01", "balance_stays_above_floor"),
        ("held = posted + 0.01", "balance_stays_above_floor"),
        ("held = -1", "held_is_not_negative"),
    ],
)
def test_no_balance_is_written_that_its_account_may_not_have(history, owner_connection, change, constraint):
    with pytest.raises(psycopg2.errors.CheckViolation) as caught, owner_connection.cursor() as cursor:
        cursor.execute(f"UPDATE ledger_balance SET {change} WHERE floor = 0")
    assert caught.value.diag.constraint_name == constraint


def test_the_database_refuses_a_journal_without_legs(history, owner_connection):
    with pytest.raises(psycopg2.errors.RestrictViolation, match="legs it announced"), owner_connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_journal (id, book_id, kind, effective_on, posted_at, posted_xid, leg_count, external_id,
                                           description, cause, actor, metadata)
               SELECT ledger_uuid7(), book_id, kind, effective_on, posted_at, pg_current_xact_id()::text::bigint, 2, '', '', '', '', '{}'
                 FROM ledger_journal LIMIT 1"""
        )


def test_clean_books_verify_clean_before_and_after_sealing(history):
    report = verification.verify()
    assert (report.is_clean, report.findings, report.sealed_blocks, report.unsealed) == (True, [], 0, 9)
    snapshots.roll_up()
    assert seals.seal() == 9
    assert seals.seal() == 0
    report = verification.verify()
    assert (report.is_clean, report.findings, report.sealed_blocks, report.unsealed) == (True, [], 1, 0)
    assert list(Verification.objects.values_list("is_clean", "journals", "entries")) == [(True, 9, 18)] * 2


def test_verifies_what_its_own_transaction_posted_while_an_older_one_still_runs(book, history, owner_connection):
    a, b = open_wallet(book, funds="5.00"), open_wallet(book)
    owner_connection.autocommit = False
    with owner_connection.cursor() as older:
        older.execute("SELECT pg_current_xact_id()")
        with transaction.atomic():
            move(a, b, "1.00")
            assert verification.verify().is_clean
    owner_connection.rollback()


def test_finds_journals_that_are_ahead_of_the_server_as_after_a_restore_into_a_new_one(history, superuser_connection):
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE ledger_journal SET posted_xid = 9000000000000 WHERE id = %s", [str(history[-1])])
    found = [finding for finding in verification.verify().findings if finding.check == "Transaction ids run forward"]
    assert [finding.where for finding in found] == ["cluster"]
    assert found[0].message.startswith("journals carry transaction 9000000000000, the server is at ")


def test_seals_chain_over_blocks_and_never_split_a_transaction(book, history):
    seals.seal()
    a, b = open_wallet(book, funds="5.00"), open_wallet(book)
    move(a, b, "1.00")
    seals.seal()
    first, second = SealBlock.objects.order_by("number")
    assert bytes(second.previous_hash) == bytes(first.hash)
    assert (first.to_xid, second.number) == (second.from_xid, 2)
    assert len(second.journal_ids) == 2
    assert len(bytes(second.entry_digests)) == 32 * 4


def test_only_a_large_backlog_is_sealed_with_hashed_joins(book, history, monkeypatch):
    monkeypatch.setattr(seals, "BACKLOG", 9)
    with CaptureQueriesContext(connection) as backlog:
        assert seals.seal() == 9
    open_wallet(book, funds="5.00")
    with CaptureQueriesContext(connection) as minute:
        assert seals.seal() == 1
    assert [sum("enable_nestloop = off" in query["sql"] for query in found) for found in (backlog, minute)] == [1, 0]
    assert verification.verify().is_clean


TAMPERINGS = {
    "an amount": "UPDATE ledger_entry SET amount = amount + 1 WHERE journal_id = %s AND side = 'DEBIT'",
    "a description": "UPDATE ledger_journal SET description = 'forged' WHERE id = %s",
    "a day": "UPDATE ledger_journal SET effective_on = effective_on - 1 WHERE id = %s",
    "a removed entry": "DELETE FROM ledger_entry WHERE journal_id = %s AND side = 'CREDIT'",
    "a removed journal": "DELETE FROM ledger_journal WHERE id = %s",
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_names_the_first_sealed_row_that_a_superuser_touched(history, superuser_connection, what):
    seals.seal()
    victim, later = history[2], history[5]
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(TAMPERINGS[what], [str(later)])
        cursor.execute(TAMPERINGS[what], [str(victim)])
    report = verification.verify()
    assert not report.is_clean
    broken = [finding for finding in report.findings if finding.check == "The seals are unbroken"]
    assert len(broken) == 1
    assert broken[0].where == Journal(pk=victim).public_id
    assert (
        broken[0].message.split(": ")[1].split(",")[0]
        == {
            "an amount": "entry altered",
            "a description": "journal altered",
            "a day": "journal altered",
            "a removed entry": "entry removed",
            "a removed journal": "journal removed",
        }[what]
    )


def test_names_a_forged_journal_in_a_sealed_range(history, superuser_connection):
    seals.seal()
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """INSERT INTO ledger_journal
               SELECT ledger_uuid7(), kind, effective_on, posted_at, posted_xid, leg_count, 'forged', description, cause, actor, metadata,
               book_id, reverses_id FROM ledger_journal WHERE id = %s""",
            [str(history[2])],
        )
    messages = [f.message for f in verification.verify().findings if f.check == "The seals are unbroken"]
    assert messages == ["block 1: journal inserted after the seal"]


def test_names_an_altered_block(history, superuser_connection):
    seals.seal()
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE ledger_sealblock SET to_xid = to_xid + 1")
    assert [f.message for f in verification.verify().findings] == ["block 1: block altered"]


def test_finds_a_cached_balance_that_was_touched(history, superuser_connection):
    entry = Entry.objects.filter(seq__isnull=False).order_by("id").first()
    with superuser_connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_balance SET posted = posted + %s WHERE account_id = %s", [Decimal("0.01"), entry.account_id]
        )
    findings = verification.verify().findings
    assert [f.check for f in findings] == ["Every strict balance is the sum of its entries"]
    assert findings[0].where == entry.account.public_id


def test_finds_a_switched_off_trigger(history, superuser_connection):
    with superuser_connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER entries_are_checked")
    assert [f.message for f in verification.verify().findings] == ["the trigger entries_are_checked is missing or switched off"]
