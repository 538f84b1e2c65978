"""What banks sent us is emptied in its time."""

from django.db import migrations, models

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]

    operations = [
        migrations.AlterField("statementfile", "content", models.BinaryField(null=True)),
        migrations.AlterField("breakdocument", "sealed", models.BinaryField(editable=False, null=True)),
        run_file(__file__, "papers.sql"),
    ]
