"""App configuration."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The books."""

    name = "ledger"
    label = "ledger"
    append_only = (
        "ledger_annotation",
        "ledger_rate",
        "ledger_verification",
        "ledger_statementfile",
        "ledger_bankstatement",
        "ledger_statementline",
        "ledger_statementdetail",
        "ledger_breakremark",
    )
    emptied = {
        "ledger_statementfile": ("content",),
        "ledger_statementline": ("personal",),
        "ledger_statementdetail": ("personal",),
    }
    # Written by the SECURITY DEFINER functions of the migrations only.
    read_only = (
        "ledger_journal",
        "ledger_entry",
        "ledger_balance",
        "ledger_rollup",
        "ledger_mark",
        "ledger_accountmovement",
        "ledger_accountday",
        "ledger_linemovement",
        "ledger_lineday",
        "ledger_sealblock",
    )

    def ready(self) -> None:
        """Say what can be asked for here."""
        from ledger.services import break_documents, manual, write_offs

        break_documents.register()
        manual.register()
        write_offs.register()
