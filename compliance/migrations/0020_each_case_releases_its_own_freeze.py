from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0019_reports_wait_in_queues'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='casefreeze',
            name='wallet_is_frozen_by_one_case',
        ),
        migrations.AddConstraint(
            model_name='casefreeze',
            constraint=models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('wallet', 'case'), name='case_freezes_a_wallet_once'),
        ),
    ]
