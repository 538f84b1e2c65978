"""The database keeps what the code promises."""

from django.db import migrations

from flowlet.db.sql import append_only


class Migration(migrations.Migration):
    replaces = [("flowlet_audit", "0005_record_is_found_by_action_kind_and_moment")]

    dependencies = [("flowlet_audit", "0001_tables")]

    operations = [
        append_only("flowlet_audit_record", "flowlet_audit_block"),
    ]
