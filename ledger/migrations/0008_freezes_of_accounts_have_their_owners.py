import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0007_posting_of_pairs'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='frozen_by',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None),
        ),
        # Whose the freezes of before are nobody wrote down: the books', until upper apps say that they are theirs.
        migrations.RunSQL("UPDATE ledger_account SET frozen_by = '{ledger}' WHERE status = 'FROZEN'", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'FROZEN'), models.Q(('frozen_by', []), _negated=True)), models.Q(models.Q(('status', 'FROZEN'), _negated=True), ('frozen_by', [])), _connector='OR'), name='account_is_frozen_by_somebody'),
        ),
    ]
