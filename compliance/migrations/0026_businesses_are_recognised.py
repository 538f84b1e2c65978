"""Businesses are recognised by their number in the register, neighbours by their address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0025_what_takes_two_people_is_guarded")]
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
