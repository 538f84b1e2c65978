from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0023_disputes_owe_the_acquirer"),
    ]

    operations = [
        migrations.AlterField(
            model_name="authorisation",
            name="bank",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AlterField(
            model_name="authorisation",
            name="standard",
            field=models.CharField(
                choices=[
                    ("UK_OB_4_0", "UK Open Banking 4.0"),
                    ("BERLIN_1_3_11", "Berlin Group 1.3.11"),
                    ("SANDBOX", "Sandbox"),
                    ("THREE_D_SECURE", "3-D Secure"),
                ],
                max_length=16,
            ),
        ),
    ]
