"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import append_only, run_file


class Migration(migrations.Migration):
    replaces = [("ledger", "0008_freezes_of_accounts_have_their_owners")]

    dependencies = [("ledger", "0001_tables")]

    operations = [
        append_only(
            "ledger_journal",
            "ledger_entry",
            "ledger_annotation",
            "ledger_rate",
            "ledger_verification",
            "ledger_sealblock",
            "ledger_statementfile",
            "ledger_bankstatement",
            "ledger_statementline",
            "ledger_statementdetail",
            "ledger_breakremark",
        ),
        run_file(__file__, "held.sql"),
        run_file(__file__, "posting.sql"),
        run_file(__file__, "guards.sql"),
        run_file(__file__, "snapshots.sql"),
        run_file(__file__, "evidence.sql"),
        run_file(__file__, "reconciliation.sql"),
        run_file(__file__, "break_documents.sql"),
    ]
