"""What a partner was told last of a customer's screening is kept, so that each change is told once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_a_partners_freeze_stands_below_the_platforms"),
        ("compliance", "0026_businesses_are_recognised"),
    ]
    operations = [
        migrations.CreateModel(
            name="ScreeningStanding",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.customer",
                    ),
                ),
                (
                    "status",
                    models.CharField(choices=[("CLEAR", "Clear"), ("IN_PROGRESS", "In progress")], max_length=11),
                ),
                ("told_at", models.DateTimeField()),
            ],
        ),
    ]
