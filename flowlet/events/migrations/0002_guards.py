"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    replaces = [("flowlet_events", "0003_what_is_personal_in_an_event_is_sealed")]

    dependencies = [("flowlet_events", "0001_tables")]

    operations = [
        run_file(__file__, "guards.sql"),
    ]
