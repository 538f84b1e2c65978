from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("wallets", "0005_rows_are_found_by_external_id_and_status")]

    operations = [run_file(__file__, "public_ids.sql")]
