"""What the application's database role may do.

The role owns nothing. It gets SELECT, INSERT, UPDATE and DELETE on every table, less what an app takes away: an app config may
declare ``append_only = ("table", …)`` (SELECT and INSERT only) and ``read_only = ("table", …)`` (SELECT only: written by
SECURITY DEFINER functions). Of an append-only table it may name the columns that are emptied when a person's data are deleted,
``emptied = {"table": ("column", …)}`` (UPDATE of these alone; a trigger of the table says when). TRUNCATE and TRIGGER are never
granted. Renewed after each migration, so that a new table can never be forgotten; a test compares what PostgreSQL says with these
declarations.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections


def _declared(attribute: str) -> list[str]:
    return [table for config in apps.get_app_configs() for table in getattr(config, attribute, ())]


def after_migrate(*, using: str, app_config: Any, **_: Any) -> None:
    """Receiver of post_migrate: acts once, after the last app, when connected as the owner."""
    if app_config is not list(apps.get_app_configs())[-1] and app_config.label != "flowlet_db":
        return
    renew(using=using)


def renew(*, using: str = "default") -> None:
    """Grant the application's role exactly what is declared. Does nothing when connected as that role itself."""
    role = settings.DATABASE_APP_ROLE
    connection = connections[using]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role, role])
        is_app, exists = cursor.fetchone()
        if is_app or not exists:
            return
        tables = set(connection.introspection.table_names(cursor))
        statements = [
            f"GRANT USAGE ON SCHEMA public TO {quote(role)}",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quote(role)}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quote(role)}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quote(role)}",
        ]
        for table in _declared("append_only"):
            if table in tables:
                statements.append(f"REVOKE UPDATE, DELETE ON {quote(table)} FROM {quote(role)}")
        for table in _declared("read_only"):
            if table in tables:
                statements.append(f"REVOKE INSERT, UPDATE, DELETE ON {quote(table)} FROM {quote(role)}")
        for config in apps.get_app_configs():
            for table, columns in getattr(config, "emptied", {}).items():
                if table in tables:
                    names = ", ".join(map(quote, columns))
                    statements.append(f"GRANT UPDATE ({names}) ON {quote(table)} TO {quote(role)}")
        cursor.execute(";\n".join(statements))
