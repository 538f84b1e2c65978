"""The database holds the ends of cases, releases of frozen wallets and decisions about hits to two people as the services do."""

from django.db import migrations, models

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("compliance", "0024_backtests_tell_their_progress"), ("wallets", "0011_freezes_are_kept_by_upper_apps")]
    operations = [
        migrations.RemoveConstraint(model_name="case", name="case_with_a_report_is_closed_by_two"),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=~models.Q(state="CLOSED", outcome__in=("REPORT", "ENDED")) | ~models.Q(checked_by=""),
                name="case_that_needs_two_people_had_them",
            ),
        ),
        run_file(__file__, "0025_what_takes_two_people_is_guarded.sql"),
    ]
