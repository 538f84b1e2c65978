"""What an officer can do: once, with permission, in time, on what was on screen, and never by a link."""

import re

import pytest
from django.test import Client

from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.backoffice.testing import press, signed_in
from flowlet.backoffice.tests.pages import office
from flowlet.backoffice.transitions import version_of
from flowlet.core import clock
from flowlet.events.models import Event


def url_of(approval, name="approve"):
    return f"/admin/flowlet_approvals/approval/{approval.public_id}/do/{name}/"


def version(approval):
    return version_of(type(approval).objects.get(pk=approval.pk))


@pytest.fixture
def maker(person):
    return person("OPERATIONS")


@pytest.fixture
def checker(person):
    return person("COMPLIANCE_MANAGER")


@pytest.fixture
def approval(request_by, maker):
    return request_by(maker)


def unmoved(approval, records, events):
    approval.refresh_from_db()
    return approval.status == ApprovalStatus.PENDING and (Record.objects.count(), Event.objects.count()) == (records, events)


@pytest.fixture
def counted(approval):
    return Record.objects.count(), Event.objects.count()


def test_a_transition_moves_the_row_and_leads_back_with_a_link_to_the_audit(approval, checker):
    client = signed_in(checker)
    answer = press(client, approval, "approve", subject_again="wal_1", site=office)
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/flowlet_approvals/approval/{approval.public_id}/change/")
    approval.refresh_from_db()
    assert (approval.status, approval.checker_id) == (ApprovalStatus.APPROVED, checker.public_id)
    page = client.get(answer["Location"]).content.decode()
    assert "Approve: done." in page
    assert f"/admin/flowlet_audit/record/?q={approval.public_id}" in page
    assert Record.objects.filter(target=approval.public_id, actor_id=checker.public_id).count() == 1


def test_looking_at_the_form_does_nothing(approval, checker, counted):
    answer = signed_in(checker).get(url_of(approval), {"subject_again": "wal_1", "version": version(approval)})
    assert answer.status_code == 200
    assert 'name="version"' in answer.content.decode()
    assert unmoved(approval, *counted)


def test_the_wrong_role_sees_no_button_and_is_refused(approval, person, counted):
    client = signed_in(person("AUDITOR"))
    page = client.get(f"/admin/flowlet_approvals/approval/{approval.public_id}/change/").content.decode()
    assert "do/approve" not in page
    assert client.get(url_of(approval)).status_code == 403
    assert press(client, approval, "approve", subject_again="wal_1", site=office).status_code == 403
    assert unmoved(approval, *counted)


def test_ones_own_work_is_refused_with_the_reason(request_by, checker):
    approval = request_by(checker)
    counted = Record.objects.count(), Event.objects.count()
    answer = press(signed_in(checker), approval, "approve", subject_again="wal_1", site=office)
    assert answer.status_code == 403
    assert "another person has to decide it" in answer.content.decode()
    assert 'data-code="approval.four_eyes_required"' in answer.content.decode()
    assert unmoved(approval, *counted)


def test_in_the_wrong_state_the_button_is_grey_and_the_deed_refused(approval, checker):
    client = signed_in(checker)
    press(client, approval, "reject", reason="not convinced", site=office)
    records = Record.objects.count()
    page = client.get(f"/admin/flowlet_approvals/approval/{approval.public_id}/change/").content.decode()
    assert re.search(r'<button class="fl-button" type="button" disabled title="This request has been decided\.">Approve', page)
    assert "do-approve" not in page
    assert "This request has been decided." in client.get(url_of(approval)).content.decode()
    answer = press(client, approval, "approve", subject_again="wal_1", site=office)
    assert answer.status_code == 409
    approval.refresh_from_db()
    assert (approval.status, Record.objects.count()) == (ApprovalStatus.REJECTED, records)


def test_a_stale_page_is_refused_keeps_the_input_and_carries_the_new_version(approval, checker, person, actor):
    client = signed_in(checker)
    shown = version(approval)
    requests.reject(approval_id=approval.pk, actor=actor(person("FINANCE")), at=clock.now(), reason="I was first")
    records = Record.objects.count()
    answer = press(client, approval, "reject", version=shown, reason="typed with care", site=office)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "has changed since you opened it" in html
    assert "typed with care" in html
    assert f'name="version" value="{version(approval)}"' in html
    assert version(approval) != shown
    approval.refresh_from_db()
    assert (approval.decision_reason, Record.objects.count()) == ("I was first", records)


@pytest.mark.parametrize("shown", ["", "0" * 24])
def test_a_form_without_a_true_version_is_stale(approval, checker, counted, shown):
    answer = signed_in(checker).post(url_of(approval, "reject"), {"version": shown, "reason": "typed with care"})
    assert answer.status_code == 409
    assert unmoved(approval, *counted)


def test_a_missing_reason_and_a_wrong_field_are_said_beside_the_field(approval, checker, counted):
    client = signed_in(checker)
    answer = press(client, approval, "reject", reason="no", site=office)
    assert answer.status_code == 400
    assert answer.context["form"].errors["reason"]
    answer = press(client, approval, "approve", subject_again="wal_2", site=office)
    assert answer.status_code == 400
    assert answer.context["form"].errors["subject_again"] == ["That is not its subject."]
    assert unmoved(approval, *counted)


def test_a_form_from_elsewhere_is_refused(approval, checker, counted):
    signed = signed_in(checker)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed.cookies
    answer = strict.post(url_of(approval, "reject"), {"version": version(approval), "reason": "typed with care"})
    assert answer.status_code == 403
    assert unmoved(approval, *counted)


def test_other_methods_are_refused(approval, checker, counted):
    client = signed_in(checker)
    assert client.put(url_of(approval, "reject")).status_code == 405
    assert client.delete(url_of(approval, "reject")).status_code == 405
    assert client.get(url_of(approval, "nonsense")).status_code == 404
    assert unmoved(approval, *counted)


def test_the_page_shows_buttons_with_their_keys_and_dialogs_with_the_version(approval, checker):
    page = signed_in(checker).get(f"/admin/flowlet_approvals/approval/{approval.public_id}/change/").content.decode()
    assert re.search(r'data-fl-open="do-reject" data-fl-key="x">Reject <kbd>x</kbd>', page)
    assert page.count(f'name="version" value="{version(approval)}"') == 3
    assert page.count("csrfmiddlewaretoken") >= 3
    assert len(re.findall(r'id="id_reject_reason"', page)) == 1


def test_a_secret_is_shown_once_and_not_kept(approval, checker):
    answer = press(signed_in(checker), approval, "key", site=office)
    assert answer.status_code == 200
    assert "fk_test_shown_once" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_the_version_covers_every_column_or_those_named(approval):
    before = version_of(approval), version_of(approval, ["status"])
    approval.maker_label = "another"
    assert version_of(approval) != before[0]
    assert version_of(approval, ["status"]) == before[1]
