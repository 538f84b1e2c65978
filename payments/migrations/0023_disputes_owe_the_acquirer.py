from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0022_won_disputes_end_as_refunded"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dispute",
            name="state",
            field=models.CharField(
                choices=[
                    ("OPEN", "Needs an answer"),
                    ("READY", "Evidence to be sent"),
                    ("ANSWERED", "Evidence sent"),
                    ("ACCEPTED", "Given up, to be told"),
                    ("LAPSED", "Not answered in time"),
                    ("WON", "Won"),
                    ("LOST", "Lost"),
                ],
                default="OPEN",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="tell_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dispute",
            name="told",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="dispute",
            name="refusal",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("tell_at", None), ("state__in", ("READY", "ACCEPTED")), _connector="OR"),
                name="dispute_owes_only_what_waits",
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(condition=models.Q(("tell_at__isnull", False)), fields=["tell_at"], name="dispute_to_tell"),
        ),
        # What waited before is told once more: the key is the same.
        migrations.RunSQL(
            "UPDATE payments_dispute SET tell_at = updated_at WHERE state IN ('READY', 'ACCEPTED')", migrations.RunSQL.noop
        ),
    ]
