from django.db import migrations

from flowlet.db.sql import append_only


class Migration(migrations.Migration):
    dependencies = [("flowlet_decisions", "0001_initial")]

    operations = [append_only("flowlet_decisions_verdict")]
