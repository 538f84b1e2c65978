"""Limits by KYC tier: per day and month; one transaction up to the day's. JPY and KWD are the dollar figures at round rates of 150 and 0.3."""

from decimal import Decimal

from django.db import migrations
from django.utils import timezone

DOLLARS = {"UNVERIFIED": (100, 500), "BASIC": (1_000, 5_000), "ENHANCED": (10_000, 50_000), "PREMIUM": (100_000, 500_000)}
FACTORS = {"USD": Decimal(1), "EUR": Decimal(1), "GBP": Decimal(1), "JPY": Decimal(150), "KWD": Decimal("0.3")}


def fill(apps, schema_editor):
    from flowlet.core import ids

    now = timezone.now()
    TierLimit = apps.get_model("wallets", "TierLimit")
    TierLimit.objects.bulk_create(
        TierLimit(
            id=ids.uuid7(), tier=tier, currency=currency, per_transaction=day * factor, daily=day * factor,
            monthly=month * factor, updated_at=now,
        )
        for currency, factor in FACTORS.items()
        for tier, (day, month) in DOLLARS.items()
    )


class Migration(migrations.Migration):
    dependencies = [("wallets", "0002_wallets_are_guarded")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
