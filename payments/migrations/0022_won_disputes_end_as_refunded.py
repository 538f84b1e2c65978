from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0021_reasons_stay_inside"),
    ]

    operations = [run_file(__file__, "guards.sql")]
