"""App configuration."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """The compliance officer's workbench."""

    name = "compliance"
    label = "compliance"
    append_only = (
        "compliance_watchlistversion",
        "compliance_watchlistfile",
        "compliance_watchlistversionfile",
        "compliance_watchlistentry",
        "compliance_refusedrow",
    )

    def ready(self) -> None:
        """Say which columns are sealed and what can be asked for."""
        from compliance.models import Report, ReportBatch
        from compliance.services import report_batches, reports, rule_releases
        from flowlet.vault import columns

        columns.register(Report, "sealed", needs=("version",), aad=reports.aad)
        columns.register(ReportBatch, "sealed", aad=report_batches.aad)
        columns.register(ReportBatch, "answer", aad=report_batches.answer_aad)
        rule_releases.register()
