"""A payment goes on out of review when one person released it and another approved that."""

from django.db import migrations, models

from flowlet.db.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("payments", "0031_words_go_with_their_customers")]
    operations = [
        migrations.AddField(
            model_name="payment",
            name="released_by",
            field=models.CharField(blank=True, default="", help_text="who let it go on out of review", max_length=80),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(released_by="")
                | models.Q(approved_by="", status__in=("REVIEW", "APPROVAL", "REJECTED", "CANCELED", "EXPIRED"))
                | (~models.Q(approved_by="") & ~models.Q(approved_by=models.F("released_by"))),
                name="payment_is_released_by_two",
            ),
        ),
        run_file(__file__, "guards.sql"),
    ]
