"""Reports are work as everything else in queues; skills name cases and reports; how much somebody has is found by an index."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KINDS = [
    ("SCREENING", "Name on a list"),
    ("MONITORING", "Transactions"),
    ("VERIFICATION", "Verification"),
    ("RISK", "Customer risk"),
    ("OTHER", "Other"),
    ("CASE", "Cases"),
    ("REPORT", "Reports to the authority"),
]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
PERSON = {"blank": True, "db_index": False, "null": True, "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}
FIELDS = {
    "priority": (models.PositiveSmallIntegerField(default=0, help_text="0 to 100"), False),
    "opened_at": (models.DateTimeField(default=EPOCH), False),
    "due_at": (models.DateTimeField(default=EPOCH), False),
    "assignee": (models.ForeignKey(to=settings.AUTH_USER_MODEL, **PERSON), True),
    "locked_by": (models.ForeignKey(to=settings.AUTH_USER_MODEL, **PERSON), True),
    "locked_until": (models.DateTimeField(blank=True, null=True), True),
}
BY_ASSIGNEE = {
    "case": "case_by_assignee",
    "customerrisk": "customer_risk_by_assignee",
    "report": "report_by_assignee",
    "verification": "verification_by_assignee",
}


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0018_reports_go_to_units_in_the_eu"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        *(
            migrations.AddField(model_name="report", name=name, field=field, preserve_default=kept)
            for name, (field, kept) in FIELDS.items()
        ),
        migrations.RemoveConstraint(model_name="officerskill", name="officer_skills_are_known_kinds"),
        migrations.AlterField(
            model_name="officerskill",
            name="kinds",
            field=django.contrib.postgres.fields.ArrayField(models.CharField(choices=KINDS, max_length=12), size=None),
        ),
        # Who had skills was offered every case and report; nobody loses them unasked.
        migrations.RunSQL(
            """
            UPDATE compliance_report SET priority = CASE kind WHEN 'STR' THEN 80 ELSE 50 END, opened_at = created_at,
                   due_at = (due_on + 1)::timestamp AT TIME ZONE 'UTC';
            UPDATE compliance_officerskill SET kinds = kinds || '{CASE,REPORT}'::varchar[];
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="officerskill",
            constraint=models.CheckConstraint(
                condition=models.Q(kinds__contained_by=[kind for kind, _ in KINDS]), name="officer_skills_are_known_kinds"
            ),
        ),
        *(
            migrations.AddIndex(
                model_name=model,
                index=models.Index(fields=["assignee"], name=name, condition=models.Q(assignee__isnull=False)),
            )
            for model, name in BY_ASSIGNEE.items()
        ),
    ]
