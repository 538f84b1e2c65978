"""The database that tests get."""

import importlib.util

import psycopg2
import pytest
from django.db import connection, transaction
from django.db.backends.postgresql import psycopg_any

from accounts.models import Partner


def test_the_driver_is_psycopg2_and_psycopg3_is_absent():
    assert importlib.util.find_spec("psycopg") is None
    assert psycopg_any.is_psycopg3 is False
    assert connection.Database is psycopg2


@pytest.mark.django_db
def test_tests_run_as_the_application_role_which_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user)")
        assert cursor.fetchone() == ("flowlet_app", 0)
        cursor.execute("SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False, False)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["TRUNCATE accounts_partner", "DROP TABLE accounts_partner", "CREATE TABLE t (a int)"])
def test_the_application_role_cannot_change_the_schema(statement):
    with pytest.raises(Exception, match=r"permission denied|must be owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_transactional_test_starts_from_a_fresh_clone(turn):
    assert Partner.objects.count() == 0
    Partner.objects.create(name=f"turn {turn}", mode="LIVE", country="DE")
    assert Partner.objects.count() == 1


def test_owner_connection_owns_the_tables(owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_get_userbyid(relowner), current_database() FROM pg_class WHERE relname = %s",
            ["accounts_partner"],
        )
        user, owner, database = cursor.fetchone()
    assert user == owner
    assert database == connection.settings_dict["NAME"]


def test_superuser_connection_can_switch_triggers_off(superuser_connection):
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (True,)
