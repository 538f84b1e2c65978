from django.db import migrations, models

from flowlet.db.sql import run_file

class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_a_partners_freeze_stands_below_the_platforms'),
        ('flowlet_vault', '0001_initial'),
        ('payments', '0030_payments_say_what_they_rest_on'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='recall',
            name='recall_message_has_its_digest',
        ),
        migrations.RemoveConstraint(
            model_name='recall',
            name='delivered_recall_has_its_message',
        ),
        migrations.AddConstraint(
            model_name='recall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('digest', ''), ('file_name', ''), ('sealed', None)), models.Q(models.Q(('digest', ''), _negated=True), models.Q(('file_name', ''), _negated=True)), _connector='OR'), name='recall_message_has_its_digest'),
        ),
        migrations.AddConstraint(
            model_name='recall',
            constraint=models.CheckConstraint(condition=models.Q(('delivered_at', None), models.Q(('digest', ''), _negated=True), _connector='OR'), name='delivered_recall_has_its_message'),
        ),
        run_file(__file__, "traces.sql"),
    ]
