"""Hits decided by two people, over an alert or one by one, and what a hit means for a payment."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from accounts.models import Customer, User
from accounts.services import customers
from compliance import errors, events
from compliance.choices import AlertState, Disposition, HitState, ReasonCode
from compliance.handlers import screening as handlers
from compliance.models import Alert, AlertEvidence, Hit, ScreeningSubject
from compliance.policies import hits as policies
from compliance.policies.screening import texts
from compliance.policies.screening.index import Index
from compliance.selectors import alerts as questions
from compliance.services import activities, alerts, screening, screening_hits, screening_runs, standing_index
from compliance.tasks import screening as tasks
from compliance.tests.screening_list import ENTRIES
from compliance.tests.screening_world import (
    AT,
    BRANNIKOV,
    DELTORA,
    ROBOT,
    TARHUNI,
    change,
    exposed,
    hits,
    person,
    sanctions,
    screened,
)
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Forbidden, FourEyesRequired, Invalid
from flowlet.core.states import IllegalMove
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome
from flowlet.decisions.models import Verdict
from flowlet.events.models import Event
from flowlet.events.services import relay
from payments.models import ExternalAccount
from payments.services import payments
from payments.services.suspense_rows import Arrival, Payer
from payments.tests.world import fresh_world

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=1)


def staff(role, name):
    user = User.objects.create_user(f"{name}@flowlet.test", name=name, is_staff=True, roles=[role])
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label="officer")


@pytest.fixture
def officer(db):
    return staff(Role.COMPLIANCE_OFFICER, "officer")


@pytest.fixture
def manager(db):
    return staff(Role.COMPLIANCE_MANAGER, "manager")


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def suspect(world):
    sanctions(BRANNIKOV, TARHUNI, DELTORA)
    customer = person(world.partner, "Fyodor Brannikov", born=date(1961, 4, 12))
    screened(customer)
    return customer


def closed(alert, disposition, reason_code, maker, checker, at=LATER, words="seen"):
    alerts.decide(alert_id=alert.pk, disposition=disposition, reason_code=reason_code, words=words, actor=maker, at=at)
    row = alerts.confirm(alert_id=alert.pk, actor=checker, at=at)
    handlers.decide_hits(Event.objects.filter(type=events.ALERT_CLOSED).latest("id"))
    return row


# Alerts


def test_a_hit_raises_one_alert_per_customer_and_sort_of_list_without_names(world):
    sanctions(BRANNIKOV, (110, "BRANNIKOV, Fyodor"))
    exposed("Fyodor Brannikov")
    customer = person(world.partner, "Fyodor Brannikov")
    screened(customer)
    screened(customer)
    found = {row.scenario: row for row in Alert.objects.filter(customer=customer)}
    assert sorted(found) == ["pep", "sanctions"]
    assert [found[name].evidence_count for name in ("pep", "sanctions")] == [1, 2]
    assert found["sanctions"].priority > found["pep"].priority > 0
    said = [
        *Alert.objects.values_list("headline", flat=True),
        *(f"{one.headline} {one.facts}" for one in AlertEvidence.objects.all()),
    ]
    assert "rannikov" not in str(said).lower()
    assert AlertEvidence.objects.get(alert=found["pep"]).facts["of"] == customer.public_id


def test_words_that_are_longer_than_a_hits_reason_stand_whole_in_the_alert(suspect, officer, manager):
    alert = Alert.objects.get()
    closed(alert, Disposition.HIT_CLEARED, ReasonCode.OTHER_BIRTH_DATE, officer, manager, words="w" * 2000)
    assert Alert.objects.get().words == "w" * 2000
    assert Hit.objects.get().reason == f"{ReasonCode.OTHER_BIRTH_DATE.label}. {'w' * 2000}"[:500]


def test_clearing_the_alert_by_two_people_clears_its_hits_for_a_year(suspect, officer, manager):
    alert = Alert.objects.get()
    closed(alert, Disposition.HIT_CLEARED, ReasonCode.OTHER_BIRTH_DATE, officer, manager)
    hit = Hit.objects.get()
    assert (hit.state, hit.decided_by, hit.approved_by, hit.reason) == (
        "CLEARED",
        str(officer),
        str(manager),
        "Another birth date. seen",
    )
    assert (hit.decided_at, hit.expires_at) == (LATER, LATER + policies.CLEARED_FOR)
    record = Record.objects.get(action=events.HIT_CLEARED)
    assert (record.target, record.actor_id, record.reason) == (hit.public_id, manager.id, "Another birth date. seen")
    assert Customer.objects.get(pk=suspect.pk).status == "ACTIVE"
    screening_runs.look_back(actor=ROBOT, at=LATER)
    assert (Alert.objects.count(), hits()) == (1, [("ofac-101", "CLEARED")])


def test_confirming_the_alert_confirms_its_hits_and_freezes_the_customer(suspect, officer, manager):
    closed(Alert.objects.get(), Disposition.HIT_CONFIRMED, ReasonCode.SAME_PERSON, officer, manager)
    customer = Customer.objects.get(pk=suspect.pk)
    assert (hits(), customer.status, customer.freeze_origin) == ([("ofac-101", "CONFIRMED")], "FROZEN", "PLATFORM")
    assert customer.freeze_reason == f"Screening: {Hit.objects.get().public_id}"


def test_a_decision_reaches_a_hit_only_as_it_was_shown(suspect, officer, manager):
    alert = Alert.objects.get()
    alerts.decide(
        alert_id=alert.pk,
        disposition=Disposition.HIT_CLEARED,
        reason_code=ReasonCode.NAME_ONLY,
        words="",
        actor=officer,
        at=LATER,
    )
    change(sanctions((*BRANNIKOV, "DOB 12 Apr 1961."), TARHUNI, DELTORA, at=LATER), at=LATER)
    alert.refresh_from_db()
    assert (alert.state, alert.evidence_count, Alert.objects.count()) == (AlertState.IN_REVIEW, 2, 1)
    Hit.objects.update(material="0" * 32)
    closed(alert, Disposition.HIT_CLEARED, ReasonCode.NAME_ONLY, officer, manager)
    assert hits() == [("ofac-101", "OPEN")]


def test_a_hit_that_is_open_again_raises_a_new_alert(suspect, officer, manager):
    closed(Alert.objects.get(), Disposition.HIT_CLEARED, ReasonCode.NAME_ONLY, officer, manager)
    assert screening_hits.expire_due(actor=ROBOT, at=LATER + policies.CLEARED_FOR) == 1
    assert [row.state for row in Alert.objects.order_by("pk")] == ["CLOSED", "OPEN"]


# One hit, by request and approval


def test_one_hit_is_decided_by_request_and_approval_of_two_people(suspect, officer, manager):
    hit = Hit.objects.get()
    asked = screening_hits.request_decision(
        hit_id=hit.pk, state="CLEARED", expires_on=date(2026, 6, 30), reason="another birth date", actor=officer, at=AT
    )
    assert hits() == [("ofac-101", "OPEN")]
    shown = str(screening_hits.describe(asked))
    assert "Brannikov" not in shown
    assert suspect.public_id not in shown
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=Actor(kind=ActorKind.STAFF, id=officer.id), at=AT)
    requests.approve(approval_id=asked.pk, actor=manager, at=AT)
    hit.refresh_from_db()
    assert (hit.state, hit.decided_by, hit.approved_by) == ("CLEARED", str(officer), str(manager))
    assert hit.expires_at.date() == date(2026, 6, 30)


def test_an_approval_is_void_when_the_hit_has_changed_meanwhile(suspect, officer, manager):
    hit = Hit.objects.get()
    asked = screening_hits.request_decision(hit_id=hit.pk, state="CONFIRMED", reason="same person", actor=officer, at=AT)
    customers.update(customer_id=suspect.pk, changes={"born_on": date(1990, 1, 1)}, actor=ROBOT, at=AT)
    screened(suspect)
    requests.approve(approval_id=asked.pk, actor=manager, at=AT)
    assert Approval.objects.get(pk=asked.pk).status == "FAILED"
    assert (hits(), Customer.objects.get(pk=suspect.pk).status) == ([("ofac-101", "OPEN")], "ACTIVE")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"state": "LAPSED"}, Invalid),
        ({"expires_on": date(2026, 3, 1)}, Invalid),
        ({"expires_on": date(2027, 6, 1)}, Invalid),
        ({"actor": ROBOT}, Forbidden),
    ],
)
def test_refuses_what_is_no_decision_too_long_or_no_person(suspect, officer, given, error):
    what = {"hit_id": Hit.objects.get().pk, "state": "CLEARED", "reason": "somebody else", "actor": officer, "at": AT}
    with pytest.raises(error):
        screening_hits.request_decision(**what | given)
    assert (Approval.objects.count(), hits()) == (0, [("ofac-101", "OPEN")])


def test_what_was_decided_is_taken_back_with_a_reason_and_what_lapsed_is_not(suspect, officer, manager):
    closed(Alert.objects.get(), Disposition.HIT_CLEARED, ReasonCode.NAME_ONLY, officer, manager)
    hit = screening_hits.reopen(hit_id=Hit.objects.get().pk, reason="looked again", actor=officer, at=LATER)
    assert (hit.state, hit.opened, hit.reason) == ("OPEN", 2, "")
    change(sanctions(TARHUNI, at=LATER), at=LATER)
    with pytest.raises(IllegalMove):
        screening_hits.reopen(hit_id=hit.pk, reason="looked again", actor=officer, at=LATER)


# Payments


@pytest.mark.parametrize(
    ("list_kind", "state", "priority", "outcome"),
    [
        ("SANCTIONS", "CONFIRMED", "0.10", Outcome.BLOCK),
        ("SANCTIONS", "OPEN", "0.31", Outcome.REVIEW),
        ("SANCTIONS", "OPEN", "0.30", Outcome.ALLOW),
        ("SANCTIONS", "CLEARED", "0.99", Outcome.ALLOW),
        ("OWN", "CONFIRMED", "0.10", Outcome.BLOCK),
        ("OWN", "OPEN", "0.90", Outcome.REVIEW),
        ("PEP", "OPEN", "0.99", Outcome.ALLOW),
        ("PEP", "CONFIRMED", "0.99", Outcome.ALLOW),
    ],
)
def test_the_table_says_what_a_hit_means_for_a_payment(list_kind, state, priority, outcome):
    assert policies.for_payment(list_kind, state, policies.Decimal(priority)) == outcome


def opinion_of(payment):
    [opinion] = [one for one in Verdict.objects.get(pk=payment.verdict_id).opinions if one["decider"] == "compliance.screening"]
    return opinion


@pytest.mark.parametrize(
    ("owner", "description", "status", "of"),
    [
        ("Grace Hopper", "rent for March", "HELD", []),
        ("Fyodor Brannikov", "", "REVIEW", ["COUNTERPARTY"]),
        ("Grace Hopper", "invoice 17 for Mr Fyodor Pavlovich Brannikov, Moscow", "REVIEW", ["MESSAGE"]),
        ("Grace Hopper", "the engineer came to fix the plant", "HELD", []),
    ],
)
def test_a_payment_to_a_new_counterparty_is_held_against_the_lists_before_money_is(world, owner, description, status, of):
    sanctions(BRANNIKOV, TARHUNI, DELTORA)
    wallet = world.wallet("100")
    payment = world.pay(wallet, "10", to=world.bank(wallet, owner_name=owner), description=description)
    assert (payment.status, [one["of"] for one in opinion_of(payment)["details"]["hits"]]) == (status, of)
    assert world.funds(wallet)[1] == (0 if status == "REVIEW" else 10)
    assert "rannikov" not in str(opinion_of(payment)).lower()


def test_what_stopped_a_payment_is_kept_and_an_alert_names_the_payment(world):
    sanctions(BRANNIKOV, TARHUNI)
    wallet = world.wallet("100")
    payment = world.pay(
        wallet, "10", to=world.bank(wallet, owner_name="Fyodor Brannikov"), description="for Muhammad Abd al-Rahman al-Tarhuni"
    )
    for _ in range(2):
        tasks.screen_payment(payment_id=payment.public_id)
    assert sorted(Hit.objects.values_list("subject__kind", "entry")) == [("COUNTERPARTY", "ofac-101"), ("MESSAGE", "ofac-102")]
    assert set(AlertEvidence.objects.values_list("payment_id", flat=True)) == {payment.pk}
    assert Alert.objects.count() == 1
    assert ScreeningSubject.objects.get(kind="MESSAGE").ended_at is not None


def test_the_alert_about_a_counterparty_that_was_known_before_names_the_payments_it_stopped(world, officer):
    sanctions(BRANNIKOV)
    wallet = world.wallet("100")
    account = world.bank(wallet, owner_name="Fyodor Brannikov")
    tasks.screen_counterparty(external_account_id=account.public_id)
    alert = Alert.objects.get()
    alerts.decide(
        alert_id=alert.pk, disposition=Disposition.HIT_CLEARED, reason_code=ReasonCode.NAME_ONLY, actor=officer, at=world.at
    )
    first, second = (world.pay(wallet, "10", to=account) for _ in range(2))
    for payment in (first, second, first):
        tasks.screen_payment(payment_id=payment.public_id)
    alert.refresh_from_db()
    assert (alert.state, alert.evidence_count) == (AlertState.PROPOSED, 3)  # where it was met again is no news
    assert set(alert.evidence.values_list("payment_id", flat=True)) == {None, first.pk, second.pk}
    alerts.confirm(alert_id=alert.pk, actor=staff(Role.COMPLIANCE_MANAGER, "second"), at=LATER)
    handlers.decide_hits(Event.objects.filter(type=events.ALERT_CLOSED).latest("id"))
    assert hits() == [("ofac-101", "CLEARED")]


def test_the_page_of_such_an_alert_shows_the_payments_with_the_account(world):
    wallet = world.wallet("100")
    account = world.bank(wallet, owner_name="Fyodor Brannikov")
    payment, other = world.pay(wallet, "10", to=account), world.pay(wallet, "20", to=world.bank(wallet))
    sanctions(BRANNIKOV)
    tasks.screen_counterparty(external_account_id=account.public_id)
    alert = Alert.objects.get()
    seen = questions.transactions_of(alert, questions.evidence_of(alert))
    assert seen == ([], [payment])
    for paid in (payment, other):
        activities.take_one(kind="pay", key=paid.pk, at=world.at)
    moved, stopped = questions.transactions_of(alert, questions.evidence_of(alert))
    assert ([row.source_id for row in moved], stopped) == ([payment.pk], [])


def test_whoever_sent_a_deposit_and_its_text_are_screened_and_the_alert_names_it(world, officer, manager):
    sanctions(BRANNIKOV, TARHUNI)
    wallet = world.wallet(currency="EUR")
    said = {"rail": "sepa_ct", "currency": "EUR", "arrival": Arrival(payer=Payer(name="Fyodor Brannikov", account="DE893704"))}
    first, second = (
        world.credit(wallet, "10", name=name, description=text, **said)
        for name, text in (("1", "for Muhammad Abd al-Rahman al-Tarhuni"), ("2", ""))
    )
    for payment in (first, second, first):
        tasks.screen_payment(payment_id=payment.public_id)
    kinds = [("COUNTERPARTY", "ofac-101"), ("MESSAGE", "ofac-102")]
    assert sorted(Hit.objects.values_list("subject__kind", "entry")) == kinds
    assert ScreeningSubject.objects.filter(kind="COUNTERPARTY").count() == 1
    alert = Alert.objects.get()
    assert set(alert.evidence.values_list("payment_id", flat=True)) == {first.pk, second.pk}
    closed(alert, Disposition.HIT_CONFIRMED, ReasonCode.SAME_PERSON, officer, manager)
    assert {state for _, state in hits()} == {"CONFIRMED"}


def test_a_settled_deposit_is_handed_to_screening_and_other_settled_payments_are_not(world, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks.screen_payment, "delay", lambda **said: asked.append(said))
    for kind in ("DEPOSIT", "TRANSFER"):
        handlers.screen_deposit(Event(type="payment.settled", subject=f"pay_{kind}", data={"kind": kind}))
    assert asked == [{"payment_id": "pay_DEPOSIT"}]


def test_a_customer_whom_nobody_screened_yet_pays_nobody_who_is_listed(world):
    sanctions(BRANNIKOV)
    suspect = person(world.partner, "Fyodor Brannikov", at=world.at)
    customers.set_kyc_tier(customer_id=suspect.pk, kyc_tier="PREMIUM", reason="papers", actor=ROBOT, at=world.at)
    wallet, ours = world.wallet("100", customer=suspect), world.wallet("100")
    payment = world.pay(wallet, "10", to=world.bank(wallet))
    assert (payment.status, [one["of"] for one in opinion_of(payment)["details"]["hits"]]) == ("REVIEW", ["CUSTOMER"])
    gift = world.pay(ours, "10", rail="book", target_wallet_id=wallet.pk)
    assert gift.status == "REVIEW"
    assert hits() == []
    tasks.screen_payment(payment_id=payment.public_id)
    assert hits(suspect) == [("ofac-101", "OPEN")]
    assert set(Alert.objects.get(customer=suspect).evidence.values_list("payment_id", flat=True)) == {payment.pk}


def test_a_payment_is_released_when_all_hits_that_stopped_it_are_cleared_by_two_and_never_when_one_is_confirmed(
    world, officer, manager
):
    sanctions(BRANNIKOV, TARHUNI)
    wallet, text = world.wallet("100"), "for Muhammad Abd al-Rahman al-Tarhuni"
    first, second = (
        world.pay(wallet, "10", to=world.bank(wallet, owner_name="Fyodor Brannikov"), description=text) for _ in range(2)
    )

    def release(payment):
        return payments.release(payment_id=payment.pk, reason="Looked at both", actor=officer, at=world.at)

    def decide(payment, kind, state):
        key = {"COUNTERPARTY": payment.external_account.public_id, "MESSAGE": payment.public_id}[kind]
        row = screening_hits.locked(Hit.objects.get(subject__key=key).pk)
        screening_hits.decide([row], state, reason="looked at", decided_by=str(officer), actor=manager, at=world.at)

    with pytest.raises(errors.HitUndecided):
        release(first)  # whoever it is was found and is not kept yet
    for payment in (first, second):
        tasks.screen_payment(payment_id=payment.public_id)
    for kind in ("COUNTERPARTY", "MESSAGE"):
        with pytest.raises(errors.HitUndecided):
            release(first)
        decide(first, kind, HitState.CLEARED)
    assert release(first).status == "APPROVAL"
    assert payments.approve(payment_id=first.pk, actor=manager, at=world.at).status == "HELD"
    decide(second, "MESSAGE", HitState.CONFIRMED)
    with pytest.raises(errors.HitConfirmed):
        release(second)
    assert payments.reject(payment_id=second.pk, reason="On a list", actor=officer, at=world.at).status == "REJECTED"


def test_a_counterparty_that_was_cleared_is_paid_and_one_that_was_confirmed_is_blocked(world, officer, manager):
    sanctions(BRANNIKOV, TARHUNI)
    wallet = world.wallet("100")
    cleared, confirmed = (
        world.bank(wallet, owner_name="Fyodor Brannikov"),
        world.bank(wallet, owner_name="Muhammad Abd al-Rahman al-Tarhuni"),
    )
    for account in (cleared, confirmed):
        tasks.screen_counterparty(external_account_id=account.public_id)
    for entry, state in (("ofac-101", HitState.CLEARED), ("ofac-102", HitState.CONFIRMED)):
        row = screening_hits.locked(Hit.objects.get(entry=entry).pk)
        screening_hits.decide([row], state, reason="looked at", decided_by=str(officer), actor=manager, at=world.at)
    assert world.pay(wallet, "10", to=cleared).status == "HELD"
    confirmed.refresh_from_db()
    assert confirmed.status == "BLOCKED"
    ExternalAccount.objects.filter(pk=confirmed.pk).update(status="ACTIVE", block_reason="", block_origin="")
    payment = world.pay(wallet, "10", to=confirmed)
    assert (payment.status, opinion_of(payment)["outcome"]) == ("REJECTED", "BLOCK")


def test_a_bank_that_is_listed_is_found_by_its_bic(world):
    sanctions((120, "SOME BANK JSC", "SWIFT/BIC SMPLDEFF."), BRANNIKOV)
    wallet = world.wallet("100", currency="EUR")
    account = world.bank(wallet, iban=True, bic="SMPLDEFFXXX")
    payment = world.pay(wallet, "10", rail="sepa_ct", to=account)
    assert (payment.status, opinion_of(payment)["details"]["hits"][0]["entry"]) == ("REVIEW", "ofac-120")
    tasks.screen_counterparty(external_account_id=account.public_id)
    assert hits() == [("ofac-120", "OPEN")]


def test_open_hits_of_the_customers_on_either_side_stop_a_payment_until_they_are_cleared(world):
    sanctions(BRANNIKOV)
    suspect = person(world.partner, "Fyodor Brannikov", at=world.at)
    customers.set_kyc_tier(customer_id=suspect.pk, kyc_tier="PREMIUM", reason="papers", actor=ROBOT, at=world.at)
    screened(suspect, at=world.at)
    theirs, ours = world.wallet("100", customer=suspect), world.wallet("100")
    assert world.pay(theirs, "10", to=world.bank(theirs)).status == "REVIEW"
    assert world.pay(ours, "10", to=world.bank(ours)).status == "HELD"


@pytest.mark.parametrize(("has_lists", "statements"), [(False, 2), (True, 7)])
def test_screening_a_payment_takes_few_statements(world, monkeypatch, has_lists, statements):
    ours = {key: one for key, one in registry._deciders.items() if one.name == "compliance.screening"}
    monkeypatch.setattr(registry, "_deciders", ours)
    if has_lists:
        sanctions(BRANNIKOV)
    wallet = world.wallet("100")
    account = world.bank(wallet)
    tasks.screen_counterparty(external_account_id=account.public_id)
    tasks.screen_customer(customer_id=wallet.customer.public_id)
    with CaptureQueriesContext(connection) as taken:
        world.pay(wallet, "10", to=account, description="rent")
    asked = [one["sql"] for one in taken if "SAVEPOINT" not in one["sql"]]
    begin = next(place for place, sql in enumerate(asked) if "SET TRANSACTION READ ONLY" in sql)
    end = next(place for place, sql in enumerate(asked) if "INSERT INTO" in sql and "flowlet_decisions_verdict" in sql)
    assert "SELECT wrapped_key" in asked[end - 1]  # the verdict's own: it seals what is personal
    assert end - 1 - begin == statements, "\n".join(sql[:150] for sql in asked[begin:end])


def test_a_payment_waits_where_the_lists_cannot_be_asked_yet(world, monkeypatch):
    sanctions(BRANNIKOV)
    standing_index.forget()
    monkeypatch.setattr(standing_index, "FEW", 0)
    monkeypatch.setattr(standing_index, "warm", lambda: None)
    wallet = world.wallet("100")
    payment = world.pay(wallet, "10", to=world.bank(wallet))
    assert (payment.status, opinion_of(payment)["reasons"][0]["code"]) == ("REVIEW", "screening.not_ready")


def test_a_text_matches_names_that_stand_in_it_and_nothing_by_chance():
    index = Index(ENTRIES)

    def found(text):
        return [hit.entry_id for hit in texts.hits_in(index, text)]

    assert found("Payment for Fyodor Pavlovich Brannikov, invoice 12/2026") == ["own-1"]
    assert found("BRANNIKOV FYODOR SCHOOL FEES AND A BOOK") == ["own-1"]
    assert found("spare parts Deltora Instrument Plant order 5") == ["own-4"]
    assert found("оплата Фёдор Бранников счет 5") == ["own-1"]
    for text in (
        "the engineer",
        "Ali paid Hassan and Reza for the bus",
        "Emma birthday",
        "Star of the sea, a novel by M. Rahman",
        "",
        "17",
    ):
        assert found(text) == []


def test_the_events_of_people_payments_and_lists_lead_to_alerts_by_themselves(
    world, settings, django_capture_on_commit_callbacks
):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    for task in (tasks.screen_customer, tasks.screen_change, tasks.screen_counterparty, tasks.screen_payment):
        task.app.conf.task_always_eager = True
    try:
        sanctions(BRANNIKOV)
        customer = person(world.partner, "Fyodor Brannikov")
        wallet = world.wallet("100")
        world.pay(wallet, "10", to=world.bank(wallet, owner_name="Fyodor Brannikov"))
        relay.run()
    finally:
        tasks.screen_customer.app.conf.task_always_eager = False
    assert sorted(Hit.objects.values_list("subject__kind", flat=True)) == ["COUNTERPARTY", "CUSTOMER"]
    assert Alert.objects.filter(customer=customer).count() == 1
    assert screening.features_of(Hit.objects.first())
