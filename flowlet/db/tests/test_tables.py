"""Many tables in one operation: as if each were created alone, in any order, there and back."""

import pytest
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter
from psycopg2 import errors

from flowlet.db.tables import CreateTables

KEY = ("id", models.AutoField(primary_key=True))


def two():
    """A dog of an owner who has a first dog: each refers to the other."""
    dog = CreateModel("Dog", [KEY, ("owner", models.ForeignKey("kennel.Owner", models.PROTECT))])
    owner = CreateModel(
        "Owner",
        [KEY, ("name", models.CharField(max_length=20)), ("first", models.ForeignKey("kennel.Dog", models.PROTECT, null=True))],
        options={"constraints": [models.UniqueConstraint(fields=["name"], name="owner_name_is_unique")]},
    )
    return CreateTables(tables=[dog, owner])


def run(owner_connection, change):
    """What ``change`` does with a schema editor, done by the schema's owner: the application may not."""
    with connection.schema_editor(collect_sql=True) as editor:
        change(editor)
    with owner_connection.cursor() as cursor:
        for statement in editor.collected_sql:
            cursor.execute(statement)


def there(owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'kennel!_%' ESCAPE '!' AND relkind = 'r' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def test_tables_that_refer_to_each_other_come_and_go(owner_connection):
    before, after = ProjectState(), ProjectState()
    assert after.apps.get_models() == []  # drawn before the operation, and drawn anew after it
    operation = two()
    operation.state_forwards("kennel", after)
    assert {model.__name__ for model in after.apps.get_models()} == {"Dog", "Owner"}
    run(owner_connection, lambda editor: operation.database_forwards("kennel", editor, before, after))
    assert there(owner_connection) == ["kennel_dog", "kennel_owner"]
    with owner_connection.cursor() as cursor:
        cursor.execute("INSERT INTO kennel_owner (name) VALUES ('Ada')")
        cursor.execute("INSERT INTO kennel_dog (owner_id) SELECT id FROM kennel_owner")
        cursor.execute("UPDATE kennel_owner SET first_id = (SELECT id FROM kennel_dog)")
        with pytest.raises(errors.UniqueViolation, match="owner_name_is_unique"):
            cursor.execute("INSERT INTO kennel_owner (name) VALUES ('Ada')")
        for refused in ("INSERT INTO kennel_dog (owner_id) VALUES (7)", "UPDATE kennel_owner SET first_id = 7"):
            with pytest.raises(errors.ForeignKeyViolation):
                cursor.execute(refused)
    run(owner_connection, lambda editor: operation.database_backwards("kennel", editor, after, before))
    assert there(owner_connection) == []


def test_it_is_written_down_as_it_is_read():
    text = MigrationWriter(
        type("Migration", (), {"operations": [two()], "dependencies": [], "initial": True, "replaces": []}), False
    )
    assert two().describe() == "Create 2 tables"
    assert text.as_string().count("CreateTables(") == 1 and text.as_string().count("migrations.CreateModel(") == 2
