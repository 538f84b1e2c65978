"""Rules that take effect by two people, and the command that does what there is to do with them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.choices import Role
from accounts.models import User
from compliance.services import rule_releases
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import AlreadyPending, FourEyesRequired, MayNot
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.states import IllegalMove
from flowlet.rules import registry, windows
from flowlet.rules.choices import RuleStatus
from flowlet.rules.kinds import Kind
from flowlet.rules.models import RuleVersion
from flowlet.rules.services import backtests, versions
from flowlet.rules.vocabulary import Fact, Source, Vocabulary

AT = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
# The audit's own records are things that have a moment and happen in any database.
AUDIT = Vocabulary(
    "tests.record",
    label="An audit record",
    relation="flowlet_audit_record AS r",
    key="r.id",
    clock="at",
    facts=(
        Fact("at", Kind.MOMENT, label="Moment", sql="r.at"),
        Fact("action", Kind.TEXT, label="Action", sql="r.action"),
    ),
    sources=(
        Source(
            "records",
            label="Records",
            relation="flowlet_audit_record AS s",
            same="TRUE",
            happened="s.at",
            fields=(Fact("action", Kind.TEXT, label="Action", sql="s.action"),),
            live=windows.over(lambda *_: []),
        ),
    ),
)
DRAFTED = {"op": "eq", "left": {"fact": "action"}, "right": {"value": "rule.drafted"}}


@pytest.fixture(autouse=True)
def vocabulary(monkeypatch):
    monkeypatch.setattr(registry, "_vocabularies", {})
    registry.vocabulary(AUDIT)


def person(role):
    user = User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=role)


@pytest.fixture
def officer(db):
    return person(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def manager(db):
    return person(Role.COMPLIANCE_MANAGER)


def in_shadow(actor):
    versions.open_set(name="records", vocabulary="tests.record", label="Records", actor=actor, at=AT)
    version = versions.draft(
        rule_set="records", name="drafted", title="Drafts", note="To see them.", condition=DRAFTED, actor=actor, at=AT
    )
    backtests.run(ruleversion_id=version.pk, since=AT - timedelta(days=1), until=AT + timedelta(days=1), actor=actor, at=AT)
    return versions.start_shadow(ruleversion_id=version.pk, actor=actor, at=AT)


def ask(version, actor, do=rule_releases.request_release):
    return do(ruleversion_id=version.pk, reason="It has been watched.", actor=actor, at=AT)


def status_of(version):
    return RuleVersion.objects.get(pk=version.pk).status


def test_a_rule_takes_effect_when_another_person_approves(officer, manager):
    version = in_shadow(officer)
    approval = ask(version, officer)
    assert status_of(version) == "SHADOW"
    assert rule_releases.describe(approval) == {
        "Set": "Records",
        "Rule": "Drafts (drafted, version 1)",
        "Written by": "COMPLIANCE_OFFICER",
        "Why": "To see them.",
        "Matches when": "Action is equal to “rule.drafted”",
        "Backtest": "1 hits and 0 unknown of 2, 2026-03-31 to 2026-04-02",
    }
    requests.approve(approval_id=approval.pk, actor=manager, at=AT)
    found = RuleVersion.objects.get(pk=version.pk)
    assert (found.status, found.maker_id, found.checker_id) == ("LIVE", officer.id, manager.id)
    assert Record.objects.get(action="rule.live").reason == "It has been watched."


def test_a_rule_ends_when_another_person_approves(officer, manager):
    version = in_shadow(officer)
    requests.approve(approval_id=ask(version, officer).pk, actor=manager, at=AT)
    approval = ask(version, officer, rule_releases.request_retirement)
    assert status_of(version) == "LIVE"
    requests.approve(approval_id=approval.pk, actor=manager, at=AT)
    assert status_of(version) == "RETIRED"


def test_one_person_ends_a_rule_without_effect_and_not_a_live_one(officer, manager):
    version = in_shadow(officer)
    requests.approve(approval_id=ask(version, officer).pk, actor=manager, at=AT)
    with pytest.raises(FourEyesRequired):
        ask(version, manager, rule_releases.retire)
    assert status_of(version) == "LIVE"
    other = versions.draft(
        rule_set="records", name="other", title="Others", note="To see them.", condition={"not": DRAFTED}, actor=officer, at=AT
    )
    assert ask(other, officer, rule_releases.retire).status == "RETIRED"


def test_nobody_approves_their_own_request(manager):
    version = in_shadow(manager)
    approval = ask(version, manager)
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=approval.pk, actor=manager, at=AT)
    assert status_of(version) == "SHADOW"


def test_nobody_approves_a_rule_of_their_own_for_somebody_else(officer, manager):
    version = in_shadow(manager)
    approval = ask(version, officer)
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=approval.pk, actor=manager, at=AT)
    assert (status_of(version), Approval.objects.get().status) == ("SHADOW", ApprovalStatus.PENDING)


def test_an_officer_does_not_approve_and_an_auditor_does_not_ask(officer):
    version = in_shadow(officer)
    auditor = person(Role.AUDITOR)
    with pytest.raises(MayNot):
        ask(version, auditor)
    approval = ask(version, officer)
    other = User.objects.create_user("second@flowlet.test", name="Other", is_staff=True, roles=[Role.COMPLIANCE_OFFICER])
    with pytest.raises(MayNot):
        requests.approve(approval_id=approval.pk, actor=Actor(kind=ActorKind.STAFF, id=other.public_id), at=AT)
    with pytest.raises(AlreadyPending):
        ask(version, officer)


def test_what_is_not_in_shadow_is_not_asked_for(officer):
    version = in_shadow(officer)
    versions.retire(ruleversion_id=version.pk, actor=officer, at=AT, reason="Never mind.")
    with pytest.raises(IllegalMove):
        ask(version, officer)
    assert not Approval.objects.exists()


def test_a_request_about_a_version_that_moved_on_fails(officer, manager):
    version = in_shadow(officer)
    approval = ask(version, officer)
    versions.retire(ruleversion_id=version.pk, actor=officer, at=AT, reason="Never mind.")
    assert requests.approve(approval_id=approval.pk, actor=manager, at=AT).status == ApprovalStatus.FAILED
    assert status_of(version) == "RETIRED"


# The command


def run(*words):
    from io import StringIO

    out = StringIO()
    call_command("rules", *words, stdout=out)
    return out.getvalue()


def a_file(path):
    rule = {"name": "drafted", "title": "Drafts", "note": "To see them.", "condition": DRAFTED, "effect": {}}
    content = {"form": "flowlet.rules/1", "set": "records", "vocabulary": "tests.record", "label": "Records", "rules": [rule]}
    path.write_text(json.dumps(content))
    return content


def test_the_command_carries_a_rule_from_a_file_to_its_release(officer, manager, tmp_path):
    content = a_file(tmp_path / "in.json")
    me = ("--as", "compliance_officer@flowlet.test")
    public_id = run("import", str(tmp_path / "in.json"), *me).split()[0]
    assert run("import", str(tmp_path / "in.json"), *me) == "1 unchanged\n"
    assert "1 hits of 2" in run(
        "backtest", public_id, "--from", "2020-01-01T00:00:00+00:00", "--until", "2030-01-01T00:00:00Z", *me
    )
    assert run("shadow", public_id, *me) == f"{public_id}  in shadow\n"
    assert "another person has to approve it" in run("request-release", public_id, "--reason", "Watched for a week.", *me)
    requests.approve(approval_id=Approval.objects.get().pk, actor=manager, at=datetime.now(tz=UTC))
    assert run("list") == f"{public_id}  records  drafted  version 1  live  Drafts\n"
    shown = run("show", public_id)
    assert "Action is equal to “rule.drafted”" in shown
    assert "1 hits of 2" in shown
    run("export", "records", str(tmp_path / "out.json"), *me)
    assert json.loads((tmp_path / "out.json").read_text()) == content
    with pytest.raises(CommandError, match=r"approval\.four_eyes_required"):
        run("retire", public_id, "--reason", "Alone.", *me)
    assert RuleVersion.objects.get().status == RuleStatus.LIVE


def test_the_command_refuses_in_words(officer, tmp_path):
    a_file(tmp_path / "in.json")
    with pytest.raises(CommandError, match="may not do this"):
        person(Role.AUDITOR)
        run("import", str(tmp_path / "in.json"), "--as", "auditor@flowlet.test")
    with pytest.raises(CommandError, match="No such file"):
        run("import", str(tmp_path / "nothing.json"), "--as", "compliance_officer@flowlet.test")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(CommandError, match=r"rule\.malformed"):
        run("import", str(tmp_path / "broken.json"), "--as", "compliance_officer@flowlet.test")
    assert not RuleVersion.objects.exists()
