"""People who sign in: made, given roles, locked out and let in again."""

import base64
import threading

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher
from django.db import connection
from django.test import RequestFactory
from django_otp import devices_for_user
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import errors
from accounts.choices import Role
from accounts.models import User
from accounts.services import staff as service
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import Invalid
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def access(robot, at):
    return service.create_staff(email="Ada@Example.com", name="Ada", roles=[Role.AUDITOR], actor=robot, at=at)


def signs_in(email: str, password: str) -> User | None:
    return authenticate(RequestFactory().post("/"), username=email, password=password)


def code_of(access: service.Access) -> str:
    padded = access.totp_secret + "=" * (-len(access.totp_secret) % 8)
    return f"{TOTP(base64.b32decode(padded)).token():06d}"


def as_actor(user: User) -> Actor:
    return Actor(kind=ActorKind.STAFF, id=user.public_id)


def test_a_new_member_of_staff_signs_in_with_password_and_code(access):
    user = User.objects.get()
    assert (user.email, user.name, user.roles) == ("ada@example.com", "Ada", ["AUDITOR"])
    assert (user.is_staff, user.is_active, user.partner) == (True, True, None)
    assert signs_in("Ada@example.com", access.password) == user
    assert signs_in("ada@example.com", access.password + "x") is None
    (totp,) = TOTPDevice.objects.filter(user=user)
    assert totp.verify_token(code_of(access)) is True
    assert f"secret={access.totp_secret}" in access.totp_uri


def test_the_password_is_hashed_as_owasp_says(access):
    hasher = identify_hasher(User.objects.get().password)
    assert User.objects.get().password.startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")
    assert hasher.algorithm == "argon2"


def test_each_backup_code_works_once(access):
    (device,) = StaticDevice.objects.filter(user=access.user)
    assert len(set(access.backup_codes)) == 10
    assert device.verify_token(access.backup_codes[0]) is True
    assert device.verify_token(access.backup_codes[0]) is False
    assert device.token_set.count() == 9


def test_secrets_show_in_no_repr_and_no_audit(access):
    record = Record.objects.get()
    text = repr(access) + str(record.after) + str(record.before) + record.reason
    for secret in (access.password, access.totp_secret, *access.backup_codes, "Ada"):
        assert secret not in text
    assert (record.action, record.target) == ("user.created", access.user.public_id)
    assert record.after == {"roles": ["AUDITOR"], "is_staff": True}
    assert subjects.key_for(access.user.pk)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"email": "ADA@example.com"}, errors.UserEmailTaken),
        ({"email": "ada"}, Invalid),
        ({"name": " "}, Invalid),
        ({"roles": []}, errors.UnknownRole),
        ({"roles": ["EMPEROR"]}, errors.UnknownRole),
        ({"roles": [Role.PARTNER_DEVELOPER]}, errors.UnknownRole),
        ({"password": "short"}, errors.WeakPassword),
        ({"password": "password1234"}, errors.WeakPassword),
        ({"password": "grace@example.com"}, errors.WeakPassword),
    ],
)
def test_staff_of_wrong_form_are_refused_without_a_trace(access, trail, robot, at, wrong, refusal):
    good = {"email": "grace@example.com", "name": "Grace", "roles": [Role.FINANCE], "password": "correct horse battery"}
    with pytest.raises(refusal):
        service.create_staff(**{**good, **wrong}, actor=robot, at=at)
    assert User.objects.count() == 1
    assert TOTPDevice.objects.count() == 1
    assert trail.look() == ([], [])


def test_a_partners_developer_belongs_to_the_partner_and_not_to_the_back_office(sandbox, robot, at):
    user = service.create_partner_developer(partner_id=sandbox.pk, email="dev@acme.example", name="Dev", actor=robot, at=at).user
    assert (user.partner, user.is_staff, user.roles) == (sandbox, False, ["PARTNER_DEVELOPER"])
    assert user.get_all_permissions() == set()


def test_a_reset_ends_the_old_access_and_lockouts(access, robot, trail, at):
    old_hash = User.objects.get().get_session_auth_hash()
    AccessAttempt.objects.create(username="ada@example.com", ip_address="192.0.2.1", failures_since_start=9)
    trail.look()
    new = service.reset_access(user_id=access.user.pk, reason="lost phone", actor=robot, at=at)
    assert AccessAttempt.objects.count() == 0
    user = User.objects.get()
    assert signs_in("ada@example.com", access.password) is None
    assert signs_in("ada@example.com", new.password) == user
    assert user.get_session_auth_hash() != old_hash
    (totp,) = TOTPDevice.objects.all()
    assert totp.verify_token(code_of(access)) is False
    totp.throttle_reset()
    assert totp.verify_token(code_of(new)) is True
    (static,) = StaticDevice.objects.all()
    assert set(static.token_set.values_list("token", flat=True)) == set(new.backup_codes)
    assert len(list(devices_for_user(user))) == 2
    assert trail.look() == (["user.access_reset"], [])
    assert Record.objects.get(action="user.access_reset").reason == "lost phone"


def test_a_refused_reset_leaves_the_old_access(access, robot, trail, at):
    who = {"user_id": access.user.pk, "at": at}
    for step in [
        lambda: service.reset_access(**who, reason=" ", actor=robot),
        lambda: service.reset_access(**who, reason="x", password="short", actor=robot),
        lambda: service.reset_access(**who, reason="x", actor=as_actor(access.user)),
    ]:
        with pytest.raises((errors.ReasonMissing, errors.WeakPassword, errors.NotYourself)):
            step()
    assert signs_in("ada@example.com", access.password) == access.user
    assert TOTPDevice.objects.get().verify_token(code_of(access)) is True
    assert trail.look() == ([], [])


def test_new_backup_codes_end_the_old_ones(access, robot, at):
    codes = service.renew_backup_codes(user_id=access.user.pk, actor=robot, at=at)
    (device,) = StaticDevice.objects.all()
    assert device.verify_token(access.backup_codes[0]) is False
    device.throttle_reset()
    assert device.verify_token(codes[0]) is True


def test_roles_are_set_by_somebody_else_with_a_reason(access, robot, trail, at):
    who = {"user_id": access.user.pk, "at": at}
    service.set_roles(**who, roles=[Role.FINANCE, Role.OPERATIONS], reason="moved", actor=robot)
    assert User.objects.get().roles == ["OPERATIONS", "FINANCE"]
    record = Record.objects.get(action="user.roles_changed")
    assert (record.before, record.after) == ({"roles": ["AUDITOR"]}, {"roles": ["OPERATIONS", "FINANCE"]})
    trail.look()
    for roles, actor, reason, refusal in [
        ([Role.ADMINISTRATOR], as_actor(access.user), "x", errors.NotYourself),
        ([Role.OPERATIONS, Role.FINANCE], robot, "x", errors.UserUnchanged),
        ([Role.PARTNER_DEVELOPER], robot, "x", errors.UnknownRole),
        ([Role.AUDITOR], robot, " ", errors.ReasonMissing),
    ]:
        with pytest.raises(refusal):
            service.set_roles(**who, roles=roles, reason=reason, actor=actor)
    assert User.objects.get().roles == ["OPERATIONS", "FINANCE"]
    assert trail.look() == ([], [])


def test_a_locked_out_person_cannot_sign_in_and_holds_no_right(access, robot, at):
    service.deactivate(user_id=access.user.pk, reason="left", actor=robot, at=at)
    user = User.objects.get()
    assert signs_in("ada@example.com", access.password) is None
    assert not user.has_perm("ledger.view_journal")
    service.activate(user_id=user.pk, reason="back", actor=robot, at=at)
    assert signs_in("ada@example.com", access.password) == user


def test_the_last_administrator_stays(robot, trail, at):
    admin = service.create_staff(email="root@example.com", name="Root", roles=[Role.ADMINISTRATOR], actor=robot, at=at).user
    trail.look()
    with pytest.raises(errors.LastAdministrator):
        service.deactivate(user_id=admin.pk, reason="x", actor=robot, at=at)
    with pytest.raises(errors.LastAdministrator):
        service.set_roles(user_id=admin.pk, roles=[Role.AUDITOR], reason="x", actor=robot, at=at)
    assert trail.look() == ([], [])
    second = service.create_staff(email="two@example.com", name="Two", roles=[Role.ADMINISTRATOR], actor=robot, at=at).user
    assert service.deactivate(user_id=admin.pk, reason="left", actor=as_actor(second), at=at).is_active is False


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_lock_each_other_out_at_once(robot, at):
    people = [
        service.create_staff(email=f"{n}@example.com", name="Admin", roles=[Role.ADMINISTRATOR], actor=robot, at=at).user
        for n in range(2)
    ]
    barrier, refused = threading.Barrier(2), []

    def lock_out(me: User, you: User) -> None:
        try:
            barrier.wait()
            service.deactivate(user_id=you.pk, reason="coup", actor=as_actor(me), at=at)
        except errors.LastAdministrator as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=lock_out, args=pair) for pair in [(people[0], people[1]), (people[1], people[0])]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(is_active=True).count() == 1
