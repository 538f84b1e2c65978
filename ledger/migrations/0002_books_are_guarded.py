"""The posting functions and the triggers that protect the books."""

from django.db import migrations

from flowlet.db.sql import append_only, run_file


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        run_file(__file__, "posting.sql"),
        run_file(__file__, "guards.sql"),
        append_only("ledger_journal", "ledger_entry", "ledger_annotation", "ledger_rate", "ledger_verification", "ledger_sealblock"),
    ]
