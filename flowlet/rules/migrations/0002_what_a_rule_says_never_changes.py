from django.db import migrations

from flowlet.db.sql import append_only, run_file


class Migration(migrations.Migration):
    dependencies = [("flowlet_rules", "0001_initial")]

    operations = [
        append_only("flowlet_rules_ruleset", "flowlet_rules_backtest"),
        run_file(__file__, "guards.sql"),
    ]
