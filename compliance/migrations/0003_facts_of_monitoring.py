

import django.contrib.postgres.indexes
import django.db.models.deletion
import flowlet.db.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_keys_get_scopes_of_consents'),
        ('compliance', '0002_reports_are_kept'),
        ('wallets', '0009_conversions_are_guarded'),
    ]

    operations = [
        migrations.CreateModel(
            name='CustomerProfile',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='accounts.customer')),
                ('expected_monthly', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20, null=True)),
                ('segment', models.CharField(blank=True, max_length=40)),
                ('is_pep', models.BooleanField(default=False)),
                ('is_high_risk', models.BooleanField(default=False)),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expected_monthly__gte', 0)), name='expected_volume_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('PAYMENT', 'Payment'), ('TRANSFER', 'Transfer between wallets'), ('REFUND', 'Refund of a transfer')], max_length=8)),
                ('source_id', models.UUIDField()),
                ('direction', models.CharField(choices=[('IN', 'In'), ('OUT', 'Out')], max_length=3)),
                ('kind', models.CharField(help_text="the payment's kind, WALLET, REFUND, RETURN or CHARGEBACK", max_length=12)),
                ('rail', models.CharField(max_length=12)),
                ('currency', models.CharField(max_length=3)),
                ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                ('worth', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20, null=True)),
                ('counterparty', models.UUIDField(null=True)),
                ('is_own', models.BooleanField()),
                ('is_new_counterparty', models.BooleanField(help_text='the first in this direction between the two')),
                ('country', models.CharField(blank=True, help_text='of the other side', max_length=2)),
                ('ip_country', models.CharField(blank=True, max_length=2)),
                ('location', models.CharField(blank=True, max_length=40)),
                ('device', models.UUIDField(null=True)),
                ('is_cash', models.BooleanField()),
                ('names_parties', models.BooleanField(help_text='name and account of the other side are known')),
                ('happened_at', models.DateTimeField()),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
                ('partner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
                ('wallet', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wallets.wallet')),
            ],
            options={
                'verbose_name_plural': 'activities',
                'indexes': [models.Index(fields=['customer', 'happened_at'], name='activity_of_a_customer'), models.Index(condition=models.Q(('counterparty__isnull', False)), fields=['customer', 'counterparty', 'happened_at'], name='activity_between_two'), models.Index(condition=models.Q(('device__isnull', False)), fields=['device', 'happened_at'], name='activity_of_a_device'), models.Index(condition=models.Q(('worth', None)), fields=['happened_at'], name='activity_without_worth'), django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['happened_at'], name='activity_by_moment', pages_per_range=32)],
                'constraints': [models.UniqueConstraint(fields=('source_id', 'customer', 'direction', 'kind'), name='movement_is_one_activity_of_each_side'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='activity_is_positive')],
            },
        ),
    ]
