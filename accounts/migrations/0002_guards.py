"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    replaces = [("accounts", "0010_a_partners_freeze_stands_below_the_platforms")]

    dependencies = [("accounts", "0001_tables")]

    operations = [
        run_file(__file__, "authentication.sql"),
    ]
