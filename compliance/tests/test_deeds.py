"""Risk, its models, hits, due diligence and legal holds from the command line: what the pages do, by the same people."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.choices import Role
from compliance.models import CustomerRisk, DueDiligence, Hit, LegalHold, RiskModelVersion
from compliance.policies.risk_model import SHIPPED
from compliance.services import ratings, risk_models
from compliance.tests import kyc
from compliance.tests.screening_world import BRANNIKOV, person, sanctions, screened
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind

REASON = ("--reason", "papers are fresh")


@pytest.fixture
def do(staff_of, capsys):
    """Runs a command in the name of somebody with the role; what it printed."""

    def run(*words, role=Role.COMPLIANCE_OFFICER):
        call_command(*words, "--as", staff_of(role).email)
        return capsys.readouterr().out

    return run


@pytest.fixture
def row(db):
    customer = kyc.person(kyc.company())
    ratings.rate(customer_ids=[customer.pk], cause="FIRST", actor=kyc.SYSTEM, at=clock.now())
    return CustomerRisk.objects.get(customer=customer)


def approve(staff_of):
    manager = staff_of(Role.COMPLIANCE_MANAGER)
    who = Actor(kind=ActorKind.STAFF, id=manager.public_id, label=manager.role_labels)
    requests.approve(approval_id=Approval.objects.get(status="PENDING").pk, actor=who, at=clock.now())


def test_a_customers_risk_is_declared_reviewed_and_overridden(row, do, staff_of, capsys):
    told = ("--channel", "remote", "--profession", "employed")
    do("risk", "declare", row.public_id, *told, "--exposed", *REASON)
    row.refresh_from_db()
    assert (row.channel, row.profession, row.is_exposed) == ("REMOTE", "EMPLOYED", True)
    CustomerRisk.objects.update(review_on=clock.now().date())
    assert row.public_id in do("risk", "list")
    assert row.public_id in do("risk", "next")
    do("risk", "take", row.public_id)
    assert "Next review by" in do("risk", "complete-review", row.public_id, *REASON)
    assert "points" in do("risk", "rate", row.public_id, *REASON)
    band = "MEDIUM" if row.band == "HIGH" else "HIGH"
    until = str(clock.now().date().replace(day=1).replace(year=clock.now().year + 1))
    assert "another person has to approve" in do(
        "risk", "request-override", row.public_id, "--band", band, "--until", until, *REASON
    )
    approve(staff_of)
    row.refresh_from_db()
    assert row.band == band
    call_command("risk", "show", row.public_id)
    assert re.search("Politically exposed +yes", capsys.readouterr().out)
    with pytest.raises(CommandError, match="rate_customer"):
        do("risk", "rate", row.public_id, *REASON, role=Role.AUDITOR)


def test_due_diligence_is_answered_by_one_and_decided_by_another(row, do):
    do("risk", "declare", row.public_id, "--channel", "remote", "--profession", "employed", "--exposed", *REASON)
    found = DueDiligence.objects.get(customer=row.customer)
    for item in found.items.all():
        source = ("--source", "SALARY") if item.key in {"SOURCE_OF_FUNDS", "SOURCE_OF_WEALTH"} else ()
        answer = ("--item", item.key, "--answer", "satisfied", "--words", "Pay slips were seen", *source)
        do("due_diligence", "answer", found.public_id, *answer)
    with pytest.raises(CommandError, match="decide_due_diligence"):
        do("due_diligence", "decide", found.public_id, *REASON)
    do("due_diligence", "decide", found.public_id, "--decline", *REASON, role=Role.COMPLIANCE_MANAGER)
    found.refresh_from_db()
    assert found.state == "DECLINED"


def test_a_legal_hold_is_asked_for_and_released_by_two(row, do, staff_of, capsys):
    do("legal_holds", "request", row.customer.public_id, "--authority", "Court of Bonn, 3 K 12", *REASON)
    approve(staff_of)
    hold = LegalHold.objects.get()
    call_command("legal_holds", "list")
    assert "Court of Bonn" in capsys.readouterr().out
    do("legal_holds", "request-release", hold.public_id, *REASON)
    approve(staff_of)
    call_command("legal_holds", "list")
    assert "Court of Bonn" not in capsys.readouterr().out


def test_another_model_is_asked_for_by_a_file_of_what_changes(do, staff_of, tmp_path, capsys):
    file = tmp_path / "model.json"
    file.write_text('{"factors": {"CHANNEL": {"AGENT": [15, "MEDIUM"]}}, "bands": {"HIGH": 70}}')
    assert "another person has to approve" in do("risk_models", "request", str(file), *REASON)
    approve(staff_of)
    now = risk_models.in_force()
    assert (now.number, now.content["factors"]["CHANNEL"]["AGENT"], now.content["bands"]["HIGH"]) == (1, [15, "MEDIUM"], 70)
    assert now.content["factors"]["CHANNEL"]["REMOTE"] == SHIPPED.content["factors"]["CHANNEL"]["REMOTE"]
    call_command("risk_models", "list")
    call_command("risk_models", "show", RiskModelVersion.objects.get().public_id)
    said = capsys.readouterr().out
    assert "papers are fresh" in said and "AGENT  15  MEDIUM" in said and "HIGH from 70" in said
    call_command("risk_models", "list", "--weights")
    file.write_text(capsys.readouterr().out)
    for refusal, content in (
        ("risk_model.unchanged", None),
        ("malformed", '{"factors": {"CHANNEL": {"PIGEON": [1, ""]}}}'),
        ("json", "{"),
    ):
        if content:
            file.write_text(content)
        with pytest.raises(CommandError, match=refusal):
            do("risk_models", "request", str(file), *REASON)


def test_a_hit_is_cleared_by_two_and_opened_again(do, staff_of, capsys):
    sanctions(BRANNIKOV)
    screened(person(kyc.company(), "Fjodor Branikov"))
    hit = Hit.objects.get()
    until = str(clock.now().date() + timedelta(days=30))
    assert "another person has to approve" in do("hits", "clear", hit.public_id, "--until", until, *REASON)
    approve(staff_of)
    hit.refresh_from_db()
    assert (hit.state, str(hit.expires_at.date())) == ("CLEARED", until)
    call_command("hits", "list", "--state", "cleared")
    call_command("hits", "show", hit.public_id)
    said = capsys.readouterr().out
    assert said.count("BRANNIKOV, Fyodor Pavlovich") == 2 and "Branikov" not in said
    assert "open" in do("hits", "reopen", hit.public_id, *REASON)
    do("hits", "confirm", hit.public_id, *REASON)
    approve(staff_of)
    hit.refresh_from_db()
    assert (hit.state, hit.subject.customer.status) == ("CONFIRMED", "FROZEN")
    with pytest.raises(CommandError, match=r"state.illegal_move"):
        do("hits", "clear", hit.public_id, *REASON)
    with pytest.raises(CommandError, match="decide_hit"):
        do("hits", "reopen", hit.public_id, *REASON, role=Role.AUDITOR)


@pytest.mark.parametrize("limit", ["-1", "0", "1" + "0" * 30])
@pytest.mark.parametrize("words", [("alerts", "list"), ("alerts", "assign-many", "--to", "compliance_manager@flowlet.test")])
def test_refuses_to_list_less_than_one_or_more_than_anybody_reads(do, words, limit):
    with pytest.raises(CommandError, match="--limit is 1 to 100,000"):
        do(*words, "--limit", limit, role=Role.COMPLIANCE_MANAGER)
