import django.db.models.deletion
import flowlet.core.ids
import flowlet.db.fields
from django.conf import settings
from django.db import migrations, models
from flowlet.core import ids
from flowlet.db.sql import run_file

OWED = """
SELECT c.id, c.partner_id, e.currency, sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) AS amount,
       max(j.posted_at) FILTER (WHERE e.side = 'DEBIT'), (array_agg(j.cause ORDER BY e.id DESC) FILTER (WHERE e.side = 'DEBIT'))[1]
  FROM ledger_chartline l JOIN ledger_account a ON a.line_id = l.id JOIN ledger_entry e ON e.account_id = a.id
  JOIN ledger_journal j ON j.id = e.journal_id JOIN accounts_customer c ON wallets_public_id('cus', c.id) = a.owner
 WHERE l.code = '1210' GROUP BY c.id, c.partner_id, e.currency
HAVING sum(CASE e.side WHEN 'DEBIT' THEN e.amount ELSE -e.amount END) > 0 ORDER BY c.id, e.currency"""


def what_is_owed_already(apps, schema_editor):
    """A row for each customer and currency in which the books say that something is owed."""
    receivable, payment = apps.get_model("payments", "Receivable"), apps.get_model("payments", "Payment")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(OWED)
        found = cursor.fetchall()
    for customer_id, partner_id, currency, amount, at, cause in found:
        known = payment.objects.filter(pk=ids.parse("pay", cause)).first() if cause.startswith("pay_") else None
        receivable.objects.create(
            id=ids.uuid7(),
            partner_id=partner_id,
            customer_id=customer_id,
            payment=known,
            currency=currency,
            owed=amount,
            created_at=at,
            updated_at=at,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_keys_get_scopes_of_consents'),
        ('payments', '0027_suspense_is_closed_by_hand'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Receivable',
            fields=[
                ('id', models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('owed', flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                ('recovered', flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20)),
                ('state', models.CharField(choices=[('OPEN', 'Owed'), ('RECOVERED', 'Recovered'), ('WRITTEN_OFF', 'Written off')], default='OPEN', max_length=11)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('ended_by', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
                ('owner', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partner')),
                ('payment', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.payment')),
            ],
            options={
                'indexes': [models.Index(fields=['partner', 'id'], name='receivable_by_partner'), models.Index(condition=models.Q(('state', 'OPEN')), fields=['id'], name='receivable_is_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('customer', 'currency'), name='customer_owes_once_in_a_currency'), models.CheckConstraint(condition=models.Q(('owed__gt', 0), ('recovered__gte', 0)), name='receivable_is_positive'), models.CheckConstraint(condition=models.Q(models.Q(('recovered', models.F('owed')), ('state', 'RECOVERED')), models.Q(models.Q(('state', 'RECOVERED'), _negated=True), ('recovered__lt', models.F('owed'))), _connector='OR'), name='recovered_means_all_of_it'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='receivable_knows_when_it_ended'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'WRITTEN_OFF'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='written_off_receivable_has_a_reason')],
            },
        ),
        run_file(__file__, "receivables.sql"),
        migrations.RunPython(what_is_owed_already, migrations.RunPython.noop),
    ]
