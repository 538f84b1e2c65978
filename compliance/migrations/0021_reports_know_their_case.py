import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0020_each_case_releases_its_own_freeze'),
    ]

    operations = [
        migrations.AddField(
            model_name='report',
            name='case',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='compliance.case'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(condition=models.Q(('prior', None), models.Q(('state', 'WITHDRAWN'), _negated=True), models.Q(('kind', 'CTR'), _negated=True)), fields=('case', 'kind'), name='case_has_one_report_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(condition=models.Q(('prior', None), models.Q(('state', 'WITHDRAWN'), _negated=True), ('kind', 'CTR')), fields=('case', 'counted_from'), name='case_has_one_report_of_cash_a_day'),
        ),
        migrations.RunSQL(
            "CREATE TRIGGER report_keeps_its_case BEFORE UPDATE OF case_id ON compliance_report FOR EACH ROW"
            " WHEN (NEW.case_id IS DISTINCT FROM OLD.case_id) EXECUTE FUNCTION compliance_reports_stay()",
            migrations.RunSQL.noop,
        ),
    ]
