import flowlet.core.clock
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('flowlet_api', '0001_idempotency_records'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='IdempotencyRecord',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('partner_id', models.UUIDField(help_text="the LIVE or SANDBOX partner; the mode is in the partner's row")),
                        ('key', models.CharField(max_length=255)),
                        ('fingerprint', models.BinaryField(help_text='SHA-256 of method, path and canonical body', max_length=32)),
                        ('status', models.PositiveSmallIntegerField()),
                        ('sealed', models.BinaryField(help_text='request and answer, encrypted: they may hold personal data')),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['created_at'], name='idempotency_created')],
                        'constraints': [models.UniqueConstraint(fields=('partner_id', 'key'), name='idempotency_key_is_unique_per_partner')],
                    },
                ),
            ],
        ),
    ]
