from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("flowlet_approvals", "0001_initial")]

    operations = [run_file(__file__, "0002_decision_is_final.sql")]
