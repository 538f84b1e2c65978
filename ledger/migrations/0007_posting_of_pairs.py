"""Posting costs less: a function of its own for one debit and one credit, and guards that look at each journal once."""

from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_documents_of_breaks")]

    operations = [run_file(__file__, "posting.sql"), run_file(__file__, "guards.sql")]
