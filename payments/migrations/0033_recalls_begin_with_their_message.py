"""A recall has no digest of a message that was never there."""

from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("payments", "0032_two_people_release_a_payment")]
    operations = [run_file(__file__, "traces.sql")]
