"""Signing in and out: password, code, lockout, time-outs."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from flowlet.audit.models import Record
from flowlet.backoffice.testing import signed_in
from flowlet.backoffice.tests.conftest import PASSWORD
from flowlet.core import clock


@pytest.fixture
def officer(person):
    user = person("COMPLIANCE_OFFICER", email="ada@flowlet.test")
    TOTPDevice.objects.create(user=user, name="Authenticator app", confirmed=True)
    StaticDevice.objects.create(user=user, name="Backup codes", confirmed=True).token_set.create(token="backup77")
    return user


def code_of(user, ahead=0):
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, drift=ahead):06d}"


def device_of(user, kind=TOTPDevice):
    return kind.objects.get(user=user).persistent_id


def password(client, user, text=PASSWORD, **data):
    return client.post("/admin/login/", {"username": user.email.upper(), "password": text, **data})


def code(client, user, text=None, device=None):
    return client.post("/admin/login/code/", {"device": device or device_of(user), "code": text or code_of(user)})


def is_in(client):
    return client.get("/admin/").status_code == 200


def actions():
    return list(Record.objects.order_by("id").values_list("action", flat=True))


def test_password_then_code_lets_in_and_leads_where_one_wanted_to_go(officer):
    client = Client()
    first = password(client, officer, next="/admin/find/?q=x")
    assert (first.status_code, first["Location"]) == (302, "/admin/login/code/")
    assert SESSION_KEY not in client.session
    assert not is_in(client)
    second = code(client, officer)
    assert (second.status_code, second["Location"]) == (302, "/admin/find/?q=x")
    assert is_in(client)
    record = Record.objects.get()
    assert (record.action, record.target, record.actor_id) == ("staff.signed_in", officer.public_id, officer.public_id)
    assert record.after == {"second_factor": "authenticator app"}


def test_the_session_gets_a_new_key_at_every_step(officer):
    client = Client()
    client.get("/admin/login/")
    password(client, officer)
    between = client.session.session_key
    code(client, officer)
    assert client.session.session_key != between
    assert "signin_pending" not in client.session


def test_a_backup_code_works_once(officer):
    client = Client()
    password(client, officer)
    code(client, officer, "BACKUP77".lower(), device_of(officer, StaticDevice))
    assert is_in(client)
    again = Client()
    password(again, officer)
    refused = code(again, officer, "backup77", device_of(officer, StaticDevice))
    assert refused.status_code == 200
    assert not is_in(again)


def test_a_code_is_not_accepted_twice(officer):
    used = code_of(officer)
    first, second = Client(), Client()
    password(first, officer)
    password(second, officer)
    code(first, officer, used)
    assert is_in(first)
    answer = code(second, officer, used)
    assert "not right, or it was used already" in answer.content.decode()
    assert not is_in(second)


def test_a_wrong_code_is_refused_noted_and_slows_the_device_down(officer):
    client = Client()
    password(client, officer)
    answer = code(client, officer, "000000")
    assert "not right" in answer.content.decode()
    assert actions() == ["staff.second_factor_refused"]
    waiting = code(client, officer)
    assert "wait a little" in waiting.content.decode()
    assert not is_in(client)


def test_five_wrong_codes_lead_back_to_the_password(officer):
    client = Client()
    password(client, officer)
    for _ in range(4):
        assert code(client, officer, "000000").status_code == 200
    last = code(client, officer, "000000")
    assert (last.status_code, last["Location"]) == (302, "/admin/login/?why=tries")
    assert client.get("/admin/login/code/")["Location"] == "/admin/login/?why=late"


def test_the_device_of_somebody_else_does_not_count(officer, person):
    other = person("FINANCE", email="bob@flowlet.test")
    device = TOTPDevice.objects.create(user=other, name="Authenticator app", confirmed=True)
    client = Client()
    password(client, officer)
    answer = code(client, officer, f"{totp(device.bin_key):06d}", device.persistent_id)
    assert answer.status_code == 200
    assert not is_in(client)


def test_the_device_has_to_be_chosen(officer):
    client = Client()
    password(client, officer)
    answer = client.post("/admin/login/code/", {"code": code_of(officer)})
    assert answer.status_code == 200
    assert answer.context["form"].errors["device"]
    assert not is_in(client)


def test_without_a_device_nobody_gets_in_and_the_page_says_what_to_do(person):
    user = person("FINANCE", email="new@flowlet.test")
    client = Client()
    password(client, user)
    assert "reset_staff_access" in client.get("/admin/login/code/").content.decode()
    assert not is_in(client)


def test_the_password_never_comes_back_to_the_browser(officer):
    client = Client()
    wrong = password(client, officer, "a wrong but memorable one")
    assert "a wrong but memorable one" not in wrong.content.decode()
    password(client, officer)
    assert PASSWORD not in client.get("/admin/login/code/").content.decode()
    assert PASSWORD not in str(dict(client.session))


@pytest.mark.parametrize("case", ["unknown", "inactive", "not staff", "wrong password"])
def test_every_refusal_of_the_password_reads_the_same(officer, person, case):
    if case == "inactive":
        officer.is_active = False
        officer.save()
    if case == "not staff":
        officer.is_staff = False
        officer.save()
    if case == "unknown":
        officer.email = "nobody@flowlet.test"
    answer = password(Client(), officer, "wrong" if case == "wrong password" else PASSWORD)
    assert answer.status_code == 200
    assert [str(error) for error in answer.context["form"].non_field_errors()] == [
        "The e-mail address and the password do not match, or this account may not enter the back office."
    ]


def test_five_wrong_passwords_lock_and_then_the_right_one_is_refused_too(officer):
    client = Client(REMOTE_ADDR="203.0.113.7")
    answers = [password(client, officer, "wrong").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    locked = password(client, officer)
    assert locked.status_code == 429
    assert "locked for 15 minutes" in locked.content.decode()
    elsewhere = Client(REMOTE_ADDR="203.0.113.8")
    assert password(elsewhere, officer).status_code == 302


def test_the_lock_opens_after_a_quarter_of_an_hour(officer):
    client = Client()
    for _ in range(5):
        password(client, officer, "wrong")
    assert password(client, officer).status_code == 429
    with time_machine.travel(time.time() + 15 * 60 + 1):
        assert password(client, officer).status_code == 302


def test_the_second_page_does_not_wait_for_ever(officer):
    client = Client()
    password(client, officer)
    with time_machine.travel(time.time() + 301):
        assert code(client, officer)["Location"] == "/admin/login/?why=late"
        assert not is_in(client)


def test_a_password_changed_between_the_steps_voids_the_first(officer):
    client = Client()
    password(client, officer)
    officer.set_password("another one entirely")
    officer.save()
    assert code(client, officer)["Location"] == "/admin/login/?why=late"
    assert not is_in(client)


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "javascript:alert(1)", ""])
def test_sign_in_leads_to_no_foreign_place(officer, target):
    client = Client()
    password(client, officer, next=target)
    assert code(client, officer)["Location"] == "/admin/"


def test_a_quarter_of_an_hour_without_a_request_signs_out(officer):
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        client = signed_in(officer)
        for minutes in (14, 28, 42):
            traveller.move_to(start + timedelta(minutes=minutes))
            assert is_in(client)
        traveller.move_to(start + timedelta(minutes=42 + 15))
        answer = client.get("/admin/find/?q=x")
        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=%2Fadmin%2Ffind%2F%3Fq%3Dx&why=idle")
        assert SESSION_KEY not in client.session
        assert "15 minutes without activity" in client.get(answer["Location"]).content.decode()


def test_eight_hours_sign_out_whoever_is_busy(officer):
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        client = signed_in(officer)
        for minutes in range(10, 480, 10):
            traveller.move_to(start + timedelta(minutes=minutes))
            assert is_in(client), minutes
        traveller.move_to(start + timedelta(hours=8))
        assert "why=expired" in client.get("/admin/")["Location"]


def test_a_session_without_our_marks_is_over(officer):
    client = signed_in(officer)
    session = client.session
    del session["seen_at"]
    session.save()
    assert "why=expired" in client.get("/admin/")["Location"]


def test_what_was_about_to_be_sent_is_not_replayed_after_the_time_out(officer):
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        client = signed_in(officer)
        traveller.move_to(start + timedelta(minutes=16))
        answer = client.post("/admin/password_change/", {})
        assert answer["Location"] == "/admin/login/?next=%2Fadmin%2F&why=idle"


def test_a_page_knows_when_the_sign_in_ends_and_staying_puts_that_off(officer):
    start = clock.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False) as traveller:
        client = signed_in(officer)
        page = client.get("/admin/").content.decode()
        assert 'data-idle="900" data-left="28800"' in page
        traveller.move_to(start + timedelta(minutes=14))
        answer = client.get("/admin/stay/")
        assert answer.json() == {"idle": 900, "left": 27960}
        assert "no-store" in answer["Cache-Control"]
        traveller.move_to(start + timedelta(minutes=28))
        assert is_in(client)
        traveller.move_to(start + timedelta(minutes=44))
        assert client.get("/admin/stay/")["Location"] == "/admin/login/?next=%2Fadmin%2Fstay%2F&why=idle"


def test_nobody_stays_longer_than_eight_hours(officer):
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        client = signed_in(officer)
        for minutes in range(10, 480, 10):
            traveller.move_to(start + timedelta(minutes=minutes))
            assert client.get("/admin/stay/").status_code == 200
        traveller.move_to(start + timedelta(minutes=480))
        assert "why=expired" in client.get("/admin/stay/")["Location"]


def test_strangers_are_told_nothing_about_a_sign_in():
    assert Client().get("/admin/stay/").status_code == 302
    assert "fl-stay" not in Client().get("/admin/login/").content.decode()


def test_signing_out_ends_the_session(officer):
    client = signed_in(officer)
    answer = client.post("/admin/logout/")
    assert answer.status_code == 200
    assert "Flowlet" in answer.content.decode()
    assert SESSION_KEY not in client.session
    assert not is_in(client)


def test_the_own_password_can_be_changed(officer):
    client = signed_in(officer)
    assert client.get("/admin/password_change/").status_code == 200
    fields = {"old_password": PASSWORD, "new_password1": "a wholly new phrase 77", "new_password2": "a wholly new phrase 77"}
    assert client.post("/admin/password_change/", fields)["Location"] == "/admin/password_change/done/"
    assert is_in(client)
    officer.refresh_from_db()
    assert officer.check_password("a wholly new phrase 77")
    record = Record.objects.get()
    assert (record.action, record.actor_id, record.target) == ("user.password_changed", officer.public_id, officer.public_id)


def test_a_refused_change_of_the_own_password_is_no_deed(officer):
    fields = {"old_password": "not this", "new_password1": "a wholly new phrase 77", "new_password2": "a wholly new phrase 77"}
    assert signed_in(officer).post("/admin/password_change/", fields).status_code == 200
    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)
    assert actions() == []
