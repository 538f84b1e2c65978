import flowlet.db.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0024_cardholders_authorise_at_their_banks"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="fee",
            field=flowlet.db.fields.AmountField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="dispute",
            name="fee_currency",
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fee", 0),
                    models.Q(("fee__gt", 0), models.Q(("fee_currency", ""), _negated=True)),
                    _connector="OR",
                ),
                name="dispute_fee_is_positive_and_has_its_currency",
            ),
        ),
    ]
