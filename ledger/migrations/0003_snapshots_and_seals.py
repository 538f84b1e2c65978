"""Roll-ups, totals at any day and moment, and sealed blocks."""

from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_books_are_guarded")]

    operations = [run_file(__file__, "snapshots.sql"), run_file(__file__, "evidence.sql")]
