"""The volume of a month as it was declared, beside its worth."""

import djmoney.models.fields
from django.db import migrations

import flowlet.db.fields


class Migration(migrations.Migration):
    dependencies = [("compliance", "0022_what_officers_wrote_is_deleted")]
    operations = [
        migrations.AddField(
            model_name="customerprofile",
            name="declared",
            field=flowlet.db.fields.MoneyField(currency_choices=None, decimal_places=4, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name="customerprofile",
            name="declared_currency",
            field=djmoney.models.fields.CurrencyField(default=None, editable=False, max_length=3, null=True),
        ),
    ]
