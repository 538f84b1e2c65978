from django.db import migrations, models

from flowlet.db.sql import run_file


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0021_reports_know_their_case'),
    ]

    operations = [
        *(
            migrations.AlterField(model_name=name, name='sealed', field=models.BinaryField(editable=False, null=True))
            for name in ('report', 'reportbatch', 'workfile', 'worknote')
        ),
        migrations.RemoveConstraint(
            model_name='reportbatch',
            name='report_batch_has_its_answer_with_its_moment',
        ),
        migrations.AddConstraint(
            model_name='reportbatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', None), ('answered_at', None), ('status', '')), models.Q(('answer__isnull', False), ('answered_at__isnull', False)), models.Q(('answer', None), ('sealed', None)), _connector='OR'), name='report_batch_has_its_answer_with_its_moment'),
        ),
        run_file(__file__, "0022_what_officers_wrote_is_deleted.sql"),
    ]
