from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("flowlet_vault", "0001_initial"),
        ("wallets", "0013_freezes_of_accounts_are_the_wallets_own"),
    ]

    operations = [run_file(__file__, "traces.sql")]
