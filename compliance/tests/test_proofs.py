"""What is decided beside alerts and cases stands as the audit tells of it; what was done past the services is found, kind by kind."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.choices import Role
from accounts.services import customers
from compliance.models import (
    DueDiligence,
    Duty,
    LegalHold,
    RequirementSet,
    RightsRequest,
    RiskModelVersion,
    RiskOverride,
    Verification,
)
from compliance.policies.risk_model import SHIPPED
from compliance.services import (
    decided_rows,
    diligence_proofs,
    due_diligence,
    duties,
    duty_proofs,
    hold_proofs,
    item_proofs,
    legal_holds,
    ratings,
    requirement_proofs,
    requirement_sets,
    retention,
    right_proofs,
    rights,
    risk_model_proofs,
    risk_models,
    risk_overrides,
    verification_decisions,
)
from compliance.tests import kyc
from compliance.tests.kyc import AT, SYSTEM
from compliance.tests.test_screening_decisions import staff
from compliance.tests.test_verifications import WANTED
from flowlet.approvals.services import requests
from flowlet.audit import witnesses
from flowlet.audit.tests.tampering import tampered
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db(transaction=True)
CLOSED, OVER = datetime(2027, 5, 10, 15, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)


@pytest.fixture
def officer(db):
    return staff(Role.COMPLIANCE_OFFICER, "officer")


@pytest.fixture
def manager(db):
    return staff(Role.COMPLIANCE_MANAGER, "manager")


@pytest.fixture
def customer(db):
    """One whose country asks for due diligence."""
    row = kyc.person(kyc.company(), country="IR")
    ratings.rate(customer_ids=[row.pk], cause="CREATED", actor=SYSTEM, at=AT)
    return row


@pytest.fixture
def expect(superuser_connection):
    """Each statement is found by what it says, and nothing is when it is put back."""

    def check(proofs, table, cases):
        for statement, *expected in cases:
            with tampered(superuser_connection, table, statement):
                assert (statement, list(proofs.differences())) == (statement, expected)
        assert list(proofs.differences()) == []

    return check


def approved(asked, actor, at=AT):
    return requests.approve(approval_id=asked.pk, actor=actor, at=at)


def found(proofs):
    return list(proofs.differences())


def test_the_model_in_force_is_the_one_that_two_people_put_there(officer, manager, expect):
    content = deepcopy(dict(SHIPPED.content))
    content["bands"] = {**content["bands"], "MEDIUM": 20}
    approved(risk_models.request_change(content=content, reason="after the audit", actor=officer, at=AT), manager)
    row, table = RiskModelVersion.objects.get(), "compliance_riskmodelversion"
    assert found(risk_model_proofs) == []
    altered = f"{row.public_id} does not say what was put in force."
    other = "rmv_01k9zzzzzzzzzzzzzzzzzzzzzz"
    gone = f"{row.public_id} was put in force, and is not there any more."
    lower = "content = jsonb_set(content, '{bands,HIGH}', '140')"
    expect(
        risk_model_proofs,
        table,
        [
            (f"UPDATE {table} SET {lower}", altered),
            (f"UPDATE {table} SET content = '{{\"bands\": 1e30}}'", altered),
            (f"UPDATE {table} SET digest = repeat('0', 64)", altered),
            (f"UPDATE {table} SET number = 2", altered),
            (f"UPDATE {table} SET reason = 'because'", altered),
            (f"UPDATE {table} SET asked_by = 'staff:usr_other'", altered),
            (f"UPDATE {table} SET approved_by = 'staff:usr_other'", altered),
            (f"UPDATE {table} SET created_at = now()", altered),
            (f"UPDATE {table} SET approval_id = id", altered),
            (f"DELETE FROM {table}", gone),
            (
                f"UPDATE {table} SET id = '{RiskModelVersion.key(other)}'",
                f"{other} is there, and nobody put it in force.",
                gone,
            ),
        ],
    )


def test_what_levels_ask_for_is_what_two_people_wrote_or_what_was_shipped(officer, manager, expect):
    assert found(requirement_proofs) == []
    approved(requirement_sets.request_change(**WANTED, reason="State law", actor=officer, at=AT), manager)
    row = RequirementSet.objects.get(country="US")
    shipped = RequirementSet.objects.get(country="", kind="PERSON", level="ENHANCED")
    assert found(requirement_proofs) == []
    table, altered = "compliance_requirementset", f"{row.public_id} does not say what was approved."
    unknown, lacking = (
        f"{shipped.public_id} is there, and nobody approved it.",
        "What was shipped for PERSON ENHANCED is not there any more.",
    )
    of_two, as_shipped = f"WHERE id = '{row.pk}'", f"WHERE id = '{shipped.pk}'"
    expect(
        requirement_proofs,
        table,
        [
            *(
                (f"UPDATE {table} SET {change} {of_two}", altered)
                for change in (
                    "items = items - 4",
                    "valid_months = 60",
                    "needs_two = false",
                    "country = 'CA'",
                    "level = 'PREMIUM'",
                    "number = 3",
                    "note = 'because'",
                    "created_by = 'staff:usr_other'",
                    "created_at = now()",
                )
            ),
            (f"DELETE FROM {table} {of_two}", f"{row.public_id} was approved, and is not there any more."),
            (f"UPDATE {table} SET items = items - 4 {as_shipped}", unknown, lacking),
            (f"UPDATE {table} SET number = 2 {as_shipped}", unknown, lacking),
            (f"UPDATE {table} SET needs_two = true {as_shipped}", unknown, lacking),
            (f"DELETE FROM {table} {as_shipped}", lacking),
        ],
    )


def answered(row, actor, at=AT):
    for item in row.items.order_by("pk"):
        source = "SALARY" if item.key.startswith("SOURCE") else ""
        given = {"key": item.key, "answer": "SATISFIED", "source": source, "words": "pay slips of 2025"}
        due_diligence.answer(duediligence_id=row.pk, **given, actor=actor, at=at)


def test_due_diligence_says_what_was_answered_and_decided(customer, officer, manager, expect):
    row = DueDiligence.objects.get()
    items, table = "compliance_duediligenceitem", "compliance_duediligence"
    assert found(diligence_proofs) == []
    by_hand = "answer = 'SATISFIED', answered_by = 'staff:usr_a', answered_at = now(), sealed = 'x'"
    not_answered = f"{row.public_id} does not say what was answered."
    expect(diligence_proofs, items, [(f"UPDATE {items} SET {by_hand} WHERE key = 'PURPOSE'", not_answered)])
    not_so = f"{row.public_id} does not stand as it is told."
    expect(diligence_proofs, table, [(f"UPDATE {table} SET state = 'READY', prepared_by = 'staff:usr_a'", not_so)])
    answered(row, officer)
    assert found(diligence_proofs) == []
    decided = "decided_by = 'staff:usr_a', decided_at = now(), decision = 'fine'"
    accepted = f"{row.public_id} is accepted, and nobody decided so."
    expect(diligence_proofs, table, [(f"UPDATE {table} SET state = 'ACCEPTED', {decided}", accepted)])

    due_diligence.decide(duediligence_id=row.pk, accept=False, reason="not with us", actor=manager, at=AT)

    assert found(diligence_proofs) == []
    altered, gone = f"{row.public_id} does not say what was decided.", f"{row.public_id} was opened, and is not there any more."
    other = "edd_01k9zzzzzzzzzzzzzzzzzzzzzz"
    expect(
        diligence_proofs,
        table,
        [
            (f"UPDATE {table} SET state = 'ACCEPTED'", altered),
            (f"UPDATE {table} SET decided_by = 'staff:usr_other'", altered),
            (f"UPDATE {table} SET decided_at = now()", altered),
            (f"UPDATE {table} SET decision = 'fine'", altered),
            (f"UPDATE {table} SET prepared_by = 'staff:usr_other'", not_so),
            (
                f"UPDATE {table} SET state = 'READY', decided_by = '', decided_at = NULL, decision = ''",
                f"{row.public_id} was decided, and is not any more.",
            ),
            (f"DELETE FROM {table}", gone),
            (f"UPDATE {table} SET id = '{DueDiligence.key(other)}'", f"{other} is there, and nobody opened it.", gone),
        ],
    )
    of_one = "WHERE key = 'SOURCE_OF_FUNDS'"
    expect(
        diligence_proofs,
        items,
        [
            (f"UPDATE {items} SET answer = 'NOT_SATISFIED' {of_one}", not_answered),
            (f"UPDATE {items} SET source = 'BUSINESS' {of_one}", not_answered),
            (f"UPDATE {items} SET sealed = 'x' {of_one}", not_answered),
            (f"UPDATE {items} SET answered_by = 'staff:usr_other' {of_one}", not_answered),
            (f"UPDATE {items} SET answered_at = now() {of_one}", not_answered),
            (f"UPDATE {items} SET answer = 'OPEN', answered_at = NULL {of_one}", not_answered),
            (f"DELETE FROM {items} {of_one}", not_answered),
        ],
    )


def test_an_answer_of_which_an_earlier_version_told_less_is_no_difference(customer, officer, superuser_connection):
    answered(DueDiligence.objects.get(), officer)
    less = "UPDATE flowlet_audit_record SET after = after - 'digest' WHERE action = 'compliance.due_diligence.answered'"
    with tampered(superuser_connection, "flowlet_audit_record", less):
        assert found(diligence_proofs) == []


def test_holds_stand_and_end_as_two_people_decided(customer, officer, manager, expect):
    given = {"customer_id": customer.pk, "authority": "Court of Berlin, 4 C 12/27", "until": date(2033, 1, 1)}
    for reason in ("pending suit", "another suit"):
        approved(legal_holds.request(**given, reason=reason, actor=officer, at=AT), manager)
    stands, ends = LegalHold.objects.order_by("pk")
    approved(legal_holds.request_release(legalhold_id=ends.pk, reason="it ended", actor=officer, at=AT), manager)
    assert found(hold_proofs) == []
    table, of_one, of_other = "compliance_legalhold", f"WHERE id = '{stands.pk}'", f"WHERE id = '{ends.pk}'"
    altered, released = f"{stands.public_id} does not say what was placed.", f"{ends.public_id} does not say how it was released."
    by_hand = (
        "released_at = now(), release_asked_by = 'staff:usr_a', release_approved_by = 'staff:usr_b', release_reason = 'over'"
    )
    gone, other = f"{stands.public_id} was placed, and is not there any more.", "lgh_01k9zzzzzzzzzzzzzzzzzzzzzz"
    expect(
        hold_proofs,
        table,
        [
            *(
                (f"UPDATE {table} SET {change} {of_one}", altered)
                for change in (
                    "until = '2027-01-01'",
                    "until = NULL",
                    "authority = 'me'",
                    "reason = 'because'",
                    "begins_at = now()",
                    "asked_by = 'staff:usr_other'",
                    "approved_by = 'staff:usr_other'",
                    "customer_id = id",
                    "approval_id = id",
                )
            ),
            (f"UPDATE {table} SET {by_hand} {of_one}", f"{stands.public_id} is released, and nobody released it."),
            *(
                (f"UPDATE {table} SET {change} {of_other}", released)
                for change in (
                    "released_at = now()",
                    "release_reason = 'because'",
                    "release_asked_by = 'staff:usr_other'",
                    "release_approved_by = 'staff:usr_other'",
                )
            ),
            (
                f"UPDATE {table} SET released_at = NULL, release_asked_by = '', release_approved_by = '', release_reason = '' {of_other}",
                f"{ends.public_id} was released, and is not any more.",
            ),
            (f"DELETE FROM {table} {of_one}", gone),
            (f"UPDATE {table} SET id = '{LegalHold.key(other)}' {of_one}", f"{other} is there, and nobody placed it.", gone),
        ],
    )


def test_requests_of_persons_stand_as_they_were_received_and_answered(customer, expect):
    asked = {"customer_id": customer.pk, "actor": SYSTEM, "at": AT}
    access, erasure = (rights.receive(kind=kind, **asked) for kind in ("ACCESS", "ERASURE"))
    assert found(right_proofs) == []
    rights.answer(rightsrequest_id=access.pk, actor=SYSTEM, at=AT)
    rights.extend(rightsrequest_id=erasure.pk, reason="much to read", actor=SYSTEM, at=AT)
    rights.document(rightsrequest_id=access.pk, actor=SYSTEM, at=AT)
    assert found(right_proofs) == []
    table, of_one, of_other = "compliance_rightsrequest", f"WHERE id = '{access.pk}'", f"WHERE id = '{erasure.pk}'"
    not_so, late = f"{access.public_id} does not stand as it is told.", f"{erasure.public_id} does not stand as it is told."
    paper = f"{access.public_id} does not hold the document that was given."
    gone, other = f"{access.public_id} was asked for, and is not there any more.", "rrq_01k9zzzzzzzzzzzzzzzzzzzzzz"
    unmade = "answered_by = '', answered_at = NULL, sealed = NULL, digest = ''"
    made = f"answered_by = 'staff:usr_a', answered_at = now(), sealed = 'x', digest = '{'0' * 64}'"
    expect(
        right_proofs,
        table,
        [
            (f"UPDATE {table} SET answered_by = 'staff:usr_other' {of_one}", not_so),
            (f"UPDATE {table} SET answered_at = now() {of_one}", not_so),
            (f"UPDATE {table} SET digest = repeat('0', 64) {of_one}", not_so, paper),
            (f"UPDATE {table} SET sealed = 'x' {of_one}", paper),
            (
                f"UPDATE {table} SET state = 'WITHDRAWN', {unmade} {of_one}",
                f"{access.public_id} was answered, and is not any more.",
            ),
            *(
                (f"UPDATE {table} SET {change} {of_other}", late)
                for change in (
                    "due_on = due_on + 90",
                    "received_on = received_on + 9",
                    "extension = 'because'",
                    "kind = 'ACCESS'",
                    "asked_by = 'staff:usr_other'",
                    "created_at = now()",
                    "state = 'WITHDRAWN'",
                )
            ),
            (
                f"UPDATE {table} SET state = 'ANSWERED', {made} {of_other}",
                f"{erasure.public_id} is answered, and nobody answered it.",
                f"{erasure.public_id} does not hold the document that was given.",
            ),
            (f"DELETE FROM {table} {of_one}", gone),
            (
                f"UPDATE {table} SET id = '{RightsRequest.key(other)}' {of_other}",
                f"{other} is there, and nobody asked for it.",
                gone.replace(access.public_id, erasure.public_id),
            ),
        ],
    )


def test_a_key_that_does_not_open_is_found_by_the_document_under_it_and_stops_nothing(customer, expect):
    other = kyc.person(kyc.company("Other"))
    rows = [rights.receive(customer_id=one.pk, kind="ACCESS", actor=SYSTEM, at=AT) for one in (customer, other)]
    for row in rows:
        rights.answer(rightsrequest_id=row.pk, actor=SYSTEM, at=AT)
    keys = "flowlet_vault_subjectkey"
    expect(
        right_proofs,
        keys,
        [
            (
                f"UPDATE {keys} SET wrapped_key = 'x' WHERE subject_id = '{customer.pk}'",
                f"{rows[0].public_id} does not hold the document that was given.",
            )
        ],
    )


def test_duties_say_what_was_written_down_and_when_they_were_met(expect):
    duties.bring_in(actor=SYSTEM, at=AT)
    row = Duty.objects.get(code="retention")
    duties.save(duty_id=row.pk, title="Delete in time", due_on=date(2026, 12, 31), reason="clearer", actor=SYSTEM, at=AT)
    for days in (60, 90):
        duties.fulfil(duty_id=row.pk, reason="seen to it", actor=SYSTEM, at=AT + timedelta(days=days))
    assert found(duty_proofs) == []
    table, turns, of_one = "compliance_duty", "compliance_dutyfulfilment", f"WHERE id = '{row.pk}'"
    altered, unmet = f"{row.public_id} does not say what was written down.", f"{row.public_id} was not met as it says."
    gone, other = f"{row.public_id} was written down, and is not there any more.", "dty_01k9zzzzzzzzzzzzzzzzzzzzzz"
    expect(
        duty_proofs,
        table,
        [
            *(
                (f"UPDATE {table} SET {change} {of_one}", altered)
                for change in (
                    "title = 'x'",
                    "control = 'x'",
                    "owner = 'ADMIN'",
                    "due_on = due_on + 30",
                    "due_day = 1",
                    "is_retired = true",
                    "code = 'x'",
                    "updated_at = now()",
                )
            ),
            (f"UPDATE {table} SET fulfilled_on = fulfilled_on + 1 {of_one}", unmet),
            (f"UPDATE {table} SET fulfilled_by = 'staff:usr_other' {of_one}", unmet),
            (f"DELETE FROM {table} {of_one}", gone),
            (f"UPDATE {table} SET id = '{Duty.key(other)}' {of_one}", f"{other} is there, and nobody wrote it down.", gone),
        ],
    )
    first = f"WHERE id = (SELECT min(id) FROM {turns})"
    expect(
        duty_proofs,
        turns,
        [
            (f"UPDATE {turns} SET note = 'x' {first}", unmet),
            (f"UPDATE {turns} SET done_by = 'staff:usr_other' {first}", unmet),
            (f"UPDATE {turns} SET done_at = now() {first}", unmet),
            (f"UPDATE {turns} SET due_on = NULL {first}", unmet),
            (f"UPDATE {turns} SET figures = '[]' {first}", unmet),
            (f"DELETE FROM {turns} {first}", unmet),
            (
                f"INSERT INTO {turns} (duty_id, due_on, note, figures, done_by, done_at)"
                f" SELECT duty_id, due_on, note, figures, done_by, now() FROM {turns} {first}",
                unmet,
            ),
        ],
    )


def test_items_count_as_accepted_by_whoever_accepted_them(officer, manager, expect):
    row = kyc.submitted(kyc.person(kyc.company()))
    name, birth = row.items.get(kind="NAME"), row.items.get(kind="BIRTH_DATE")
    given = {"verification_id": row.pk, "actor": officer, "at": AT}
    verification_decisions.accept_item(item_id=name.pk, reason="seen the passport", **given)
    assert found(item_proofs) == []
    table = "compliance_verificationitem"
    unaccepted = f"{birth.public_id} is accepted, and nobody accepted it."
    by_hand = f"UPDATE {table} SET status = 'ACCEPTED', accepted_by = '{officer}' WHERE kind = 'BIRTH_DATE'"
    expect(
        item_proofs,
        table,
        [
            (by_hand, unaccepted),
            (
                f"UPDATE {table} SET accepted_by = 'staff:usr_other' WHERE kind = 'NAME'",
                f"{name.public_id} is accepted, and nobody accepted it.",
            ),
        ],
    )
    verification_decisions.approve(**given)
    assert (set(row.items.values_list("status", flat=True)), found(item_proofs)) == ({"ACCEPTED"}, [])
    other = f"UPDATE {table} SET accepted_by = '{manager}' WHERE kind = 'BIRTH_DATE'"
    expect(item_proofs, table, [(other, unaccepted)])


def test_a_decision_that_holds_longer_or_is_not_there_any_more_is_found(customer, officer, manager, expect):
    row = kyc.submitted(kyc.person(kyc.company("Other")))
    verification_decisions.approve(verification_id=row.pk, actor=officer, at=AT)
    given = {"customer_id": customer.pk, "band": "LOW", "until": AT + timedelta(days=30), "reason": "well known to us"}
    asked = approved(risk_overrides.request(**given, actor=officer, at=AT), manager)
    override, table, overrides = RiskOverride.objects.get(), "compliance_verification", "compliance_riskoverride"
    assert found(decided_rows) == []
    longer = f"UPDATE {table} SET expires_at = expires_at + interval '1 year'"
    expect(
        decided_rows,
        table,
        [
            (longer, f"{row.public_id} does not say what was decided."),
            (f"DELETE FROM {table}", f"{row.public_id} was decided, and is not there any more."),
        ],
    )
    altered = f"{override.public_id} was not decided so."
    expect(
        decided_rows,
        overrides,
        [
            (f"UPDATE {overrides} SET expires_at = expires_at + interval '1 year'", altered),
            (f"UPDATE {overrides} SET reason = 'because'", altered),
            (f"UPDATE {overrides} SET asked_by = 'staff:usr_other'", altered),
            (f"DELETE FROM {overrides}", f"What {asked.public_id} decided is not there any more."),
        ],
    )


def test_nothing_differs_when_a_customer_of_whom_all_this_is_kept_is_deleted(customer, officer, manager):
    answered(DueDiligence.objects.get(), officer)
    diligence = DueDiligence.objects.get()
    due_diligence.decide(duediligence_id=diligence.pk, accept=True, reason="fine with us", actor=manager, at=AT)
    verification = kyc.submitted(customer)
    for actor in (officer, manager):
        verification_decisions.approve(verification_id=verification.pk, actor=actor, at=AT)
    hold = {"customer_id": customer.pk, "authority": "Court of Berlin", "reason": "pending suit", "actor": officer, "at": AT}
    approved(legal_holds.request(**hold, until=date(2030, 1, 1)), manager)
    customers.close(customer_id=customer.pk, actor=SYSTEM, at=CLOSED)
    asked = rights.receive(customer_id=customer.pk, kind="ERASURE", actor=SYSTEM, at=CLOSED)
    rights.answer(rightsrequest_id=asked.pk, actor=SYSTEM, at=CLOSED)
    assert Verification.objects.get().status == "APPROVED"
    assert list(witnesses.differences()) == []
    assert retention.purge(actor=SYSTEM, at=OVER).deleted == 1
    assert subjects.is_erased(customer.pk)
    assert list(witnesses.differences()) == []


@pytest.mark.parametrize("number", [1, 4])
def test_many_rows_take_the_same_queries(number, officer, manager, django_assert_num_queries):
    partner = kyc.company()
    for one in range(number):
        row = kyc.person(partner, country="IR", name=f"Ada Lovelace {one}", email=f"ada{one}@lovelace.co.uk")
        ratings.rate(customer_ids=[row.pk], cause="CREATED", actor=SYSTEM, at=AT)
        hold = {"customer_id": row.pk, "authority": "Court of Berlin", "reason": "pending suit", "actor": officer, "at": AT}
        approved(legal_holds.request(**hold), manager)
        asked = rights.receive(customer_id=row.pk, kind="ACCESS", actor=SYSTEM, at=AT)
        rights.answer(rightsrequest_id=asked.pk, actor=SYSTEM, at=AT)
    for proofs, queries in ((diligence_proofs, 6), (hold_proofs, 5), (right_proofs, 5)):
        with django_assert_num_queries(queries):
            assert found(proofs) == []
