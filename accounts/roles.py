"""Roles as code: who may do what, on one page.

A permission is ``app.verb_noun``. The right to look at an app's rows is ``app.view_*`` (Django's admin asks for
``app.view_model``); every other right is named in ``PERMISSIONS`` and granted by name. Upper apps name their rights here too: to
know who may do what one reads this page and nothing else. Making and checking are two rights; that no person does both for one
matter is the business of ``flowlet.approvals``. The administrator manages access and configuration, and neither moves money nor
sees personal data.
"""

from functools import lru_cache
from typing import Any, Final

from accounts.choices import Role

PERMISSIONS: Final[dict[str, str]] = {
    "accounts.create_partner": "Create partners",
    "accounts.change_partner": "Change a partner's name, country or time zone",
    "accounts.request_partner_activation": "Ask for a partner's activation",
    "accounts.approve_partner_activation": "Approve a partner's activation",
    "accounts.suspend_partner": "Suspend and resume partners",
    "accounts.manage_api_keys": "Issue, change, rotate and revoke API keys",
    "accounts.review_users": "See who signs in, and with which roles",
    "accounts.manage_users": "Create users, set their roles, reset their access",
    "accounts.reveal_personal_data": "Reveal personal data, with a reason",
    "accounts.freeze_customer": "Freeze and unfreeze customers",
    "accounts.revoke_authentication_factor": "Revoke customers' second factors",
    "accounts.set_kyc_tier": "Set a customer's KYC tier",
    "accounts.close_customer": "Close customers",
    "accounts.request_erasure": "Ask for the erasure of a closed customer's personal data",
    "accounts.approve_erasure": "Approve the erasure of personal data",
    "ledger.open_account": "Open accounts in a chart",
    "ledger.freeze_account": "Freeze, unfreeze and close accounts",
    "ledger.post_manual_journal": "Make manual journals",
    "ledger.approve_manual_journal": "Approve manual journals",
    "ledger.reverse_journal": "Reverse journals",
    "ledger.annotate_journal": "Add remarks to journals",
    "ledger.close_period": "Soft-close and close periods",
    "ledger.reopen_period": "Reopen soft-closed periods",
    "ledger.manage_bank_account": "Declare bank accounts and change the rules of their reconciliation",
    "ledger.import_statement": "Import bank statements",
    "ledger.reconcile": "Reconcile, match and unmatch",
    "ledger.work_break": "Own, remark and explain breaks",
    "ledger.read_break_document": "Take documents of breaks out, with a reason",
    "ledger.request_write_off": "Ask for a break to be written off",
    "ledger.approve_write_off": "Approve write-offs",
    "ledger.reveal_statement_party": "Reveal the other side of a bank's line, with a reason",
    "ledger.set_rate": "Enter exchange rates",
    "ledger.revalue_positions": "Revalue foreign exchange positions",
    "ledger.export_reports": "Export reports and the books",
    "wallets.freeze_wallet": "Freeze and unfreeze wallets",
    "wallets.close_wallet": "Close wallets",
    "wallets.release_hold": "Release holds",
    "wallets.request_limit_change": "Ask for a change of limits",
    "wallets.approve_limit_change": "Approve a change of limits",
    "wallets.request_spread_change": "Ask for a change of an exchange spread",
    "wallets.approve_spread_change": "Approve a change of an exchange spread",
    "wallets.export_statements": "Export statements",
    "payments.block_external_account": "Block, unblock and close external accounts; suspend and revoke mandates; revoke consents",
    "payments.request_account_verification": "Ask for an external account to be taken as verified",
    "payments.approve_account_verification": "Approve the verification of an external account",
    "payments.retry_inbound_event": "Have a provider's event handled again",
    "payments.decide_payment": "Release, approve and reject payments that wait for a person",
    "payments.cancel_payment": "Cancel payments that have not left",
    "payments.book_outcome": "Book what a bank says of a payment: settled, failed, returned, disputed",
    "payments.assign_suspense": "Look after money in suspense and assign it to a wallet; above the threshold ask for it",
    "payments.approve_suspense_assignment": "Approve that money in suspense is assigned to a wallet, or was taken out by hand",
    "payments.recover_receivable": "Look after what customers owe, take it from their wallets, ask for it to be written off",
    "payments.approve_receivable_write_off": "Approve that what a customer owes is written off",
    "payments.manage_deposit_instructions": "Give wallets their virtual accounts; close deposit instructions and open them again",
    "payments.release_file": "Release and deliver payment files, and book the bank's answer to them",
    "payments.answer_dispute": "Answer disputes with evidence, or give them up; see the evidence, with a reason",
    "payments.take_bank_file": "Take in what banks say about payments, have it gone through again, close what is left over",
    "payments.manage_recurring": "Pause, resume and end recurring payments",
    "payments.close_day": "Run the settlement and close business days",
    "payments.request_day_reopening": "Ask for a closed business day to be opened again",
    "payments.approve_day_reopening": "Approve that a closed business day is opened again",
    "payments.request_fee_change": "Ask for a change of fees",
    "payments.approve_fee_change": "Approve a change of fees",
    "payments.request_limit_change": "Ask for a change of the limits of a rail",
    "payments.approve_limit_change": "Approve a change of the limits of a rail",
    "compliance.view_rule": "See rules, their backtests, and the runs of monitoring",
    "compliance.write_rule": "Write rules, try them on the past, put them in shadow, ask for their release or end",
    "compliance.approve_rule": "Approve that a rule takes effect, or ends",
    "compliance.run_monitoring": "Run the monitoring of a day",
    "compliance.view_watchlist": "See watchlists, their versions and entries",
    "compliance.import_watchlist": "Bring in new versions of watchlists",
    "compliance.view_alert": "See alerts and cases",
    "compliance.work_alert": "Take alerts, decide about them, escalate, note and attach",
    "compliance.confirm_alert": "Be the second person of a decision about an alert",
    "compliance.manage_queue": "Give work to people, set what they are given, take what was escalated",
    "compliance.view_verification": "See verifications, without what is personal in them",
    "compliance.decide_verification": "Open verifications, take documents in, accept and ask for items, approve and refuse",
    "compliance.request_requirement_change": "Ask for a change of what a level asks for",
    "compliance.approve_requirement_change": "Approve a change of what a level asks for",
    "compliance.view_screening": "See who is screened, hits and screening runs",
    "compliance.decide_hit": "Decide about hits together with a second person, open them again, screen everybody once more",
    "compliance.approve_hit": "Approve decisions about hits",
    "compliance.prepare_report": "Draft, read, complete and propose reports to the authority",
    "compliance.approve_report": "Approve reports to the authority, or send them back",
    "compliance.file_report": "File reports with the authority, and take its answers in",
    "compliance.view_risk": "See how risky customers count, why, and their due diligence",
    "compliance.rate_customer": "Rate customers, declare what is known of them, complete reviews, answer due diligence",
    "compliance.decide_due_diligence": "Decide whether a relationship goes on after enhanced due diligence",
    "compliance.request_risk_override": "Ask for a band against the model's",
    "compliance.approve_risk_override": "Approve a band against the model's",
    "compliance.view_retention": "See legal holds, certificates of deletion, and until when data are kept",
    "compliance.request_legal_hold": "Ask for a legal hold, or for its release",
    "compliance.approve_legal_hold": "Approve a legal hold, or its release",
    "compliance.view_duty": "See the register of regulatory duties and its figures",
    "compliance.work_duty": "Keep the register of duties, and say that one was met",
    "compliance.answer_rights_request": "Take in, answer and read requests of persons for their data or for erasure",
    "compliance.purge_expired": "Delete what no law keeps any more",
    "compliance.request_risk_model": "Ask for another risk model",
    "compliance.approve_risk_model": "Approve another risk model",
    "flowlet_audit.export_records": "Export the audit",
    "flowlet_events.retry_delivery": "Hand a failed event to its handler again",
}

_LOOK = {"accounts.view_*", "ledger.view_*", "wallets.view_*", "payments.view_*", "flowlet_approvals.view_*"}

GRANTS: Final[dict[str, frozenset[str]]] = {
    Role.COMPLIANCE_OFFICER: frozenset(
        _LOOK
        | {
            "compliance.view_watchlist",
            "compliance.view_verification",
            "compliance.decide_verification",
            "compliance.request_requirement_change",
            "compliance.import_watchlist",
            "compliance.view_screening",
            "compliance.decide_hit",
            "compliance.prepare_report",
            "compliance.view_retention",
            "compliance.view_duty",
            "compliance.work_duty",
            "compliance.request_legal_hold",
            "compliance.answer_rights_request",
            "compliance.view_risk",
            "compliance.rate_customer",
            "compliance.request_risk_override",
            "compliance.request_risk_model",
            "compliance.view_alert",
            "compliance.work_alert",
            "compliance.confirm_alert",
            "flowlet_decisions.view_*",
            "flowlet_audit.view_*",
            "compliance.view_rule",
            "compliance.write_rule",
            "compliance.run_monitoring",
            "payments.decide_payment",
            "payments.cancel_payment",
            "accounts.reveal_personal_data",
            "accounts.freeze_customer",
            "accounts.revoke_authentication_factor",
            "accounts.set_kyc_tier",
            "accounts.request_erasure",
            "accounts.request_partner_activation",
            "payments.block_external_account",
            "payments.request_account_verification",
            "wallets.freeze_wallet",
            "wallets.request_limit_change",
            "wallets.export_statements",
        }
    ),
    Role.COMPLIANCE_MANAGER: frozenset(
        _LOOK
        | {
            "compliance.view_watchlist",
            "compliance.view_verification",
            "compliance.decide_verification",
            "compliance.request_requirement_change",
            "compliance.approve_requirement_change",
            "compliance.import_watchlist",
            "compliance.view_screening",
            "compliance.decide_hit",
            "compliance.approve_hit",
            "compliance.prepare_report",
            "compliance.view_alert",
            "compliance.work_alert",
            "compliance.confirm_alert",
            "compliance.manage_queue",
            "compliance.approve_report",
            "compliance.file_report",
            "compliance.view_retention",
            "compliance.view_duty",
            "compliance.work_duty",
            "compliance.request_legal_hold",
            "compliance.answer_rights_request",
            "compliance.view_risk",
            "compliance.rate_customer",
            "compliance.decide_due_diligence",
            "compliance.approve_legal_hold",
            "compliance.purge_expired",
            "compliance.request_risk_override",
            "compliance.approve_risk_override",
            "compliance.request_risk_model",
            "compliance.approve_risk_model",
            "flowlet_decisions.view_*",
            "flowlet_audit.view_*",
            "flowlet_audit.export_records",
            "compliance.view_rule",
            "compliance.write_rule",
            "compliance.run_monitoring",
            "compliance.approve_rule",
            "payments.decide_payment",
            "payments.cancel_payment",
            "accounts.reveal_personal_data",
            "accounts.freeze_customer",
            "accounts.revoke_authentication_factor",
            "accounts.set_kyc_tier",
            "accounts.close_customer",
            "accounts.request_erasure",
            "accounts.approve_erasure",
            "accounts.request_partner_activation",
            "accounts.approve_partner_activation",
            "accounts.suspend_partner",
            "payments.block_external_account",
            "payments.request_account_verification",
            "payments.approve_account_verification",
            "wallets.freeze_wallet",
            "wallets.request_limit_change",
            "wallets.approve_limit_change",
            "payments.request_limit_change",
            "payments.approve_limit_change",
            "wallets.export_statements",
        }
    ),
    Role.FRAUD_ANALYST: frozenset(
        _LOOK
        | {
            "compliance.view_watchlist",
            "compliance.view_verification",
            "flowlet_decisions.view_*",
            "payments.decide_payment",
            "payments.cancel_payment",
            "payments.answer_dispute",
            "payments.manage_recurring",
            "accounts.reveal_personal_data",
            "accounts.freeze_customer",
            "accounts.revoke_authentication_factor",
            "payments.block_external_account",
            "wallets.freeze_wallet",
            "wallets.release_hold",
        }
    ),
    Role.OPERATIONS: frozenset(
        _LOOK
        | {
            "flowlet_decisions.view_*",
            "flowlet_events.view_*",
            "flowlet_events.retry_delivery",
            "payments.retry_inbound_event",
            "payments.cancel_payment",
            "payments.book_outcome",
            "payments.assign_suspense",
            "payments.recover_receivable",
            "payments.manage_deposit_instructions",
            "payments.answer_dispute",
            "payments.manage_recurring",
            "payments.release_file",
            "payments.take_bank_file",
            "payments.close_day",
            "payments.request_day_reopening",
            "accounts.create_partner",
            "accounts.change_partner",
            "accounts.request_partner_activation",
            "accounts.close_customer",
            "ledger.post_manual_journal",
            "ledger.annotate_journal",
            "ledger.import_statement",
            "ledger.reconcile",
            "ledger.work_break",
            "ledger.read_break_document",
            "ledger.request_write_off",
            "ledger.reveal_statement_party",
            "ledger.export_reports",
            "payments.request_account_verification",
            "wallets.close_wallet",
            "wallets.release_hold",
            "wallets.request_limit_change",
            "wallets.request_spread_change",
            "payments.request_fee_change",
            "payments.request_limit_change",
            "wallets.export_statements",
        }
    ),
    Role.FINANCE: frozenset(
        _LOOK
        | {
            "compliance.view_duty",
            "compliance.work_duty",
            "payments.decide_payment",
            "payments.assign_suspense",
            "payments.approve_suspense_assignment",
            "payments.recover_receivable",
            "payments.approve_receivable_write_off",
            "payments.release_file",
            "payments.take_bank_file",
            "payments.close_day",
            "payments.request_day_reopening",
            "payments.approve_day_reopening",
            "ledger.open_account",
            "ledger.freeze_account",
            "ledger.post_manual_journal",
            "ledger.approve_manual_journal",
            "ledger.reverse_journal",
            "ledger.annotate_journal",
            "ledger.close_period",
            "ledger.reopen_period",
            "ledger.set_rate",
            "ledger.revalue_positions",
            "ledger.manage_bank_account",
            "ledger.import_statement",
            "ledger.reconcile",
            "ledger.work_break",
            "ledger.read_break_document",
            "ledger.request_write_off",
            "ledger.reveal_statement_party",
            "ledger.approve_write_off",
            "ledger.export_reports",
            "wallets.approve_limit_change",
            "wallets.approve_spread_change",
            "payments.request_fee_change",
            "payments.request_limit_change",
            "payments.approve_fee_change",
            "payments.approve_limit_change",
            "wallets.export_statements",
        }
    ),
    Role.AUDITOR: frozenset(
        _LOOK
        | {
            "compliance.view_watchlist",
            "compliance.view_risk",
            "compliance.view_retention",
            "compliance.view_duty",
            "compliance.view_alert",
            "compliance.view_rule",
            "compliance.view_verification",
            "compliance.view_screening",
            "flowlet_decisions.view_*",
            "flowlet_audit.view_*",
            "flowlet_audit.export_records",
            "flowlet_events.view_*",
            "accounts.review_users",
            "ledger.export_reports",
            "ledger.read_break_document",
            "wallets.export_statements",
        }
    ),
    Role.PARTNER_DEVELOPER: frozenset(),
    Role.ADMINISTRATOR: frozenset(
        {
            "accounts.view_*",
            "flowlet_approvals.view_*",
            "flowlet_audit.view_*",
            "flowlet_events.view_*",
            "axes.view_*",
            "otp_totp.view_*",
            "accounts.create_partner",
            "accounts.change_partner",
            "accounts.approve_partner_activation",
            "accounts.suspend_partner",
            "accounts.manage_api_keys",
            "accounts.manage_users",
            "accounts.review_users",
        }
    ),
}


@lru_cache(maxsize=256)
def _granted(roles: tuple[str, ...]) -> frozenset[str]:
    """What the roles grant together; a role that is no longer in the code grants nothing."""
    return frozenset().union(*(GRANTS.get(role, frozenset()) for role in roles))


def permissions_of(user: Any) -> frozenset[str]:
    """Every grant of the user's roles; none for somebody inactive or not signed in."""
    if not getattr(user, "is_active", False):
        return frozenset()
    return _granted(tuple(getattr(user, "roles", ())))


def has_permission(user: Any, permission: str) -> bool:
    """Whether one of the user's roles grants ``permission``, such as ``ledger.post_manual_journal``."""
    granted = permissions_of(user)
    if permission in granted:
        return True
    app, _, codename = permission.partition(".")
    return codename.startswith("view_") and f"{app}.view_*" in granted


def has_any_permission(user: Any, app: str) -> bool:
    """Whether the user's roles grant anything in ``app``."""
    return any(granted.startswith(f"{app}.") for granted in permissions_of(user))


def roles_with(permission: str) -> list[str]:
    """The roles that grant ``permission``, for refusals that say whom to ask and for the docs."""
    return [role for role, granted in GRANTS.items() if permission in granted]
