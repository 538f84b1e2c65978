"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import append_only, run_file


class Migration(migrations.Migration):
    replaces = [("flowlet_rules", "0002_what_a_rule_says_never_changes")]

    dependencies = [("flowlet_rules", "0001_tables")]

    operations = [
        append_only("flowlet_rules_ruleset", "flowlet_rules_backtest"),
        run_file(__file__, "guards.sql"),
    ]
