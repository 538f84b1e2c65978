import flowlet.core.ids
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('flowlet_decisions', '0001_initial'),
        ('flowlet_decisions', '0002_verdict_only_grows'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='Verdict',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('point', models.TextField(help_text='where it was asked: payment.create')),
                        ('subject', models.TextField(help_text='public id of what it is about')),
                        ('partner_id', models.UUIDField(null=True)),
                        ('at', models.DateTimeField(help_text='the moment of the question, as handed to the service')),
                        ('outcome', models.CharField(choices=[('ALLOW', 'Allowed'), ('REVIEW', 'For review'), ('BLOCK', 'Blocked')], max_length=6)),
                        ('reasons', models.JSONField(help_text='[{decider, code, text}]')),
                        ('facts', models.JSONField()),
                        ('opinions', models.JSONField(help_text='[{decider, outcome, reasons, details, milliseconds}]')),
                        ('person_id', models.UUIDField(help_text='whose key encrypts the personal facts', null=True)),
                        ('personal', models.BinaryField(help_text='encrypted JSON: the personal facts by name', null=True)),
                    ],
                    options={
                        'indexes': [models.Index(models.F('subject'), models.F('id'), name='verdict_by_subject'), models.Index(models.F('point'), models.F('id'), name='verdict_by_point'), models.Index(models.F('outcome'), models.F('id'), condition=models.Q(('outcome__in', ['REVIEW', 'BLOCK'])), name='verdict_that_stopped')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('outcome__in', ['ALLOW', 'REVIEW', 'BLOCK'])), name='verdict_has_a_known_outcome'), models.CheckConstraint(condition=models.Q(('personal__isnull', True), ('person_id__isnull', False), _connector='OR'), name='personal_facts_have_a_person')],
                    },
                ),
            ],
        ),
    ]
