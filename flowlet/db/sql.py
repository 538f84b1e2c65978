"""Migrations written in SQL: the files lie beside the migrations and are read once, when the migration is loaded."""

from pathlib import Path

from django.db.migrations.operations import RunSQL


def run_file(migration_file: str, name: str, *, reverse: str = RunSQL.noop) -> RunSQL:
    """The operation that runs ``name`` (a ``.sql`` file beside ``migration_file``, pass ``__file__``)."""
    return RunSQL(sql=Path(migration_file).with_name(name).read_text(encoding="utf-8"), reverse_sql=reverse)


def append_only(*tables: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on the tables by trigger, for whoever asks, the owner included."""
    parts = [
        """
CREATE OR REPLACE FUNCTION flowlet_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;"""
    ]
    for table in tables:
        parts.append(
            f"""
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_refuse_change();"""
        )
    return RunSQL(sql="".join(parts), reverse_sql=RunSQL.noop)
