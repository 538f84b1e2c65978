import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import flowlet.core.ids
import flowlet.db.fields
from flowlet.core import ids
from flowlet.db.sql import run_file

LYING = """
SELECT p.id, p.partner_id, p.currency, booked.amount, booked.kind, p.wallet_id, w.status, booked.at
  FROM (SELECT j.cause, sum(CASE e.side WHEN 'CREDIT' THEN e.amount ELSE -e.amount END) AS amount,
               (array_agg(j.kind ORDER BY e.id DESC) FILTER (WHERE e.side = 'CREDIT'))[1] AS kind,
               max(j.posted_at) FILTER (WHERE e.side = 'CREDIT') AS at
          FROM ledger_chartline l JOIN ledger_account a ON a.line_id = l.id JOIN ledger_entry e ON e.account_id = a.id
          JOIN ledger_journal j ON j.id = e.journal_id
         WHERE l.code = '2900' AND j.cause LIKE 'pay\\_%' GROUP BY j.cause) booked
  JOIN payments_payment p ON wallets_public_id('pay', p.id) = booked.cause
  LEFT JOIN wallets_wallet w ON w.id = p.wallet_id
 WHERE booked.amount > 0 ORDER BY p.id"""


def what_lies_there_already(apps, schema_editor):
    """A row for each payment of which its journals left something in suspense."""
    item = apps.get_model("payments", "SuspenseItem")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(LYING)
        found = cursor.fetchall()
    item.objects.bulk_create(
        item(
            id=ids.uuid7(),
            partner_id=partner_id,
            payment_id=payment_id,
            currency=currency,
            amount=amount,
            came_by=kind,
            cause="NOBODY" if wallet_id is None else status if status in ("FROZEN", "CLOSED") else "UNTAKEN",
            created_at=at,
            updated_at=at,
        )
        for payment_id, partner_id, currency, amount, kind, wallet_id, status, at in found
    )


class Migration(migrations.Migration):

    dependencies = [
        ("payments", "0025_disputes_have_their_cost"),
        ("wallets", "0009_conversions_are_guarded"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SuspenseItem",
            fields=[
                ("id", models.UUIDField(default=flowlet.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("amount", flowlet.db.fields.AmountField(decimal_places=4, max_digits=20)),
                ("came_by", models.CharField(max_length=40)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("NOBODY", "Nothing names a wallet"),
                            ("SEVERAL", "Several wallets are named"),
                            ("CURRENCY", "The wallet that is named has another currency"),
                            ("ENDED", "The deposit instruction that is named was closed"),
                            ("FROZEN", "The wallet was frozen"),
                            ("CLOSED", "The wallet was closed"),
                            ("UNTAKEN", "The wallet's account took no money"),
                        ],
                        max_length=8,
                    ),
                ),
                ("sealed", models.BinaryField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "In suspense"), ("ASSIGNED", "Assigned to a wallet"), ("RETURNED", "Gone back")],
                        default="OPEN",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("ended_by", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.partner"
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="suspense_items", to="payments.payment"
                    ),
                ),
                (
                    "wallet",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wallets.wallet",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "OPEN")), fields=("payment",), name="payment_lies_in_suspense_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="suspense_item_is_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "OPEN")),
                            models.Q(models.Q(("state", "OPEN"), _negated=True), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="suspense_item_knows_when_it_ended",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ASSIGNED"), ("wallet__isnull", False)),
                            models.Q(models.Q(("state", "ASSIGNED"), _negated=True), ("wallet", None)),
                            _connector="OR",
                        ),
                        name="assigned_money_names_its_wallet",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ASSIGNED"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="assigned_money_has_a_reason",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["partner", "id"], name="suspense_item_by_partner"),
                    models.Index(condition=models.Q(("state", "OPEN")), fields=["id"], name="suspense_item_is_open"),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="payment", name="payment_in_suspense"),
        migrations.AddField(
            model_name="depositinstruction",
            name="status",
            field=models.CharField(choices=[("ACTIVE", "Active"), ("CLOSED", "Closed")], default="ACTIVE", max_length=6),
        ),
        migrations.AddField(
            model_name="depositinstruction",
            name="close_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="depositinstruction",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="depositinstruction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("close_reason", ""), ("closed_at", None), ("status", "ACTIVE")),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("status", "CLOSED"),
                        models.Q(("close_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="closed_instruction_says_when_and_why",
            ),
        ),
        run_file(__file__, "guards.sql"),
        run_file(__file__, "suspense.sql"),
        migrations.RunPython(what_lies_there_already, migrations.RunPython.noop),
    ]
