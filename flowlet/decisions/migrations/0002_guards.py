"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import append_only


class Migration(migrations.Migration):
    replaces = [("flowlet_decisions", "0002_verdict_only_grows")]

    dependencies = [("flowlet_decisions", "0001_tables")]

    operations = [
        append_only("flowlet_decisions_verdict"),
    ]
