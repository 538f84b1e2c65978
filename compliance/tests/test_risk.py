"""Ratings of customers: what the model says, what people decide, who is rated again, and when data are brought up to date."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.choices import Role
from accounts.services import customers, partners
from compliance import errors
from compliance.choices import DiligenceState, HitState, RatingCause, RiskBand
from compliance.models import Alert, CustomerRisk, DueDiligence, Hit, RiskModelVersion, RiskOverride, RiskRating
from compliance.policies import risk as policies
from compliance.policies import risk_model
from compliance.policies.country_risk import country_risk
from compliance.policies.risk_model import FACTORS, SHIPPED, Fact, MalformedModel
from compliance.providers import country_lists
from compliance.selectors import risk as selectors
from compliance.services import (
    alerts,
    due_diligence,
    rating_runs,
    ratings,
    risk_facts,
    risk_models,
    risk_overrides,
    screening_hits,
)
from compliance.services.alerts import Evidence
from compliance.tests.screening_world import BRANNIKOV, sanctions, screened
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import MayNot
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import DomainError
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from flowlet.events.services import relay

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROBOT = actors.system("tests")
LOWEST = {
    factor: min(values, key=lambda value: SHIPPED.content["factors"][factor][value][0]) for factor, (_, values) in FACTORS.items()
}


@pytest.fixture
def partner(db):
    return partners.create(name="Acme", country="DE", actor=ROBOT, at=AT).sandbox


@pytest.fixture
def customer(partner):
    """Makes a customer of the partner."""

    def make(country="DE", **more):
        values = {"kind": "PERSON", "name": "Ada Lovelace", "country": country, **more}
        return customers.create(partner_id=partner.pk, **values, actor=ROBOT, at=AT)

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


def rate(customer, *, at=AT, cause=RatingCause.EVENT):
    ratings.rate(customer_ids=[customer.pk], cause=cause, actor=ROBOT, at=at)
    return standing(customer)


def relay_now():
    """Hand over all that waits."""
    relay.run(now=lambda: AT + timedelta(days=1))


def standing(customer):
    return CustomerRisk.objects.select_related("rating").get(customer=customer)


def facts(**changes):
    return {factor: [Fact(changes.get(factor, value), "said")] for factor, value in LOWEST.items()}


# The model


@pytest.mark.parametrize(
    ("changes", "points", "band"),
    [
        ({}, 0, RiskBand.LOW),
        ({"PROFESSION": "CASH", "CHANNEL": "AGENT"}, 30, RiskBand.MEDIUM),
        ({"PROFESSION": "CASH", "CHANNEL": "REMOTE"}, 25, RiskBand.LOW),
        ({"GEOGRAPHY": "HIGH"}, 40, RiskBand.HIGH),
        ({"SCREENING": "PEP"}, 40, RiskBand.HIGH),
        ({"PROFESSION": "MONEY_SERVICES", "SCREENING": "OPEN", "BEHAVIOUR": "BUSY"}, 60, RiskBand.HIGH),
        ({"SCREENING": "SANCTIONS"}, 200, RiskBand.PROHIBITED),
        ({"GEOGRAPHY": "CALL_FOR_ACTION", "COUNTERPARTIES": "CALL_FOR_ACTION", "PROFESSION": "ARMS"}, 180, RiskBand.PROHIBITED),
    ],
)
def test_points_add_up_and_floors_lift(changes, points, band):
    score = SHIPPED.score(facts(**changes))
    assert (score.points, score.band) == (points, band)
    assert sum(part.points for part in score.parts) == points
    assert [part.factor for part in score.parts] == list(FACTORS)
    assert {part.value for part in score.parts} >= set(changes.values())


def test_of_several_facts_for_a_factor_the_heaviest_counts_and_brings_its_source():
    found = facts() | {"PRODUCT": [Fact("ach", "4 payments."), Fact("wire", "1 payments."), Fact("book", "9 payments.")]}
    part = next(part for part in SHIPPED.score(found).parts if part.factor == "PRODUCT")
    assert (part.value, part.points, part.source, part.label) == ("wire", 10, "1 payments.", "Wire")


def changed(**paths):
    content = deepcopy(dict(SHIPPED.content))
    for path, value in paths.items():
        *where, name = path.split("__")
        place = content
        for step in where:
            place = place[step]
        place[name] = value
    return content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "factors, bands"),
        ({"factors": {}}, "factors, bands"),
        (changed(factors__KIND={"PERSON": [0, ""]}), "lacking BUSINESS"),
        (changed(factors__KIND={"PERSON": [0, ""], "BUSINESS": [0, ""], "PET": [0, ""]}), "not known PET"),
        (changed(factors__KIND__PERSON=[201, ""]), "KIND PERSON"),
        (changed(factors__KIND__PERSON=[1.5, ""]), "KIND PERSON"),
        (changed(factors__KIND__PERSON=[True, ""]), "KIND PERSON"),
        (changed(factors__KIND__PERSON=[1, "AWFUL"]), "LOW, MEDIUM"),
        (changed(bands__MEDIUM=60), "rise"),
        (changed(bands__MEDIUM=0), "rise"),
        (changed(busy_payments=0), "busy_payments"),
    ],
)
def test_what_is_no_model_is_refused_in_words(content, says):
    with pytest.raises(MalformedModel, match=says):
        risk_model.checked(content, number=1)


# A rating


def test_a_new_customer_is_rated_when_the_event_arrives_and_every_part_says_where_it_comes_from(customer):
    one = customer()
    relay_now()
    row = standing(one)
    assert (row.band, row.points, row.rating.cause) == (RiskBand.LOW, 25, RatingCause.FIRST)
    assert {part["factor"]: (part["value"], part["points"]) for part in row.rating.parts} == {
        "GEOGRAPHY": ("STANDARD", 0),
        "COUNTERPARTIES": ("NONE", 0),
        "KIND": ("PERSON", 0),
        "PRODUCT": ("NONE", 0),
        "CHANNEL": ("UNKNOWN", 5),
        "PROFESSION": ("UNKNOWN", 5),
        "SCREENING": ("UNSCREENED", 5),
        "BEHAVIOUR": ("NONE", 0),
        "VERIFICATION": ("UNVERIFIED", 10),
    }
    assert all(part["source"] for part in row.rating.parts)
    assert row.rating.parts[0]["source"].startswith("Germany is on none of the lists.")


def test_a_rating_that_says_nothing_new_is_not_kept_again(customer):
    one = customer()
    first, later = rate(one), AT + timedelta(days=1)
    again = rate(one, at=later)
    assert (again.rating_id, again.rated_at) == (first.rating_id, later)
    assert RiskRating.objects.filter(customer=one).count() == 1


@pytest.mark.parametrize(("minutes", "rated_at"), [(5, AT), (6, AT + timedelta(minutes=6))])
def test_an_event_from_before_the_last_rating_rates_nobody_again(customer, minutes, rated_at):
    one = customer()
    rate(one, at=AT + timedelta(minutes=minutes))
    relay_now()
    assert standing(one).rated_at == rated_at


def test_no_event_of_a_rating_reaches_the_partner(customer, partner):
    one = customer("IR")
    relay_now()
    found = Event.objects.filter(type="compliance.risk.rated", subject=one.public_id)
    assert [(event.partner_id, event.data["band"]) for event in found] == [(None, RiskBand.HIGH)]
    assert Record.objects.filter(action="compliance.risk.rated").count() == 1


def test_a_verified_identity_lowers_the_points_by_its_event(customer):
    one = customer()
    relay_now()
    customers.set_kyc_tier(customer_id=one.pk, kyc_tier="ENHANCED", reason="papers seen", actor=ROBOT, at=AT)
    relay_now()
    row = standing(one)
    assert (row.points, row.rating.cause, row.rating.reason) == (15, RatingCause.EVENT, "customer.kyc_tier_changed")


def test_ratings_and_overrides_and_models_cannot_be_changed(customer):
    rate(customer())
    for table in ("riskrating", "riskoverride", "riskmodelversion"):
        for statement in (f"UPDATE compliance_{table} SET reason = 'x'", f"DELETE FROM compliance_{table}"):
            with pytest.raises(DatabaseError) as refused, transaction.atomic():
                connection.cursor().execute(statement)
            assert "append-only" in str(refused.value) or "permission denied" in str(refused.value)


# Reviews


@pytest.mark.parametrize(
    ("band", "since", "due"),
    [
        (RiskBand.LOW, date(2026, 3, 2), date(2031, 3, 2)),
        (RiskBand.MEDIUM, date(2026, 3, 2), date(2031, 3, 2)),
        (RiskBand.HIGH, date(2026, 3, 2), date(2027, 3, 2)),
        (RiskBand.PROHIBITED, date(2026, 3, 2), date(2027, 3, 2)),
        (RiskBand.HIGH, date(2028, 2, 29), date(2029, 2, 28)),
        (RiskBand.LOW, date(2028, 2, 29), date(2033, 2, 28)),
    ],
)
def test_data_are_brought_up_to_date_after_one_year_where_risk_is_higher_else_five(band, since, due):
    assert policies.review_on(band, since=since) == due


def test_a_rating_brings_the_review_forward_and_only_a_completed_review_moves_it_back(customer, officer_):
    one = customer()
    assert rate(one).review_on == date(2031, 3, 2)
    later = AT + timedelta(days=40)
    row = ratings.declare(
        customer_id=one.pk,
        channel="REMOTE",
        profession="ARMS",
        is_exposed=False,
        reason="as they told us",
        actor=officer_,
        at=later,
    )
    assert (row.band, row.review_on) == (RiskBand.HIGH, date(2027, 3, 2))
    ratings.declare(
        customer_id=one.pk,
        channel="REMOTE",
        profession="EMPLOYED",
        is_exposed=False,
        reason="a mistake",
        actor=officer_,
        at=later,
    )
    assert (standing(one).band, standing(one).review_on) == (RiskBand.LOW, date(2027, 3, 2))
    assert list(selectors.reviews_due(on=date(2027, 3, 1))) == []
    assert list(selectors.reviews_due(on=date(2027, 3, 2))) == [standing(one)]
    done = datetime(2027, 3, 5, tzinfo=UTC)
    row = ratings.complete_review(customer_id=one.pk, reason="papers are fresh", actor=officer_, at=done)
    assert (row.reviewed_on, row.review_on) == (date(2027, 3, 5), date(2032, 3, 5))
    assert list(selectors.reviews_due(on=date(2032, 3, 4))) == []


# Who is rated again


def test_a_changed_list_of_countries_rates_exactly_the_affected_once(customer, monkeypatch):
    here, there = customer("DE"), customer("KE")
    for one in (here, there):
        rate(one)
    before = standing(there).rating.parts[0]["value"]
    text = "list,country,level,from,until,note,source\nOWN_LIST,*,,2026-01-01,2027-01-01,,us\nOWN_LIST,KE,CALL_FOR_ACTION,2026-03-10,,,us\n"
    lists = country_lists.shipped().joined(country_lists.read(text))
    monkeypatch.setattr(risk_facts, "country_risk", lambda country, on: country_risk(country, on=on, lists=lists))
    assert rating_runs.run(actor=ROBOT, at=AT + timedelta(days=7)).looked_at == {}
    outcome = rating_runs.run(actor=ROBOT, at=AT + timedelta(days=8))
    assert outcome.looked_at == {RatingCause.COUNTRIES: 1}
    assert (before, standing(there).geography, standing(there).band) == ("HIGH", "CALL_FOR_ACTION", RiskBand.HIGH)
    assert standing(here).rating.cause == RatingCause.FIRST
    assert rating_runs.run(actor=ROBOT, at=AT + timedelta(days=8)).looked_at == {}


def test_a_run_takes_up_where_an_interrupted_one_stopped(customer, monkeypatch):
    monkeypatch.setattr(rating_runs, "CHUNK", 2)
    for _ in range(5):
        customer()

    def stop(done, total):
        assert total == 5
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rating_runs.run(actor=ROBOT, at=AT, told=stop)
    assert CustomerRisk.objects.exclude(rating=None).count() == 4
    assert rating_runs.run(actor=ROBOT, at=AT).looked_at == {RatingCause.FIRST: 1}
    assert rating_runs.run(actor=ROBOT, at=AT).looked_at == {}


def test_behaviour_is_looked_at_again_after_thirty_days(customer):
    rate(customer())
    assert rating_runs.run(actor=ROBOT, at=AT + timedelta(days=29)).looked_at == {}
    outcome = rating_runs.run(actor=ROBOT, at=AT + timedelta(days=30))
    assert (outcome.looked_at, outcome.made) == ({RatingCause.BEHAVIOUR: 1}, {})


def test_closed_customers_are_rated_no_more(customer):
    one = customer()
    rate(one)
    customers.close(customer_id=one.pk, actor=ROBOT, at=AT)
    assert rating_runs.run(actor=ROBOT, at=AT + timedelta(days=90), everybody=True).looked_at == {}


def test_the_command_says_what_it_did(customer, capsys, officer):
    customer("IR")
    customer()
    call_command("rate_customers", person=officer.email)
    assert "2 customers looked at, 2 new ratings." in (said := capsys.readouterr().out)
    assert "now low: 1" in said and "now high: 1" in said
    assert RiskRating.objects.values_list("rated_by", flat=True).distinct().get() == f"staff:{officer.public_id}"
    call_command("rate_customers", "--json")
    assert capsys.readouterr().out == '{"looked_at": {}, "made": {}}\n'


@pytest.mark.parametrize("number", [5, 40])
def test_any_number_of_customers_takes_the_same_queries(customer, number, django_assert_max_num_queries):
    keys = [customer().pk for _ in range(number)]
    with django_assert_max_num_queries(24):
        ratings.rate(customer_ids=keys, cause=RatingCause.FIRST, actor=ROBOT, at=AT)


# Another model


def test_another_model_takes_two_people_and_everybody_is_rated_by_it(customer, officer_, manager):
    one = customer()
    rate(one)
    content = changed(factors__VERIFICATION__UNVERIFIED=[10, "HIGH"], bands__MEDIUM=20)
    asked = risk_models.request_change(content=content, reason="after the audit", actor=officer_, at=AT)
    assert risk_models.describe_change(asked) == {
        "In force": "model 0",
        "Change 1": "Identity verified, Unverified: 10 → 10, at least high",
        "Change 2": "Medium from: 30 → 20",
    }
    assert risk_models.in_force() == SHIPPED
    requests.approve(approval_id=asked.pk, actor=manager, at=AT)
    row = RiskModelVersion.objects.get()
    assert (row.number, row.asked_by, row.approved_by) == (1, str(officer_), str(manager))
    outcome = rating_runs.run(actor=ROBOT, at=AT)
    assert (outcome.looked_at, outcome.made) == ({RatingCause.MODEL: 1}, {RiskBand.HIGH: 1})
    assert standing(one).rating.model_number == 1
    with pytest.raises(errors.ModelUnchanged):
        risk_models.request_change(content=content, reason="once more", actor=officer_, at=AT)


def test_a_model_asked_for_before_another_came_is_obsolete(officer_, manager, monkeypatch, db):
    asked = risk_models.request_change(content=changed(bands__MEDIUM=20), reason="lower", actor=officer_, at=AT)
    monkeypatch.setattr(risk_models, "in_force", lambda: risk_model.checked(SHIPPED.content, number=3))
    assert requests.approve(approval_id=asked.pk, actor=manager, at=AT).status == ApprovalStatus.FAILED
    assert not RiskModelVersion.objects.exists()


def test_only_another_person_approves_a_model(manager, officer_, db):
    asked = risk_models.request_change(content=changed(bands__MEDIUM=20), reason="lower", actor=manager, at=AT)
    for actor, refusal in ((manager, errors.FourEyesRequired), (officer_, MayNot)):
        with pytest.raises(refusal):
            requests.approve(approval_id=asked.pk, actor=actor, at=AT)
    row = {"number": 1, "content": {}, "digest": "x", "reason": "x", "approval_id": asked.pk, "created_at": AT}
    with pytest.raises(IntegrityError, match="risk_model_is_approved_by_another"), transaction.atomic():
        RiskModelVersion.objects.create(**row, asked_by="staff:a", approved_by="staff:a")


# What screening and alerts know


def test_screening_is_heard_of_hit_by_hit(customer):
    sanctions(BRANNIKOV)
    one, clear = customer(name="Fyodor Brannikov"), customer(name="Grace Hopper")
    for who in (one, clear):
        screened(who)
        rate(who)
    parts = {who: next(part for part in standing(who).rating.parts if part["factor"] == "SCREENING") for who in (one, clear)}
    assert [(part["value"], part["source"]) for part in parts.values()] == [
        ("OPEN", "ofac-101, open."),
        ("CLEAR", "Screened, nothing stands."),
    ]
    relay_now()
    row = screening_hits.locked(Hit.objects.get().pk)
    screening_hits.decide([row], HitState.CONFIRMED, reason="it is him", decided_by="staff:usr_a", actor=ROBOT, at=AT)
    relay_now()
    assert (standing(one).band, standing(one).rating.reason) == (RiskBand.PROHIBITED, "compliance.hit.confirmed")


def test_a_confirmed_alert_about_transactions_weighs_for_a_year(customer, partner, officer_, manager):
    one = customer()
    seen = [Evidence(key="a", headline="ten deposits", facts={}, happened_at=AT)]
    alerts.raise_alert(
        partner_id=partner.pk,
        customer_id=one.pk,
        kind="MONITORING",
        scenario="x",
        priority=50,
        headline="x",
        evidence=seen,
        at=AT,
    )
    weight = lambda at: standing(rate(one, at=at).customer).rating.parts[7]["value"]  # noqa: E731
    assert weight(AT) == "NONE"
    made = {"alert_id": Alert.objects.get().pk, "at": AT}
    alerts.decide(**made, disposition="CONFIRMED", reason_code="TYPOLOGY_FITS", words="it fits", actor=officer_)
    alerts.confirm(**made, actor=manager)
    assert weight(AT) == "SUSPICIOUS"
    assert weight(AT + timedelta(days=365)) == "NONE"


# Overrides


def ask(customer, officer, *, band="LOW", days=30, at=AT):
    until = at + timedelta(days=days) if band else None
    return risk_overrides.request(
        customer_id=customer.pk, band=band, until=until, reason="well known to us", actor=officer, at=at
    )


def test_an_override_counts_from_its_approval_until_it_expires(customer, officer_, manager):
    one = customer("IR")
    assert rate(one).band == RiskBand.HIGH
    asked = ask(one, officer_)
    assert standing(one).band == RiskBand.HIGH
    requests.approve(approval_id=asked.pk, actor=manager, at=AT)
    row = standing(one)
    assert (row.band, row.rating.model_band, row.rating.cause) == (RiskBand.LOW, RiskBand.HIGH, RatingCause.OVERRIDE)
    assert row.review_on == date(2027, 3, 2)
    assert rating_runs.run(actor=ROBOT, at=AT + timedelta(days=30, seconds=-1)).looked_at == {}
    ended = rating_runs.run(actor=ROBOT, at=AT + timedelta(days=30))
    assert ended.looked_at[RatingCause.OVERRIDE] == 1
    assert (standing(one).band, standing(one).override) == (RiskBand.HIGH, None)


def test_an_override_is_ended_early_by_two_people_as_well(customer, officer_, manager):
    one = customer("IR")
    rate(one)
    for band in ("LOW", ""):
        requests.approve(approval_id=ask(one, officer_, band=band).pk, actor=manager, at=AT)
    assert (standing(one).band, RiskOverride.objects.count()) == (RiskBand.HIGH, 2)


@pytest.mark.parametrize(
    ("country", "band", "days", "says"),
    [
        ("IR", "HIGH", 30, "rated so already"),
        ("IR", "LOW", 367, "within a year"),
        ("IR", "LOW", 0, "within a year"),
        ("DE", "", 1, "already"),
    ],
)
def test_an_override_without_sense_is_refused(customer, officer_, country, band, days, says):
    one = customer(country)
    rate(one)
    with pytest.raises(errors.OverrideRefused, match=says):
        ask(one, officer_, band=band, days=days)


def test_nothing_outranks_prohibited(customer, officer_, manager, monkeypatch):
    one = customer("IR")
    rate(one)
    asked = ask(one, officer_)
    monkeypatch.setitem(
        risk_facts._tellers, "SCREENING", [lambda keys, at: {key: [Fact("SANCTIONS", "OFAC SDN 7771")] for key in keys}]
    )
    assert rate(one).band == RiskBand.PROHIBITED
    alert = Alert.objects.get()
    assert (alert.kind, alert.scenario, alert.priority, alert.customer_id) == ("RISK", "risk-prohibited", 90, one.pk)
    assert requests.approve(approval_id=asked.pk, actor=manager, at=AT).status == ApprovalStatus.FAILED
    with pytest.raises(errors.OverrideRefused, match="cleared where it arose"):
        ask(one, officer_)
    assert standing(one).band == RiskBand.PROHIBITED


def test_whoever_asks_for_an_override_does_not_approve_it_and_the_database_agrees(customer, manager):
    one = customer("IR")
    rate(one)
    asked = ask(one, manager)
    with pytest.raises(errors.FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=manager, at=AT)
    row = {
        "customer": one,
        "band": "LOW",
        "model_band": "HIGH",
        "reason": "mine",
        "begins_at": AT,
        "expires_at": AT + timedelta(days=1),
    }
    with pytest.raises(IntegrityError, match="risk_override_is_approved_by_another"), transaction.atomic():
        RiskOverride.objects.create(**row, asked_by=str(manager), approved_by=str(manager), approval_id=asked.pk)
    assert standing(one).band == RiskBand.HIGH


# Enhanced due diligence


def answered(row, actor, *, keys=None, at=AT):
    for item in row.items.order_by("pk"):
        if keys is None or item.key in keys:
            source = "SALARY" if item.key.startswith("SOURCE") else ""
            due_diligence.answer(
                duediligence_id=row.pk,
                key=item.key,
                answer="SATISFIED",
                source=source,
                words="pay slips of 2025",
                actor=actor,
                at=at,
            )
    row.refresh_from_db()
    return row


def test_a_band_that_asks_for_it_opens_a_checklist_once(customer):
    one, firm = customer("IR"), customer("IR", kind="BUSINESS", name="Acme Ltd")
    for who in (one, firm, one):
        rate(who)
    assert [row.items.count() for row in DueDiligence.objects.order_by("pk")] == [6, 7]
    assert not DueDiligence.objects.filter(customer=rate(customer()).customer_id).exists()


def test_due_diligence_is_answered_by_one_and_decided_by_another(customer, officer_, manager):
    rate(customer("IR"))
    row = DueDiligence.objects.get()
    with pytest.raises(IllegalMove):
        due_diligence.decide(duediligence_id=row.pk, accept=True, reason="fine with us", actor=manager, at=AT)
    answered(row, manager, keys={"PURPOSE"})
    assert answered(row, officer_).state == DiligenceState.READY
    due_diligence.answer(
        duediligence_id=row.pk, key="PURPOSE", answer="SATISFIED", words="to pay suppliers", actor=manager, at=AT
    )
    for actor in (officer_, manager):
        with pytest.raises(errors.FourEyesRequired):
            due_diligence.decide(duediligence_id=row.pk, accept=True, reason="fine with us", actor=actor, at=AT)
    answered(row, officer_, keys={"PURPOSE"})
    due_diligence.decide(duediligence_id=row.pk, accept=True, reason="fine with us", actor=manager, at=AT)
    row.refresh_from_db()
    assert (row.state, row.decided_by) == (DiligenceState.ACCEPTED, str(manager))
    with pytest.raises(IllegalMove):
        answered(row, officer_)
    with pytest.raises(IntegrityError, match="due_diligence_is_decided_by_another"), transaction.atomic():
        DueDiligence.objects.filter(pk=row.pk).update(decided_by=row.prepared_by)


def test_the_words_of_due_diligence_are_sealed_under_the_customers_key(customer, officer_):
    rate(customer("IR"))
    row = DueDiligence.objects.get()
    answered(row, officer_, keys={"SOURCE_OF_FUNDS"})
    item = row.items.get(key="SOURCE_OF_FUNDS")
    assert b"pay slips" not in bytes(item.sealed)
    assert due_diligence.words_of(row) == [("Source of funds", "pay slips of 2025")]
    assert not any("pay slips" in str(record.after) + record.reason for record in Record.objects.all())


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "OWNERSHIP"},
        {"answer": "OPEN"},
        {"answer": "MAYBE"},
        {"source": ""},
        {"source": "LUCK"},
        {"words": "ok"},
        {"key": "PURPOSE"},
    ],
)
def test_an_answer_without_sense_is_refused(customer, officer_, wrong):
    rate(customer("IR"))
    row = DueDiligence.objects.get()
    given = {"key": "SOURCE_OF_FUNDS", "answer": "SATISFIED", "source": "SALARY", "words": "pay slips", **wrong}
    with pytest.raises(DomainError) as refused:
        due_diligence.answer(duediligence_id=row.pk, **given, actor=officer_, at=AT)
    assert refused.value.code in {"request.invalid", "due_diligence.not_found"}
    assert not row.items.exclude(answer="OPEN").exists()
