"""People as subjects of screening: what is kept, what is found, what is told, and what happens once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connections, transaction

from accounts.services import customers
from compliance import events
from compliance.models import Hit, ScreeningRun, ScreeningSubject
from compliance.policies.screening import blocking, settings
from compliance.policies.screening.index import Index
from compliance.policies.screening.profiles import Profile
from compliance.providers.watchlists.entries import EntryKind, Identifier, PartialDate
from compliance.services import screening, screening_subjects, standing_index
from compliance.tests.screening_list import ENTRIES
from compliance.tests.screening_world import (
    AT,
    BRANNIKOV,
    DELTORA,
    ROBOT,
    TARHUNI,
    exposed,
    hits,
    person,
    profile,
    sanctions,
    screened,
    subject_of,
)
from flowlet.audit.models import Record
from flowlet.events.models import Event
from flowlet.vault.services import subjects
from wallets.tests.conftest import new_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    return new_partner()


@pytest.mark.django_db(transaction=True)
def test_who_is_enrolled_by_several_at_once_is_one_subject_and_nobody_fails(partner, monkeypatch):
    customer = person(partner, "Ada Example")
    gate, seal = threading.Barrier(4), subjects.encrypt

    def sealed(*args, **options):
        gate.wait(30)  # nobody has found a row, and all are about to insert one
        return seal(*args, **options)

    monkeypatch.setattr(screening_subjects.subjects, "encrypt", sealed)

    def enrol(_):
        try:
            with transaction.atomic():
                return screening_subjects.enrol_customer(customer=customer, at=AT).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(enrol, range(4)))
    assert found == {ScreeningSubject.objects.get().pk}


# The index


def test_the_index_is_of_all_lists_in_force_says_their_versions_and_is_built_once_per_version():
    first, second = sanctions(BRANNIKOV), exposed("Ada Example")
    standing = standing_index.current()
    assert standing.versions == {"ofac-sdn": first.public_id, "pep-house": second.public_id}
    assert standing.version == f"ofac-sdn {first.public_id}, pep-house {second.public_id}"
    assert sorted(standing.index.entries) == ["ofac-101", "pep-house-1"]
    assert standing.places["ofac-101"].kind == "SANCTIONS"
    assert standing_index.current() is standing
    third = sanctions(BRANNIKOV, TARHUNI)
    newer = standing_index.current()
    assert newer is not standing
    assert (newer.versions["ofac-sdn"], sorted(newer.index.entries)) == (third.public_id, ["ofac-101", "ofac-102", "pep-house-1"])


def test_whoever_cannot_wait_gets_a_small_index_at_once_and_an_older_one_while_a_large_one_is_built(monkeypatch):
    sanctions(BRANNIKOV)
    first = standing_index.at_hand()
    assert list(first.index.entries) == ["ofac-101"]
    monkeypatch.setattr(standing_index, "FEW", 0)
    asked = []
    monkeypatch.setattr(standing_index, "warm", lambda: asked.append(1))
    assert (standing_index.at_hand(), asked) == (first, [])
    sanctions(BRANNIKOV, TARHUNI)
    assert (standing_index.at_hand(), asked) == (first, [1])
    standing_index.forget()
    assert (standing_index.at_hand(), asked) == (None, [1, 1])


def test_asking_about_somebody_answers_two_figures_and_every_reason_and_keeps_nothing():
    version = sanctions((*BRANNIKOV, "DOB 12 Apr 1961; Passport 714455991 (Russia)."))
    found = screening.screen(profile=profile("Fyodor Branikov", born=(PartialDate(1980, 1, 1),), countries=("DE",)))
    assert found.versions == {"ofac-sdn": version.public_id}
    assert (found.matcher, found.threshold) == (settings.VERSION, settings.THRESHOLD)
    [hit] = found.hits
    assert hit.entry_id == "ofac-101"
    assert hit.match > 0.8
    assert hit.priority <= 0.30
    assert {feature.feature for feature in hit.features} >= {"name_word", "date_of_birth"}
    by_number = profile("Nobody Atall", identifiers=(Identifier("Passport", "71 4455-991"),))
    assert [one.match for one in screening.screen(profile=by_number).hits] == [0.95]
    several = replace(profile("Nobody Atall"), names=("Nobody Atall", "Fyodor Brannikov"))
    assert [one.entry_id for one in screening.screen(profile=several).hits] == ["ofac-101"]
    assert (ScreeningSubject.objects.count(), ScreeningRun.objects.count()) == (0, 0)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_whatever_the_index_finds_for_a_name_has_a_blocking_key_in_common_with_it(entry):
    index = Index(ENTRIES)
    asked = [
        "Fyodor Branikov",
        "F. P. Brannikov",
        "FyodorPavlovich Brannikov",
        "Fyodor Bran nikov",
        "Фёдор Бранников",
        "曾文遠",
        "DIP Trading",
    ]
    asked += [
        "محمد عبدالرحمن الطرهوني",
        "Mohammed Abdurrahman al-Tarhouni",
        "Wenyuan Zeng",
        "Deltora Instrmnt Plant",
        "JSCArgument",
        "Ali Hasan",
    ]
    asked += [name.text for one in ENTRIES for name in one.names]
    listed = blocking.of_entry(entry)
    for text in asked:
        for kind in (entry.kind, None):
            one = profile(text, kind)
            if entry.id in {hit.entry_id for hit in screening.hits_of(index, one)}:
                assert blocking.of_profile(one) & listed, text


def test_a_profile_is_the_same_after_it_was_kept():
    one = Profile(
        names=("Ada", "Ада"),
        kind=EntryKind.PERSON,
        born=(PartialDate(1980, 2), PartialDate(1970, last_year=1975)),
        countries=("DE",),
        identifiers=(Identifier("Passport", "X1234567", "DE"),),
    )
    assert Profile.load(one.dump()) == one
    assert Profile.load(replace(one, kind=None, is_text=True).dump()) == replace(one, kind=None, is_text=True)


# Subjects and their hits


def test_a_customer_who_is_screened_is_kept_sealed_with_the_hits_and_what_they_rest_on(partner):
    version = sanctions(BRANNIKOV, TARHUNI)
    customer = person(partner, "Fyodor Brannikov", born=date(1961, 4, 12), country="RU")
    run = screened(customer)
    subject = subject_of(customer)
    assert (subject.key, subject.screened_at, subject.partner) == (customer.public_id, AT, partner)
    assert b"Brannikov" not in bytes(subject.sealed)
    assert "rannikov" not in str(subject.block_keys)
    assert len(subject.block_keys) > 10
    [hit] = Hit.objects.all()
    assert (hit.entry, hit.state, hit.list_kind, hit.listed.name) == (
        "ofac-101",
        "OPEN",
        "SANCTIONS",
        "BRANNIKOV, Fyodor Pavlovich",
    )
    assert (hit.run, hit.found_at, float(hit.match) > 0.8, b"rannikov" in bytes(hit.sealed).lower()) == (run, AT, True, False)
    assert {one["feature"] for one in screening.features_of(hit)} >= {"name_word"}
    assert (run.versions, run.matcher, float(run.threshold)) == (
        {"ofac-sdn": version.public_id},
        settings.VERSION,
        settings.THRESHOLD,
    )
    assert (run.state, run.subject, run.screened, run.found, run.started_by) == ("DONE", subject, 1, 1, "system:tests")
    record = Record.objects.get(action=events.HIT_OPENED)
    assert (record.target, record.after["entry"], record.after["key"]) == (hit.public_id, "ofac-101", customer.public_id)
    told = Event.objects.get(type=events.HIT_OPENED)
    assert (told.partner_id, told.data) == (
        None,
        {"subject": subject.public_id, "kind": "CUSTOMER", "list_kind": "SANCTIONS", "state": "OPEN"},
    )


def test_screening_the_same_twice_writes_nothing_the_second_time(partner):
    sanctions(BRANNIKOV)
    customer = person(partner, "Fyodor Brannikov")
    assert screened(customer) is not None
    before = (ScreeningRun.objects.count(), Record.objects.count(), Event.objects.count())
    assert screened(customer, at=AT + timedelta(days=1)) is None
    assert (ScreeningRun.objects.count(), Record.objects.count(), Event.objects.count()) == before
    customers.update(customer_id=customer.pk, changes={"email": "f@example.com"}, actor=ROBOT, at=AT)
    assert screened(customer, at=AT + timedelta(days=2)) is None


def test_a_changed_name_opens_what_it_matches_now_and_lapses_what_it_matched(partner):
    sanctions(BRANNIKOV, TARHUNI)
    customer = person(partner, "Fyodor Brannikov")
    screened(customer)
    customers.update(customer_id=customer.pk, changes={"name": "Mohammed Abdurrahman al-Tarhouni"}, actor=ROBOT, at=AT)
    run = screened(customer)
    assert (run.found, run.lapsed, hits()) == (1, 1, [("ofac-101", "LAPSED"), ("ofac-102", "OPEN")])
    customers.update(customer_id=customer.pk, changes={"name": "Fyodor Brannikov"}, actor=ROBOT, at=AT)
    run = screened(customer)
    assert (run.found, run.reopened, run.lapsed, hits()) == (0, 1, 1, [("ofac-101", "OPEN"), ("ofac-102", "LAPSED")])
    assert Hit.objects.get(entry="ofac-101").opened == 2


def test_a_business_is_compared_with_organisations_and_by_its_registration_number(partner):
    sanctions((103, "DELTORA INSTRUMENT PLANT JSC", "Registration ID 1027700132195 (Russia)."), BRANNIKOV)
    alike = person(partner, "Deltora Instrument Plant", kind="BUSINESS", born=None)
    numbered = person(partner, "Quite Another Name", kind="BUSINESS", registration_number="1027700132195", country="RU")
    somebody = person(partner, "Deltora Instrument Plant")
    for one in (alike, numbered, somebody):
        screened(one)
    assert [hits(one) for one in (alike, numbered, somebody)] == [[("ofac-103", "OPEN")], [("ofac-103", "OPEN")], []]
    assert DELTORA[0] == 103


def test_who_is_closed_is_not_screened_and_who_is_erased_cannot_be_found_any_more(partner):
    sanctions(BRANNIKOV)
    customer = person(partner, "Fyodor Brannikov")
    screened(customer)
    customers.close(customer_id=customer.pk, actor=ROBOT, at=AT)
    screening_subjects.end(customer_id=customer.pk, at=AT)
    assert (hits(), subject_of(customer).ended_at) == ([("ofac-101", "LAPSED")], AT)
    assert screened(customer) is None
    customers.erase(customer_id=customer.pk, reason="asked for", actor=ROBOT, at=AT)
    screening_subjects.forget(customer_id=customer.pk, at=AT)
    subject = subject_of(customer)
    assert (subject.block_keys, subject.digest, screening_subjects.profiles_of([subject])) == ([], "", {})
    hit = Hit.objects.get()
    assert (screening.features_of(hit), hit.entry, hit.match > 0) == (None, "ofac-101", True)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "CONFIRMED"},
        {"state": "CLEARED", "decided_by": "staff:a", "reason": "x", "decided_on": "x", "decided_at": AT},
        {
            "state": "CLEARED",
            "decided_by": "staff:a",
            "approved_by": "staff:a",
            "reason": "x",
            "decided_on": "x",
            "decided_at": AT,
        },
        {"reason": "because"},
        {"entry": "ofac-9"},
        {"match": 2},
    ],
)
def test_the_database_refuses_a_hit_that_nobody_or_one_alone_decided(partner, change):
    sanctions(BRANNIKOV)
    screened(person(partner, "Fyodor Brannikov"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Hit.objects.update(**change)
    assert hits() == [("ofac-101", "OPEN")]
    with pytest.raises(DatabaseError), transaction.atomic():
        Hit.objects.all().delete()
