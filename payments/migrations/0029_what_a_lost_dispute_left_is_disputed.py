from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("payments", "0028_customers_debts_have_rows")]

    operations = [run_file(__file__, "guards.sql")]
