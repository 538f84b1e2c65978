import django.db.models.deletion
import django.db.models.functions.comparison
import flowlet.core.ids
import flowlet.db.transactions
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('flowlet_events', '0001_initial'),
        ('flowlet_events', '0002_event_content_never_changes'),
        ('flowlet_events', '0003_what_is_personal_in_an_event_is_sealed'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('type', models.TextField(help_text='dotted, past tense: wallet.transfer.posted')),
                        ('partner_id', models.UUIDField(null=True)),
                        ('subject', models.TextField(help_text='public id of what it is about')),
                        ('data', models.JSONField()),
                        ('api_version', models.TextField(default='v1', help_text='the API version whose shapes data follows')),
                        ('created_at', models.DateTimeField(help_text='the moment of the fact, as handed to the service')),
                        ('xid', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.Cast(flowlet.db.transactions.TransactionId(), models.TextField()), models.BigIntegerField()), help_text='the transaction that wrote it')),
                        ('relayed_at', models.DateTimeField(help_text="when it was handed to its handlers' queues", null=True)),
                        ('person_id', models.UUIDField(help_text='under whose key something of it is sealed', null=True)),
                        ('sealed', models.BinaryField(null=True)),
                    ],
                    options={
                        'indexes': [models.Index(models.F('partner_id'), models.F('xid'), models.F('id'), name='event_feed'), models.Index(models.F('subject'), models.F('xid'), models.F('id'), name='event_by_subject'), models.Index(models.F('id'), condition=models.Q(('relayed_at__isnull', True)), name='event_waiting_for_relay')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('type__regex', '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)+$')), name='event_type_is_dotted'), models.CheckConstraint(condition=models.Q(models.Q(('person_id', None), ('sealed', None)), models.Q(('person_id__isnull', False), ('sealed__isnull', False)), _connector='OR'), name='event_is_sealed_under_somebodys_key')],
                    },
                ),
                migrations.CreateModel(
                    name='Delivery',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('handler', models.TextField()),
                        ('status', models.CharField(choices=[('PENDING', 'Waiting'), ('DELIVERED', 'Delivered'), ('DEAD', 'Given up')], default='PENDING', max_length=9)),
                        ('attempts', models.IntegerField(default=0, help_text='times it was claimed, whether or not the process survived')),
                        ('next_attempt_at', models.DateTimeField(help_text='not claimed before this moment')),
                        ('last_error', models.TextField(default='', help_text='class and first line of the last failure')),
                        ('finished_at', models.DateTimeField(help_text='when it was delivered or given up', null=True)),
                        ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='flowlet_events.event')),
                    ],
                    options={
                        'verbose_name_plural': 'deliveries',
                        'indexes': [models.Index(models.F('next_attempt_at'), models.F('id'), condition=models.Q(('status', 'PENDING')), name='delivery_due'), models.Index(models.F('id'), condition=models.Q(('status', 'DEAD')), name='delivery_dead')],
                        'constraints': [models.UniqueConstraint(fields=('event', 'handler'), name='event_is_delivered_once_per_handler'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status', 'PENDING')), models.Q(models.Q(('status', 'PENDING'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='delivery_is_finished_when_it_is_not_waiting')],
                    },
                ),
            ],
        ),
    ]
