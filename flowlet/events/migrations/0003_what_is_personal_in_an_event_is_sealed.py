from django.db import migrations, models

from flowlet.db.sql import run_file


class Migration(migrations.Migration):

    dependencies = [
        ('flowlet_events', '0002_event_content_never_changes'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='person_id',
            field=models.UUIDField(help_text='under whose key something of it is sealed', null=True),
        ),
        migrations.AddField(
            model_name='event',
            name='sealed',
            field=models.BinaryField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('person_id', None), ('sealed', None)), models.Q(('person_id__isnull', False), ('sealed__isnull', False)), _connector='OR'), name='event_is_sealed_under_somebodys_key'),
        ),
        run_file(__file__, "0003_what_is_personal_in_an_event_is_sealed.sql"),
    ]
