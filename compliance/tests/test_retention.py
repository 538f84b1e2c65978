"""What is kept and until when: each clock to the day, the last one counts, a hold stops all, and what is over is deleted and certified."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.choices import Role
from accounts.models import Customer
from accounts.selectors import customers as people
from accounts.services import customers, holdings, partners
from accounts.services.holdings import Holding
from compliance import errors
from compliance.choices import ClockStart, Regime
from compliance.models import DeletionCertificate, LegalHold
from compliance.policies import retention as policies
from compliance.services import alerts, cases, legal_holds, retention, work_notes
from compliance.tests.screening_world import BRANNIKOV, sanctions, screened
from flowlet.approvals.errors import MayNot
from flowlet.approvals.services import requests
from flowlet.audit import witnesses
from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import FourEyesRequired, Invalid
from flowlet.vault.services import subjects

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOSED = datetime(2027, 5, 10, 15, tzinfo=UTC)
OVER = datetime(2032, 5, 10, tzinfo=UTC)
DAY = timedelta(days=1)
ROBOT = actors.system("tests")


@pytest.fixture
def partner(db):
    return partners.create(name="Acme", country="DE", actor=ROBOT, at=AT).sandbox


@pytest.fixture
def customer(partner):
    """Makes a customer who was closed."""

    def make(name="Ada Lovelace", closed_at=CLOSED, **more):
        given = {"kind": "PERSON", "country": "DE", "email": "ada@example.com", "metadata": {"note": "gold"}, **more}
        row = customers.create(partner_id=partner.pk, name=name, **given, actor=ROBOT, at=AT)
        if closed_at:
            customers.close(customer_id=row.pk, actor=ROBOT, at=closed_at)
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def acting(staff_of):
    """The actor of a role."""

    def make(role):
        user = staff_of(role)
        return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)

    return make


@pytest.fixture
def officer_(acting):
    return acting(Role.COMPLIANCE_OFFICER)


@pytest.fixture
def manager(acting):
    return acting(Role.COMPLIANCE_MANAGER)


def purge(at, **more):
    return retention.purge(actor=ROBOT, at=at, **more)


def hold(customer, officer_, manager, *, at=AT, until=None):
    asked = legal_holds.request(
        customer_id=customer.pk, authority="Court of Berlin, 4 C 12/27", until=until, reason="pending suit", actor=officer_, at=at
    )
    requests.approve(approval_id=asked.pk, actor=manager, at=at)
    return LegalHold.objects.latest("pk")


# Clocks


@pytest.mark.parametrize(
    ("retention_class", "made", "ended", "expected"),
    [
        ("IDENTITY", date(2026, 1, 1), date(2027, 5, 10), {("BSA", date(2032, 5, 10)), ("AMLR", date(2032, 5, 10))}),
        ("IDENTITY", date(2026, 1, 1), None, {("BSA", None), ("AMLR", None)}),
        ("TRANSACTION", date(2028, 2, 29), date(2027, 5, 10), {("BSA", date(2033, 2, 28)), ("AMLR", date(2032, 5, 10))}),
        ("SANCTIONS", date(2026, 1, 1), date(2027, 5, 10), {("OFAC", date(2036, 1, 1)), ("AMLR", date(2032, 5, 10))}),
        ("ASSESSMENT", date(2026, 1, 1), date(2027, 5, 10), {("BSA", date(2031, 1, 1)), ("AMLR", date(2032, 5, 10))}),
        ("CONTACT", date(2026, 1, 1), None, set()),
    ],
)
def test_each_sort_of_record_has_its_clocks(retention_class, made, ended, expected):
    found = policies.lines(holding="x", label="x", retention=retention_class, count=1, newest_on=made, ended_on=ended)
    assert {(line.clock.regime, line.ends_on) for line in found} == expected


def test_every_clock_names_its_source_and_only_the_european_one_obliges_to_delete():
    clocks = {clock for clocks in policies.CLOCKS.values() for clock in clocks}
    assert all(any(digit.isdigit() for digit in clock.source) for clock in clocks)
    assert {clock.regime for clock in clocks if clock.must_delete} == {Regime.AMLR}
    assert {(clock.regime, clock.years) for clock in clocks} == {(Regime.BSA, 5), (Regime.OFAC, 10), (Regime.AMLR, 5)}
    assert {clock.start for clock in clocks if clock.regime == Regime.OFAC} == {ClockStart.RECORD_MADE}


# Deletion


@pytest.mark.parametrize(("at", "deleted"), [(OVER - timedelta(seconds=1), 0), (OVER, 1)])
def test_a_customer_is_deleted_on_the_day_on_which_the_last_clock_ends_and_not_before(customer, at, deleted):
    one = customer()
    assert purge(at).deleted == deleted
    assert subjects.is_erased(one.pk) == bool(deleted)
    assert purge(at).deleted == 0


def test_what_is_deleted_is_gone_for_good_and_certified(customer):
    one = customer()
    outcome = purge(OVER)
    row = Customer.objects.get(pk=one.pk)
    assert people.personal_of([row])[row.pk] is None
    assert (row.email_index, row.phone_index, row.name_indexes, row.metadata) == ("", "", [], {})
    made = DeletionCertificate.objects.get()
    assert outcome.certificates == [made.public_id]
    assert (made.number, made.customers_count, made.counts, made.previous) == (1, 1, {"contact": 1, "customer": 1}, "")
    assert made.digests == [retention.digest_of(one.public_id, on=OVER.date())]
    assert one.public_id not in str(made.digests)
    assert Record.objects.filter(action__in=["customer.erased", "compliance.data.deleted"]).count() == 2


def test_sanctions_law_keeps_longer_what_screening_found(customer):
    sanctions(BRANNIKOV)
    one, other = customer("Fyodor Brannikov", closed_at=None), customer()
    screened(one)
    customers.close(customer_id=one.pk, actor=ROBOT, at=CLOSED)
    outcome = purge(OVER)
    assert (outcome.deleted, outcome.kept) == (1, {"OFAC": 1})
    assert (subjects.is_erased(one.pk), subjects.is_erased(other.pk)) == (False, True)
    assert purge(datetime(2036, 3, 1, 23, tzinfo=UTC)).deleted == 0
    assert purge(datetime(2036, 3, 2, tzinfo=UTC)).deleted == 1


@pytest.mark.parametrize(
    ("last", "ends_on"), [("closed", date(2034, 1, 5)), ("note", date(2034, 2, 5)), ("file", date(2034, 2, 5))]
)
def test_a_case_with_its_notes_and_files_is_kept_for_five_years_from_its_newest_record(customer, officer_, last, ends_on):
    one, later = customer(), datetime(2029, 1, 5, tzinfo=UTC)
    seen = alerts.Evidence(key="a", headline="Deposits", facts={}, happened_at=AT)
    told = {
        "partner_id": one.partner_id,
        "customer_id": one.pk,
        "scenario": "structuring",
        "priority": 40,
        "headline": "Deposits",
    }
    alert = alerts.raise_alert(kind="MONITORING", evidence=[seen], at=AT, **told)
    alerts.decide(alert_id=alert.pk, disposition="EXPLAINED", reason_code="FUNDS_PROVEN", actor=officer_, at=AT)
    case = cases.open_case(title="Deposits", alert_ids=[alert.pk], actor=officer_, at=AT)
    cases.close(case_id=case.pk, outcome="NO_SUSPICION", words="Explained", actor=officer_, at=later)
    added = {"actor": officer_, "at": later + timedelta(days=31)}
    if last == "note":
        work_notes.note(item=case, text="Asked again", **added)
    elif last == "file":
        work_notes.attach(item=alert, name="invoice.pdf", content=b"%PDF-1.7", **added)
    [line] = [line for line in retention.timeline(one, at=later).lines if line.holding == "cases" and line.clock.regime == "BSA"]
    assert (line.ends_on, line.count) == (ends_on, 1 if last == "closed" else 2)
    assert purge(OVER).kept == {"BSA": 1}


def test_a_record_made_after_the_end_moves_the_day(customer, monkeypatch):
    one, late = customer(), datetime(2028, 1, 1, tzinfo=UTC)
    tail = Holding(
        name="tail",
        label="Tail",
        items=("x",),
        purpose="x",
        ground="CONTRACT",
        retention="TRANSACTION",
        made=lambda keys: {key: (3, late) for key in keys if key == one.pk},
    )
    monkeypatch.setitem(holdings._holdings, "tail", tail)
    assert retention.timeline(one, at=OVER).ends_on == date(2033, 1, 1)
    assert (purge(OVER).kept, purge(datetime(2033, 1, 1, tzinfo=UTC)).counts["tail"]) == ({"BSA": 1}, 3)


def test_whoever_is_served_is_never_deleted(customer):
    one = customer(closed_at=None)
    assert retention.timeline(one, at=AT).ends_on is None
    assert purge(datetime(2060, 1, 1, tzinfo=UTC)).deleted == 0


def test_a_dry_run_deletes_nothing_and_says_the_same(customer):
    one = customer()
    dry = purge(OVER, dry_run=True)
    assert (dry.deleted, dry.certificates, subjects.is_erased(one.pk)) == (1, [], False)
    done = purge(OVER)
    assert (dry.deleted, dry.counts) == (done.deleted, done.counts)


def test_an_interrupted_run_keeps_what_it_did_and_goes_on(customer, monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    for _ in range(5):
        customer()

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge(OVER, told=stop)
    assert DeletionCertificate.objects.get().customers_count == 2
    assert purge(OVER).deleted == 3
    assert list(DeletionCertificate.objects.order_by("number").values_list("number", "customers_count")) == [
        (1, 2),
        (2, 2),
        (3, 1),
    ]
    assert list(retention.broken_certificates()) == []


def test_certificates_cannot_be_changed_and_a_forged_one_is_found(customer):
    customer()
    purge(OVER)
    for statement in (
        "UPDATE compliance_deletioncertificate SET customers_count = 9",
        "DELETE FROM compliance_deletioncertificate",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)
    last = DeletionCertificate.objects.get()
    forged = {"number": 2, "made_at": AT, "made_by": "me", "customers_count": 1, "counts": {}, "digests": [], "digest": "0" * 64}
    DeletionCertificate.objects.create(**forged, previous=last.digest)
    assert "certificates of deletion: certificate 2 is not what was certified" in list(witnesses.differences())


def test_the_command_shows_what_goes_and_what_keeps_the_rest(customer, capsys, acting, staff_of, monkeypatch):
    customer()
    monkeypatch.setattr("compliance.management.commands.purge_expired.clock.now", lambda: OVER)
    call_command("purge_expired", "--dry-run")
    assert capsys.readouterr().out.splitlines()[0] == "1 customers would be deleted."
    manager = staff_of(Role.COMPLIANCE_MANAGER)
    call_command("purge_expired", person=manager.email)
    assert "records customer: 1" in capsys.readouterr().out
    assert DeletionCertificate.objects.get().made_by == f"staff:{manager.public_id}"


# Erasure that somebody asks for


def test_an_erasure_that_law_forbids_is_refused_with_the_day(customer, officer_):
    one = customer()
    with pytest.raises(errors.KeptByLaw, match="2032-05-10"):
        customers.request_erasure(customer_id=one.pk, reason="asked to", actor=officer_, at=OVER - DAY)
    asked = customers.request_erasure(customer_id=one.pk, reason="asked to", actor=officer_, at=OVER)
    assert asked.subject == one.public_id


def test_a_hold_that_came_after_the_request_stops_the_erasure(customer, officer_, manager):
    one = customer()
    asked = customers.request_erasure(customer_id=one.pk, reason="asked to", actor=officer_, at=OVER)
    hold(one, officer_, manager, at=OVER)
    with pytest.raises(errors.HeldByOrder):
        requests.approve(approval_id=asked.pk, actor=manager, at=OVER)
    assert not subjects.is_erased(one.pk)


# Holds


def test_a_hold_stops_every_clock_until_two_people_release_it(customer, officer_, manager):
    one = customer()
    row = hold(one, officer_, manager)
    assert (purge(OVER).kept, subjects.is_erased(one.pk)) == ({"HOLD": 1}, False)
    asked = legal_holds.request_release(legalhold_id=row.pk, reason="the suit ended", actor=officer_, at=OVER)
    assert purge(OVER).deleted == 0
    requests.approve(approval_id=asked.pk, actor=manager, at=OVER)
    assert purge(OVER).deleted == 1
    with pytest.raises(errors.HoldNotFound):
        legal_holds.request_release(legalhold_id=row.pk, reason="once more", actor=officer_, at=OVER)


def test_a_hold_with_a_day_ends_by_itself(customer, officer_, manager):
    one = customer()
    hold(one, officer_, manager, until=date(2033, 1, 1))
    assert purge(datetime(2032, 12, 31, 23, tzinfo=UTC)).deleted == 0
    assert purge(datetime(2033, 1, 1, tzinfo=UTC)).deleted == 1


def test_a_hold_takes_two_people_and_the_database_agrees(customer, officer_, manager):
    one = customer()
    asked = legal_holds.request(customer_id=one.pk, authority="Court", reason="pending suit", actor=manager, at=AT)
    for actor, refusal in ((manager, FourEyesRequired), (officer_, MayNot)):
        with pytest.raises(refusal):
            requests.approve(approval_id=asked.pk, actor=actor, at=AT)
    row = {"partner": one.partner, "customer": one, "authority": "me", "reason": "x", "begins_at": AT, "approval_id": asked.pk}
    with pytest.raises(IntegrityError, match="legal_hold_is_approved_by_another"), transaction.atomic():
        LegalHold.objects.create(**row, asked_by="staff:a", approved_by="staff:a")
    made = LegalHold.objects.create(**row, asked_by="staff:a", approved_by="staff:b")
    with pytest.raises(IntegrityError, match="legal_hold_is_released_by_two"), transaction.atomic():
        LegalHold.objects.filter(pk=made.pk).update(released_at=AT, release_asked_by="staff:a", release_approved_by="staff:a")


@pytest.mark.parametrize("wrong", [{"authority": " "}, {"until": AT.date()}])
def test_a_hold_without_sense_is_refused(customer, officer_, wrong):
    with pytest.raises(Invalid):
        legal_holds.request(
            **{"customer_id": customer().pk, "authority": "Court", "reason": "a suit", "actor": officer_, "at": AT, **wrong}
        )


@pytest.mark.parametrize("number", [1, 6])
def test_what_is_kept_of_many_takes_the_same_queries(customer, number, django_assert_num_queries):
    rows = [customer() for _ in range(number)]
    with django_assert_num_queries(len(holdings.registered()) + 1 + EXTRA):
        retention.timelines(rows, at=AT)


# Holdings that are several sorts of rows: authentication, transfers, what was declared, screening, assessments, cases.
EXTRA = 10
