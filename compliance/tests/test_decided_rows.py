"""Decisions about hits, reports, verifications and risk stand as the audit tells of them; what was written past the services is found."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.choices import Role
from compliance.choices import Disposition, ReasonCode
from compliance.models import Alert, Hit, Report, RiskOverride, Verification
from compliance.services import (
    decided_rows,
    ratings,
    report_batches,
    reports,
    risk_overrides,
    screening_hits,
    verification_decisions,
)
from compliance.tests import kyc
from compliance.tests.screening_world import AT as SEEN
from compliance.tests.screening_world import BRANNIKOV, sanctions, screened
from compliance.tests.screening_world import person as screened_person
from compliance.tests.test_reports import AT, CHECKER, MAKER, SAR, answer, approved, drafted, filed
from compliance.tests.test_screening_decisions import LATER, closed, staff
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import ids
from payments.tests.world import fresh_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    return staff(Role.COMPLIANCE_OFFICER, "officer"), staff(Role.COMPLIANCE_MANAGER, "manager")


@pytest.fixture
def hit(people):
    sanctions(BRANNIKOV)
    screened(screened_person(fresh_world().partner, "Fyodor Brannikov"))
    return Hit.objects.get()


def found():
    return list(decided_rows.differences())


def test_what_people_decided_stands_as_it_is_told(hit, people):
    closed(Alert.objects.get(), Disposition.HIT_CLEARED, ReasonCode.NAME_ONLY, *people)
    assert Hit.objects.get().state == "CLEARED"
    assert found() == []
    screening_hits.reopen(hit_id=hit.pk, reason="They moved", actor=people[0], at=LATER)
    assert found() == []


def test_a_hit_that_was_cleared_by_sql_is_found(hit):
    by_two = {"decided_by": "staff:usr_a", "approved_by": "staff:usr_b", "reason": "nobody", "decided_on": hit.material}
    Hit.objects.update(state="CLEARED", decided_at=SEEN, expires_at=LATER, **by_two)
    assert found() == [f"{hit.public_id} is cleared, and nobody decided so."]


def test_a_hit_that_was_decided_anew_by_sql_is_found(hit, people):
    closed(Alert.objects.get(), Disposition.HIT_CONFIRMED, ReasonCode.SAME_PERSON, *people)
    assert found() == []
    undone = {"decided_by": "", "approved_by": "", "reason": "", "decided_on": "", "decided_at": None}
    Hit.objects.update(state="OPEN", **undone)
    assert found() == [f"{hit.public_id} was decided, and is not any more."]
    again = {"decided_by": "staff:usr_a", "approved_by": str(people[1]), "reason": "nobody", "decided_on": hit.material}
    Hit.objects.update(state="CONFIRMED", decided_at=LATER, **again)
    assert found() == [f"{hit.public_id} does not say what was decided."]


def test_the_database_lets_no_hit_leave_the_sanctions_lists_to_be_cleared_by_one(hit):
    by_one = {"decided_by": "staff:usr_a", "reason": "nobody", "decided_on": hit.material, "decided_at": SEEN}
    with pytest.raises(IntegrityError, match="decided as what it was"), transaction.atomic():
        Hit.objects.update(state="CLEARED", list_kind="PEP", **by_one)


def test_the_database_lets_hits_begin_open_alone(hit):
    hit.pk, hit.entry, hit.state, hit.list_kind = ids.uuid7(), "ofac-1", "CLEARED", "PEP"
    hit.decided_by, hit.reason, hit.decided_on, hit.decided_at = "staff:usr_a", "nobody", hit.material, SEEN
    with pytest.raises(IntegrityError, match="begins open"), transaction.atomic():
        hit.save(force_insert=True)


def test_reports_stand_as_they_are_told_until_fincens_answer_and_back():
    batch = filed(SAR)
    drafted(), approved()
    assert found() == []
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", "FATAL")), actor=CHECKER, at=AT)
    assert found() == []
    reports.send_back(report_id=batch.reports.get().pk, reason="FinCEN rejected it", actor=CHECKER, at=AT)
    assert found() == []


@pytest.mark.parametrize(
    "written",
    [
        [{"due_on": SEEN.date() + timedelta(days=900)}],
        [{"state": "WITHDRAWN"}],
        [
            {"state": "PROPOSED", "proposed_by": str(MAKER), "proposed_at": AT},
            {"state": "APPROVED", "approved_by": str(CHECKER), "approved_at": AT},
        ],
    ],
    ids=["given more time", "withdrawn", "approved"],
)
def test_a_report_that_was_moved_by_sql_is_found_and_not_named(written):
    row = drafted()
    for step in written:
        Report.objects.update(**step)
    told = Record.objects.get(target=row.public_id)
    assert found() == [f"What record {told.pk} tells of does not stand so."]


def test_a_report_that_somebody_else_approved_than_is_told_is_found():
    row = drafted()
    reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    Report.objects.update(state="APPROVED", approved_by="staff:usr_nobody", approved_at=AT)
    [text] = found()
    assert "does not stand so" in text and row.public_id not in text


def test_a_verification_that_was_approved_by_sql_is_found(people):
    row = kyc.opened(kyc.person(kyc.company()))
    ends = {"decided_by": str(people[0]), "decided_at": AT, "expires_at": AT + timedelta(days=900)}
    Verification.objects.update(status="APPROVED", **ends)
    assert found() == [f"{row.public_id} is approved, and nobody decided so."]


def test_a_verification_stands_as_it_was_decided(people):
    row = kyc.submitted(kyc.person(kyc.company()))
    given = {"verification_id": row.pk, "reason_code": "INFORMATION_INCONSISTENT", "reason": "The seal is drawn"}
    verification_decisions.refuse(**given, actor=people[0], at=AT)
    assert found() == []
    Verification.objects.update(decided_by=str(people[1]))
    assert found() == [f"{row.public_id} does not say what was decided."]


def test_an_override_that_nobody_approved_is_found(people):
    customer = kyc.person(kyc.company(), country="IR")
    ratings.rate(customer_ids=[customer.pk], cause="CREATED", actor=kyc.SYSTEM, at=AT)
    given = {"customer_id": customer.pk, "band": "LOW", "until": AT + timedelta(days=30), "reason": "well known to us"}
    asked = risk_overrides.request(**given, actor=people[0], at=AT)
    requests.approve(approval_id=asked.pk, actor=people[1], at=AT)
    assert found() == []
    made = RiskOverride.objects.get()
    copy = {
        "customer_id": customer.pk,
        "band": "LOW",
        "model_band": "HIGH",
        "reason": "x",
        "begins_at": AT,
        "expires_at": AT + timedelta(days=300),
    }
    forged = RiskOverride.objects.create(**copy, asked_by="staff:usr_a", approved_by=made.approved_by, approval_id=customer.pk)
    assert found() == [f"{forged.public_id} was not decided so."]
