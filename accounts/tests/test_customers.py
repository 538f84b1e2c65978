"""Customers."""

import json
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import errors
from accounts.choices import CustomerStatus, FreezeOrigin, KycTier, Role
from accounts.models import Customer
from accounts.models.personal import Address, Personal
from accounts.selectors import customers as selectors
from accounts.services import customers, partners
from flowlet.audit.models import Record
from flowlet.audit.services.log import personal_aad
from flowlet.core import crypto
from flowlet.core.countries import UnknownCountry
from flowlet.core.errors import Invalid
from flowlet.core.metadata import MalformedMetadata
from flowlet.core.reasons import ReasonTooLong
from flowlet.core.states import IllegalMove
from flowlet.events import selectors as feed
from flowlet.events.models import Event
from flowlet.vault.models import SubjectKey
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db


def opened(customer: Customer) -> Personal:
    return selectors.personal_of([Customer.objects.get(pk=customer.pk)])[customer.pk]


def row_text(customer: Customer) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM accounts_customer c WHERE id = %s", [customer.pk])
        return cursor.fetchone()[0]


def test_a_customer_is_created_active_and_unverified(create, sandbox, at):
    customer = Customer.objects.get(pk=create().pk)
    assert customer.partner == sandbox
    assert (customer.kind, customer.status, customer.kyc_tier) == ("PERSON", "ACTIVE", "UNVERIFIED")
    assert (customer.country, customer.external_id, customer.metadata) == ("GB", "user-1", {"plan": "gold"})
    assert (customer.created_at, customer.updated_at, customer.closed_at) == (at, at, None)
    assert opened(customer) == Personal(
        name="Ada Lovelace",
        email="Ada@example.com",
        phone="+442079460958",
        address=Address(line1="12 St James's Square", city="London", country="GB", postal_code="SW1Y 4JH"),
    )


def test_a_business_has_its_own_values(create):
    customer = create(
        kind="BUSINESS", name="Zuse KG", born_on=None, incorporated_on=date(1949, 11, 8), registration_number="HRA 1"
    )
    assert opened(customer).incorporated_on == date(1949, 11, 8)
    assert opened(customer).registration_number == "HRA 1"


def test_nothing_personal_lies_readable_in_row_audit_or_event(create):
    customer = create(born_on=date(1990, 12, 10))
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(r::text, ' ') FROM flowlet_audit_record r WHERE target = %s", [customer.public_id])
        record = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(e::text, ' ') FROM flowlet_events_event e WHERE subject = %s", [customer.public_id])
        event = cursor.fetchone()[0]
    for text in (row_text(customer), record, event):
        for value in ("Ada", "Lovelace", "example.com", "2079460958", "St James", "1990-12-10", "SW1Y"):
            assert value not in text
            assert value.encode().hex() not in text


def test_the_audit_keeps_personal_values_under_the_customers_key(create, at):
    customer = create()
    record = Record.objects.get(action="customer.created")
    assert record.after == {
        "kind": "PERSON",
        "status": "ACTIVE",
        "kyc_tier": "UNVERIFIED",
        "freeze_origin": None,
        "country": "GB",
    }
    aad = personal_aad(action="customer.created", target=customer.public_id, at=at)
    values = json.loads(subjects.decrypt(customer.pk, bytes(record.personal), aad=aad))
    assert values["after"]["name"] == "Ada Lovelace"
    assert values["after"]["address"]["city"] == "London"
    assert (values["after"]["external_id"], values["after"]["metadata"]) == ("user-1", {"plan": "gold"})


def test_the_event_of_a_new_customer_tells_ids_and_states(create, sandbox):
    customer = create()
    event = Event.objects.get(type="customer.created")
    assert (event.partner_id, event.subject) == (sandbox.pk, customer.public_id)
    assert event.data == {
        "id": customer.public_id,
        "status": "ACTIVE",
        "kyc_tier": "UNVERIFIED",
        "kind": "PERSON",
        "country": "GB",
        "external_id": None,
    }
    assert b"user-1" not in bytes(event.sealed)
    assert feed.told([event])[event.pk] == event.data | {"external_id": "user-1"}


WRONG = [
    ({"kind": "ROBOT"}, Invalid, "kind"),
    ({"name": ""}, errors.MalformedName, "name"),
    ({"name": None}, errors.MalformedName, "name"),
    ({"name": "x" * 201}, errors.MalformedName, "name"),
    ({"name": "1234"}, errors.MalformedName, "name"),
    ({"name": "Ada\x00Lovelace"}, errors.MalformedName, "name"),
    ({"email": "ada"}, errors.MalformedEmail, "email"),
    ({"email": "ada@"}, errors.MalformedEmail, "email"),
    ({"email": "a" * 250 + "@example.com"}, errors.MalformedEmail, "email"),
    ({"email": "ada@exa mple.com"}, errors.MalformedEmail, "email"),
    ({"phone": "020 7946 0958"}, errors.MalformedPhone, "phone"),
    ({"phone": "+1555"}, errors.MalformedPhone, "phone"),
    ({"phone": "+999123456789"}, errors.MalformedPhone, "phone"),
    ({"phone": "+12025550123 ext 5"}, errors.MalformedPhone, "phone"),
    ({"country": "XX"}, UnknownCountry, "country"),
    ({"country": "gb"}, UnknownCountry, "country"),
    ({"country": "GBR"}, UnknownCountry, "country"),
    ({"born_on": date(2026, 3, 3)}, errors.ImpossibleDate, "born_on"),
    ({"born_on": date(1895, 1, 1)}, errors.ImpossibleDate, "born_on"),
    ({"born_on": "1990-01-01"}, errors.ImpossibleDate, "born_on"),
    ({"incorporated_on": date(1990, 1, 1)}, errors.FieldNotForKind, "incorporated_on"),
    ({"registration_number": "HRB 1"}, errors.FieldNotForKind, "registration_number"),
    ({"kind": "BUSINESS", "born_on": date(1990, 1, 1)}, errors.FieldNotForKind, "born_on"),
    ({"address": {"line1": "x", "city": "y"}}, UnknownCountry, "address.country"),
    ({"address": {"line1": "x", "city": "", "country": "GB"}}, errors.MalformedAddress, "address.city"),
    ({"address": {"line1": "x", "city": "y", "country": "GB", "planet": "Earth"}}, errors.MalformedAddress, "address.planet"),
    ({"address": "12 St James's Square"}, errors.MalformedAddress, "address"),
    ({"external_id": "x" * 129}, errors.MalformedExternalId, "external_id"),
    ({"external_id": " user-1"}, errors.MalformedExternalId, "external_id"),
    ({"external_id": "user\n1"}, errors.MalformedExternalId, "external_id"),
    ({"metadata": {"a[b]": "c"}}, MalformedMetadata, "metadata"),
    ({"metadata": {"a": 1}}, MalformedMetadata, "metadata.a"),
    ({"metadata": {str(n): "x" for n in range(51)}}, MalformedMetadata, "metadata"),
    ({"metadata": {"a": "x" * 501}}, MalformedMetadata, "metadata.a"),
]


@pytest.mark.parametrize(("wrong", "refusal", "param"), WRONG, ids=lambda value: str(value)[:40])
def test_a_customer_of_wrong_form_is_refused_without_a_trace(create, trail, wrong, refusal, param):
    trail.look()
    with pytest.raises(refusal) as refused:
        create(**wrong)
    assert refused.value.param == param
    assert (Customer.objects.count(), SubjectKey.objects.count()) == (0, 0)
    assert trail.look() == ([], [])


def test_an_external_id_is_one_customers_within_a_partner(create, other, trail):
    first = create()
    trail.look()
    with pytest.raises(errors.DuplicateExternalId) as refused:
        create(email="other@example.com")
    assert refused.value.details == {"customer": first.public_id}
    assert (Customer.objects.count(), SubjectKey.objects.count()) == (1, 1)
    assert trail.look() == ([], [])
    assert create(partner_id=other.pk).external_id == "user-1"
    assert [create(external_id=None).external_id, create(external_id="").external_id] == ["", ""]


def test_a_suspended_partner_gets_no_new_customer(create, sandbox, robot, trail, at):
    partners.suspend(partner_id=sandbox.pk, reason="unpaid", actor=robot, at=at)
    trail.look()
    with pytest.raises(errors.PartnerSuspended):
        create()
    assert (Customer.objects.count(), SubjectKey.objects.count()) == (0, 0)
    assert trail.look() == ([], [])


def test_a_change_touches_what_is_named_and_nothing_else(create, key_actor, at):
    customer = create()
    later = at + timedelta(hours=1)
    changes = {"email": "countess@example.com", "phone": None, "metadata": {"plan": "silver"}}
    customers.update(customer_id=customer.pk, partner_id=customer.partner_id, changes=changes, actor=key_actor, at=later)
    customer.refresh_from_db()
    personal = opened(customer)
    assert (personal.name, personal.email, personal.phone) == ("Ada Lovelace", "countess@example.com", "")
    assert (customer.metadata, customer.country, customer.external_id) == ({"plan": "silver"}, "GB", "user-1")
    assert (customer.created_at, customer.updated_at) == (at, later)
    event = Event.objects.get(type="customer.updated")
    assert event.data["changed"] == ["email", "metadata", "phone"]
    record = Record.objects.get(action="customer.updated")
    assert (record.before, record.after) == ({}, {})
    aad = personal_aad(action="customer.updated", target=customer.public_id, at=later)
    assert json.loads(subjects.decrypt(customer.pk, bytes(record.personal), aad=aad)) == {
        "before": {"email": "Ada@example.com", "phone": "+442079460958", "metadata": {"plan": "gold"}},
        "after": {"email": "countess@example.com", "metadata": {"plan": "silver"}},
    }


def test_after_erasure_audit_event_and_row_say_nothing_that_the_partner_noted(create, key_actor, robot, at):
    customer = create(external_id="ada-lovelace", metadata={"nickname": "countess"})
    changes = {"metadata": {"nickname": "enchantress"}, "country": "FR"}
    customers.update(customer_id=customer.pk, changes=changes, actor=key_actor, at=at)
    customers.close(customer_id=customer.pk, actor=key_actor, at=at)
    customers.erase(customer_id=customer.pk, reason="asked to", actor=robot, at=at)
    told = str(list(Record.objects.filter(target=customer.public_id).values_list("before", "after", "reason")))
    told += row_text(customer) + str(feed.told(Event.objects.filter(subject=customer.public_id)))
    assert "FR" in told
    assert not [word for word in ("ada-lovelace", "countess", "enchantress") if word in told]


def test_a_change_that_changes_nothing_leaves_no_trace(create, trail, key_actor, at):
    customer = create()
    before = row_text(customer)
    trail.look()
    changes = {"name": " Ada  Lovelace ", "email": "Ada@EXAMPLE.com", "country": "GB", "metadata": {"plan": "gold"}}
    customers.update(customer_id=customer.pk, changes=changes, actor=key_actor, at=at + timedelta(hours=1))
    assert row_text(customer) == before
    assert trail.look() == ([], [])


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"kind": "BUSINESS"}, Invalid),
        ({"status": "CLOSED"}, Invalid),
        ({"kyc_tier": "PREMIUM"}, Invalid),
        ({"name": ""}, errors.MalformedName),
        ({"country": None}, UnknownCountry),
        ({"email": "x", "metadata": {}}, errors.MalformedEmail),
        ({"external_id": "user-2"}, errors.DuplicateExternalId),
    ],
)
def test_a_refused_change_leaves_no_trace(create, trail, key_actor, at, changes, refusal):
    customer = create()
    create(external_id="user-2")
    before = row_text(customer)
    trail.look()
    with pytest.raises(refusal):
        customers.update(customer_id=customer.pk, changes=changes, actor=key_actor, at=at)
    assert row_text(customer) == before
    assert trail.look() == ([], [])


def test_another_partners_customer_is_not_there(create, other, trail, key_actor, at):
    customer = create()
    before = row_text(customer)
    trail.look()
    scope = {"customer_id": customer.pk, "partner_id": other.pk, "actor": key_actor, "at": at}
    for step in [
        lambda: selectors.get(customer.pk, partner_id=other.pk),
        lambda: customers.update(**scope, changes={"name": "Mine"}),
        lambda: customers.freeze(**scope, reason="mine"),
        lambda: customers.unfreeze(**scope, reason="mine"),
        lambda: customers.close(**scope),
        lambda: customers.open_product(customer_id=customer.pk, partner_id=other.pk),
    ]:
        with pytest.raises(errors.CustomerNotFound):
            step()
    assert row_text(customer) == before
    assert trail.look() == ([], [])
    assert list(selectors.matching(partner_id=other.pk, email="ada@example.com")) == []


def test_customers_are_found_by_what_is_sealed(create, sandbox, other):
    ada = create(name="Ada King-Noël, Countess of Lovelace")
    create(name="Grace Hopper", email="grace@example.com", phone=None, external_id="user-2", metadata={})
    twin = create(partner_id=other.pk)

    def found(**wanted):
        return set(selectors.matching(partner_id=sandbox.pk, **wanted))

    assert found(email="ADA@example.COM") == {ada}
    assert found(phone="+44 (20) 7946-0958") == {ada}
    assert found(name="lovelace ADA") == {ada}
    assert found(name="noel king") == {ada}
    assert found(name="love") == set()
    assert found(name="Ada Hopper") == set()
    assert found(external_id="user-1") == {ada}
    assert found(metadata={"plan": "gold"}) == {ada}
    assert found(metadata={"plan": "silver"}) == set()
    assert found(email="ada@example.com", name="Hopper") == set()
    assert found(kyc_tier="BASIC") == set()
    assert set(selectors.matching(email="ada@example.com")) == {ada, twin}


def test_a_search_for_nothing_is_refused_rather_than_answered_with_all(create):
    create()
    with pytest.raises(errors.MalformedName):
        selectors.matching(name="…!")
    with pytest.raises(errors.MalformedEmail):
        selectors.matching(email="ada")
    with pytest.raises(errors.MalformedPhone):
        selectors.matching(phone="12")


def test_a_search_for_a_former_value_finds_nothing(create, key_actor, at):
    customer = create()
    changes = {"email": "new@example.com", "name": "Augusta King"}
    customers.update(customer_id=customer.pk, changes=changes, actor=key_actor, at=at)
    assert not selectors.matching(email="ada@example.com").exists()
    assert not selectors.matching(name="Lovelace").exists()
    assert list(selectors.matching(name="augusta")) == [customer]


def test_many_customers_are_opened_with_one_query(create, django_assert_num_queries):
    made = [create(external_id=f"user-{n}", name=f"Ada {n}") for n in range(5)]
    rows = list(Customer.objects.order_by("id"))
    with django_assert_num_queries(1):
        values = selectors.personal_of(rows)
    assert [values[customer.pk].name for customer in made] == [f"Ada {n}" for n in range(5)]


def test_a_document_moved_to_another_customer_does_not_open(create):
    ada, grace = create(), create(name="Grace Hopper", external_id="user-2")
    Customer.objects.filter(pk=ada.pk).update(personal=Customer.objects.get(pk=grace.pk).personal)
    with pytest.raises(crypto.CannotOpen):
        opened(ada)


def test_a_tampered_document_does_not_open(create):
    ada = create()
    token = bytearray(Customer.objects.get(pk=ada.pk).personal)
    token[-1] ^= 1
    Customer.objects.filter(pk=ada.pk).update(personal=bytes(token))
    with pytest.raises(crypto.CannotOpen):
        opened(ada)


def test_a_missing_key_is_a_fault_and_not_an_erasure(create):
    ada = create()
    SubjectKey.objects.all().delete()
    with pytest.raises(crypto.CannotOpen):
        opened(ada)


def test_a_partners_freeze_is_the_partners_to_lift(create, key_actor, trail, at):
    customer = create()
    trail.look()
    customers.freeze(customer_id=customer.pk, reason=" lost phone ", actor=key_actor, at=at)
    customer.refresh_from_db()
    assert (customer.status, customer.freeze_reason, customer.freeze_origin) == ("FROZEN", "lost phone", FreezeOrigin.PARTNER)
    assert customer.is_frozen
    customers.unfreeze(customer_id=customer.pk, reason="found", actor=key_actor, at=at)
    customer.refresh_from_db()
    assert (customer.status, customer.freeze_reason, customer.freeze_origin) == ("ACTIVE", "", "")
    assert trail.look() == (["customer.frozen", "customer.unfrozen"],) * 2


def test_the_platforms_freeze_is_not_the_partners_to_lift(create, staff, key_actor, trail, at):
    customer, officer = create(), staff(Role.COMPLIANCE_OFFICER)
    customers.freeze(customer_id=customer.pk, reason="lost phone", actor=key_actor, at=at)
    customers.freeze(customer_id=customer.pk, reason="under review", actor=officer, at=at)
    trail.look()
    with pytest.raises(errors.FrozenByPlatform):
        customers.unfreeze(customer_id=customer.pk, reason="please", actor=key_actor, at=at)
    for again in (officer, key_actor):
        with pytest.raises(IllegalMove):
            customers.freeze(customer_id=customer.pk, reason="again", actor=again, at=at)
    assert trail.look() == ([], [])
    customer.refresh_from_db()
    assert (customer.status, customer.freeze_reason) == (CustomerStatus.FROZEN, "under review")
    left = customers.unfreeze(customer_id=customer.pk, reason="cleared", actor=officer, at=at)
    assert (left.status, left.freeze_reason, left.freeze_origin) == (CustomerStatus.FROZEN, "lost phone", FreezeOrigin.PARTNER)
    assert trail.look() == (["customer.frozen"],) * 2
    assert customers.unfreeze(customer_id=customer.pk, reason="found", actor=key_actor, at=at).status == CustomerStatus.ACTIVE


def test_freezing_needs_a_reason_and_unfreezing_a_freeze(create, key_actor, trail, at):
    customer = create()
    trail.look()
    with pytest.raises(errors.ReasonMissing):
        customers.freeze(customer_id=customer.pk, reason="  ", actor=key_actor, at=at)
    with pytest.raises(IllegalMove):
        customers.unfreeze(customer_id=customer.pk, reason="x", actor=key_actor, at=at)
    assert trail.look() == ([], [])
    assert Customer.objects.get().status == CustomerStatus.ACTIVE


def test_a_reason_is_kept_whole_or_refused(create, key_actor, trail, at):
    customer = create()
    trail.look()
    with pytest.raises(ReasonTooLong, match="500 characters; these are 501") as refused:
        customers.freeze(customer_id=customer.pk, reason="x" * 501, actor=key_actor, at=at)
    assert (refused.value.code, refused.value.param, trail.look()) == ("reason.too_long", "reason", ([], []))
    assert customers.freeze(customer_id=customer.pk, reason=f" {'x' * 500} ", actor=key_actor, at=at).freeze_reason == "x" * 500


def test_the_tier_stands_as_it_was_set(create, staff, at):
    customer, officer = create(), staff(Role.COMPLIANCE_OFFICER)
    customers.set_kyc_tier(customer_id=customer.pk, kyc_tier=KycTier.ENHANCED, reason="passport seen", actor=officer, at=at)
    assert Customer.objects.get().kyc_tier == "ENHANCED"
    record = Record.objects.get(action="customer.kyc_tier_changed")
    assert (record.actor_id, record.reason) == (officer.id, "passport seen")
    assert (record.before["kyc_tier"], record.after["kyc_tier"]) == ("UNVERIFIED", "ENHANCED")
    data = Event.objects.get(type="customer.kyc_tier_changed").data
    assert (data["previous_kyc_tier"], data["kyc_tier"]) == ("UNVERIFIED", "ENHANCED")


@pytest.mark.parametrize(
    ("tier", "reason", "refusal"),
    [("UNVERIFIED", "x", errors.TierUnchanged), ("GOLD", "x", Invalid), ("BASIC", " ", errors.ReasonMissing)],
)
def test_a_refused_tier_leaves_no_trace(create, robot, trail, at, tier, reason, refusal):
    customer = create()
    trail.look()
    with pytest.raises(refusal):
        customers.set_kyc_tier(customer_id=customer.pk, kyc_tier=tier, reason=reason, actor=robot, at=at)
    assert Customer.objects.get().kyc_tier == "UNVERIFIED"
    assert trail.look() == ([], [])


def test_a_closed_customer_can_be_read_and_nothing_else(create, key_actor, robot, trail, at):
    customer = create()
    customers.close(customer_id=customer.pk, actor=key_actor, at=at)
    customer.refresh_from_db()
    assert (customer.status, customer.closed_at) == (CustomerStatus.CLOSED, at)
    assert opened(customer).name == "Ada Lovelace"
    trail.look()
    who = {"customer_id": customer.pk, "actor": robot, "at": at}
    for step in [
        lambda: customers.close(**who),
        lambda: customers.update(**who, changes={"name": "Grace"}),
        lambda: customers.freeze(**who, reason="x"),
        lambda: customers.unfreeze(**who, reason="x"),
        lambda: customers.set_kyc_tier(**who, kyc_tier="BASIC", reason="x"),
        lambda: customers.open_product(customer_id=customer.pk, partner_id=customer.partner_id),
    ]:
        with pytest.raises(errors.CustomerClosed):
            step()
    assert trail.look() == ([], [])


def test_a_customer_with_open_products_or_frozen_does_not_close(create, key_actor, trail, at):
    customer = create()
    customers.open_product(customer_id=customer.pk, partner_id=customer.partner_id)
    trail.look()
    with pytest.raises(errors.CustomerHasOpenProducts) as refused:
        customers.close(customer_id=customer.pk, actor=key_actor, at=at)
    assert refused.value.details == {"open_products": 1}
    customers.close_product(customer_id=customer.pk)
    with pytest.raises(RuntimeError):
        customers.close_product(customer_id=customer.pk)
    assert trail.look() == ([], [])
    customers.freeze(customer_id=customer.pk, reason="x", actor=key_actor, at=at)
    with pytest.raises(errors.CustomerFrozen):
        customers.close(customer_id=customer.pk, actor=key_actor, at=at)
    with pytest.raises(errors.CustomerFrozen):
        customers.open_product(customer_id=customer.pk, partner_id=customer.partner_id)
    assert Customer.objects.get().status == CustomerStatus.FROZEN


def test_erasing_makes_everything_personal_unreadable_for_good(create, key_actor, robot, at):
    customer = create()
    customers.close(customer_id=customer.pk, actor=key_actor, at=at)
    created = Record.objects.get(action="customer.created")
    customers.erase(customer_id=customer.pk, reason="asked to", actor=robot, at=at)
    assert opened(customer) is None
    aad = personal_aad(action="customer.created", target=customer.public_id, at=at)
    with pytest.raises(subjects.SubjectErased):
        subjects.decrypt(customer.pk, bytes(created.personal), aad=aad)
    assert not selectors.matching(email="ada@example.com").exists()
    assert not selectors.matching(phone="+442079460958").exists()
    assert not selectors.matching(name="Ada").exists()
    with pytest.raises(errors.PersonalDataErased):
        customers.erase(customer_id=customer.pk, reason="again", actor=robot, at=at)
    assert Event.objects.filter(type="customer.erased").count() == 1


def test_only_a_closed_customer_is_erased(create, robot, trail, at):
    customer = create()
    trail.look()
    with pytest.raises(IllegalMove):
        customers.erase(customer_id=customer.pk, reason="asked to", actor=robot, at=at)
    assert opened(customer).name == "Ada Lovelace"
    assert trail.look() == ([], [])


@pytest.mark.parametrize(
    ("lie", "constraint"),
    [
        ({"status": "FROZEN"}, "customer_is_frozen_for_a_reason"),
        ({"freeze_reason": "x"}, "customer_is_frozen_for_a_reason"),
        ({"status": "CLOSED"}, "customer_closes_without_open_products"),
        ({"country": "gb"}, "customer_country_is_two_capitals"),
    ],
)
def test_the_database_refuses_a_state_without_its_cause(create, lie, constraint):
    create()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Customer.objects.update(**lie)


def test_the_database_refuses_to_close_over_open_products(create, at):
    create()
    with pytest.raises(IntegrityError, match="customer_closes_without_open_products"), transaction.atomic():
        Customer.objects.update(status="CLOSED", closed_at=at, open_products=1)
