"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    replaces = [("flowlet_approvals", "0002_decision_is_final")]

    dependencies = [("flowlet_approvals", "0001_tables")]

    operations = [
        run_file(__file__, "guards.sql"),
    ]
