"""Commands have the same powers as the screens of payments and reconciliation: each button has its word, with the same right."""

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandError

from accounts.choices import Role
from accounts.management.deeds import NONE, REQUIRED, ActingCommand, DeedCommand
from accounts.models import User
from accounts.roles import PERMISSIONS
from flowlet.backoffice import site

APPS = {"payments", "flowlet_approvals"}
PEOPLE = {"accounts.AuthenticationFactor"}
COMPLIANCE = {
    "compliance.Alert",
    "compliance.Case",
    "compliance.CustomerRisk",
    "compliance.DueDiligence",
    "compliance.Duty",
    "compliance.Hit",
    "compliance.LegalHold",
    "compliance.OfficerSkill",
    "compliance.RightsRequest",
    "compliance.RiskModelVersion",
    "compliance.WorkFile",
    "compliance.Verification",
    "compliance.RequirementSet",
    "flowlet_rules.RuleVersion",
    "compliance.Report",
    "compliance.ReportBatch",
}
RECONCILIATION = {
    "ledger.Break",
    "ledger.BreakDocument",
    "ledger.Match",
    "ledger.BankAccount",
    "ledger.Rate",
    "wallets.FxSpread",
    "wallets.TierLimit",
}
# Buttons whose command is no deed: it has options of its own, or is run by the schedule as well.
ELSEWHERE = {
    ("payments.Batch", "run"): "run_settlement",
    ("payments.BusinessDay", "close"): "close_day",
    ("payments.BusinessDay", "close_again"): "close_day",
    ("payments.BusinessDay", "request_reopening"): "reopen_day",
    ("payments.InboundFile", "take"): "import_bank_file",
    ("ledger.BankAccount", "import"): "import_statement",
    ("ledger.BankAccount", "reconcile"): "reconcile",
}
# Where the word differs from the button's name.
CALLED = {
    ("compliance.Alert", "close_many"): ("alerts", "close-many"),
    **{
        (f"compliance.{model}", word.replace("-", "_")): (command, word)
        for model, command in {
            "Alert": "alerts",
            "Case": "cases",
            "CustomerRisk": "risk",
            "Report": "export_reports",
            "Verification": "verifications",
        }.items()
        for word in ("assign-many", "spread")
    },
    ("compliance.OfficerSkill", "create"): ("alerts", "skills"),
    ("compliance.OfficerSkill", "edit"): ("alerts", "skills"),
    ("compliance.ReportBatch", "file"): ("export_reports", "file"),
    ("compliance.Report", "draft"): ("export_reports", "draft"),
    ("compliance.Report", "fill"): ("export_reports", "read"),
    ("ledger.BankAccount", "declare"): ("bank_account", "declare"),
    ("ledger.Match", "undo"): ("breaks", "unmatch"),
    ("ledger.Rate", "enter"): ("fx", "rate"),
    ("wallets.FxSpread", "request_change"): ("fx", "spread"),
    ("wallets.FxSpread", "request_new"): ("fx", "spread"),
    ("wallets.TierLimit", "request_change"): ("limits", "tier"),
    ("wallets.TierLimit", "request_new"): ("limits", "tier"),
    ("flowlet_rules.RuleVersion", "export"): ("rules", "export"),
    ("flowlet_rules.RuleVersion", "import"): ("rules", "import"),
    ("flowlet_rules.RuleVersion", "draft_shipped"): ("rules", "draft-shipped"),
    ("compliance.Duty", "create"): ("duties", "create"),
    ("compliance.RiskModelVersion", "request"): ("risk_models", "request"),
    ("compliance.LegalHold", "request"): ("legal_holds", "request"),
    ("compliance.RightsRequest", "receive"): ("rights_requests", "receive"),
    ("compliance.Verification", "open"): ("verifications", "open"),
    ("compliance.RequirementSet", "request_new"): ("verifications", "request-new"),
    ("payments.FeeSchedule", "request_change"): ("fees", "request"),
    ("payments.FeeSchedule", "request_new"): ("fees", "request"),
    ("payments.Mandate", "suspend"): ("external_accounts", "suspend-mandate"),
    ("payments.Mandate", "resume"): ("external_accounts", "resume-mandate"),
    ("payments.Mandate", "revoke"): ("external_accounts", "revoke-mandate"),
    ("payments.BankLink", "end"): ("external_accounts", "end-bank-link"),
    ("payments.RailLimit", "request_change"): ("rail_limits", "request"),
    ("payments.RailLimit", "request_new"): ("rail_limits", "request"),
    ("payments.Consent", "revoke"): ("external_accounts", "revoke-consent"),
}
OURS = {
    name: load_command_class(app, name)
    for name, app in get_commands().items()
    if isinstance(app, str) and not app.startswith("django")
}
COMMANDS = {name: command for name, command in OURS.items() if isinstance(command, DeedCommand)}
ACTING = {name: command for name, command in OURS.items() if isinstance(command, ActingCommand)}
BUTTONS = [
    (model._meta.label, transition)
    for model, admin in sorted(site._registry.items(), key=lambda pair: pair[0]._meta.label)
    if model._meta.app_label in APPS or model._meta.label in RECONCILIATION | COMPLIANCE | PEOPLE
    for transition in admin.transitions
]


def deed_of(label, transition):
    if (label, transition.name) in CALLED:
        command, word = CALLED[label, transition.name]
        return next(deed for deed in COMMANDS[command].deeds if deed.name == word)
    word = transition.name.replace("_", "-")
    found = [
        deed
        for command in COMMANDS.values()
        for deed in command.deeds
        if deed.model is not None and deed.model._meta.label == label and deed.name == word
    ]
    assert len(found) == 1, f"{label}: {transition.name} has no command"
    return found[0]


@pytest.mark.parametrize(("label", "transition"), BUTTONS, ids=[f"{label}.{found.name}" for label, found in BUTTONS])
def test_each_button_has_a_command_with_the_same_right_and_the_same_need_of_a_reason(label, transition):
    if (label, transition.name) in ELSEWHERE:
        assert ACTING[ELSEWHERE[label, transition.name]].permission == transition.permission
        return
    deed = deed_of(label, transition)
    assert deed.permission == transition.permission
    assert (deed.reason == REQUIRED) >= transition.reason_required
    assert deed.is_atomic == transition.is_atomic or not deed.is_atomic


def test_there_is_something_to_compare():
    assert len(BUTTONS) > 50
    assert {"payments", "payment_files", "disputes", "bank_files", "breaks", "approvals", "fx", "recall"} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(ACTING))
def test_who_is_named_needs_the_right_that_the_page_asks_for(name, db):
    command = ACTING[name]
    assert command.permission in PERMISSIONS
    auditor = User.objects.create_user("auditor@flowlet.test", name="Somebody", is_staff=True, roles=[Role.AUDITOR])
    gone = User.objects.create_user("gone@flowlet.test", name="Somebody", is_staff=True, is_active=False, roles=[Role.FINANCE])
    for email, says in (
        (auditor.email, command.permission),
        (gone.email, "no active member of staff"),
        ("nobody", "no active member"),
    ):
        with pytest.raises(CommandError, match=says):
            command.actor({"person": email})
    assert str(command.actor({"person": None})) == f"system:{name}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as ended:
        COMMANDS[name].create_parser("manage.py", name).parse_args(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for deed in COMMANDS[name].deeds:
        assert deed.name in said
        assert deed.reason in {REQUIRED, "optional", NONE}
