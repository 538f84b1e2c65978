"""Verifications: opened, given what is asked, decided by people, and over in time."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connections, transaction

from accounts.choices import Role
from accounts.errors import CustomerClosed, CustomerFrozen
from accounts.models import Customer
from accounts.services import customers
from compliance import errors
from compliance.choices import VerificationStatus
from compliance.handlers import verifications as handlers
from compliance.models import Alert, CustomerRisk, IdentityMark, RequirementSet, Verification, VerificationCheck, VerificationItem
from compliance.selectors import verifications as selectors
from compliance.selectors.alerts import linked
from compliance.services import (
    identity_marks,
    ratings,
    requirement_sets,
    verification_decisions,
    verification_expiry,
    verification_owners,
    verifications,
)
from compliance.services.verification_rows import COLLECTING_TIME
from compliance.states import VERIFICATION_MOVES
from compliance.tasks import verifications as tasks
from compliance.tests import kyc
from compliance.tests.kyc import AT, SYSTEM
from flowlet.approvals.errors import MayNot
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner(db):
    return kyc.company()


@pytest.fixture
def manager(staff_of):
    user = staff_of(Role.COMPLIANCE_MANAGER)
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


def by(actor, at=AT):
    return {"actor": actor, "at": at}


def tier(row):
    return Customer.objects.get(pk=row.customer_id).kyc_tier


def events(row):
    return list(Event.objects.filter(subject=row.public_id).order_by("id").values_list("type", flat=True))


def items(row):
    return {one.kind: one for one in row.items.all()}


def statuses(row):
    return {kind: one.status for kind, one in items(row).items()}


def checks(row):
    return {one.code: one.outcome for one in row.checks.filter(round=row.round)}


def approved(customer, actor, level="BASIC", at=AT):
    row = kyc.submitted(customer, level, at)
    return verification_decisions.approve(verification_id=row.pk, actor=actor, at=at)


def test_what_the_record_holds_counts_as_given(partner):
    row = kyc.opened(kyc.person(partner, address=None))
    assert statuses(row) == {"NAME": "PROVIDED", "BIRTH_DATE": "PROVIDED", "ADDRESS": "MISSING", "CONTACT": "PROVIDED"}
    assert (row.status, row.expires_at) == ("OPEN", AT + COLLECTING_TIME)
    assert events(row) == ["compliance.verification.opened"]


def test_nothing_personal_is_in_events_and_checks(partner, actor):
    row = approved(kyc.person(partner), actor)
    told = str(list(Event.objects.values_list("data", flat=True))) + str(list(row.checks.values_list("code", "facts")))
    told += str(list(Record.objects.values_list("before", "after")))
    assert kyc.said_of_ada(told) == []
    for word in ("Ada", "lovelace.co.uk", "Analytical"):
        assert word not in told


def test_a_level_is_reached_by_what_its_rules_ask_and_a_person(partner, actor):
    customer = kyc.person(partner)
    row = kyc.submitted(customer)
    assert (row.status, row.round, row.expires_at) == ("IN_REVIEW", 1, None)
    assert checks(row) == {
        "email.domain": "PASS",
        "phone.country": "PASS",
        "address.country": "PASS",
        "address.number": "PASS",
        "birth.age": "PASS",
    }
    assert tier(row) == "UNVERIFIED"
    row = verification_decisions.approve(verification_id=row.pk, **by(actor))
    assert (row.status, row.decided_by, row.expires_at) == ("APPROVED", str(actor), datetime(2031, 11, 2, 9, 0, tzinfo=UTC))
    assert tier(row) == "BASIC"
    assert set(statuses(row).values()) == {"ACCEPTED"}
    assert events(row) == [f"compliance.verification.{word}" for word in ("opened", "submitted", "approved")]
    assert Event.objects.get(type="customer.kyc_tier_changed").data["kyc_tier"] == "BASIC"


def test_what_is_missing_is_named_and_nothing_moves(partner):
    row = kyc.opened(kyc.person(partner, born_on=None, address=None))
    with pytest.raises(errors.VerificationIncomplete, match="Give address, date of birth") as refused:
        verifications.submit(verification_id=row.pk, **by(SYSTEM))
    assert {one["kind"] for one in refused.value.details["items"]} == {"ADDRESS", "BIRTH_DATE"}
    assert events(row) == ["compliance.verification.opened"]
    assert not IdentityMark.objects.exists()


def test_what_fails_a_check_is_accepted_by_a_person_or_nothing_is_approved(partner, actor):
    row = kyc.submitted(kyc.person(partner, born_on=date(2010, 1, 1)))
    assert checks(row)["birth.age"] == "FAIL"
    with pytest.raises(errors.ItemsUndecided, match="date of birth"):
        verification_decisions.approve(verification_id=row.pk, **by(actor))
    assert tier(row) == "UNVERIFIED"
    item = items(row)["BIRTH_DATE"]
    verification_decisions.accept_item(verification_id=row.pk, item_id=item.pk, reason="Opened by the parents.", **by(actor))
    verification_decisions.approve(verification_id=row.pk, **by(actor))
    assert tier(row) == "BASIC"
    assert Record.objects.get(action="compliance.verification.item_accepted").reason == "Opened by the parents."


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "ada@example.com"}, "email.domain"),
        ({"email": "ada@mail.Example.ORG"}, "email.domain"),
        ({"phone": "+12025550123"}, "phone.country"),
        ({"address": kyc.ADDRESS | {"country": "FR"}}, "address.country"),
        ({"address": kyc.ADDRESS | {"line1": "Analytical Road"}}, "address.number"),
    ],
)
def test_what_looks_odd_is_shown_and_stops_nobody(partner, actor, changes, code):
    row = kyc.submitted(kyc.person(partner, **changes))
    assert [name for name, outcome in checks(row).items() if outcome == "WARN"] == [code]
    assert verification_decisions.approve(verification_id=row.pk, **by(actor)).status == "APPROVED"


def test_a_domain_that_only_ends_like_one_of_the_reserved_ones_is_in_order(partner):
    assert checks(kyc.submitted(kyc.person(partner, email="ada@counterexample.com")))["email.domain"] == "PASS"


def test_a_single_item_is_asked_again_and_has_to_be_another(partner, actor):
    customer = kyc.person(partner)
    row = kyc.submitted(customer)
    asked = items(row)["ADDRESS"].pk
    again = {"verification_id": row.pk, "item_ids": [asked], "ask_code": "DATA_MISMATCH", "reason": "Not in the register"}
    row = verification_decisions.ask_again(**again, **by(actor))
    assert (row.status, statuses(row)["ADDRESS"], statuses(row)["NAME"]) == ("COLLECTING", "ASKED_AGAIN", "PROVIDED")
    with pytest.raises(errors.VerificationIncomplete, match="address"):
        verifications.submit(verification_id=row.pk, **by(SYSTEM))
    changes = {"address": kyc.ADDRESS | {"line1": "13 Analytical Road"}}
    customers.update(customer_id=customer.pk, changes=changes, **by(SYSTEM))
    row = verifications.submit(verification_id=row.pk, **by(SYSTEM))
    assert (row.round, statuses(row)["ADDRESS"]) == (2, "PROVIDED")
    assert events(row)[-2:] == ["compliance.verification.collecting", "compliance.verification.submitted"]
    assert "Not in the register" not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_refusal_has_a_code_for_the_partner_and_a_reason_for_the_audit(partner, actor):
    row = kyc.submitted(kyc.person(partner))
    given = {"reason_code": "NOT_ELIGIBLE", "reason": "Named in a newspaper"}
    row = verification_decisions.refuse(verification_id=row.pk, **given, **by(actor))
    told = Event.objects.get(type="compliance.verification.refused")
    assert (row.status, told.data["reason_code"], tier(row)) == ("REFUSED", "NOT_ELIGIBLE", "UNVERIFIED")
    assert "newspaper" not in str(told.data)
    assert Record.objects.get(action="compliance.verification.refused").reason == "Named in a newspaper"
    assert kyc.opened(row.customer).status == "OPEN"  # another attempt


def test_a_refusal_takes_nothing_away_that_holds(partner, actor):
    customer = kyc.person(partner)
    approved(customer, actor)
    row = kyc.opened(customer, "ENHANCED")
    verification_decisions.refuse(verification_id=row.pk, reason_code="NOT_ELIGIBLE", reason="Not enough", **by(actor))
    assert tier(row) == "BASIC"


def test_the_highest_level_takes_two_people(partner, actor, manager):
    row = kyc.submitted(kyc.person(partner))
    Verification.objects.filter(pk=row.pk).update(needs_two=True)
    row = verification_decisions.approve(verification_id=row.pk, **by(actor))
    assert (row.status, row.proposed_by, tier(row)) == ("IN_REVIEW", str(actor), "UNVERIFIED")
    with pytest.raises(FourEyesRequired):
        verification_decisions.approve(verification_id=row.pk, **by(actor))
    row = verification_decisions.approve(verification_id=row.pk, **by(manager))
    assert (row.status, row.decided_by, tier(row)) == ("APPROVED", str(manager), "BASIC")


def test_a_customer_of_high_risk_takes_two_people_at_every_level(partner, actor, manager):
    row = kyc.submitted(kyc.person(partner))
    ratings.rate(customer_ids=[row.customer_id], cause="CREATED", **by(SYSTEM))
    CustomerRisk.objects.update(band="HIGH")
    assert verification_decisions.approve(verification_id=row.pk, **by(actor)).status == "IN_REVIEW"
    assert verification_decisions.approve(verification_id=row.pk, **by(manager)).status == "APPROVED"


@pytest.mark.parametrize("people", [{"decided_by": "staff:usr_1", "proposed_by": "staff:usr_1"}, {"decided_by": "staff:usr_1"}])
def test_the_database_refuses_one_person_alone(partner, people):
    row = kyc.submitted(kyc.person(partner))
    with pytest.raises(IntegrityError, match=r"approved_by_another|has_its_people"), transaction.atomic():
        Verification.objects.filter(pk=row.pk).update(
            status="APPROVED", needs_two=True, decided_at=AT, expires_at=AT + timedelta(days=1), **people
        )


def test_premium_is_shipped_with_four_eyes_and_each_level_asks_for_more():
    for kind in ("PERSON", "BUSINESS"):
        sets = [selectors.requirements(level=level, kind=kind, country="DE") for level in ("BASIC", "ENHANCED", "PREMIUM")]
        kinds = [{each["kind"] for each in one.items} for one in sets]
        assert kinds[0] < kinds[1] < kinds[2]
        assert [one.needs_two for one in sets] == [False, False, True]


@pytest.mark.parametrize("kind", [ActorKind.API_KEY, ActorKind.SYSTEM, ActorKind.CUSTOMER])
def test_only_people_decide(partner, kind):
    row = kyc.submitted(kyc.person(partner))
    for deed, more in (
        (verification_decisions.approve, {}),
        (verification_decisions.refuse, {"reason_code": "NOT_ELIGIBLE", "reason": "no"}),
    ):
        with pytest.raises(errors.NotAPerson):
            deed(verification_id=row.pk, **more, **by(Actor(kind=kind, id="key_x")))
    assert Verification.objects.get(pk=row.pk).status == "IN_REVIEW"


DEEDS = {
    "submit": (verifications.submit, {}, VerificationStatus.IN_REVIEW),
    "approve": (verification_decisions.approve, {}, VerificationStatus.APPROVED),
    "refuse": (verification_decisions.refuse, {"reason_code": "NOT_ELIGIBLE", "reason": "no"}, VerificationStatus.REFUSED),
    "ask_again": (verification_decisions.ask_again, {"item_ids": [], "ask_code": "UNREADABLE"}, VerificationStatus.COLLECTING),
    "expire": (verification_decisions.expire, {}, VerificationStatus.EXPIRED),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("status", VerificationStatus.values)
def test_a_verification_moves_by_its_table_and_no_other_way(partner, actor, deed, status):
    service, more, target = DEEDS[deed]
    row = kyc.opened(kyc.person(partner))
    decided = {"decided_by": "staff:usr_1", "decided_at": AT} if status == "APPROVED" else {}
    reason = {"reason_code": "NOT_ELIGIBLE"} if status == "REFUSED" else {}
    Verification.objects.filter(pk=row.pk).update(status=status, opened_at=AT, due_at=AT, **decided, **reason)
    if deed == "ask_again":
        more = more | {"item_ids": [items(row)["NAME"].pk]}
    if target in VERIFICATION_MOVES[status]:
        assert service(verification_id=row.pk, **more, **by(actor)).status == target
    else:
        with pytest.raises(IllegalMove):
            service(verification_id=row.pk, **more, **by(actor))
        assert Verification.objects.get(pk=row.pk).status == status


def test_one_attempt_at_a_time_and_none_without_need(partner, actor):
    customer = kyc.person(partner)
    row = kyc.opened(customer)
    with pytest.raises(errors.VerificationOpen) as refused:
        kyc.opened(customer, "ENHANCED")
    assert refused.value.details == {"verification": row.public_id}
    row = verifications.submit(verification_id=row.pk, **by(SYSTEM))
    verification_decisions.approve(verification_id=row.pk, **by(actor))
    with pytest.raises(errors.LevelReached):
        kyc.opened(customer)
    assert kyc.opened(customer, "ENHANCED").level == "ENHANCED"


def test_closed_and_frozen_customers_are_not_verified(partner):
    frozen, closed = kyc.person(partner), kyc.person(partner)
    customers.freeze(customer_id=frozen.pk, reason="stolen phone", **by(SYSTEM))
    customers.close(customer_id=closed.pk, **by(SYSTEM))
    for customer, refusal in ((frozen, CustomerFrozen), (closed, CustomerClosed)):
        with pytest.raises(refusal):
            kyc.opened(customer)
    assert not Verification.objects.exists()


def test_owners_are_sealed_and_each_has_to_show_who_they_are(partner):
    row = kyc.opened(kyc.business(partner), "PREMIUM")
    second = kyc.OWNER | {"name": "Luigi Menabrea", "share": Decimal("30")}
    row = verification_owners.give(verification_id=row.pk, owners=[kyc.OWNER, second], **by(SYSTEM))
    assert row.status == "COLLECTING"
    box = subjects.key_for(row.customer_id)
    told = [selectors.owner_values(one, box) for one in row.owners.order_by("id")]
    assert told[0] == {"name": "Charles Babbage", "born_on": "1971-12-26", "country": "GB"}
    assert b"Babbage" not in bytes(row.owners.first().sealed)
    assert row.items.filter(kind="OWNER_IDENTITY").count() == 2
    verification_owners.give(verification_id=row.pk, owners=[second], **by(SYSTEM))
    assert (row.owners.count(), row.items.filter(kind="OWNER_IDENTITY").count()) == (1, 1)


@pytest.mark.parametrize(
    ("owners", "param"),
    [
        ([kyc.OWNER, kyc.OWNER], "owners"),
        ([kyc.OWNER | {"share": Decimal("100.01")}], "owners[0].share"),
        ([kyc.OWNER | {"share": Decimal("33.333")}], "owners[0].share"),
        ([kyc.OWNER | {"name": ""}], "owners[0].name"),
        ([kyc.OWNER | {"country": "XX"}], "owners[0].country"),
        ([kyc.OWNER | {"born_on": date(2090, 1, 1)}], "owners[0].born_on"),
    ],
)
def test_owners_of_the_wrong_form_are_refused(partner, owners, param):
    row = kyc.opened(kyc.business(partner), "ENHANCED")
    with pytest.raises(errors.MalformedOwners) as refused:
        verification_owners.give(verification_id=row.pk, owners=owners, **by(SYSTEM))
    assert refused.value.param == param
    assert not row.owners.exists()


def test_persons_have_no_owners(partner):
    row = kyc.opened(kyc.person(partner))
    with pytest.raises(errors.OwnersNotAsked):
        verification_owners.give(verification_id=row.pk, owners=[], **by(SYSTEM))


@pytest.mark.parametrize(
    ("same", "codes"),
    [
        ({"email": "other@lovelace.co.uk", "phone": "+442079460019", "name": "LOVELACE, Ada"}, ["duplicate.person"]),
        ({"name": "Grace Hopper", "phone": "+442079460019"}, ["duplicate.email"]),
        ({"name": "Grace Hopper", "email": "grace@hopper.co.uk"}, ["duplicate.phone"]),
    ],
)
def test_who_looks_like_another_customer_is_shown_to_the_officer_alone(partner, actor, same, codes):
    first = kyc.person(partner)
    kyc.submitted(first)
    row = kyc.submitted(kyc.person(partner, **same))
    found = VerificationCheck.objects.filter(verification=row, source="DUPLICATES")
    assert [(one.code, one.outcome, one.facts) for one in found] == [(codes[0], "FAIL", {"customers": [first.public_id]})]
    alert = Alert.objects.get(customer=row.customer)
    assert (alert.kind, alert.scenario, alert.evidence_count) == ("VERIFICATION", "duplicate_customer", 1)
    with pytest.raises(errors.ItemsUndecided, match="possible duplicate"):
        verification_decisions.approve(verification_id=row.pk, **by(actor))
    item = items(row)["DUPLICATE"]
    verification_decisions.accept_item(verification_id=row.pk, item_id=item.pk, reason="Mother and daughter", **by(actor))
    assert verification_decisions.approve(verification_id=row.pk, **by(actor)).status == "APPROVED"


@pytest.mark.parametrize(
    ("number", "country", "codes"),
    [("0123 4567", "GB", ["duplicate.company"]), ("01234568", "GB", []), ("01234567", "IE", [])],
)
def test_a_business_is_recognised_by_its_number_in_the_register_of_its_country(partner, number, country, codes):
    first = kyc.business(partner)
    kyc.submitted(first)
    twin = kyc.business(partner, name="Motors Ltd", email="post@motors.co.uk", registration_number=number, country=country)
    found = VerificationCheck.objects.filter(verification=kyc.submitted(twin), source="DUPLICATES")
    assert [one.code for one in found] == codes
    assert all(one.facts == {"customers": [first.public_id]} for one in found)


def test_who_lives_at_the_same_address_is_linked_and_no_duplicate(partner):
    first, other = kyc.person(partner), {"name": "Grace Hopper", "email": "grace@hopper.co.uk", "phone": "+442079460019"}
    kyc.submitted(first)
    row = kyc.submitted(kyc.person(partner, **other, address=kyc.ADDRESS | {"line1": "12, Analytical  road"}))
    assert not row.checks.filter(source="DUPLICATES").exists()
    assert linked(row.customer) == [(first.pk, "Address")]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_are_alike_and_are_handed_in_at_once_one_is_shown(monkeypatch):
    partner = kyc.company()
    names = [{"email": f"{n}@lovelace.co.uk", "phone": f"+44207946001{n}"} for n in (1, 2)]
    keys = [kyc.opened(kyc.person(partner, **more)).pk for more in names]
    gate, twins = threading.Barrier(2), identity_marks.twins

    def looked_for(customer):
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(3)  # neither has committed, if both come here at once
        return twins(customer)

    def hand_in(key):
        try:
            verifications.submit(verification_id=key, actor=SYSTEM, at=AT)
        finally:
            connections.close_all()

    monkeypatch.setattr(identity_marks, "twins", looked_for)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(hand_in, keys))
    assert list(VerificationCheck.objects.filter(source="DUPLICATES").values_list("code", flat=True)) == ["duplicate.person"]


def test_another_partners_customers_are_nobodys_twins(partner):
    kyc.submitted(kyc.person(kyc.company("Other")))
    row = kyc.submitted(kyc.person(partner))
    assert not VerificationItem.objects.filter(verification=row, kind="DUPLICATE").exists()


def test_an_approval_is_renewed_before_it_ends_and_the_level_falls_when_it_does(partner, actor):
    row = approved(kyc.person(partner), actor)
    end = row.expires_at
    assert verification_expiry.sweep(at=end - timedelta(days=31), actor=SYSTEM) == (0, 0)
    assert verification_expiry.sweep(at=end - timedelta(days=30), actor=SYSTEM) == (1, 0)
    renewal = row.renewal
    assert (renewal.status, renewal.level) == ("OPEN", "BASIC")
    assert verification_expiry.sweep(at=end - timedelta(days=29), actor=SYSTEM) == (0, 0)
    assert tier(row) == "BASIC"
    assert verification_expiry.sweep(at=end, actor=SYSTEM) == (0, 1)
    assert (Verification.objects.get(pk=row.pk).status, tier(row)) == ("EXPIRED", "UNVERIFIED")


def test_a_renewal_that_was_approved_keeps_the_level(partner, actor):
    row = approved(kyc.person(partner), actor)
    soon = row.expires_at - timedelta(days=10)
    verification_expiry.sweep(at=soon, actor=SYSTEM)
    verifications.submit(verification_id=row.renewal.pk, **by(SYSTEM, soon))
    verification_decisions.approve(verification_id=row.renewal.pk, **by(actor, soon))
    assert verification_expiry.sweep(at=row.expires_at, actor=SYSTEM) == (0, 1)
    assert tier(row) == "BASIC"


def test_a_level_set_higher_by_hand_stays(partner, actor):
    row = approved(kyc.person(partner), actor)
    customers.set_kyc_tier(customer_id=row.customer_id, kyc_tier="PREMIUM", reason="seen in person", **by(actor))
    verification_expiry.sweep(at=row.expires_at, actor=SYSTEM)
    assert tier(row) == "PREMIUM"


def test_what_nobody_completes_is_over_after_sixty_days_but_not_in_review(partner):
    waiting, reviewed = kyc.opened(kyc.person(partner)), kyc.submitted(kyc.person(partner, name="Grace Hopper"))
    assert verification_expiry.sweep(at=AT + COLLECTING_TIME, actor=SYSTEM) == (0, 1)
    assert [Verification.objects.get(pk=one.pk).status for one in (waiting, reviewed)] == ["EXPIRED", "IN_REVIEW"]


ITEMS = [{"kind": "NAME"}, {"kind": "BIRTH_DATE"}, {"kind": "ADDRESS"}, {"kind": "CONTACT"}, {"kind": "SELFIE"}]
WANTED = {"level": "ENHANCED", "kind": "PERSON", "country": "US", "items": ITEMS, "valid_months": 12, "needs_two": True}


def test_requirements_change_by_two_people_and_open_verifications_keep_theirs(partner, actor, manager):
    before = kyc.opened(kyc.person(partner, country="US"), "ENHANCED")
    asked = requirement_sets.request_change(**WANTED, reason="State law", **by(actor))
    assert "→ name, date of birth" in requirement_sets.describe_change(asked)["Asks for"]
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, **by(actor))
    requests.approve(approval_id=asked.pk, **by(manager))
    after = kyc.opened(kyc.person(partner, country="US"), "ENHANCED")
    assert set(items(after)) == {"NAME", "BIRTH_DATE", "ADDRESS", "CONTACT", "SELFIE"}
    assert "IDENTITY_DOCUMENT" in items(before)
    assert kyc.opened(kyc.person(partner), "ENHANCED").requirement_set.country == ""
    assert RequirementSet.objects.get(country="US").number == 1
    with pytest.raises(errors.RequirementsUnchanged):
        requirement_sets.request_change(**WANTED, reason="Again", **by(actor))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"items": ITEMS[1:]}, "asks for the name"),
        ({"items": ITEMS[:2]}, "level below"),
        ({"items": [*ITEMS, {"kind": "OWNERS"}]}, "unknown here"),
        ({"items": [*ITEMS, ITEMS[0]]}, "twice"),
        ({"items": [*ITEMS[:4], {"kind": "SELFIE", "any_of": ["PASSPORT"]}]}, "SELFIE"),
        ({"items": [*ITEMS[:4], {"kind": "SELFIE", "max_age_days": 0}]}, "1 to 3650"),
        ({"valid_months": 61}, "1 to 60 months"),
        ({"level": "BASIC"}, "level below|level above"),
    ],
)
def test_requirements_that_make_no_sense_are_refused(actor, change, says):
    if change.get("level") == "BASIC":
        change = change | {"items": [*ITEMS, {"kind": "PROOF_OF_ADDRESS"}]}
    with pytest.raises(errors.MalformedRequirements, match=says):
        requirement_sets.request_change(**WANTED | change, reason="Try it", **by(actor))


def test_who_may_not_ask_for_other_requirements_is_refused(staff_of):
    auditor = staff_of(Role.AUDITOR)
    with pytest.raises(MayNot):
        requirement_sets.request_change(
            **WANTED, reason="Try it", **by(Actor(kind=ActorKind.STAFF, id=auditor.public_id, label="Auditor"))
        )


def test_a_level_of_all_countries_asks_for_what_the_level_below_asks_in_any_country(actor, manager):
    papers = [*ITEMS[:4], {"kind": "IDENTITY_DOCUMENT"}]
    said = {"valid_months": 24, "needs_two": False, "reason": "State law"}
    asked = requirement_sets.request_change(level="BASIC", kind="PERSON", country="US", items=papers, **said, **by(actor))
    requests.approve(approval_id=asked.pk, **by(manager))
    wanted = [*ITEMS[:4], {"kind": "SELFIE"}]
    with pytest.raises(errors.MalformedRequirements, match="The level below asks for IDENTITY_DOCUMENT too, in United States"):
        requirement_sets.request_change(level="ENHANCED", kind="PERSON", items=wanted, **said, **by(actor))


def test_a_closed_customer_is_not_verified_any_further_and_an_erased_one_is_found_by_nobody(partner):
    customer = kyc.person(partner)
    row = kyc.submitted(customer)
    customers.close(customer_id=customer.pk, **by(SYSTEM))
    handlers.end_verifications(Event.objects.get(type="customer.closed"))
    handlers.end_verifications(Event.objects.get(type="customer.closed"))
    assert Verification.objects.get(pk=row.pk).status == "EXPIRED"
    assert IdentityMark.objects.filter(customer=customer).count() == 4
    customers.erase(customer_id=customer.pk, reason="as asked", **by(SYSTEM))
    handlers.forget_identity(Event.objects.get(type="customer.erased"))
    assert not IdentityMark.objects.exists()


def test_the_schedule_sweeps(partner, actor):
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    row = kyc.opened(kyc.person(partner), at=long_ago)
    tasks.sweep_verifications()
    assert Verification.objects.get(pk=row.pk).status == "EXPIRED"


@pytest.mark.parametrize(
    "text", ["Ada Lovelace", "born 1985", "1985-12-10", "10.12.1985", "P<GBR…8512106F", "+44 20 7946 0018", "+442079460018"]
)
def test_the_tests_know_ada_when_they_read_of_her(text):
    assert kyc.said_of_ada(text)
    assert kyc.said_of_ada("2026-11-23T20:45:01.198512Z vrf_01m85a1985be0csje31hy7946n") == []
