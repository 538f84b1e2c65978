"""Roll-ups: finished days are added up, so that no report re-adds the past."""

from django.db import connection, transaction


@transaction.atomic
def roll_up() -> int:
    """Take the entries of all finished transactions into the snapshots; answers how many. May run at any time, repeatedly."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT ledger_roll_up()")
        return cursor.fetchone()[0]


@transaction.atomic
def rebuild() -> int:
    """Forget all snapshots and derive them again from the entries; answers how many entries were taken."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT ledger_rebuild_snapshots()")
        return cursor.fetchone()[0]
