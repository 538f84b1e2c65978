import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import flowlet.core.clock
import flowlet.core.ids
import flowlet.db.fields
import flowlet.db.transactions
from django.conf import settings
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('ledger', '0001_initial'),
        ('ledger', '0002_books_are_guarded'),
        ('ledger', '0003_snapshots_and_seals'),
        ('ledger', '0004_posting_in_fewer_steps'),
        ('ledger', '0005_bank_statements_and_matches'),
        ('ledger', '0006_documents_of_breaks'),
        ('ledger', '0007_posting_of_pairs'),
        ('ledger', '0008_freezes_of_accounts_have_their_owners'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_tables'),
        ('accounts', '__first__'),
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='Account',
                    fields=[
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('uid', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, unique=True)),
                        ('code', models.CharField(max_length=64)),
                        ('name', models.CharField(max_length=200)),
                        ('normal_side', models.CharField(choices=[('DEBIT', 'Debit'), ('CREDIT', 'Credit')], max_length=6)),
                        ('currency', models.CharField(max_length=3)),
                        ('mode', models.CharField(choices=[('STRICT', 'Strict: balance row under lock, floor, running balance'), ('DEFERRED', 'Deferred: no lock, no floor, balance from the last roll-up and the tail')], max_length=8)),
                        ('floor', flowlet.db.fields.AmountField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ('status', models.CharField(choices=[('OPEN', 'Open'), ('FROZEN', 'Frozen'), ('CLOSED', 'Closed')], default='OPEN', max_length=6)),
                        ('owner', models.CharField(blank=True, max_length=40)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='ledger.book')),
                        ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='ledger.chartline')),
                        ('frozen_by', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['book', 'line', 'currency', 'id'], name='account_by_line'), models.Index(condition=models.Q(('owner', ''), _negated=True), fields=['owner'], name='account_by_owner')],
                        'constraints': [models.UniqueConstraint(fields=('book', 'code', 'currency'), name='account_code_is_unique_in_book_and_currency'), models.CheckConstraint(condition=models.Q(('mode', 'STRICT'), ('floor__isnull', True), _connector='OR'), name='deferred_account_has_no_floor'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'FROZEN'), models.Q(('frozen_by', []), _negated=True)), models.Q(models.Q(('status', 'FROZEN'), _negated=True), ('frozen_by', [])), _connector='OR'), name='account_is_frozen_by_somebody')],
                    },
                ),
                migrations.CreateModel(
                    name='SealBlock',
                    fields=[
                        ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('from_xid', models.BigIntegerField()),
                        ('to_xid', models.BigIntegerField()),
                        ('journal_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                        ('leg_counts', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None)),
                        ('journal_digests', models.BinaryField()),
                        ('entry_digests', models.BinaryField()),
                        ('previous_hash', models.BinaryField(max_length=32)),
                        ('hash', models.BinaryField(max_length=32)),
                        ('sealed_at', models.DateTimeField()),
                    ],
                    options={
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='StatementFile',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('name', models.CharField(max_length=200)),
                        ('format', models.CharField(max_length=10)),
                        ('sha256', models.CharField(max_length=64, unique=True)),
                        ('size', models.BigIntegerField()),
                        ('content', models.BinaryField()),
                        ('received_at', models.DateTimeField()),
                        ('received_by', models.CharField(max_length=80)),
                    ],
                    options={
                        'abstract': False,
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='Verification',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('started_at', models.DateTimeField()),
                        ('finished_at', models.DateTimeField()),
                        ('is_clean', models.BooleanField()),
                        ('journals', models.BigIntegerField()),
                        ('entries', models.BigIntegerField()),
                        ('findings', models.JSONField(default=list)),
                    ],
                    options={
                        'ordering': ['-id'],
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='AccountDay',
                    fields=[
                        ('effective_on', models.DateField()),
                        ('debits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=24)),
                        ('credits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=24)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.account')),
                        ('pk', models.CompositePrimaryKey('account_id', 'effective_on', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='BankAccount',
                    fields=[
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('uid', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, unique=True)),
                        ('code', models.CharField(max_length=40, unique=True)),
                        ('name', models.CharField(max_length=200)),
                        ('currency', models.CharField(max_length=3)),
                        ('identification', models.CharField(blank=True, max_length=64)),
                        ('starts_on', models.DateField(help_text='the first day that is reconciled')),
                        ('window_days', models.SmallIntegerField(default=3)),
                        ('transit_days', models.SmallIntegerField(default=3)),
                        ('tolerance_amount', flowlet.db.fields.AmountField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ('tolerance_percent', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                        ('tolerance_line', models.CharField(max_length=20)),
                        ('write_off_line', models.CharField(max_length=20)),
                        ('has_weekend_statements', models.BooleanField(default=False)),
                    ],
                    options={
                        'ordering': ['code'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('identification', ''), _negated=True), fields=('identification', 'currency'), name='bank_account_is_declared_once'), models.CheckConstraint(condition=models.Q(('transit_days__gte', 0), ('window_days__gte', 0)), name='bank_account_days_are_not_negative')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='BankAccountMember',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('from_xid', models.BigIntegerField()),
                        ('opening', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('taken_entry_id', models.BigIntegerField(default=0)),
                        ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='bank_membership', to='ledger.account')),
                        ('bank_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='ledger.bankaccount')),
                    ],
                    options={
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='Book',
                    fields=[
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('uid', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, unique=True)),
                        ('name', models.CharField(max_length=200)),
                        ('time_zone', models.CharField(default='UTC', help_text='IANA name; days are days of this zone', max_length=64)),
                        ('reporting_currency', models.CharField(max_length=3)),
                        ('opened_on', models.DateField(help_text='no journal takes effect before this day')),
                        ('soft_closed_through', models.DateField(blank=True, editable=False, null=True)),
                        ('closed_through', models.DateField(blank=True, editable=False, null=True)),
                        ('partner', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='book', to='accounts.partner')),
                    ],
                    options={
                        'abstract': False,
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='Break',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('type', models.CharField(choices=[('MISSING_OURS', 'At the bank, not in the books'), ('MISSING_THEIRS', 'In the books, not at the bank'), ('AMBIGUOUS', 'More than one may be meant'), ('DUPLICATE_THEIRS', 'Twice at the bank'), ('DUPLICATE_OURS', 'Twice in the books'), ('OPENING_DIFFERENCE', 'Difference before the first statement')], max_length=18)),
                        ('side', models.CharField(choices=[('OURS', 'In the books'), ('THEIRS', 'At the bank')], max_length=6)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('dated_on', models.DateField(help_text='the day of the line or entry')),
                        ('state', models.CharField(choices=[('OPEN', 'Open'), ('EXPLAINED', 'Explained'), ('CLOSED', 'Closed')], default='OPEN', max_length=9)),
                        ('opened_at', models.DateTimeField()),
                        ('due_on', models.DateField()),
                        ('reason', models.CharField(blank=True, max_length=500)),
                        ('resolution', models.CharField(blank=True, choices=[('UNMATCHED_OURS', 'Not at the bank'), ('UNMATCHED_THEIRS', 'Not in the books'), ('SUGGESTED', 'Suggested'), ('AMBIGUOUS', 'Ambiguous'), ('EXPLAINED', 'Explained'), ('MATCHED', 'Matched'), ('MATCHED_WITH_DIFFERENCE', 'Matched, difference booked'), ('WRITTEN_OFF', 'Written off')], max_length=23)),
                        ('closed_at', models.DateTimeField(blank=True, null=True)),
                        ('closed_by', models.CharField(blank=True, max_length=80)),
                        ('bank_account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='breaks', to='ledger.bankaccount')),
                        ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='breaks', to='ledger.reconciliationitem')),
                    ],
                    options={
                        'indexes': [models.Index(models.F('bank_account'), models.F('state'), models.F('due_on'), condition=models.Q(('state', 'CLOSED'), _negated=True), name='break_is_open')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'CLOSED'), _negated=True), fields=('item',), name='item_has_one_open_break'), models.UniqueConstraint(condition=models.Q(('type', 'OPENING_DIFFERENCE'), models.Q(('state', 'CLOSED'), _negated=True)), fields=('bank_account',), name='bank_account_has_one_opening_difference'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state', 'CLOSED')), models.Q(models.Q(('state', 'CLOSED'), _negated=True), ('closed_at', None)), _connector='OR'), name='closed_break_says_when'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'EXPLAINED'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='explained_break_has_a_reason')],
                    },
                ),
                migrations.CreateModel(
                    name='BreakRemark',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('text', models.CharField(max_length=2000)),
                        ('author', models.CharField(max_length=80)),
                        ('created_at', models.DateTimeField()),
                        ('break_row', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='ledger.break')),
                    ],
                    options={
                        'abstract': False,
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='ChartLine',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('code', models.CharField(max_length=20)),
                        ('name', models.CharField(max_length=120)),
                        ('type', models.CharField(choices=[('ASSET', 'Assets'), ('LIABILITY', 'Liabilities'), ('EQUITY', 'Equity'), ('INCOME', 'Income'), ('EXPENSE', 'Expenses')], max_length=10)),
                        ('normal_side', models.CharField(choices=[('DEBIT', 'Debit'), ('CREDIT', 'Credit')], max_length=6)),
                        ('cash_flow', models.CharField(choices=[('CASH', 'Cash and cash equivalents'), ('OPERATING', 'Operating activities'), ('INVESTING', 'Investing activities'), ('FINANCING', 'Financing activities')], max_length=10)),
                        ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='ledger.book')),
                    ],
                    options={
                        'ordering': ['code'],
                        'constraints': [models.UniqueConstraint(fields=('book', 'code'), name='chart_code_is_unique_in_book')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='Journal',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('kind', models.CharField(max_length=40)),
                        ('effective_on', models.DateField()),
                        ('posted_at', models.DateTimeField()),
                        ('posted_xid', models.BigIntegerField()),
                        ('leg_count', models.SmallIntegerField()),
                        ('external_id', models.CharField(blank=True, max_length=120)),
                        ('description', models.CharField(blank=True, max_length=500)),
                        ('cause', models.CharField(blank=True, max_length=60)),
                        ('actor', models.CharField(max_length=80)),
                        ('metadata', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                        ('book', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='journals', to='ledger.book')),
                        ('reverses', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='ledger.journal')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['book', 'id'], name='journal_by_book'), models.Index(condition=models.Q(('cause', ''), _negated=True), fields=['cause'], name='journal_by_cause'), django.contrib.postgres.indexes.BrinIndex(fields=['posted_xid'], name='journal_by_xid', pages_per_range=32), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('metadata', {}), _negated=True), fields=['metadata'], name='journal_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('book', 'external_id'), name='external_id_is_unique_in_book'), models.UniqueConstraint(condition=models.Q(('reverses__isnull', False)), fields=('reverses',), name='journal_is_reversed_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Entry',
                    fields=[
                        ('id', models.BigIntegerField()),
                        ('ordinal', models.SmallIntegerField()),
                        ('side', models.CharField(choices=[('DEBIT', 'Debit'), ('CREDIT', 'Credit')], max_length=6)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('currency', models.CharField(max_length=3)),
                        ('effective_on', models.DateField()),
                        ('posted_at', models.DateTimeField()),
                        ('posted_xid', models.BigIntegerField()),
                        ('seq', models.BigIntegerField(null=True)),
                        ('balance_after', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20, null=True)),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='ledger.account')),
                        ('journal', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='ledger.journal')),
                        ('pk', models.CompositePrimaryKey('account_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'verbose_name_plural': 'entries',
                        'indexes': [django.contrib.postgres.indexes.BrinIndex(fields=['posted_xid', 'posted_at'], name='entry_by_xid_and_moment', pages_per_range=32)],
                        'constraints': [models.UniqueConstraint(fields=('journal', 'ordinal'), name='entry_ordinal_is_taken_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Annotation',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('text', models.CharField(max_length=2000)),
                        ('author', models.CharField(max_length=80)),
                        ('created_at', models.DateTimeField()),
                        ('journal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to='ledger.journal')),
                    ],
                    options={
                        'abstract': False,
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='LineDay',
                    fields=[
                        ('currency', models.CharField(max_length=3)),
                        ('effective_on', models.DateField()),
                        ('debits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=24)),
                        ('credits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=24)),
                        ('line', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.chartline')),
                        ('pk', models.CompositePrimaryKey('line_id', 'currency', 'effective_on', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'indexes': [],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='LineMovement',
                    fields=[
                        ('currency', models.CharField(max_length=3)),
                        ('effective_on', models.DateField()),
                        ('recorded_on', models.DateField()),
                        ('debits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=24)),
                        ('credits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=24)),
                        ('entries', models.BigIntegerField()),
                        ('line', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.chartline')),
                        ('pk', models.CompositePrimaryKey('line_id', 'currency', 'effective_on', 'recorded_on', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['line', 'currency', 'recorded_on'], name='line_movement_by_recorded')],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='Mark',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('xid', models.BigIntegerField()),
                        ('entry_id', models.BigIntegerField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['at'], name='mark_by_moment'), models.Index(fields=['xid'], name='mark_by_xid')],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='Match',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('state', models.CharField(choices=[('SUGGESTED', 'Suggested'), ('LIVE', 'Stands'), ('UNDONE', 'Undone')], max_length=10)),
                        ('found_by', models.CharField(choices=[('REFERENCE', 'Reference and amount'), ('DETAILS', 'Each payment of the line'), ('REFERENCE_SUM', 'Sum of one reference'), ('BATCH', 'Total of a batch'), ('COUNTERPARTY', 'Counterparty, amount and day'), ('AMOUNT', 'Amount and day'), ('SUBSET', 'The only sum that fits'), ('TOLERANCE', 'Within tolerance'), ('REVERSAL', 'A reversal and its original'), ('SUGGESTION', 'Suggestion'), ('MANUAL', 'By hand'), ('WRITE_OFF', 'Written off')], max_length=14)),
                        ('reason', models.CharField(max_length=500)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, help_text="the sum on the bank's side", max_digits=20)),
                        ('difference', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('made_at', models.DateTimeField()),
                        ('made_by', models.CharField(max_length=80)),
                        ('undone_at', models.DateTimeField(blank=True, null=True)),
                        ('undone_by', models.CharField(blank=True, max_length=80)),
                        ('undone_reason', models.CharField(blank=True, max_length=500)),
                        ('former_items', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                        ('bank_account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='ledger.bankaccount')),
                        ('difference_journal', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.journal')),
                    ],
                    options={
                        'verbose_name_plural': 'matches',
                        'indexes': [models.Index(fields=['bank_account', 'made_at'], name='match_by_moment')],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='Period',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('starts_on', models.DateField()),
                        ('ends_on', models.DateField()),
                        ('status', models.CharField(choices=[('OPEN', 'Open'), ('SOFT_CLOSED', 'Soft-closed'), ('CLOSED', 'Closed')], default='OPEN', max_length=12)),
                        ('closed_at', models.DateTimeField(blank=True, null=True)),
                        ('closed_by', models.CharField(blank=True, max_length=80)),
                        ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='periods', to='ledger.book')),
                    ],
                    options={
                        'ordering': ['-starts_on'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='period_ends_after_it_starts')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='Rate',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('base', models.CharField(max_length=3)),
                        ('quote', models.CharField(max_length=3)),
                        ('valid_on', models.DateField()),
                        ('rate', models.DecimalField(decimal_places=12, max_digits=24)),
                        ('source', models.CharField(max_length=40)),
                        ('recorded_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('base', 'quote', 'valid_on', 'source'), name='rate_is_unique_per_day_and_source'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='rate_is_positive'), models.CheckConstraint(condition=models.Q(('base', models.F('quote')), _negated=True), name='rate_is_between_two_currencies')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='ReconciliationItem',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('side', models.CharField(choices=[('OURS', 'In the books'), ('THEIRS', 'At the bank')], max_length=6)),
                        ('entry_id', models.BigIntegerField(null=True)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('dated_on', models.DateField()),
                        ('reference', models.CharField(blank=True, max_length=80)),
                        ('state', models.CharField(choices=[('UNMATCHED_OURS', 'Not at the bank'), ('UNMATCHED_THEIRS', 'Not in the books'), ('SUGGESTED', 'Suggested'), ('AMBIGUOUS', 'Ambiguous'), ('EXPLAINED', 'Explained'), ('MATCHED', 'Matched'), ('MATCHED_WITH_DIFFERENCE', 'Matched, difference booked'), ('WRITTEN_OFF', 'Written off')], max_length=23)),
                        ('candidates', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                        ('account', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.account')),
                        ('bank_account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='ledger.bankaccount')),
                        ('journal', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reconciliation_items', to='ledger.journal')),
                        ('match', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='ledger.match')),
                        ('line', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='item', to='ledger.statementline')),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('state__in', ['UNMATCHED_OURS', 'UNMATCHED_THEIRS', 'SUGGESTED', 'AMBIGUOUS', 'EXPLAINED'])), fields=['bank_account', 'state'], name='item_is_open'), models.Index(fields=['bank_account', 'dated_on'], name='item_by_day'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['bank_account', 'reference'], name='item_by_reference')],
                        'constraints': [models.UniqueConstraint(fields=('account', 'entry_id'), name='entry_is_reconciled_once'), models.CheckConstraint(condition=models.Q(models.Q(('account', None), ('entry_id', None), ('journal', None), ('line__isnull', False), ('side', 'THEIRS')), models.Q(('account__isnull', False), ('entry_id__isnull', False), ('journal__isnull', False), ('line', None), ('side', 'OURS')), _connector='OR'), name='item_is_a_line_or_an_entry'), models.CheckConstraint(condition=models.Q(models.Q(('match__isnull', False), ('state__in', ['SUGGESTED', 'MATCHED', 'MATCHED_WITH_DIFFERENCE', 'WRITTEN_OFF'])), models.Q(('match', None), ('state__in', ['UNMATCHED_OURS', 'UNMATCHED_THEIRS', 'AMBIGUOUS', 'EXPLAINED'])), _connector='OR'), name='item_has_a_match_when_its_state_says_so')],
                    },
                ),
                migrations.CreateModel(
                    name='RollUp',
                    fields=[
                        ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ('xid', models.BigIntegerField(default=0)),
                        ('entry_id', models.BigIntegerField(default=0)),
                        ('ran_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='there_is_one_roll_up')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='BankStatement',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('format', models.CharField(max_length=10)),
                        ('reference', models.CharField(blank=True, max_length=80)),
                        ('sequence', models.IntegerField(blank=True, null=True)),
                        ('from_on', models.DateField()),
                        ('to_on', models.DateField()),
                        ('opening', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20, null=True)),
                        ('closing', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20, null=True)),
                        ('is_proof', models.BooleanField()),
                        ('line_count', models.IntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('recorded_xid', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.Cast(flowlet.db.transactions.TransactionId(), models.TextField()), models.BigIntegerField()))),
                        ('bank_account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='ledger.bankaccount')),
                        ('previous', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='next', to='ledger.bankstatement')),
                        ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='ledger.statementfile')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['bank_account', 'to_on'], name='statement_by_day')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('to_on__gte', models.F('from_on'))), name='statement_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(models.Q(('is_proof', False), ('previous', None)), models.Q(('closing__isnull', False), ('is_proof', True), ('opening__isnull', False)), _connector='OR'), name='proof_has_its_balances'), models.UniqueConstraint(condition=models.Q(('is_proof', True), ('previous', None)), fields=('bank_account',), name='one_statement_is_the_first')],
                    },
                ),
                migrations.CreateModel(
                    name='StatementLine',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('number', models.IntegerField()),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('booked_on', models.DateField()),
                        ('value_on', models.DateField(null=True)),
                        ('references', models.JSONField(default=dict)),
                        ('code', models.CharField(blank=True, max_length=40)),
                        ('return_code', models.CharField(blank=True, max_length=10)),
                        ('is_reversal', models.BooleanField(default=False)),
                        ('party_key', models.CharField(blank=True, max_length=32)),
                        ('party_hint', models.CharField(blank=True, max_length=140)),
                        ('personal', models.BinaryField(null=True)),
                        ('statement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='ledger.bankstatement')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('statement', 'number'), name='line_number_is_taken_once')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='StatementDetail',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('number', models.IntegerField()),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20, null=True)),
                        ('references', models.JSONField(default=dict)),
                        ('return_code', models.CharField(blank=True, max_length=10)),
                        ('party_key', models.CharField(blank=True, max_length=32)),
                        ('party_hint', models.CharField(blank=True, max_length=140)),
                        ('personal', models.BinaryField(null=True)),
                        ('line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='details', to='ledger.statementline')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('line', 'number'), name='detail_number_is_taken_once')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='Balance',
                    fields=[
                        ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='balance', serialize=False, to='ledger.account')),
                        ('sign', models.SmallIntegerField(help_text='1 where debits increase, -1 where credits do')),
                        ('currency', models.CharField(max_length=3)),
                        ('status', models.CharField(max_length=6)),
                        ('floor', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20, null=True)),
                        ('posted', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('held', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('seq', models.BigIntegerField(default=0)),
                        ('book', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.book')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('posted__gte', django.db.models.expressions.CombinedExpression(models.F('floor'), '+', models.F('held')))), name='balance_stays_above_floor')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='AccountMovement',
                    fields=[
                        ('effective_on', models.DateField()),
                        ('recorded_on', models.DateField()),
                        ('debits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('credits', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('entries', models.IntegerField()),
                        ('first_id', models.BigIntegerField()),
                        ('last_id', models.BigIntegerField()),
                        ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.account')),
                        ('pk', models.CompositePrimaryKey('account_id', 'effective_on', 'recorded_on', blank=True, editable=False, primary_key=True, serialize=False)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['account', 'recorded_on'], name='movement_by_recorded_day')],
                        'constraints': [],
                    },
                ),
                migrations.CreateModel(
                    name='BreakDocument',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('name', models.CharField(max_length=160)),
                        ('type', models.CharField(choices=[('application/pdf', 'PDF'), ('image/png', 'PNG picture'), ('image/jpeg', 'JPEG picture'), ('text/plain', 'Text')], max_length=15)),
                        ('size', models.PositiveIntegerField()),
                        ('digest', models.CharField(max_length=64)),
                        ('sealed', models.BinaryField()),
                        ('added_by', models.CharField(max_length=80)),
                        ('added_at', models.DateTimeField()),
                        ('break_row', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='ledger.break')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('break_row', 'digest'), name='break_has_each_document_once'), models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='break_document_is_not_empty')],
                        'indexes': [],
                    },
                ),
            ],
        ),
    ]
