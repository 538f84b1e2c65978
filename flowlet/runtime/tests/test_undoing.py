"""What a test commits is undone, to the last row and the last sequence, or the database is cloned anew."""

import contextlib

import psycopg2
import pytest
from django.db import connection

from accounts.models import Partner
from flowlet.runtime import fixtures
from flowlet.runtime.clones import at_database
from flowlet.site.tests import office_world

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = "SELECT format('%I.%I', schemaname, {0}) FROM {1} WHERE schemaname = 'public' ORDER BY 1"
DEFINITIONS = """
    SELECT 'relation', relname, relkind::text, relowner, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'column', attname, attnotnull::text, atttypid, attacl::text FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
      WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgname, tgenabled::text, tgrelid, tgfoid::text FROM pg_trigger
    UNION ALL SELECT 'function', proname, md5(prosrc), proowner, proacl::text FROM pg_proc
    UNION ALL SELECT 'constraint', conname, convalidated::text, conrelid, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2, 3, 4, 5"""


@pytest.fixture
def clones():
    """Those of this test run."""
    current = fixtures._Current
    if not current.clones.superuser_url:
        pytest.skip("The server does not let us connect as a superuser (FLOWLET_TEST_SUPERUSER_URL).")
    fixtures._close_all()
    return current.clones


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def pristine(clones, kept):
    """All that stands in a database that nobody has used."""
    if not kept:
        name = f"{fixtures._Current.name}_pristine"
        with clones._admin() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{fixtures._Current.template}" OWNER "{clones.owner}"')
            kept.update(everything(clones, name))
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    return kept


@contextlib.contextmanager
def superuser(clones, name=""):
    with contextlib.closing(psycopg2.connect(at_database(clones.superuser_url, name or fixtures._Current.name))) as found:
        found.autocommit = True
        with found.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            yield cursor


def everything(clones, name=""):
    """Rows of each table, state of each sequence, definitions."""
    found = {}
    with superuser(clones, name) as cursor:
        for column, view, query in (
            ("tablename", "pg_tables", "SELECT t::text FROM {0} t ORDER BY 1"),
            ("sequencename", "pg_sequences", "SELECT last_value, is_called FROM {0}"),
        ):
            cursor.execute(NAMES.format(column, view))
            for (table,) in cursor.fetchall():
                cursor.execute(query.format(table))
                found[table] = cursor.fetchall()
        cursor.execute(DEFINITIONS)
        found["definitions"] = cursor.fetchall()
    return found


def undone(clones, write):
    """Whether what ``write`` does is undone; the server may have gathered statistics meanwhile, which nobody wrote: once more then."""
    for _ in range(5):
        write()
        if clones._undo.undo():
            return True
        clones.renew(fixtures._Current.name, fixtures._Current.template)
    return False


def test_a_little_of_everything_that_services_committed_is_undone_twice(clones, pristine):
    def write():
        office_world.build()
        connection.close()
        assert len([name for name, rows in everything(clones).items() if rows != pristine[name]]) > 100

    for _ in range(2):
        assert undone(clones, write)
        assert everything(clones) == pristine


def test_rows_that_were_migrated_come_back_whatever_happened_to_them(clones, pristine):
    sequences = {name for name, rows in pristine.items() if len(rows) == 1 and len(rows[0]) == 2}
    shipped = [name for name, rows in pristine.items() if rows and name not in {*sequences, "definitions"}]
    assert len(shipped) > 5

    def write():
        with superuser(clones) as cursor:
            for name in shipped[1:]:
                cursor.execute(f"DELETE FROM {name}")
            cursor.execute(f"UPDATE {shipped[0]} SET id = id + 1000")
            cursor.execute("SELECT setval(pg_get_serial_sequence('django_content_type', 'id'), 9000)")

    assert undone(clones, write)
    assert everything(clones) == pristine


def test_who_is_still_connected_commits_nothing_afterwards(clones, pristine):
    strangers = []

    def write():
        strangers.append(psycopg2.connect(at_database(clones.app_url, fixtures._Current.name)))
        with strangers[-1].cursor() as cursor:
            cursor.execute("DELETE FROM django_content_type; SELECT pg_advisory_lock(1)")

    assert undone(clones, write)
    for stranger in strangers:
        with contextlib.closing(stranger), pytest.raises(psycopg2.OperationalError):
            stranger.commit()
    assert everything(clones) == pristine


def test_what_rows_do_not_show_takes_a_new_clone(clones, pristine):
    with superuser(clones) as cursor:
        for statement in (
            "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
            "CREATE TABLE mine (a int)",
            "TRUNCATE django_session",
            "ANALYZE django_content_type",
            "GRANT DELETE ON ledger_entry TO flowlet_app",
            "SELECT lo_create(0)",
        ):
            before = clones._undo._state().catalogs
            cursor.execute(statement)
            assert clones._undo._state().catalogs != before, statement
    assert not clones._undo.undo()
    clones.renew(fixtures._Current.name, fixtures._Current.template)
    assert everything(clones) == pristine


def test_statistics_of_what_all_databases_share_are_no_reason_for_a_new_clone(clones, pristine):
    with superuser(clones) as cursor:
        cursor.execute("SELECT string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relisshared AND relkind = 'r'")
        (shared,) = cursor.fetchone()
        assert "pg_shdepend" in shared
        cursor.execute("CREATE DATABASE flowlet_test_other")
        try:
            cursor.execute(f"ANALYZE {shared}")
        finally:
            cursor.execute("DROP DATABASE flowlet_test_other")
    assert clones._undo.undo()
    assert everything(clones) == pristine


def test_much_that_was_written_takes_a_new_clone(clones):
    with superuser(clones) as cursor:
        cursor.execute("INSERT INTO django_session SELECT n::text, repeat('x', 500), now() FROM generate_series(1, 20000) n")
    assert not clones._undo.undo()


def test_without_a_superuser_every_renewal_is_a_clone(clones, monkeypatch):
    monkeypatch.setattr(clones, "_undo", None)
    Partner.objects.create(name="Acme", mode="LIVE", country="DE")
    fixtures._renew()
    assert Partner.objects.count() == 0
