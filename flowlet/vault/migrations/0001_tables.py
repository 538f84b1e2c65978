import flowlet.core.clock
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('flowlet_vault', '0001_initial'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='SubjectKey',
                    fields=[
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('subject_id', models.UUIDField(primary_key=True, serialize=False)),
                        ('wrapped_key', models.BinaryField(null=True)),
                        ('wrapped_by', models.CharField(blank=True, help_text="id of the keyring's key; empty once erased", max_length=32)),
                        ('erased_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['wrapped_by', 'subject_id'], name='subject_key_by_wrapping_key')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('erased_at', None), ('wrapped_key__isnull', False), models.Q(('wrapped_by', ''), _negated=True)), models.Q(('erased_at__isnull', False), ('wrapped_by', ''), ('wrapped_key', None)), _connector='OR'), name='subject_key_is_there_or_erased')],
                    },
                ),
            ],
        ),
    ]
