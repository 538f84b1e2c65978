"""The database keeps what the code promises, and tiers get their limits.

Per day and month; one transaction up to the day's. JPY and KWD are the dollar figures at round rates of 150 and 0.3.
"""

from decimal import Decimal

from django.db import migrations
from django.utils import timezone

from flowlet.core import ids
from flowlet.db.sql import append_only, run_file

DOLLARS = {"UNVERIFIED": (100, 500), "BASIC": (1_000, 5_000), "ENHANCED": (10_000, 50_000), "PREMIUM": (100_000, 500_000)}
FACTORS = {"USD": Decimal(1), "EUR": Decimal(1), "GBP": Decimal(1), "JPY": Decimal(150), "KWD": Decimal("0.3")}


def fill(apps, schema_editor):
    now = timezone.now()
    row = apps.get_model("wallets", "TierLimit")
    row.objects.bulk_create(
        row(
            id=ids.uuid7(),
            tier=tier,
            currency=currency,
            per_transaction=day * factor,
            daily=day * factor,
            monthly=month * factor,
            updated_at=now,
        )
        for currency, factor in FACTORS.items()
        for tier, (day, month) in DOLLARS.items()
    )


class Migration(migrations.Migration):
    replaces = [("wallets", "0014_words_go_with_their_customers")]

    dependencies = [("wallets", "0001_tables"), ("ledger", "0002_guards"), ("flowlet_vault", "0001_tables")]

    operations = [
        append_only("wallets_refund", "wallets_topup", "wallets_fxquote", "wallets_conversion"),
        run_file(__file__, "guards.sql"),
        run_file(__file__, "spending.sql"),
        run_file(__file__, "public_ids.sql"),
        run_file(__file__, "kept_holds.sql"),
        run_file(__file__, "exchange.sql"),
        run_file(__file__, "traces.sql"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
