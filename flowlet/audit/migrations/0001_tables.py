import django.contrib.postgres.fields
import django.db.models.functions.comparison
import flowlet.db.transactions
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('flowlet_audit', '0001_initial'),
        ('flowlet_audit', '0002_record_and_block_only_grow'),
        ('flowlet_audit', '0003_block_is_found_by_its_end'),
        ('flowlet_audit', '0004_models_say_whose_they_are'),
        ('flowlet_audit', '0005_record_is_found_by_action_kind_and_moment'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='Block',
                    fields=[
                        ('number', models.BigIntegerField(help_text='1, 2, 3, without gaps', primary_key=True, serialize=False)),
                        ('sealed_at', models.DateTimeField()),
                        ('count', models.IntegerField()),
                        ('last_xid', models.BigIntegerField(help_text='with last_id the place in seal order where the block ends')),
                        ('last_id', models.BigIntegerField()),
                        ('record_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                        ('digests', models.BinaryField()),
                        ('previous_hash', models.BinaryField(help_text='32 bytes; zeros for the first block')),
                        ('hash', models.BinaryField(help_text='32 bytes', unique=True)),
                    ],
                    options={
                        'verbose_name': 'audit block',
                        'indexes': [models.Index(models.F('last_xid'), models.F('last_id'), name='audit_block_by_end')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('count__gt', 0)), name='audit_block_is_not_empty')],
                    },
                ),
                migrations.CreateModel(
                    name='Record',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('at', models.DateTimeField(help_text='the moment of the deed, as handed to the service')),
                        ('action', models.TextField(help_text='dotted, past tense: wallet.frozen')),
                        ('target', models.TextField(help_text='public id of what was acted upon')),
                        ('partner_id', models.UUIDField(null=True)),
                        ('actor_kind', models.TextField()),
                        ('actor_id', models.TextField()),
                        ('actor_label', models.TextField(default='')),
                        ('actor_ip', models.TextField(default='')),
                        ('request_id', models.TextField(default='')),
                        ('reason', models.TextField(default='')),
                        ('before', models.JSONField(null=True)),
                        ('after', models.JSONField(null=True)),
                        ('subject_id', models.UUIDField(help_text='whose key encrypts the personal values', null=True)),
                        ('personal', models.BinaryField(help_text='encrypted JSON', null=True)),
                        ('recorded_xid', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.Cast(flowlet.db.transactions.TransactionId(), models.TextField()), models.BigIntegerField()), help_text='the transaction that wrote the record: the order in which records are sealed')),
                    ],
                    options={
                        'verbose_name': 'audit record',
                        'indexes': [models.Index(models.F('recorded_xid'), models.F('id'), name='audit_record_in_seal_order'), models.Index(models.F('target'), models.F('id'), name='audit_record_by_target'), models.Index(models.F('actor_id'), models.F('id'), name='audit_record_by_actor'), models.Index(models.F('action'), models.F('id'), name='audit_record_by_action'), models.Index(models.Func(models.F('target'), models.Value('_'), models.Value(1), function='split_part', output_field=models.TextField()), models.F('id'), name='audit_record_by_kind'), models.Index(models.F('at'), models.F('id'), name='audit_record_by_moment')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('personal__isnull', True), ('subject_id__isnull', False), _connector='OR'), name='personal_values_have_a_subject')],
                    },
                ),
            ],
        ),
    ]
