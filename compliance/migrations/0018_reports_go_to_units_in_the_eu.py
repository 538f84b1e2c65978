"""A third kind of report."""

from django.db import migrations, models

KINDS = [
    ("SAR", "Suspicious activity report"),
    ("CTR", "Currency transaction report"),
    ("STR", "Suspicious transaction report (EU)"),
]


class Migration(migrations.Migration):
    dependencies = [("compliance", "0017_verifications_and_reviews_wait_in_queues")]
    operations = [
        migrations.AlterField(model_name=model, name="kind", field=models.CharField(choices=KINDS, max_length=3))
        for model in ("report", "reportbatch")
    ]
