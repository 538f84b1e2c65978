"""App configuration."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Money in and out over the rails."""

    name = "payments"
    label = "payments"
    append_only = ("payments_feeschedule", "payments_move", "payments_raillimit")
    emptied = {"payments_move": ("reason",)}

    def ready(self) -> None:
        """Say at which point payments ask for a verdict, which columns are sealed, what can be asked for, and what the checks of the books
        look at here.
        """
        from flowlet.approvals import registry
        from flowlet.vault import columns
        from payments.models import Batch, Dispute, InboundEvent, InboundFile, Payment, Recall, SuspenseItem
        from payments.selectors import payments
        from payments.services import (
            bank_link_events,
            card_events,
            checks,
            days,
            deciding,
            disputes,
            fee_schedules,
            files,
            holdings,
            inbound_files,
            inbox,
            rail_limits,
            recalls,
            receivables,
            recipes,
            sandbox_tellings,
            suspense,
            suspense_rows,
            verifications,
        )
        from wallets.selectors import causes

        deciding.declare()
        checks.register()
        holdings.register()
        causes.register(
            Payment, labels={kind: recipe.label for kind, recipe in recipes.RECIPES.items()}, journals=payments.journals_of
        )
        columns.register(Batch, "sealed", aad=files.aad)
        columns.register(Dispute, "sealed", aad=disputes.aad)
        columns.register(InboundEvent, "sealed", aad=inbox.aad)
        columns.register(InboundFile, "sealed", aad=inbound_files.aad)
        columns.register(Recall, "sealed", aad=recalls.aad)
        columns.register(SuspenseItem, "sealed", aad=suspense_rows.aad)
        card_events.register()
        bank_link_events.register()
        sandbox_tellings.register()
        registry.kind(
            fee_schedules.CHANGE,
            label="Change fees",
            maker_permission="payments.request_fee_change",
            checker_permission="payments.approve_fee_change",
            execute=fee_schedules.execute_change,
            describe=fee_schedules.describe_change,
        )
        registry.kind(
            rail_limits.CHANGE,
            label="Change limits of a rail",
            maker_permission="payments.request_limit_change",
            checker_permission="payments.approve_limit_change",
            execute=rail_limits.execute_change,
            describe=rail_limits.describe_change,
        )
        registry.kind(
            verifications.MANUAL,
            label="Verify an external account",
            maker_permission="payments.request_account_verification",
            checker_permission="payments.approve_account_verification",
            execute=verifications.execute_manual,
            describe=verifications.describe_manual,
        )
        registry.kind(
            days.REOPEN,
            label="Reopen a business day",
            maker_permission="payments.request_day_reopening",
            checker_permission="payments.approve_day_reopening",
            execute=days.execute_reopening,
            describe=days.describe_reopening,
        )
        registry.kind(
            suspense.ASSIGN,
            label="Assign money in suspense",
            maker_permission="payments.assign_suspense",
            checker_permission="payments.approve_suspense_assignment",
            execute=suspense.execute_assignment,
            describe=suspense.describe_assignment,
        )
        registry.kind(
            receivables.WRITE_OFF,
            label="Write off what a customer owes",
            maker_permission="payments.recover_receivable",
            checker_permission="payments.approve_receivable_write_off",
            execute=receivables.execute_write_off,
            describe=receivables.describe_write_off,
        )
        registry.kind(
            suspense.CLOSE,
            label="Money in suspense was taken out by hand",
            maker_permission="payments.assign_suspense",
            checker_permission="payments.approve_suspense_assignment",
            execute=suspense.execute_closing,
            describe=suspense.describe_closing,
        )
