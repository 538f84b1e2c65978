from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0008_freezes_of_accounts_have_their_owners'),
        ('wallets', '0012_freezes_stand_below_others'),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE ledger_account a SET frozen_by = '{wallets}' FROM wallets_wallet w"
            " WHERE w.account_id = a.id AND w.status = 'FROZEN' AND a.status = 'FROZEN'",
            migrations.RunSQL.noop,
        ),
    ]
