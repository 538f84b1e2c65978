"""Partners."""

import pytest
from django.db import IntegrityError, transaction

from accounts import errors
from accounts.choices import Mode, PartnerStatus, Role
from accounts.models import Partner
from accounts.services import partners
from flowlet.approvals.errors import AlreadyPending, FourEyesRequired, MayNot
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.countries import UnknownCountry
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event

pytestmark = pytest.mark.django_db


def test_a_partner_is_born_as_two_siblings(pair, at):
    live, sandbox = Partner.objects.get(mode=Mode.LIVE), Partner.objects.get(mode=Mode.SANDBOX)
    assert (live.sibling, sandbox.sibling) == (sandbox, live)
    assert (live.status, sandbox.status) == (PartnerStatus.PENDING, PartnerStatus.ACTIVE)
    assert (live.name, live.country, live.time_zone, live.created_at) == ("Acme", "DE", "Europe/Berlin", at)
    assert [(event.type, event.partner_id) for event in Event.objects.order_by("id")] == [
        ("partner.created", live.pk),
        ("partner.created", sandbox.pk),
    ]
    record = Record.objects.get(partner_id=live.pk)
    assert (record.action, record.target, record.actor_id) == ("partner.created", live.public_id, "tests")
    assert record.after == {
        "name": "Acme",
        "mode": "LIVE",
        "status": "PENDING",
        "country": "DE",
        "time_zone": "Europe/Berlin",
    }


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": "Acme"}, errors.PartnerNameTaken),
        ({"name": "  "}, Invalid),
        ({"name": "x" * 201}, Invalid),
        ({"country": "XX"}, UnknownCountry),
        ({"country": "de"}, UnknownCountry),
        ({"time_zone": "Mars/Olympus"}, errors.UnknownTimeZone),
        ({"time_zone": "../../etc/passwd"}, errors.UnknownTimeZone),
        ({"time_zone": ""}, errors.UnknownTimeZone),
    ],
)
def test_a_partner_of_wrong_form_is_refused_without_a_trace(pair, trail, robot, at, wrong, refusal):
    with pytest.raises(refusal):
        partners.create(**{"name": "Globex", "country": "US", **wrong}, actor=robot, at=at)
    assert Partner.objects.count() == 2
    assert trail.look() == ([], [])


def test_two_people_activate_a_partner(live, trail):
    assert live.status == PartnerStatus.ACTIVE
    record = Record.objects.get(action="partner.activated")
    assert (record.reason, record.before, record.after) == ("contract signed", {"status": "PENDING"}, {"status": "ACTIVE"})
    assert Event.objects.get(type="partner.activated").data == {"id": live.public_id, "mode": "LIVE", "status": "ACTIVE"}


def test_nobody_activates_a_partner_alone(pair, staff, trail, at):
    both = staff(Role.OPERATIONS, Role.COMPLIANCE_MANAGER)
    asked = partners.request_activation(partner_id=pair.live.pk, reason="signed", actor=both, at=at)
    trail.look()
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=both, at=at)
    pair.live.refresh_from_db()
    assert pair.live.status == PartnerStatus.PENDING
    assert trail.look() == ([], [])


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FINANCE, Role.FRAUD_ANALYST, Role.ADMINISTRATOR])
def test_only_some_roles_ask_for_an_activation(pair, staff, trail, at, role):
    with pytest.raises(MayNot):
        partners.request_activation(partner_id=pair.live.pk, reason="signed", actor=staff(role), at=at)
    assert trail.look() == ([], [])


def test_the_system_cannot_ask_for_an_activation(pair, robot, at):
    with pytest.raises(MayNot):
        partners.request_activation(partner_id=pair.live.pk, reason="signed", actor=robot, at=at)


def test_one_activation_waits_at_a_time(pair, staff, at):
    officer = staff(Role.OPERATIONS)
    partners.request_activation(partner_id=pair.live.pk, reason="signed", actor=officer, at=at)
    with pytest.raises(AlreadyPending):
        partners.request_activation(partner_id=pair.live.pk, reason="signed", actor=officer, at=at)


def test_an_active_partner_is_not_activated_again(live, staff, at):
    with pytest.raises(IllegalMove):
        partners.request_activation(partner_id=live.pk, reason="again", actor=staff(Role.OPERATIONS), at=at)


def test_the_checker_sees_whom_they_activate(pair, staff, at):
    asked = partners.request_activation(partner_id=pair.live.pk, reason="signed", actor=staff(Role.OPERATIONS), at=at)
    assert partners.describe_activation(asked) == {
        "Partner": "Acme",
        "Mode": "Live",
        "Country": "Germany",
        "Time zone of the books": "Europe/Berlin",
        "Created": "2026-03-01T12:00+00:00",
        "State now": "Waiting for activation",
    }


def test_a_suspended_partner_is_resumed(live, trail, robot, at):
    trail.look()
    partners.suspend(partner_id=live.pk, reason="unpaid", actor=robot, at=at)
    assert Partner.objects.get(pk=live.pk).status == PartnerStatus.SUSPENDED
    assert partners.resume(partner_id=live.pk, reason="paid", actor=robot, at=at).status == PartnerStatus.ACTIVE
    assert trail.look() == (["partner.suspended", "partner.resumed"],) * 2


def test_a_state_that_does_not_lead_there_is_refused_without_a_trace(pair, trail, robot, at):
    for verb, partner in [(partners.suspend, pair.live), (partners.resume, pair.live), (partners.resume, pair.sandbox)]:
        with pytest.raises(IllegalMove):
            verb(partner_id=partner.pk, reason="because", actor=robot, at=at)
    with pytest.raises(errors.ReasonMissing):
        partners.suspend(partner_id=pair.sandbox.pk, reason="  ", actor=robot, at=at)
    assert trail.look() == ([], [])
    assert set(Partner.objects.values_list("status", flat=True)) == {PartnerStatus.PENDING, PartnerStatus.ACTIVE}


def test_a_company_is_renamed_in_both_modes(pair, trail, robot, at):
    partners.update(partner_id=pair.sandbox.pk, name="Acme SE", actor=robot, at=at)
    assert set(Partner.objects.values_list("name", "country")) == {("Acme SE", "DE")}
    assert trail.look() == (["partner.updated"] * 2,) * 2


def test_renaming_to_a_taken_name_changes_neither_row(pair, other, trail, robot, at):
    with pytest.raises(errors.PartnerNameTaken):
        partners.update(partner_id=pair.live.pk, name="Globex", actor=robot, at=at)
    assert set(Partner.objects.filter(country="DE").values_list("name", flat=True)) == {"Acme"}
    assert trail.look() == ([], [])


def test_the_database_refuses_two_partners_of_one_name_in_one_mode(pair):
    with pytest.raises(IntegrityError), transaction.atomic():
        Partner.objects.create(name="Acme", mode=Mode.LIVE, country="DE")
