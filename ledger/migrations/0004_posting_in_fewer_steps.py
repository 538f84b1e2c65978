"""Fewer and plainer statements per posting: the checks of single rows move into the guards that look at them anyway."""

from django.db import migrations, models
from django.db.models import F

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_snapshots_and_seals")]

    operations = [
        migrations.RemoveConstraint("journal", "journal_has_two_legs_or_more"),
        migrations.RemoveConstraint("entry", "entry_is_a_positive_debit_or_credit"),
        migrations.RemoveConstraint("balance", "balance_stays_above_floor"),
        migrations.AddConstraint(
            "balance", models.CheckConstraint(condition=models.Q(posted__gte=F("floor") + F("held")), name="balance_stays_above_floor")
        ),
        migrations.RunSQL(
            "CREATE DOMAIN ledger_held AS numeric(20, 4) CONSTRAINT held_is_not_negative CHECK (VALUE >= 0);"
            "ALTER TABLE ledger_balance ALTER COLUMN held TYPE ledger_held;",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            "entry",
            "journal",
            models.ForeignKey(
                to="ledger.journal", on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
            ),
        ),
        migrations.AddConstraint("entry", models.UniqueConstraint(fields=["journal", "ordinal"], name="entry_ordinal_is_taken_once")),
        run_file(__file__, "posting.sql"),
        run_file(__file__, "guards.sql"),
        run_file(__file__, "snapshots.sql"),
    ]
