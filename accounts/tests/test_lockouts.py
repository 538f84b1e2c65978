"""Lockouts and second factors: seen by administrators, lifted and reset with a reason, secrets never shown."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import errors
from accounts.choices import Role
from accounts.models import User
from accounts.selectors import sign_ins
from accounts.services import lockouts
from accounts.services import staff as service
from flowlet.audit.models import Record
from flowlet.audit.selectors import records
from flowlet.backoffice.testing import at_most, press, signed_in
from flowlet.core import clock

pytestmark = pytest.mark.django_db
HERE, THERE = "192.0.2.7", "192.0.2.8"
REASON = "called back on the known number"


@pytest.fixture
def ada(robot, at):
    return service.create_staff(email="ada@example.com", name="Ada", roles=[Role.AUDITOR], actor=robot, at=at)


@pytest.fixture
def admin(db):
    user = User.objects.create_user("root@example.com", name="Root", is_staff=True, roles=[Role.ADMINISTRATOR])
    client = signed_in(user)
    client.user = user
    return client


def sign_in(name, password, address=HERE, browser="one"):
    request = RequestFactory().post("/", REMOTE_ADDR=address, HTTP_USER_AGENT=browser)
    try:
        return authenticate(request, username=name, password=password)
    except PermissionDenied:
        return None


def fail(name, times=5, address=HERE, browser="one"):
    for _ in range(times):
        sign_in(name, "not this one", address, browser)
    return AccessAttempt.objects.order_by("-pk").first()


def text_of(answer):
    return answer.content.decode()


def listed(client):
    return text_of(client.get(reverse("admin:axes_accessattempt_changelist")))


def test_a_lifted_lockout_lets_the_person_in_again_from_that_address_only(ada, admin):
    attempt = fail(ada.user.email)
    fail(ada.user.email, address=THERE)
    assert sign_in(ada.user.email, ada.password) is None
    assert listed(admin).count(">Locked<") == 2
    answer = press(admin, attempt, "lift", reason=REASON)
    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:accounts_user_change", args=[ada.user.public_id]))
    assert sign_in(ada.user.email, ada.password) == ada.user
    assert sign_in(ada.user.email, ada.password, THERE) is None
    record = Record.objects.get(action="user.lockout_lifted")
    assert (record.actor_id, record.target, record.reason) == (admin.user.public_id, ada.user.public_id, REASON)
    assert (record.before, record.after) == ({"failures": 5, "is_locked": True}, {"failures": 0, "is_locked": False})
    assert records.personal_of(record) == {"before": {"address": HERE}}


def test_failures_of_all_browsers_count_together_and_are_forgotten_together(ada, admin):
    fail(ada.user.email, times=3, browser="one")
    attempt = fail(ada.user.email, times=2, browser="two")
    assert listed(admin).count(">Locked<") == 2
    press(admin, attempt, "lift", reason=REASON)
    assert AccessAttempt.objects.count() == 0


def test_four_wrong_passwords_are_listed_and_are_no_lockout(ada, admin):
    attempt = fail(ada.user.email, times=4)
    assert ">Locked<" not in listed(admin)
    assert not sign_ins.is_locked(sign_ins.attempts(AccessAttempt.objects.filter(pk=attempt.pk), at=clock.now()).get())


def test_what_was_typed_is_shown_and_kept_only_when_somebody_signs_in_with_it(admin):
    attempt = fail("my secret passphrase")
    page = text_of(admin.get(reverse("admin:axes_accessattempt_change", args=[attempt.pk])))
    press(admin, attempt, "lift", reason=REASON)
    record = Record.objects.get(action="user.lockout_lifted")
    assert (record.target, record.personal) == ("nobody", None)
    assert "passphrase" not in page + listed(admin) + str(record.before) + record.reason
    assert "unknown name" in page


def test_a_lift_needs_a_reason_and_a_lockout(ada, admin, robot, at):
    attempt = fail(ada.user.email)
    assert press(admin, attempt, "lift", reason="").status_code == 400
    with pytest.raises(errors.ReasonMissing):
        lockouts.lift(attempt_id=attempt.pk, reason=" ", actor=robot, at=clock.now())
    with pytest.raises(errors.LockoutNotFound):
        lockouts.lift(attempt_id=attempt.pk + 1, reason=REASON, actor=robot, at=at)
    assert sign_in(ada.user.email, ada.password) is None
    assert not Record.objects.filter(action="user.lockout_lifted").exists()


def test_the_first_page_counts_people_who_are_locked_out_and_no_strangers(ada, admin):
    fail("nobody@example.com")
    assert "People locked out" not in text_of(admin.get(reverse("admin:index")))
    fail(ada.user.email)
    assert "People locked out" in text_of(admin.get(reverse("admin:index")))


def test_the_page_of_a_person_says_where_they_are_locked_out_and_what_codes_are_left(ada, admin):
    url = reverse("admin:accounts_user_change", args=[ada.user.public_id])
    assert "Locked out from" not in text_of(admin.get(url))
    fail(ada.user.email)
    StaticDevice.objects.get(user=ada.user).verify_token(ada.backup_codes[0])
    page = text_of(admin.get(url))
    assert "Locked out from" in page
    assert HERE in page
    assert "<dd>9</dd>" in "".join(page.split())


def test_devices_show_their_use_and_never_their_secrets(ada, admin):
    device = TOTPDevice.objects.get(user=ada.user)
    pages = text_of(admin.get(reverse("admin:otp_totp_totpdevice_changelist")))
    pages += text_of(admin.get(reverse("admin:otp_totp_totpdevice_change", args=[device.pk])))
    assert "ada@example.com" in pages
    assert "never" in pages
    for secret in (device.key, ada.totp_secret, *ada.backup_codes):
        assert secret not in pages


def test_a_reset_from_the_page_of_a_device_gives_new_access_and_is_audited(ada, admin):
    device = TOTPDevice.objects.get(user=ada.user)
    answer = press(admin, device, "reset", reason=REASON)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert ada.user.public_id in text_of(answer)
    assert not TOTPDevice.objects.filter(pk=device.pk).exists()
    assert sign_in(ada.user.email, ada.password) is None
    record = Record.objects.get(action="user.access_reset")
    assert (record.actor_id, record.target, record.reason) == (admin.user.public_id, ada.user.public_id, REASON)


def test_nobody_resets_their_own_device(admin):
    device = TOTPDevice.objects.get(user=admin.user)
    assert press(admin, device, "reset", reason=REASON).status_code == 403
    assert TOTPDevice.objects.filter(pk=device.pk).exists()
    assert not Record.objects.filter(action="user.access_reset").exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PARTNER_DEVELOPER, Role.ADMINISTRATOR}])
def test_other_roles_see_neither_lockouts_nor_devices(ada, role):
    attempt, device = fail(ada.user.email), TOTPDevice.objects.get(user=ada.user)
    client = signed_in(User.objects.create_user("x@example.com", name="X", is_staff=True, roles=[role]))
    for row in (attempt, device):
        name = f"{row._meta.app_label}_{row._meta.model_name}"
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403
        assert client.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 403
    assert press(client, attempt, "lift", reason=REASON).status_code == 403
    assert press(client, device, "reset", reason=REASON).status_code == 403
    assert sign_in(ada.user.email, ada.password) is None


def test_lists_take_the_same_queries_however_long(ada, admin, robot, at):
    fail(ada.user.email)
    urls = [reverse(f"admin:{name}_changelist") for name in ("axes_accessattempt", "otp_totp_totpdevice")]
    taken = []
    for url in urls:
        admin.get(url)
        with at_most(8) as one:
            admin.get(url)
        taken.append(len(one))
    for n in range(6):
        service.create_staff(email=f"s{n}@example.com", name="S", roles=[Role.AUDITOR], actor=robot, at=at)
        fail(f"s{n}@example.com", times=1)
    for url, count in zip(urls, taken, strict=True):
        with at_most(count):
            admin.get(url)


@pytest.mark.parametrize("words", ["rpt_01m82rzxy5e0tve7hcxjwx99m7", "no address at all", "10.0.0"])
def test_words_that_are_no_address_find_nothing_and_break_nothing(ada, admin, words):
    fail(ada.user.email)
    assert ada.user.email not in text_of(admin.get(reverse("admin:axes_accessattempt_changelist"), {"q": words}))
    assert admin.get(reverse("admin:find"), {"q": words}).status_code == 200
