"""Reports remember the alarm that was told last, and whether what they told was looked at again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0028_duties_keep_their_day_of_the_month")]
    operations = [
        migrations.AddField(
            model_name="report",
            name="alarm",
            field=models.PositiveSmallIntegerField(
                editable=False, help_text="days before it is due, of which was told last; 0: that it is late", null=True
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="follow_up",
            field=models.CharField(
                blank=True,
                choices=[("DUE", "To look at again"), ("DONE", "Looked at again")],
                default="",
                editable=False,
                max_length=4,
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("follow_up", "DUE")), fields=["filed_on", "id"], name="report_to_look_at_again"
            ),
        ),
    ]
