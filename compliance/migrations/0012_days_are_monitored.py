

import django.db.models.deletion
import flowlet.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_keys_get_scopes_of_consents'),
        ('compliance', '0011_data_are_kept_and_deleted'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='customerprofile',
            name='is_high_risk',
        ),
        migrations.RemoveField(
            model_name='customerprofile',
            name='is_pep',
        ),
        migrations.AddField(
            model_name='activity',
            name='previous_at',
            field=models.DateTimeField(help_text='when the customer was active before', null=True),
        ),
        migrations.CreateModel(
            name='CustomerDay',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('ends_at', models.DateTimeField(help_text='up to when it was measured')),
                ('figures', models.JSONField(default=dict)),
                ('activities', models.JSONField(default=dict, help_text='{measure: [key of an activity]}')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
                ('partner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
            ],
            options={
                'indexes': [models.Index(fields=['ends_at', 'customer'], name='customer_day_by_moment')],
                'constraints': [models.UniqueConstraint(fields=('customer', 'day'), name='customer_has_one_row_a_day')],
            },
        ),
        migrations.CreateModel(
            name='MonitoringRun',
            fields=[
                ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('steps', models.JSONField(default=dict)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('actor', models.CharField(max_length=80)),
                ('partner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
            ],
            options={
                'indexes': [models.Index(fields=['day', 'id'], name='monitoring_run_by_day')],
                'constraints': [models.CheckConstraint(condition=models.Q(('finished_at', None), ('finished_at__gte', models.F('started_at')), _connector='OR'), name='monitoring_run_ends_after_it_began')],
            },
        ),
    ]
