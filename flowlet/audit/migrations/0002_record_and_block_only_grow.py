from django.db import migrations

from flowlet.db.sql import append_only


class Migration(migrations.Migration):
    dependencies = [("flowlet_audit", "0001_initial")]

    operations = [append_only("flowlet_audit_record", "flowlet_audit_block")]
