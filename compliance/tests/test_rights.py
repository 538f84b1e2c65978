"""Rights of persons: what they get, what they must not learn, what goes at once and what on its day, and by when they are answered."""

import json
import re
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command

from accounts.choices import Role
from accounts.errors import PersonalDataErased
from accounts.models import Customer
from accounts.selectors import customers as people
from accounts.services import customers, holdings, partners
from compliance import errors
from compliance.choices import ItemKind, RightKind, RightState
from compliance.models import Alert, Hit, RightsRequest, VerificationItem
from compliance.policies import rights as policies
from compliance.services import alerts, due_diligence, legal_holds, ratings, retention, rights, verifications
from compliance.services.alerts import Evidence
from compliance.tests.screening_world import BRANNIKOV, sanctions, screened
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOSED = datetime(2027, 5, 10, 15, tzinfo=UTC)
ASKED = datetime(2027, 6, 1, 9, tzinfo=UTC)
ROBOT = actors.system("tests")
PLANTED = "zebrafish"
# Whoever reads one of these learns that somebody looks.
TELLING = re.compile(
    r"\b(alert|case|hit|report|sar|screen|sanction|suspic|investigat|risk|rating|assess|monitor|launder|diligence|override|watch ?list"
    r"|freeze|frozen|reject|review|legal hold|officer)",
    re.IGNORECASE,
)


@pytest.fixture
def partner(db):
    return partners.create(name="Acme", country="DE", actor=ROBOT, at=AT).sandbox


@pytest.fixture
def ada(partner):
    """A customer with everything."""
    given = {"kind": "PERSON", "name": "Fyodor Brannikov", "country": "DE", "email": "ada@example.com", "phone": "+442079460958"}
    address = {"line1": "Main Street 1", "city": "Berlin", "country": "DE"}
    return customers.create(
        partner_id=partner.pk, **given, born_on=date(1980, 5, 1), address=address, metadata={"plan": "gold"}, actor=ROBOT, at=AT
    )


@pytest.fixture
def officer_(staff_of):
    user = staff_of(Role.COMPLIANCE_OFFICER)
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


@pytest.fixture
def manager(staff_of):
    user = staff_of(Role.COMPLIANCE_MANAGER)
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


def ask(customer, kind=RightKind.ACCESS, *, at=ASKED, **more):
    return rights.receive(customer_id=customer.pk, kind=kind, actor=ROBOT, at=at, **more)


def answered(customer, kind=RightKind.ACCESS, *, at=ASKED):
    row = rights.answer(rightsrequest_id=ask(customer, kind, at=at).pk, actor=ROBOT, at=at)
    return row, rights.document(rightsrequest_id=row.pk, actor=ROBOT, at=at)


def suspect(customer, officer_, manager, *, at=AT):
    """All that a person must not learn of: a hit, alerts, a rating by them, due diligence, a freeze, a hold, with planted words."""
    sanctions(BRANNIKOV)
    screened(customer)
    assert Hit.objects.filter(subject__customer=customer).exists()
    seen = [Evidence(key="a", headline=PLANTED, facts={"word": PLANTED}, happened_at=at)]
    alerts.raise_alert(
        partner_id=customer.partner_id,
        customer_id=customer.pk,
        kind="MONITORING",
        scenario="structuring",
        priority=80,
        headline=PLANTED,
        evidence=seen,
        at=at,
    )
    given = {"channel": "REMOTE", "profession": "ARMS", "is_exposed": True}
    ratings.declare(customer_id=customer.pk, **given, reason=PLANTED, actor=officer_, at=at)
    row = customer.due_diligence.get()
    due_diligence.answer(duediligence_id=row.pk, key="PURPOSE", answer="NOT_SATISFIED", words=PLANTED, actor=officer_, at=at)
    customers.freeze(customer_id=customer.pk, reason=PLANTED, actor=officer_, at=at)
    asked = legal_holds.request(customer_id=customer.pk, authority=PLANTED, reason=PLANTED, actor=officer_, at=at)
    requests.approve(approval_id=asked.pk, actor=manager, at=at)


# A copy


def test_a_person_gets_what_is_held_and_why(ada):
    row, found = answered(ada)
    assert found["data"]["Who you are"][0] | {"id": ""} == {
        "id": "",
        "kind": "Person",
        "country": "DE",
        "level_of_verification": "Unverified",
        "customer_since": AT.isoformat(),
        "customer_until": None,
        "name": "Fyodor Brannikov",
        "address": "Main Street 1, Berlin, Germany",
        "born_on": "1980-05-01",
        "incorporated_on": None,
        "registration_number": None,
    }
    assert found["data"]["How to reach you"] == [
        {"email": "ada@example.com", "phone": "+442079460958", "notes_of_the_company_that_serves_you": {"plan": "gold"}}
    ]
    assert {one["data"] for one in found["register"]} == set(found["data"])
    assert all(one["lawful_ground"].startswith(("Consent", "Contract", "Legal")) for one in found["register"])
    page = policies.readable(found).decode()
    assert "Fyodor Brannikov" in page and "Art. 77" in page and "<h2>Payments</h2>" in page
    assert (row.state, row.sealed is not None and b"Brannikov" in bytes(row.sealed)) == (RightState.ANSWERED, False)


def test_a_copy_holds_no_trace_of_what_the_person_must_not_learn(ada, officer_, manager):
    _, before = answered(ada)
    suspect(ada, officer_, manager)
    _, after = answered(ada, at=ASKED)
    for text in (json.dumps(after), policies.readable(after).decode()):
        assert PLANTED not in text
        assert TELLING.findall(text) == []
    before["data"].pop("What you told about yourself"), after["data"].pop("What you told about yourself")
    assert after == before


@pytest.mark.parametrize("is_served", [True, False])
def test_a_letter_says_the_same_to_whoever_is_suspected(ada, officer_, manager, partner, is_served):
    other = customers.create(
        partner_id=partner.pk, kind="PERSON", name="Grace Hopper", country="DE", email="g@example.com", actor=ROBOT, at=AT
    )
    suspect(ada, officer_, manager)
    customers.unfreeze(customer_id=ada.pk, reason="for the test", actor=officer_, at=AT)
    if not is_served:
        for one in (ada, other):
            customers.close(customer_id=one.pk, actor=ROBOT, at=CLOSED)
    (mine, letter), (theirs, plain) = (answered(one, RightKind.ERASURE) for one in (ada, other))
    assert letter == plain
    assert TELLING.findall(json.dumps(letter)) == []
    assert (mine.not_before, mine.erase_on) == (theirs.not_before, None)


def test_what_officers_alone_are_asked_is_no_part_of_the_copy(ada):
    row = verifications.open(customer_id=ada.pk, level="BASIC", actor=ROBOT, at=AT)
    VerificationItem.objects.create(verification=row, kind=ItemKind.DUPLICATE, updated_at=AT)
    _, found = answered(ada)
    (shown,) = found["data"]["Proof of who you are"]
    assert "Name" in shown["asked_for"] and "duplicate" not in json.dumps(found).lower()


def test_every_holding_that_is_given_out_is_named_without_a_telling_word():
    shown = [one for one in holdings.registered() if one.export is not None]
    assert {one.name for one in holdings.registered()} - {one.name for one in shown} == {
        "screening",
        "assessments",
        "cases",
        "activities",
    }
    for one in shown:
        assert TELLING.findall(f"{one.label} {one.items} {one.purpose}") == []


def test_nothing_of_a_request_leaves_as_an_event_and_each_look_is_in_the_audit(ada):
    before = Event.objects.count()
    answered(ada)
    assert Event.objects.count() == before
    assert list(Record.objects.filter(action__contains="rights_request").order_by("id").values_list("action", flat=True)) == [
        "compliance.rights_request.asked",
        "compliance.rights_request.answered",
        "compliance.rights_request.read",
    ]


# Erasure


def test_what_no_law_wants_kept_goes_at_once_and_the_rest_on_its_day(ada):
    customers.close(customer_id=ada.pk, actor=ROBOT, at=CLOSED)
    row, letter = answered(ada, RightKind.ERASURE)
    fresh = Customer.objects.get(pk=ada.pk)
    personal = people.personal_of([fresh])[ada.pk]
    assert (personal.name, personal.email, personal.phone, fresh.metadata) == ("Fyodor Brannikov", "", "", {})
    assert (fresh.email_index, fresh.phone_index) == ("", "")
    assert (row.cleared, row.erase_on, row.not_before) == (1, date(2032, 5, 10), date(2032, 5, 10))
    assert letter["text"][0] == "Erased at once: how to reach you."
    assert "at the earliest on 2032-05-10" in letter["text"][1]
    assert (
        "Art. 17(3)(b)" in letter["text"][1] and "Art. 77" in letter["your_rights"][1] and "Art. 79" in letter["your_rights"][1]
    )
    assert retention.purge(actor=ROBOT, at=datetime(2032, 5, 10, tzinfo=UTC)).deleted == 1
    with pytest.raises(errors.RightNotAnswered, match="erased since"):
        rights.document(rightsrequest_id=row.pk, actor=ROBOT, at=datetime(2032, 5, 11, tzinfo=UTC))
    with pytest.raises(PersonalDataErased):
        ask(ada, at=datetime(2032, 5, 11, tzinfo=UTC))


def test_of_whoever_is_served_nothing_is_erased(ada):
    row, letter = answered(ada, RightKind.ERASURE)
    assert (row.cleared, row.erase_on, row.not_before) == (0, None, None)
    assert letter["text"] == [policies.SERVED]
    assert people.personal_of([ada])[ada.pk].email == "ada@example.com"


# Time


@pytest.mark.parametrize(
    ("came", "months", "due"),
    [
        (date(2027, 6, 1), 1, date(2027, 7, 1)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 12, 15), 1, date(2028, 1, 15)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
    ],
)
def test_an_answer_is_due_a_month_after_the_request_came(came, months, due):
    assert policies.due_on(came, months=months) == due


def test_the_time_is_extended_once_and_within_the_month(ada):
    row = ask(ada)
    assert row.due_on == date(2027, 7, 1)
    with pytest.raises(Invalid, match="month is over"):
        rights.extend(rightsrequest_id=row.pk, reason="very many records", actor=ROBOT, at=datetime(2027, 7, 2, tzinfo=UTC))
    row = rights.extend(rightsrequest_id=row.pk, reason="very many records", actor=ROBOT, at=datetime(2027, 7, 1, 23, tzinfo=UTC))
    assert row.due_on == date(2027, 9, 1)
    with pytest.raises(errors.RightExtended):
        rights.extend(rightsrequest_id=row.pk, reason="still very many", actor=ROBOT, at=ASKED)


def test_the_same_is_asked_for_once_at_a_time_and_answered_once(ada, partner):
    row = ask(ada)
    with pytest.raises(errors.RightPending):
        ask(ada)
    with pytest.raises(Invalid):
        ask(ada, "CURIOSITY")
    with pytest.raises(Invalid, match="future"):
        ask(ada, RightKind.ERASURE, received_on=date(2027, 6, 2))
    rights.answer(rightsrequest_id=row.pk, actor=ROBOT, at=ASKED)
    for again in (rights.answer, lambda **given: rights.withdraw(reason="by mistake", **given)):
        with pytest.raises(IllegalMove):
            again(rightsrequest_id=row.pk, actor=ROBOT, at=ASKED)
    with pytest.raises(errors.RightNotFound):
        rights.get(row.pk, partner_id=ada.pk)
    assert rights.get(row.pk, partner_id=partner.pk) == row
    assert ask(ada).state == RightState.OPEN


def test_the_command_does_what_the_page_does(ada, officer, tmp_path, capsys):
    acting = ["--as", officer.email]
    call_command("rights_requests", "receive", ada.public_id, "--kind", "ACCESS", *acting)
    row = RightsRequest.objects.get()
    call_command("rights_requests", "answer", row.public_id, *acting)
    for name in ("copy.json", "copy.html"):
        call_command("rights_requests", "download", row.public_id, "--to", str(tmp_path / name), *acting)
        assert "Brannikov" in (tmp_path / name).read_text()
    call_command("rights_requests", "list", "--all")
    assert f"{row.public_id}  {ada.public_id}  ACCESS  ANSWERED" in capsys.readouterr().out
    assert not Alert.objects.exists()
