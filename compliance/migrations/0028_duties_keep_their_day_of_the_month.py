"""A duty due on the 31st comes round on the last day of a short month, and on the 31st again of a long one."""

from django.db import migrations, models

ON_THE_DAY = "UPDATE compliance_duty SET due_day = extract(day FROM due_on) WHERE due_on IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("compliance", "0027_partners_are_told_of_screening")]
    operations = [
        migrations.AddField(
            model_name="duty",
            name="due_day",
            field=models.PositiveSmallIntegerField(
                editable=False,
                help_text="the day of the month on which it comes round; in a month too short, its last",
                null=True,
            ),
        ),
        migrations.RunSQL(ON_THE_DAY, migrations.RunSQL.noop),
    ]
