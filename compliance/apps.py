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
        "compliance_deletioncertificate",
        "compliance_dutyfulfilment",
        "compliance_riskmodelversion",
        "compliance_riskoverride",
        "compliance_riskrating",
        "compliance_requirementset",
        "compliance_verificationcheck",
        "compliance_alertevidence",
    )

    def ready(self) -> None:
        """Say which columns are sealed and what can be asked for, and who decides."""
        from accounts.services import customers
        from compliance import deciders
        from compliance.models import Case, Report, ReportBatch, WorkFile, WorkNote
        from compliance.policies import rule_parameters
        from compliance.selectors import vocabularies
        from compliance.services import (
            cases,
            decided_rows,
            decisions,
            diligence_proofs,
            duty_proofs,
            hold_proofs,
            holdings,
            item_proofs,
            legal_holds,
            report_batches,
            reports,
            requirement_proofs,
            requirement_sets,
            retention,
            right_proofs,
            risk_facts,
            risk_model_proofs,
            risk_models,
            risk_overrides,
            rule_releases,
            screening_hits,
            work_notes,
        )
        from flowlet.audit import witnesses
        from flowlet.rules import registry
        from flowlet.vault import columns

        columns.register(Report, "sealed", needs=("version",), aad=reports.aad)
        columns.register(ReportBatch, "sealed", aad=report_batches.aad)
        columns.register(ReportBatch, "answer", aad=report_batches.answer_aad)
        columns.register(Case, "sealed", needs=("version",), aad=cases.aad)
        columns.register(WorkNote, "sealed", aad=work_notes.note_aad)
        columns.register(WorkFile, "sealed", aad=work_notes.file_aad)
        rule_releases.register()
        risk_models.register()
        risk_overrides.register()
        holdings.register()
        legal_holds.register()
        customers.set_erasure_guard(retention.check_may_erase)
        risk_facts.tell("BEHAVIOUR", risk_facts.confirmed_alerts)
        risk_facts.tell("SCREENING", risk_facts.screened)
        requirement_sets.register()
        screening_hits.register()
        witnesses.register("decisions", decisions.differences)
        witnesses.register("decided rows", decided_rows.differences)
        witnesses.register("due diligence", diligence_proofs.differences)
        witnesses.register("duties", duty_proofs.differences)
        witnesses.register("items of verifications", item_proofs.differences)
        witnesses.register("legal holds", hold_proofs.differences)
        witnesses.register("requirements", requirement_proofs.differences)
        witnesses.register("requests of persons", right_proofs.differences)
        witnesses.register("risk models", risk_model_proofs.differences)
        deciders.register()
        vocabularies.register()
        for name in (vocabularies.ACTIVITY, vocabularies.CUSTOMER_DAY):
            registry.limit(name, rule_parameters.check_rule)
        witnesses.register("certificates of deletion", retention.broken_certificates)
