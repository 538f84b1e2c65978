from django.db import migrations

from flowlet.db.sql import append_only, run_file


class Migration(migrations.Migration):
    dependencies = [("wallets", "0001_initial"), ("ledger", "0002_books_are_guarded")]

    operations = [
        run_file(__file__, "guards.sql"),
        run_file(__file__, "spending.sql"),
        append_only("wallets_refund", "wallets_topup"),
    ]
