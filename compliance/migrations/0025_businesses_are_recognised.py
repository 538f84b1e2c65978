"""Businesses are recognised by their number in the register, neighbours by their address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0024_backtests_tell_their_progress")]
    operations = [
        migrations.AlterField(
            model_name="identitymark",
            name="kind",
            field=models.CharField(
                choices=[
                    ("PERSON", "Name and date of birth"),
                    ("DOCUMENT", "Number of a document"),
                    ("EMAIL", "E-mail address"),
                    ("PHONE", "Phone number"),
                    ("COMPANY", "Registration number"),
                    ("ADDRESS", "Address"),
                ],
                max_length=8,
            ),
        ),
    ]
