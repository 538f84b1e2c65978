import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import flowlet.core.clock
import flowlet.core.ids
import flowlet.db.fields
from django.db import migrations, models

from flowlet.db.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_api_key_gets_its_rate'),
        ('accounts', '0003_customers_are_listed_by_state_and_tier'),
        ('accounts', '0004_keys_may_convert'),
        ('accounts', '0005_keys_get_scopes_of_external_accounts'),
        ('accounts', '0006_keys_may_pay'),
        ('accounts', '0007_keys_get_scopes_of_consents'),
        ('accounts', '0008_keys_get_scopes_of_verifications'),
        ('accounts', '0009_customers_authenticate_strongly'),
        ('accounts', '0010_a_partners_freeze_stands_below_the_platforms'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTables(
            tables=[
                migrations.CreateModel(
                    name='Partner',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('name', models.CharField(max_length=200)),
                        ('mode', models.CharField(choices=[('LIVE', 'Live'), ('SANDBOX', 'Sandbox')], max_length=8)),
                        ('status', models.CharField(choices=[('PENDING', 'Waiting for activation'), ('ACTIVE', 'Active'), ('SUSPENDED', 'Suspended')], default='PENDING', max_length=12)),
                        ('country', models.CharField(help_text='ISO 3166-1 alpha-2', max_length=2)),
                        ('time_zone', models.CharField(default='UTC', help_text='IANA name; the days of the books are days of this zone', max_length=64)),
                        ('sibling', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('name', 'mode'), name='partner_name_is_unique_per_mode')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='Customer',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('kind', models.CharField(choices=[('PERSON', 'Person'), ('BUSINESS', 'Business')], max_length=8)),
                        ('status', models.CharField(choices=[('ACTIVE', 'Active'), ('FROZEN', 'Frozen'), ('CLOSED', 'Closed')], default='ACTIVE', max_length=8)),
                        ('kyc_tier', models.CharField(choices=[('UNVERIFIED', 'Unverified'), ('BASIC', 'Basic'), ('ENHANCED', 'Enhanced'), ('PREMIUM', 'Premium')], default='UNVERIFIED', max_length=12)),
                        ('country', models.CharField(help_text='ISO 3166-1 alpha-2: residence, or seat of a business', max_length=2)),
                        ('external_id', models.CharField(blank=True, help_text="the partner's own id", max_length=128)),
                        ('metadata', models.JSONField(blank=True, default=dict)),
                        ('personal', models.BinaryField(help_text="sealed under the subject's key")),
                        ('email_index', models.CharField(blank=True, editable=False, max_length=32)),
                        ('phone_index', models.CharField(blank=True, editable=False, max_length=32)),
                        ('name_indexes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), default=list, editable=False, size=None)),
                        ('freeze_reason', models.CharField(blank=True, max_length=500)),
                        ('freeze_origin', models.CharField(blank=True, choices=[('PARTNER', 'Partner'), ('PLATFORM', 'Platform')], max_length=8)),
                        ('open_products', models.PositiveIntegerField(default=0, help_text='wallets and the like; a customer closes only without any')),
                        ('updated_at', models.DateTimeField()),
                        ('closed_at', models.DateTimeField(blank=True, null=True)),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='customers', to='accounts.partner')),
                        ('partner_freeze_reason', models.CharField(blank=True, db_default='', default='', help_text="of the partner's own freeze, which stands when the platform's is lifted", max_length=500)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['partner', 'id'], name='customer_by_partner'), models.Index(condition=models.Q(('status', 'ACTIVE'), _negated=True), fields=['status', 'id'], name='customer_by_status'), models.Index(fields=['kyc_tier', 'id'], name='customer_by_tier'), models.Index(condition=models.Q(('email_index', ''), _negated=True), fields=['email_index'], name='customer_by_email'), models.Index(condition=models.Q(('phone_index', ''), _negated=True), fields=['phone_index'], name='customer_by_phone'), django.contrib.postgres.indexes.GinIndex(fields=['name_indexes'], name='customer_by_name'), django.contrib.postgres.indexes.GinIndex(fields=['metadata'], name='customer_by_metadata', opclasses=['jsonb_path_ops'])],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('partner', 'external_id'), name='customer_external_id_is_unique_per_partner'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'FROZEN'), models.Q(('freeze_reason', ''), _negated=True), models.Q(('freeze_origin', ''), _negated=True)), models.Q(models.Q(('status', 'FROZEN'), _negated=True), ('freeze_reason', ''), ('freeze_origin', '')), _connector='OR'), name='customer_is_frozen_for_a_reason'), models.CheckConstraint(condition=models.Q(('status', 'FROZEN'), ('partner_freeze_reason', ''), _connector='OR'), name='customer_is_active_when_everybody_let_go'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('open_products', 0), ('status', 'CLOSED')), models.Q(models.Q(('status', 'CLOSED'), _negated=True), ('closed_at', None)), _connector='OR'), name='customer_closes_without_open_products'), models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='customer_country_is_two_capitals')],
                    },
                ),
                migrations.CreateModel(
                    name='AuthenticationFactor',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('type', models.CharField(choices=[('TOTP', 'One-time codes'), ('ED25519', 'Device key, Ed25519'), ('ES256', 'Device key, ECDSA P-256')], max_length=8)),
                        ('status', models.CharField(choices=[('PENDING', 'Not confirmed'), ('ACTIVE', 'Active'), ('REVOKED', 'Revoked')], default='PENDING', max_length=8)),
                        ('second_category', models.CharField(choices=[('KNOWLEDGE', 'Something known, such as a PIN'), ('INHERENCE', 'Something of the body, such as a fingerprint')], help_text='what unlocks it, as the partner says', max_length=10)),
                        ('name', models.CharField(blank=True, help_text='to tell devices apart; goes with the factor', max_length=60)),
                        ('secret', models.BinaryField(blank=True, help_text="sealed under the subject's key", null=True)),
                        ('public_key', models.BinaryField(blank=True, null=True)),
                        ('last_step', models.BigIntegerField(default=-1)),
                        ('failures', models.PositiveIntegerField(default=0)),
                        ('locked_until', models.DateTimeField(blank=True, null=True)),
                        ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                        ('last_used_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='authentication_factors', to='accounts.customer')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['customer', 'id'], name='factor_by_customer'), models.Index(fields=['partner', 'id'], name='factor_by_partner')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'REVOKED'), ('name', ''), ('public_key', None), ('revoked_at__isnull', False), ('secret', None)), models.Q(models.Q(('status', 'REVOKED'), _negated=True), ('public_key', None), ('revoked_at', None), ('secret__isnull', False), ('type', 'TOTP')), models.Q(models.Q(('status', 'REVOKED'), _negated=True), ('public_key__isnull', False), ('revoked_at', None), ('secret', None), models.Q(('type', 'TOTP'), _negated=True)), _connector='OR'), name='factor_has_its_secret_until_it_is_revoked'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'ACTIVE'), _negated=True), ('confirmed_at__isnull', False), _connector='OR'), name='active_factor_was_confirmed')],
                    },
                ),
                migrations.CreateModel(
                    name='AuthenticationChallenge',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('status', models.CharField(choices=[('PENDING', 'Waits for its answer'), ('PASSED', 'Passed'), ('USED', 'Used'), ('FAILED', 'Failed')], default='PENDING', max_length=7)),
                        ('currency', models.CharField(max_length=3)),
                        ('amount', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                        ('payee_id', models.CharField(max_length=40)),
                        ('payee_digest', models.CharField(max_length=64)),
                        ('reference', models.CharField(blank=True, max_length=128)),
                        ('trusts_payee', models.BooleanField(default=False)),
                        ('expires_at', models.DateTimeField()),
                        ('passed_at', models.DateTimeField(blank=True, null=True)),
                        ('used_at', models.DateTimeField(blank=True, null=True)),
                        ('used_for', models.CharField(blank=True, help_text='the public id of what it stands for', max_length=40)),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='authentication_challenges', to='accounts.customer')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
                        ('factor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='challenges', to='accounts.authenticationfactor')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['customer', 'id'], name='challenge_by_customer'), models.Index(fields=['factor', 'id'], name='challenge_by_factor')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='challenge_is_about_money'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='challenge_expires_after_its_making'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['PASSED', 'USED']), ('passed_at__isnull', False), ('passed_at__lt', models.F('expires_at'))), models.Q(models.Q(('status__in', ['PASSED', 'USED']), _negated=True), ('passed_at', None)), _connector='OR'), name='challenge_is_passed_in_time'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'USED'), ('used_at__isnull', False), ('used_at__lt', models.F('expires_at')), models.Q(('used_for', ''), _negated=True)), models.Q(models.Q(('status', 'USED'), _negated=True), ('used_at', None), ('used_for', '')), _connector='OR'), name='challenge_is_used_in_time_for_something'), models.UniqueConstraint(condition=models.Q(('used_for', ''), _negated=True), fields=('used_for',), name='nothing_rests_on_two_challenges')],
                    },
                ),
                migrations.CreateModel(
                    name='ApiKey',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('name', models.CharField(help_text='what the key is for; shown in audit records', max_length=100)),
                        ('digest', models.BinaryField(help_text='HMAC-SHA-256 of the key under the pepper', max_length=32, unique=True)),
                        ('hint', models.CharField(help_text='how the key begins and ends, to recognise it', max_length=24)),
                        ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('customers:read', 'Read customers'), ('customers:write', 'Create, change, freeze and close customers'), ('wallets:read', 'Read wallets, balances, holds and statements'), ('wallets:write', 'Open, freeze and close wallets, place holds'), ('transfers:read', 'Read transfers'), ('transfers:write', 'Make, capture and refund transfers'), ('payments:read', 'Read payments and their batches'), ('payments:write', 'Make, cancel and refund payments'), ('conversions:read', 'Read exchange prices, quotes and conversions'), ('conversions:write', 'Make exchange quotes and convert money'), ('external_accounts:read', 'Read external accounts and their verifications'), ('external_accounts:write', 'Add, verify, block and close external accounts'), ('mandates:read', 'Read mandates'), ('mandates:write', 'Create and revoke mandates'), ('ledger:read', 'Read the books and their reports'), ('ledger:write', 'Post journals and open accounts'), ('events:read', 'Read events'), ('consents:read', 'Read consents of customers at their banks, and what they cover'), ('consents:write', 'Ask for, complete and revoke consents of customers at their banks'), ('verifications:read', 'Read verifications of customers, and what documents there are'), ('verifications:write', 'Open and submit verifications, give owners and documents'), ('authentication:read', 'Read second factors, challenges and trusted payees of customers'), ('authentication:write', 'Enrol and revoke second factors, make and answer challenges'), ('simulation:write', 'Simulate what the outside world would do (sandbox only)')], max_length=32), size=None)),
                        ('allowed_networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), blank=True, default=list, help_text='CIDR, IPv4 or IPv6; empty allows every address', size=None)),
                        ('expires_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('last_used_at', models.DateTimeField(blank=True, help_text='to the minute', null=True)),
                        ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='accounts.apikey')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='accounts.partner')),
                        ('burst', models.PositiveIntegerField(default=200, help_text='requests that may come at once')),
                        ('rate_per_second', models.PositiveIntegerField(default=100, help_text='sustained rate of requests')),
                    ],
                    options={
                        'verbose_name': 'API key',
                        'constraints': [models.CheckConstraint(condition=models.Q(('scopes', []), _negated=True), name='api_key_has_a_scope'), models.CheckConstraint(condition=models.Q(('expires_at', None), ('expires_at__gte', models.F('created_at')), _connector='OR'), name='api_key_expires_after_its_issue'), models.CheckConstraint(condition=models.Q(('burst__gte', 1), ('rate_per_second__gte', 1)), name='api_key_may_call_at_all')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('email', models.EmailField(max_length=254, unique=True)),
                        ('name', models.CharField(max_length=200)),
                        ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('COMPLIANCE_OFFICER', 'Compliance officer'), ('COMPLIANCE_MANAGER', 'Compliance manager'), ('FRAUD_ANALYST', 'Fraud analyst'), ('OPERATIONS', 'Operations'), ('FINANCE', 'Finance'), ('AUDITOR', 'Auditor'), ('PARTNER_DEVELOPER', 'Partner developer'), ('ADMINISTRATOR', 'Administrator')], max_length=24), blank=True, default=list, size=None)),
                        ('is_active', models.BooleanField(default=True)),
                        ('is_staff', models.BooleanField(default=False, help_text='may enter the back office')),
                        ('partner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='users', to='accounts.partner')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_is_lower_case'), models.CheckConstraint(condition=models.Q(('is_staff', False), ('partner', None), _connector='OR'), name='staff_belong_to_no_partner'), models.CheckConstraint(condition=models.Q(('roles__contained_by', ['COMPLIANCE_OFFICER', 'COMPLIANCE_MANAGER', 'FRAUD_ANALYST', 'OPERATIONS', 'FINANCE', 'AUDITOR', 'PARTNER_DEVELOPER', 'ADMINISTRATOR'])), name='user_roles_are_known')],
                        'indexes': [],
                    },
                ),
                migrations.CreateModel(
                    name='TrustedPayee',
                    fields=[
                        ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=flowlet.core.clock.now, editable=False)),
                        ('payee_id', models.CharField(max_length=40)),
                        ('payee_digest', models.CharField(max_length=64)),
                        ('removed_at', models.DateTimeField(blank=True, null=True)),
                        ('challenge', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.authenticationchallenge')),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='trusted_payees', to='accounts.customer')),
                        ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['customer', 'id'], name='trusted_payee_by_customer')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('customer', 'payee_digest'), name='payee_is_trusted_once')],
                    },
                ),
                migrations.CreateModel(
                    name='LowValueCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('currency', models.CharField(max_length=3)),
                        ('total', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                        ('count', models.PositiveSmallIntegerField(default=0)),
                        ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('customer', 'currency'), name='customer_counts_low_values_once_per_currency'), models.CheckConstraint(condition=models.Q(('total__gte', 0)), name='low_values_add_up')],
                        'indexes': [],
                    },
                ),
            ],
        ),
    ]
