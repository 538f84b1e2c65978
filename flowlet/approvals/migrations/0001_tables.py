import flowlet.core.ids
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('flowlet_approvals', '0001_initial'),
        ('flowlet_approvals', '0002_decision_is_final'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='Approval',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('kind', models.TextField()),
                        ('subject', models.TextField(help_text='public id of what it is about')),
                        ('partner_id', models.UUIDField(null=True)),
                        ('payload', models.JSONField(help_text='what the kind needs to carry it out')),
                        ('reason', models.TextField(help_text='why the maker asks')),
                        ('is_exclusive', models.BooleanField(help_text='one open request of this kind per subject')),
                        ('status', models.CharField(choices=[('PENDING', 'Waiting for a checker'), ('APPROVED', 'Approved and carried out'), ('REJECTED', 'Rejected'), ('WITHDRAWN', 'Withdrawn by its maker'), ('EXPIRED', 'Expired undecided'), ('FAILED', 'Approved, but could never be carried out')], default='PENDING', max_length=9)),
                        ('maker_kind', models.TextField()),
                        ('maker_id', models.TextField()),
                        ('maker_label', models.TextField(default='')),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('checker_kind', models.TextField(null=True)),
                        ('checker_id', models.TextField(null=True)),
                        ('checker_label', models.TextField(null=True)),
                        ('decided_at', models.DateTimeField(null=True)),
                        ('decision_reason', models.TextField(default='', help_text="the checker's words, or why it could not be carried out")),
                    ],
                    options={
                        'indexes': [models.Index(models.F('expires_at'), condition=models.Q(('status', 'PENDING')), name='approval_waiting'), models.Index(models.F('subject'), models.F('id'), name='approval_by_subject'), models.Index(models.F('partner_id'), models.F('id'), name='approval_by_partner')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('checker_id', models.F('maker_id')), _negated=True), ('checker_id__isnull', True), _connector='OR'), name='checker_is_not_the_maker'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['APPROVED', 'REJECTED', 'FAILED']), ('checker_id__isnull', False)), models.Q(models.Q(('status__in', ['APPROVED', 'REJECTED', 'FAILED']), _negated=True), ('checker_id__isnull', True)), _connector='OR'), name='approval_is_decided_by_a_checker'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('status', 'PENDING')), models.Q(models.Q(('status', 'PENDING'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='approval_is_decided_when_it_is_not_pending'), models.UniqueConstraint(condition=models.Q(('is_exclusive', True), ('status', 'PENDING')), fields=('kind', 'subject'), name='one_open_request_per_kind_and_subject')],
                    },
                ),
            ],
        ),
    ]
