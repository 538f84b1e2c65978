from django.db import migrations

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("compliance", "0002_guards_and_requirements")]

    operations = [run_file(__file__, "cases.sql"), run_file(__file__, "erasure.sql")]
