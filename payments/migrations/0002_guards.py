"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import append_only, run_file


class Migration(migrations.Migration):
    replaces = [("payments", "0033_recalls_begin_with_their_message")]

    dependencies = [("payments", "0001_tables"), ("wallets", "0002_guards_and_limits")]

    operations = [
        append_only("payments_authenticationbasis", "payments_feeschedule", "payments_move", "payments_raillimit"),
        run_file(__file__, "external_accounts.sql"),
        run_file(__file__, "guards.sql"),
        run_file(__file__, "inbox.sql"),
        run_file(__file__, "inbound_files.sql"),
        run_file(__file__, "deposit_instructions.sql"),
        run_file(__file__, "limits.sql"),
        run_file(__file__, "recalls.sql"),
        run_file(__file__, "mandate_amendments.sql"),
        run_file(__file__, "suspense.sql"),
        run_file(__file__, "receivables.sql"),
        run_file(__file__, "traces.sql"),
    ]
