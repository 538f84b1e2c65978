"""What PostgreSQL lets the application's role do is exactly what the apps declare."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

FULL = {"SELECT", "INSERT", "UPDATE", "DELETE"}


def declared(attribute):
    return {table for config in apps.get_app_configs() for table in getattr(config, attribute, ())}


def granted():
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, array_agg(privilege) FILTER (WHERE has_table_privilege(%s, pg_class.oid, privilege))
            FROM pg_class, unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) AS privilege
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') GROUP BY relname
            """,
            [settings.DATABASE_APP_ROLE],
        )
        return {table: set(privileges or ()) for table, privileges in cursor.fetchall()}


@pytest.mark.django_db
def test_grants_are_what_the_apps_declare():
    found = granted()
    expected = dict.fromkeys(found, FULL)
    expected |= dict.fromkeys(declared("append_only"), {"SELECT", "INSERT"})
    expected |= dict.fromkeys(declared("read_only"), {"SELECT"})
    assert found == expected


@pytest.mark.django_db
def test_every_declared_table_exists():
    assert declared("append_only") | declared("read_only") <= granted().keys()
    assert not declared("append_only") & declared("read_only")


@pytest.mark.django_db
def test_no_column_is_writable_beyond_its_table_but_those_that_are_emptied():
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, array_agg(attname::text ORDER BY attname) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
              AND has_column_privilege(%(role)s, pg_class.oid, attnum, 'UPDATE')
              AND NOT has_table_privilege(%(role)s, pg_class.oid, 'UPDATE')
            GROUP BY relname
            """,
            {"role": settings.DATABASE_APP_ROLE},
        )
        found = dict(cursor.fetchall())
    emptied = {
        table: sorted(names) for config in apps.get_app_configs() for table, names in getattr(config, "emptied", {}).items()
    }
    assert found == emptied
    assert set(emptied) <= declared("append_only")


@pytest.mark.django_db
def test_the_role_owns_nothing_and_is_a_member_of_nobody():
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM pg_class WHERE relowner = r.oid), (SELECT count(*) FROM pg_proc WHERE proowner = r.oid),
                   (SELECT count(*) FROM pg_auth_members WHERE member = r.oid), rolsuper, rolcreaterole, rolbypassrls,
                   has_schema_privilege(r.oid, 'public', 'CREATE')
            FROM pg_roles r WHERE rolname = %s
            """,
            [settings.DATABASE_APP_ROLE],
        )
        assert cursor.fetchone() == (0, 0, 0, False, False, False, False)


@pytest.mark.django_db
def test_functions_with_the_owners_rights_fix_their_search_path():
    """A SECURITY DEFINER function without a fixed search_path runs the caller's objects (manual, CREATE FUNCTION)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
              AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%%')
            """
        )
        assert cursor.fetchall() == []
