from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0020_recalls_and_amended_mandates"),
    ]

    operations = [run_file(__file__, "guards.sql")]
