import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import flowlet.core.clock
import flowlet.core.ids
import flowlet.db.fields
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('wallets', '0001_initial'),
        ('wallets', '0002_wallets_are_guarded'),
        ('wallets', '0003_tiers_get_their_limits'),
        ('wallets', '0004_holds_are_found_by_their_end'),
        ('wallets', '0005_rows_are_found_by_external_id_and_status'),
        ('wallets', '0006_keys_have_their_public_form_in_sql'),
        ('wallets', '0007_holds_are_kept_for_payments'),
        ('wallets', '0008_quotes_and_conversions'),
        ('wallets', '0009_conversions_are_guarded'),
        ('wallets', '0010_transfers_are_found_by_moment'),
        ('wallets', '0011_freezes_are_kept_by_upper_apps'),
        ('wallets', '0012_freezes_stand_below_others'),
        ('wallets', '0013_freezes_of_accounts_are_the_wallets_own'),
        ('wallets', '0014_words_go_with_their_customers'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_tables'),
        ('ledger', '0001_tables'),
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='Allowance',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('currency', models.CharField(max_length=3)),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='allowances', to='accounts.customer')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('customer', 'currency'), name='customer_has_one_allowance_per_currency')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='FxQuote',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('sell_currency', models.CharField(max_length=3)),
                        ('sell_amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('buy_currency', models.CharField(max_length=3)),
                        ('buy_amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('market_amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('fixed_side', models.CharField(choices=[('SELL', 'What is sold'), ('BUY', 'What is bought')], max_length=4)),
                        ('market_rate', models.DecimalField(decimal_places=18, max_digits=36)),
                        ('client_rate', models.DecimalField(decimal_places=18, max_digits=36)),
                        ('spread_basis_points', models.PositiveSmallIntegerField()),
                        ('rate_on', models.DateField()),
                        ('rate_via', models.JSONField(default=list)),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fx_quotes', to='accounts.customer')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fx_quotes', to='accounts.partner')),
                    ],
                    options={
                        'verbose_name': 'exchange quote',
                        'abstract': False,
                        'indexes': [models.Index(fields=['partner', 'id'], name='fxquote_by_partner'), models.Index(fields=['customer', 'id'], name='fxquote_by_customer')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('buy_amount__gt', 0), ('market_amount__gte', models.F('buy_amount')), ('sell_amount__gt', 0)), name='fxquote_earns_nothing_or_more'), models.CheckConstraint(condition=models.Q(('sell_currency', models.F('buy_currency')), _negated=True), name='fxquote_is_between_two_currencies'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='fxquote_expires_after_it_was_made')],
                    },
                ),
                migrations.CreateModel(
                    name='FxSpread',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('pair', models.CharField(blank=True, max_length=6)),
                        ('basis_points', models.PositiveSmallIntegerField()),
                        ('updated_at', models.DateTimeField()),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fx_spreads', to='accounts.partner')),
                    ],
                    options={
                        'verbose_name': 'exchange spread',
                        'constraints': [models.UniqueConstraint(fields=('partner', 'pair'), name='pair_has_one_spread_per_partner'), models.CheckConstraint(condition=models.Q(('pair', ''), ('pair__regex', '^[A-Z]{6}$'), _connector='OR'), name='spread_is_of_a_pair_or_of_all'), models.CheckConstraint(condition=models.Q(('basis_points__lte', 1000)), name='spread_is_ten_percent_at_most')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='Hold',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('captured', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('released', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('status', models.CharField(choices=[('OPEN', 'Open'), ('CAPTURED', 'Captured'), ('RELEASED', 'Released'), ('EXPIRED', 'Expired')], default='OPEN', max_length=8)),
                        ('expires_at', models.DateTimeField()),
                        ('counted_on', models.DateField()),
                        ('description', models.CharField(blank=True, max_length=200)),
                        ('external_id', models.CharField(blank=True, max_length=128)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('created_at', models.DateTimeField()),
                        ('ended_at', models.DateTimeField(blank=True, null=True)),
                        ('allowance', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='wallets.allowance')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='accounts.partner')),
                        ('wallet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='wallets.wallet')),
                        ('kept_for', models.CharField(blank=True, max_length=40)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['partner', 'id'], name='hold_by_partner'), models.Index(fields=['wallet', 'id'], name='hold_by_wallet'), models.Index(fields=['status', 'id'], name='hold_by_status'), models.Index(fields=['wallet', 'ended_at'], name='hold_by_end'), models.Index(condition=models.Q(('status', 'OPEN')), fields=['wallet', 'expires_at'], name='hold_open_by_wallet'), models.Index(condition=models.Q(('status', 'OPEN')), fields=['allowance', 'expires_at'], name='hold_open_by_allowance'), models.Index(condition=models.Q(('status', 'OPEN')), fields=['expires_at'], name='hold_open_by_expiry'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('metadata', {}), _negated=True), fields=['metadata'], name='hold_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('external_id', 'partner'), name='hold_external_id_is_unique_per_partner'), models.UniqueConstraint(condition=models.Q(models.Q(('kept_for', ''), _negated=True), ('status', 'OPEN')), fields=('kept_for',), name='one_open_hold_is_kept_for_a_thing'), models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('captured__gte', 0), ('released__gte', 0)), name='hold_amounts_are_not_negative'), models.CheckConstraint(condition=models.Q(('amount__gte', django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('released')))), name='hold_gives_no_more_than_its_amount'), models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('released'))), ('ended_at', None), ('status', 'OPEN')), models.Q(models.Q(('status', 'OPEN'), _negated=True), ('amount', django.db.models.expressions.CombinedExpression(models.F('captured'), '+', models.F('released'))), ('ended_at__isnull', False)), _connector='OR'), name='hold_is_open_while_something_is_left')],
                    },
                ),
                migrations.CreateModel(
                    name='TierLimit',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('tier', models.CharField(choices=[('UNVERIFIED', 'Unverified'), ('BASIC', 'Basic'), ('ENHANCED', 'Enhanced'), ('PREMIUM', 'Premium')], max_length=12)),
                        ('currency', models.CharField(max_length=3)),
                        ('per_transaction', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('daily', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('monthly', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('updated_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['currency', 'tier'],
                        'constraints': [models.UniqueConstraint(fields=('tier', 'currency'), name='tier_has_one_limit_per_currency'), models.CheckConstraint(condition=models.Q(('daily__gte', models.F('per_transaction')), ('monthly__gte', models.F('daily')), ('per_transaction__gte', 0)), name='tier_limits_grow_with_their_span')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='Transfer',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('kind', models.CharField(choices=[('IMMEDIATE', 'At once'), ('AUTHORIZED', 'Authorised, then captured'), ('HOLD_CAPTURE', 'Capture of a hold')], max_length=12)),
                        ('status', models.CharField(choices=[('AUTHORIZED', 'Authorised'), ('COMPLETED', 'Completed'), ('VOIDED', 'Voided'), ('EXPIRED', 'Expired')], max_length=10)),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('captured', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('refunded', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('journal_id', models.UUIDField(blank=True, null=True)),
                        ('description', models.CharField(blank=True, max_length=200)),
                        ('external_id', models.CharField(blank=True, max_length=128)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('created_at', models.DateTimeField()),
                        ('completed_at', models.DateTimeField(blank=True, null=True)),
                        ('hold', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='wallets.hold')),
                        ('partner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='accounts.partner')),
                        ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transfers_out', to='wallets.wallet')),
                        ('target', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transfers_in', to='wallets.wallet')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['partner', 'id'], name='transfer_by_partner'), models.Index(fields=['source', 'id'], name='transfer_by_source'), models.Index(fields=['target', 'id'], name='transfer_by_target'), models.Index(condition=models.Q(('status__in', ['AUTHORIZED', 'VOIDED', 'EXPIRED'])), fields=['status', 'id'], name='transfer_not_completed'), models.Index(condition=models.Q(('hold__isnull', False)), fields=['hold'], name='transfer_by_hold'), django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['completed_at'], name='transfer_by_completion', pages_per_range=32), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('metadata', {}), _negated=True), fields=['metadata'], name='transfer_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('external_id', 'partner'), name='transfer_external_id_is_unique_per_partner'), models.UniqueConstraint(condition=models.Q(('kind', 'AUTHORIZED')), fields=('hold',), name='hold_is_of_one_authorised_transfer'), models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='transfer_is_between_two_wallets'), models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('captured__gte', 0), ('captured__lte', models.F('amount'))), name='transfer_captures_no_more_than_its_amount'), models.CheckConstraint(condition=models.Q(('refunded__gte', 0), ('refunded__lte', models.F('captured'))), name='transfer_refunds_no_more_than_was_captured'), models.CheckConstraint(condition=models.Q(models.Q(('captured__gt', 0), ('completed_at__isnull', False), ('status', 'COMPLETED')), models.Q(('completed_at', None), ('status', 'AUTHORIZED')), models.Q(('captured', 0), ('completed_at', None), ('status__in', ['VOIDED', 'EXPIRED'])), _connector='OR'), name='transfer_is_completed_by_capture')],
                    },
                ),
                migrations.CreateModel(
                    name='Refund',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('journal_id', models.UUIDField(unique=True)),
                        ('reason', models.CharField(blank=True, max_length=200)),
                        ('external_id', models.CharField(blank=True, max_length=128)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('created_at', models.DateTimeField()),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='accounts.partner')),
                        ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='wallets.transfer')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['partner', 'id'], name='refund_by_partner'), django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['created_at'], name='refund_by_moment', pages_per_range=32), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('metadata', {}), _negated=True), fields=['metadata'], name='refund_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('partner', 'external_id'), name='refund_external_id_is_unique_per_partner'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_is_positive')],
                    },
                ),
                migrations.CreateModel(
                    name='Wallet',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('currency', models.CharField(max_length=3)),
                        ('name', models.CharField(blank=True, max_length=120)),
                        ('status', models.CharField(choices=[('OPEN', 'Open'), ('FROZEN', 'Frozen'), ('CLOSED', 'Closed')], default='OPEN', max_length=6)),
                        ('freeze_reason', models.CharField(blank=True, max_length=500)),
                        ('freeze_origin', models.CharField(blank=True, choices=[('PARTNER', 'Partner'), ('PLATFORM', 'Platform')], max_length=8)),
                        ('limit_per_transaction', flowlet.db.fields.AmountField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ('limit_daily', flowlet.db.fields.AmountField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ('limit_monthly', flowlet.db.fields.AmountField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ('external_id', models.CharField(blank=True, max_length=128)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('updated_at', models.DateTimeField()),
                        ('closed_at', models.DateTimeField(blank=True, null=True)),
                        ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='wallet', to='ledger.account')),
                        ('allowance', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wallets', to='wallets.allowance')),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='wallets', to='accounts.customer')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='wallets', to='accounts.partner')),
                        ('freeze_is_kept', models.BooleanField(db_default=False, default=False, help_text='by an upper app that lifts it itself, such as by two people')),
                        ('partner_freeze_reason', models.CharField(blank=True, db_default='', default='', help_text="of the partner's own freeze, which stands when the platform's is lifted", max_length=500)),
                        ('staff_freeze_reason', models.CharField(blank=True, db_default='', default='', help_text="of the platform's own freeze, which stands when one that is kept is lifted", max_length=500)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['partner', 'id'], name='wallet_by_partner'), models.Index(fields=['customer', 'id'], name='wallet_by_customer'), models.Index(condition=models.Q(('status', 'FROZEN')), fields=['id'], name='wallet_frozen'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('metadata', {}), _negated=True), fields=['metadata'], name='wallet_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('external_id', 'partner'), name='wallet_external_id_is_unique_per_partner'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'FROZEN'), models.Q(('freeze_reason', ''), _negated=True), models.Q(('freeze_origin', ''), _negated=True)), models.Q(models.Q(('status', 'FROZEN'), _negated=True), ('freeze_origin', ''), ('freeze_reason', '')), _connector='OR'), name='wallet_is_frozen_for_a_reason'), models.CheckConstraint(condition=models.Q(('status', 'FROZEN'), models.Q(('partner_freeze_reason', ''), ('staff_freeze_reason', '')), _connector='OR'), name='wallet_is_open_when_everybody_let_go'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('status', 'CLOSED')), models.Q(models.Q(('status', 'CLOSED'), _negated=True), ('closed_at', None)), _connector='OR'), name='wallet_is_closed_at_a_moment'), models.CheckConstraint(condition=models.Q(models.Q(('limit_per_transaction', None), ('limit_per_transaction__gte', 0), _connector='OR'), models.Q(('limit_daily', None), ('limit_daily__gte', 0), _connector='OR'), models.Q(('limit_monthly', None), ('limit_monthly__gte', 0), _connector='OR')), name='wallet_limits_are_not_negative'), models.CheckConstraint(condition=models.Q(('limit_daily', None), ('limit_monthly', None), ('limit_monthly__gte', models.F('limit_daily')), _connector='OR'), name='wallet_limits_grow_with_their_span')],
                    },
                ),
                migrations.CreateModel(
                    name='Usage',
                    fields=[
                        ('day', models.DateField()),
                        ('used', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('allowance', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='usage', to='wallets.allowance')),
                        ('wallet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='usage', to='wallets.wallet')),
                        ('pk', models.CompositePrimaryKey('allowance_id', 'day', 'wallet_id', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('used__gte', 0)), name='usage_is_not_negative')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='TopUp',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('journal_id', models.UUIDField(unique=True)),
                        ('external_id', models.CharField(blank=True, max_length=128)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('created_at', models.DateTimeField()),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='top_ups', to='accounts.partner')),
                        ('wallet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='top_ups', to='wallets.wallet')),
                    ],
                    options={
                        'indexes': [django.contrib.postgres.indexes.GinIndex(condition=models.Q(('metadata', {}), _negated=True), fields=['metadata'], name='top_up_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('partner', 'external_id'), name='top_up_external_id_is_unique_per_partner'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='top_up_is_positive')],
                    },
                ),
                migrations.CreateModel(
                    name='Conversion',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('sell_currency', models.CharField(max_length=3)),
                        ('sell_amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('buy_currency', models.CharField(max_length=3)),
                        ('buy_amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('market_amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('fixed_side', models.CharField(choices=[('SELL', 'What is sold'), ('BUY', 'What is bought')], max_length=4)),
                        ('market_rate', models.DecimalField(decimal_places=18, max_digits=36)),
                        ('client_rate', models.DecimalField(decimal_places=18, max_digits=36)),
                        ('spread_basis_points', models.PositiveSmallIntegerField()),
                        ('rate_on', models.DateField()),
                        ('rate_via', models.JSONField(default=list)),
                        ('journal_id', models.UUIDField(unique=True)),
                        ('description', models.CharField(blank=True, max_length=200)),
                        ('external_id', models.CharField(blank=True, max_length=128)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('created_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='conversions', to='accounts.customer')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='conversions', to='accounts.partner')),
                        ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='conversions_out', to='wallets.wallet')),
                        ('target', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='conversions_in', to='wallets.wallet')),
                        ('quote', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='conversion', to='wallets.fxquote')),
                    ],
                    options={
                        'abstract': False,
                        'indexes': [models.Index(fields=['partner', 'id'], name='conversion_by_partner'), models.Index(fields=['customer', 'id'], name='conversion_by_customer'), models.Index(fields=['source', 'id'], name='conversion_by_source'), models.Index(fields=['target', 'id'], name='conversion_by_target'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('metadata', {}), _negated=True), fields=['metadata'], name='conversion_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.CheckConstraint(condition=models.Q(('buy_amount__gt', 0), ('market_amount__gte', models.F('buy_amount')), ('sell_amount__gt', 0)), name='conversion_earns_nothing_or_more'), models.CheckConstraint(condition=models.Q(('sell_currency', models.F('buy_currency')), _negated=True), name='conversion_is_between_two_currencies'), models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('external_id', 'partner'), name='conversion_external_id_is_unique_per_partner'), models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='conversion_is_between_two_wallets')],
                    },
                ),
            ],
        ),
    ]
