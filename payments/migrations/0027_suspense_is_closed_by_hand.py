from django.db import migrations, models

from flowlet.db.sql import run_file


class Migration(migrations.Migration):

    dependencies = [
        ("payments", "0026_suspense_has_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name='suspenseitem',
            name='journal_id',
            field=models.UUIDField(blank=True, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='suspenseitem',
            name='state',
            field=models.CharField(choices=[('OPEN', 'In suspense'), ('ASSIGNED', 'Assigned to a wallet'), ('RETURNED', 'Gone back'), ('CLOSED', 'Taken out by hand')], default='OPEN', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='suspenseitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('journal_id__isnull', False), ('state', 'CLOSED'), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('state', 'CLOSED'), _negated=True), ('journal_id', None)), _connector='OR'), name='money_taken_by_hand_names_its_journal'),
        ),
        run_file(__file__, "suspense.sql"),
    ]
