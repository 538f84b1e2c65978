"""API keys."""

import hmac as real_hmac
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts import errors
from accounts.choices import Mode, Scope
from accounts.models import ApiKey
from accounts.services import api_keys, partners
from flowlet.api.errors import AddressNotAllowed, ExpiredKey, InvalidKey, PartnerNotActive
from flowlet.audit.models import Record
from flowlet.core import crypto
from flowlet.core.errors import Invalid
from flowlet.events.models import Event

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
IP = "203.0.113.7"


def test_a_key_is_found_with_its_rights_in_one_query(issue, sandbox, at, django_assert_num_queries):
    issued = issue(scopes=[Scope.WALLETS_READ, Scope.CUSTOMERS_READ])
    api_keys.authenticate(issued.secret, IP, at)
    with django_assert_num_queries(1):
        facts = api_keys.authenticate(issued.secret, IP, at)
    assert facts.partner_id == sandbox.pk
    assert facts.mode == "SANDBOX"
    assert facts.key_id == issued.key.public_id
    assert facts.label == "backend"
    assert facts.scopes == {"wallets:read", "customers:read"}
    assert (facts.rate_per_second, facts.burst) == (100, 200)


def test_a_secret_tells_its_mode_and_is_stored_only_as_a_keyed_digest(issue, live):
    sandbox_key, live_key = issue(), issue(partner_id=live.pk)
    assert re.fullmatch(r"fk_test_[0-9A-Za-z]{36}", sandbox_key.secret)
    assert re.fullmatch(r"fk_live_[0-9A-Za-z]{36}", live_key.secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest, k::text FROM accounts_apikey k WHERE id = %s", [live_key.key.pk])
        digest, row = cursor.fetchone()
    assert bytes(digest) == crypto.api_key_digest(live_key.secret)
    assert live_key.secret[8:] not in row
    assert live_key.key.hint == f"fk_live_…{live_key.secret[-4:]}"
    assert live_key.secret not in repr(live_key)


def test_the_audit_and_the_event_of_a_key_hold_no_secret(issue, at):
    issued = issue(allowed_networks=["203.0.113.0/24"], expires_at=at + DAY)
    record = Record.objects.get(target=issued.key.public_id)
    assert record.after == {
        "name": "backend",
        "hint": issued.key.hint,
        "scopes": ["customers:read"],
        "allowed_networks": ["203.0.113.0/24"],
        "rate_per_second": 100,
        "burst": 200,
        "expires_at": "2026-03-02T12:00:00+00:00",
    }
    event = Event.objects.get(subject=issued.key.public_id)
    assert (event.type, event.data["id"]) == ("api_key.issued", issued.key.public_id)
    assert issued.secret not in str(record.after) + str(event.data)


@pytest.mark.parametrize(
    "junk", ["", "fk_test_", "fk_live_" + "a" * 36, "sk_test_" + "a" * 36, "x" * 44, "fk_test_" + "é" * 36, "fk_test_" + " " * 36]
)
def test_what_is_no_key_is_refused_without_asking_the_database(at, junk, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(InvalidKey):
        api_keys.authenticate(junk, IP, at)


def test_a_mistyped_key_is_refused_without_asking_the_database(issue, at, django_assert_num_queries):
    secret = issue().secret
    for position in range(8, len(secret)):
        wrong = "A" if secret[position] != "A" else "B"
        with django_assert_num_queries(0), pytest.raises(InvalidKey):
            api_keys.authenticate(secret[:position] + wrong + secret[position + 1 :], IP, at)


def test_a_well_formed_key_that_nobody_issued_is_refused(at):
    with pytest.raises(InvalidKey):
        api_keys.authenticate(api_keys.new_secret(Mode.LIVE), IP, at)


def test_a_key_of_another_pepper_is_refused(issue, at, settings):
    secret = issue().secret
    settings.API_KEY_PEPPER = settings.BLIND_INDEX_KEY
    with pytest.raises(InvalidKey):
        api_keys.authenticate(secret, IP, at)


def test_digests_are_compared_in_constant_time(issue, at, monkeypatch):
    issued, compared = issue(), []

    class Watching:
        digest = staticmethod(real_hmac.digest)

        @staticmethod
        def compare_digest(one, two):
            compared.append((bytes(one), bytes(two)))
            return False

    monkeypatch.setattr(api_keys, "hmac", Watching)
    with pytest.raises(InvalidKey):
        api_keys.authenticate(issued.secret, IP, at)
    assert compared == [(crypto.api_key_digest(issued.secret),) * 2]


@given(text=st.text(max_size=60))
def test_no_text_makes_the_form_check_fail_other_than_by_no(text):
    assert api_keys.is_well_formed("fk_test_" + text) in {True, False}


@given(mode=st.sampled_from(Mode.values))
def test_every_new_secret_is_well_formed(mode):
    assert api_keys.is_well_formed(api_keys.new_secret(mode))


def test_a_key_works_until_its_expiry_and_not_at_it(issue, at):
    issued = issue(expires_at=at + DAY)
    assert api_keys.authenticate(issued.secret, IP, at + DAY - MINUTE).key_id == issued.key.public_id
    with pytest.raises(ExpiredKey):
        api_keys.authenticate(issued.secret, IP, at + DAY)


@pytest.mark.parametrize(
    ("networks", "ip", "allowed"),
    [
        (["203.0.113.0/24"], "203.0.113.255", True),
        (["203.0.113.0/24"], "203.0.114.0", False),
        (["203.0.113.7"], "203.0.113.7", True),
        (["203.0.113.7"], "203.0.113.8", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
        (["2001:db8::/32"], "2001:db8:1::1", True),
        (["2001:db8::/32"], "2001:db9::1", False),
        (["198.51.100.0/24", "2001:db8::/32"], "198.51.100.1", True),
        (["203.0.113.0/24"], "", False),
        (["203.0.113.0/24"], "not an address", False),
        ([], "not an address", True),
    ],
)
def test_a_key_with_networks_works_only_from_them(issue, at, networks, ip, allowed):
    issued = issue(allowed_networks=networks)
    if allowed:
        assert api_keys.authenticate(issued.secret, ip, at).key_id == issued.key.public_id
    else:
        with pytest.raises(AddressNotAllowed):
            api_keys.authenticate(issued.secret, ip, at)
        assert ApiKey.objects.get().last_used_at is None


def test_a_revoked_key_is_refused_from_the_commit_on(issue, trail, robot, at):
    issued = issue()
    api_keys.authenticate(issued.secret, IP, at)
    trail.look()
    api_keys.revoke(key_id=issued.key.pk, reason="leaked", actor=robot, at=at)
    with pytest.raises(InvalidKey):
        api_keys.authenticate(issued.secret, IP, at)
    assert trail.look() == (["api_key.revoked"],) * 2
    with pytest.raises(errors.KeyAlreadyRevoked):
        api_keys.revoke(key_id=issued.key.pk, reason="again", actor=robot, at=at)
    assert trail.look() == ([], [])


def test_revoking_needs_a_reason(issue, trail, robot, at):
    issued = issue()
    trail.look()
    with pytest.raises(errors.ReasonMissing):
        api_keys.revoke(key_id=issued.key.pk, reason=" ", actor=robot, at=at)
    assert ApiKey.objects.get().revoked_at is None
    assert trail.look() == ([], [])


def test_rotated_keys_overlap_and_then_only_the_successor_works(issue, robot, trail, at):
    old = issue(allowed_networks=["203.0.113.0/24"])
    trail.look()
    new = api_keys.rotate(key_id=old.key.pk, overlap=timedelta(hours=2), actor=robot, at=at)
    assert trail.look() == (["api_key.rotated", "api_key.issued"],) * 2
    assert new.key.replaces == old.key
    assert (new.key.name, new.key.scopes, new.key.allowed_networks) == ("backend", ["customers:read"], ["203.0.113.0/24"])
    within, after = at + timedelta(hours=2) - MINUTE, at + timedelta(hours=2)
    assert api_keys.authenticate(old.secret, IP, within).key_id == old.key.public_id
    assert api_keys.authenticate(new.secret, IP, within).key_id == new.key.public_id
    with pytest.raises(ExpiredKey):
        api_keys.authenticate(old.secret, IP, after)
    assert api_keys.authenticate(new.secret, IP, after).key_id == new.key.public_id


def test_rotation_without_overlap_ends_the_old_key_at_once(issue, robot, at):
    old = issue()
    api_keys.rotate(key_id=old.key.pk, overlap=timedelta(0), actor=robot, at=at)
    with pytest.raises(ExpiredKey):
        api_keys.authenticate(old.secret, IP, at)


def test_rotation_never_lengthens_a_life_and_hands_the_lifetime_on(issue, robot, at):
    old = issue(expires_at=at + DAY)
    new = api_keys.rotate(key_id=old.key.pk, overlap=timedelta(days=3), actor=robot, at=at + DAY / 2)
    old.key.refresh_from_db()
    assert old.key.expires_at == at + DAY
    assert new.key.expires_at == at + DAY / 2 + DAY


def test_a_key_is_rotated_once(issue, robot, trail, at):
    old = issue()
    api_keys.rotate(key_id=old.key.pk, actor=robot, at=at)
    trail.look()
    with pytest.raises(errors.KeyAlreadyReplaced):
        api_keys.rotate(key_id=old.key.pk, actor=robot, at=at)
    assert ApiKey.objects.count() == 2
    assert trail.look() == ([], [])


def test_dead_keys_and_wild_overlaps_are_not_rotated(issue, robot, trail, at):
    dead, expired, alive = issue(), issue(expires_at=at + MINUTE), issue()
    api_keys.revoke(key_id=dead.key.pk, reason="leaked", actor=robot, at=at)
    trail.look()
    for key, overlap, refusal in [
        (dead, DAY, errors.KeyAlreadyRevoked),
        (expired, DAY, errors.ExpiryInThePast),
        (alive, timedelta(days=31), Invalid),
        (alive, -MINUTE, Invalid),
    ]:
        with pytest.raises(refusal):
            api_keys.rotate(key_id=key.key.pk, overlap=overlap, actor=robot, at=at + MINUTE)
    assert ApiKey.objects.count() == 3
    assert trail.look() == ([], [])


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"scopes": []}, errors.UnknownScope),
        ({"scopes": ["customers:read", "everything"]}, errors.UnknownScope),
        ({"allowed_networks": ["203.0.113.1/24"]}, errors.MalformedNetwork),
        ({"allowed_networks": ["10.0.0.0/33"]}, errors.MalformedNetwork),
        ({"allowed_networks": ["10.0.0.1"] * 51}, errors.MalformedNetwork),
        ({"name": ""}, Invalid),
        ({"name": "x" * 101}, Invalid),
    ],
)
def test_a_key_of_wrong_form_is_refused_without_a_trace(issue, sandbox, trail, wrong, refusal):
    trail.look()
    with pytest.raises(refusal):
        issue(**wrong)
    assert ApiKey.objects.count() == 0
    assert trail.look() == ([], [])


def test_a_key_cannot_expire_before_it_is_issued(issue, at):
    with pytest.raises(errors.ExpiryInThePast):
        issue(expires_at=at)


def test_simulation_is_for_sandbox_keys(issue, live):
    with pytest.raises(errors.UnknownScope):
        issue(partner_id=live.pk, scopes=[Scope.SIMULATION_WRITE])
    assert issue(scopes=[Scope.SIMULATION_WRITE]).key.scopes == ["simulation:write"]


def test_keys_of_a_partner_that_is_not_active_do_not_work(issue, pair, robot, at):
    waiting, suspended = issue(partner_id=pair.live.pk), issue()
    partners.suspend(partner_id=pair.sandbox.pk, reason="unpaid", actor=robot, at=at)
    for issued in (waiting, suspended):
        with pytest.raises(PartnerNotActive):
            api_keys.authenticate(issued.secret, IP, at)
    with pytest.raises(errors.PartnerSuspended):
        issue()


def test_use_is_noted_at_most_once_a_minute(issue, at, django_assert_num_queries):
    issued = issue()
    with django_assert_num_queries(2):
        api_keys.authenticate(issued.secret, IP, at)
    with django_assert_num_queries(1):
        api_keys.authenticate(issued.secret, IP, at + timedelta(seconds=59))
    assert ApiKey.objects.get().last_used_at == at
    with django_assert_num_queries(2):
        api_keys.authenticate(issued.secret, IP, at + MINUTE)
    assert ApiKey.objects.get().last_used_at == at + MINUTE


@pytest.mark.django_db(transaction=True)
def test_noting_the_use_waits_for_nobody(issue, at, owner_connection):
    issued = issue()
    owner_connection.autocommit = False
    with owner_connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM accounts_apikey WHERE id = %s FOR UPDATE", [str(issued.key.pk)])
        with connection.cursor() as own:
            own.execute("SET lock_timeout = '200ms'")
        try:
            assert api_keys.authenticate(issued.secret, IP, at).key_id == issued.key.public_id
        finally:
            owner_connection.rollback()
            with connection.cursor() as own:
                own.execute("RESET lock_timeout")
    assert ApiKey.objects.get().last_used_at is None


def test_the_database_refuses_a_key_without_scope_and_two_keys_of_one_digest(issue, sandbox, at):
    key = issue().key
    with pytest.raises(IntegrityError, match="api_key_has_a_scope"), transaction.atomic():
        ApiKey.objects.update(scopes=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.create(partner=sandbox, name="x", digest=key.digest, hint="x", scopes=["events:read"], created_at=at)
