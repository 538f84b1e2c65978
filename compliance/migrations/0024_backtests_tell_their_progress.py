"""What the worker of a backtest is at, and how far."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0023_volumes_are_declared")]
    operations = [
        migrations.AddField(
            model_name="ruletrial",
            name="step",
            field=models.CharField(blank=True, help_text="what its worker is at", max_length=80),
        ),
        migrations.AddField(
            model_name="ruletrial",
            name="percent",
            field=models.PositiveSmallIntegerField(default=0, help_text="how much of the step is done"),
        ),
    ]
