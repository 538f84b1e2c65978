

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_keys_get_scopes_of_consents'),
        ('wallets', '0009_conversions_are_guarded'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='refund',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['created_at'], name='refund_by_moment', pages_per_range=32),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['completed_at'], name='transfer_by_completion', pages_per_range=32),
        ),
    ]
