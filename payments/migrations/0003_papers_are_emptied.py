"""Files to and from banks are emptied in their time."""

from django.db import migrations, models

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_guards")]

    operations = [
        migrations.AlterField("inboundfile", "sealed", models.BinaryField(editable=False, null=True)),
        run_file(__file__, "papers.sql"),
    ]
