import django.db.models.deletion
import django.db.models.expressions
import flowlet.core.ids
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('flowlet_rules', '0001_initial'),
        ('flowlet_rules', '0002_what_a_rule_says_never_changes'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='RuleSet',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('name', models.TextField(help_text='dotted, never renamed: upper apps ask by it')),
                        ('vocabulary', models.TextField(help_text='what its rules can speak of, by name')),
                        ('label', models.TextField()),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('name',), name='rule_set_has_a_name_of_its_own')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='RuleVersion',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('name', models.TextField(help_text="the rule's name in its set, the same for all its versions")),
                        ('number', models.PositiveIntegerField(help_text='1, 2, 3 … of the rule')),
                        ('title', models.TextField()),
                        ('note', models.TextField(help_text='why it is, or what was changed and why')),
                        ('condition', models.JSONField(help_text='the rule in its one form')),
                        ('effect', models.JSONField(default=dict, help_text='what the app that asks does when it matches: JSON of its own')),
                        ('digest', models.CharField(help_text='SHA-256 of vocabulary, condition and effect', max_length=64)),
                        ('status', models.CharField(choices=[('DRAFT', 'Draft'), ('BACKTESTED', 'Backtested'), ('SHADOW', 'In shadow'), ('LIVE', 'Live'), ('RETIRED', 'Retired')], default='DRAFT', max_length=10)),
                        ('maker_kind', models.TextField()),
                        ('maker_id', models.TextField()),
                        ('maker_label', models.TextField(default='')),
                        ('created_at', models.DateTimeField()),
                        ('moved_at', models.DateTimeField(help_text='when it came where it is')),
                        ('checker_kind', models.TextField(null=True)),
                        ('checker_id', models.TextField(help_text='who let it go live', null=True)),
                        ('checker_label', models.TextField(null=True)),
                        ('rule_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='flowlet_rules.ruleset')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('rule_set', 'name', 'number'), name='rule_version_has_a_number_of_its_own'), models.UniqueConstraint(condition=models.Q(('status', 'LIVE')), fields=('rule_set', 'name'), name='one_version_of_a_rule_is_live'), models.UniqueConstraint(condition=models.Q(('status', 'SHADOW')), fields=('rule_set', 'name'), name='one_version_of_a_rule_is_in_shadow'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='rule_versions_are_counted_from_one'), models.CheckConstraint(condition=models.Q(('status__in', ['DRAFT', 'BACKTESTED', 'SHADOW', 'LIVE', 'RETIRED'])), name='rule_has_a_known_status'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'LIVE'), _negated=True), ('checker_id__isnull', False), _connector='OR'), name='live_rule_was_released_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('checker_id', models.F('maker_id')), _negated=True), ('checker_id__isnull', True), _connector='OR'), name='rule_is_not_released_by_its_maker')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='Backtest',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('since', models.DateTimeField()),
                        ('until', models.DateTimeField()),
                        ('judged', models.BigIntegerField(help_text='things looked at')),
                        ('hits', models.BigIntegerField(help_text='those for which it was true')),
                        ('unknown', models.BigIntegerField(help_text='those of which it could not tell')),
                        ('per_day', models.JSONField(help_text='hits by day in UTC: {day: number}')),
                        ('live_hits', models.BigIntegerField(help_text='of the version that was live then', null=True)),
                        ('both', models.BigIntegerField(help_text='hits of both', null=True)),
                        ('milliseconds', models.PositiveIntegerField()),
                        ('actor_kind', models.TextField()),
                        ('actor_id', models.TextField()),
                        ('created_at', models.DateTimeField()),
                        ('live_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='flowlet_rules.ruleversion')),
                        ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='backtests', to='flowlet_rules.ruleversion')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('version'), models.F('id'), name='backtests_of_a_version')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('since__lt', models.F('until'))), name='backtest_has_a_time'), models.CheckConstraint(condition=models.Q(('hits__gte', 0), ('judged__gte', django.db.models.expressions.CombinedExpression(models.F('hits'), '+', models.F('unknown'))), ('unknown__gte', 0)), name='backtest_adds_up')],
                    },
                ),
            ],
        ),
    ]
