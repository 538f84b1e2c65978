from django.db import migrations

from flowlet.db.sql import append_only, run_file


class Migration(migrations.Migration):
    dependencies = [("wallets", "0008_quotes_and_conversions")]

    operations = [run_file(__file__, "exchange.sql"), append_only("wallets_fxquote", "wallets_conversion")]
