"""The screens of alerts and cases: who may, what opens next, what is locked, what is hidden from whom."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.choices import Role
from accounts.models import Partner, User
from compliance import events
from compliance.choices import AlertState
from compliance.models import Alert, OfficerSkill, SavedFilter, WorkFile, WorkNote
from compliance.services import alerts, cases, queues, work_notes
from compliance.tests.alert_world import person, world
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in
from flowlet.core import clock

LIST = "/admin/compliance/alert/"


@pytest.fixture
def here(db):
    return world()


@pytest.fixture
def sit(db):
    def make(name="ada", role=Role.COMPLIANCE_OFFICER):
        actor = person(name, role)
        client = signed_in(User.fetch(actor.id))
        client.actor = actor
        return client

    return make


def fresh(here, scenario="structuring", **more):
    return here.alert(scenario, scenario=scenario, at=clock.now() - timedelta(hours=1), **more)


def page_of(client, row):
    return client.get(cells.admin_url(row)).content.decode()


def test_a_decision_closes_and_opens_the_next_of_the_same_filter(here, sit):
    client = sit()
    fresh(here, "urgent", priority=99)
    first, second = fresh(here, "a", kind="RISK", priority=60), fresh(here, "b", kind="RISK", priority=40)
    url = cells.admin_url(first).removesuffix("change/") + "do/false_positive/?queue=alerts&kind=RISK"
    version = client.get(cells.admin_url(first)).content.decode().partition('name="version" value="')[2].partition('"')[0]
    answer = client.post(url, {"version": version, "reason_code": "USUAL_BEHAVIOUR", "words": ""})
    assert answer["Location"] == cells.admin_url(second) + "?queue=alerts&kind=RISK"
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.locked_by) == (AlertState.CLOSED, User.fetch(client.actor.id))


def test_next_is_pressed_never_followed_and_takes_the_most_urgent(here, sit):
    client = sit()
    fresh(here, "a", priority=10)
    urgent = fresh(here, "b", priority=95)
    assert client.get(LIST + "next/").status_code == 405
    assert client.post(LIST + "next/")["Location"] == cells.admin_url(urgent)
    assert client.post(f"{LIST}next/?after={urgent.public_id}")["Location"] == cells.admin_url(Alert.objects.get(priority=10))
    assert client.post(LIST + "next/?queue=escalated").status_code == 302, "a queue of managers: refused in words"
    assert "does not do such work" in client.get(LIST).content.decode()


def test_what_is_open_elsewhere_says_so_and_is_not_decided(here, sit):
    ada, ben = sit(), sit("ben")
    alert = fresh(here)
    assert ada.post(f"{LIST}{alert.public_id}/hold/").json()["until"]
    refused = ben.post(f"{LIST}{alert.public_id}/hold/")
    assert (refused.status_code, "Ada has it open" in refused.json()["message"]) == (409, True)
    shown = page_of(ben, alert)
    assert "Ada has it open until" in shown
    answer = press(ben, alert, "false_positive", reason_code="USUAL_BEHAVIOUR")
    assert answer.status_code == 409
    assert "open: Ada" in ben.get(LIST).content.decode()
    assert ada.post(f"{LIST}{alert.public_id}/leave/").status_code == 204
    assert press(ben, alert, "false_positive", reason_code="USUAL_BEHAVIOUR").status_code == 302


def test_an_auditor_looks_and_changes_nothing(here, sit):
    auditor, alert = sit("eve", Role.AUDITOR), fresh(here)
    shown = page_of(auditor, alert)
    assert "Why it fired" in shown and "do/false_positive" not in shown
    assert press(auditor, alert, "false_positive", reason_code="USUAL_BEHAVIOUR").status_code == 403
    assert auditor.post(f"{LIST}{alert.public_id}/hold/").status_code == 204
    assert auditor.post(LIST + "keep/", {"name": "x"}).status_code == 403
    assert (Alert.objects.get().state, Alert.objects.get().locked_by) == (AlertState.OPEN, None)


def test_self_approval_fails_on_the_screen(here, sit):
    ada, ben, alert = sit(), sit("ben"), fresh(here)
    press(ada, alert, "confirmed", reason_code="NO_EXPLANATION")
    assert press(ada, alert, "confirm").status_code == 403
    assert ada.post(f"{LIST}{alert.public_id}/hold/").status_code == 204, "who proposed keeps nobody out"
    assert Alert.objects.get().state == AlertState.PROPOSED
    assert press(ben, alert, "confirm").status_code == 302
    assert Alert.objects.get().state == AlertState.CLOSED


def test_a_stale_page_decides_nothing(here, sit):
    client, alert = sit(), fresh(here)
    version = page_of(client, alert).partition('name="version" value="')[2].partition('"')[0]
    here.alert("more", scenario="structuring", at=clock.now())
    answer = press(client, alert, "false_positive", version=version, reason_code="USUAL_BEHAVIOUR")
    assert answer.status_code == 409
    assert Alert.objects.get().state == AlertState.OPEN


def test_a_closed_alert_is_found_in_its_list_and_by_its_customer(here, sit):
    client, alert = sit(), fresh(here)
    alerts.decide(alert_id=alert.pk, disposition="EXPLAINED", reason_code="FUNDS_PROVEN", actor=client.actor, at=clock.now())
    assert alert.headline not in client.get(LIST).content.decode()
    for query in ("?queue=closed", f"?queue=closed&q={here.customer.public_id}", f"?queue=closed&q={alert.public_id}"):
        assert alert.headline in client.get(LIST + query).content.decode(), query
    shown = page_of(client, alert)
    assert "True, and explained" in shown and "Source of funds proven" in shown


def test_many_are_closed_and_given_from_the_list_as_it_is_narrowed(here, sit):
    client, boss = sit(), sit("boss", Role.COMPLIANCE_MANAGER)
    made = [fresh(here, f"s{n}", kind="RISK" if n else "OTHER") for n in range(3)]
    form = client.get(LIST + "do/close_many/?queue=alerts&kind=RISK").content.decode()
    assert [alert.public_id in form for alert in made] == [False, True, True]
    assert "CONFIRMED" not in form, "a suspicion is decided by itself"
    assert 'value="HIT_CLEARED" selected' in client.get(LIST + "do/close_many/?queue=hits").content.decode()
    chosen = {"items": [alert.public_id for alert in made[1:]], "words": "One cause"}
    client.post(LIST + "do/close_many/", chosen | {"disposition": "FALSE_POSITIVE", "reason_code": "RULE_TOO_BROAD"})
    assert Alert.objects.filter(state=AlertState.CLOSED).count() == 2
    whom = User.fetch(client.actor.id)
    boss.post(LIST + "do/assign_many/", {"items": [made[0].public_id], "person": str(whom.pk), "reason": ""})
    assert Alert.objects.get(pk=made[0].pk).assignee == whom
    assert client.post(LIST + "do/assign_many/", {"items": [made[0].public_id]}).status_code == 403
    queues.set_skills(person=whom, kinds=["OTHER"], most_open=5, actor=boss.actor, at=clock.now())
    fresh(here, "later", kind="OTHER")
    boss.post(LIST + "do/spread/", {})
    assert Alert.objects.filter(assignee=whom).count() == 2


def test_sandbox_alerts_are_shown_where_they_are_asked_for(here, sit):
    client = sit()
    sandbox = Partner.objects.create(name="Acme", mode="SANDBOX", status="ACTIVE", country="US", time_zone="UTC")
    alert = here.alert("x", partner_id=sandbox.pk, customer_id=None, headline="Of the sandbox", at=clock.now())
    shown = [alert.headline in client.get(LIST + query).content.decode() for query in ("", "?mode=SANDBOX", "?mode=LIVE")]
    assert shown == [False, True, False]
    assert client.post(LIST + "next/?mode=SANDBOX")["Location"] == cells.admin_url(alert) + "?mode=SANDBOX"


def test_a_filter_is_kept_shown_and_removed(here, sit):
    client = sit()
    client.post(LIST + "keep/?queue=hits&urgency=urgent", {"name": "Urgent hits"})
    shown = client.get(LIST).content.decode()
    assert 'href="?queue=hits&amp;urgency=urgent"' in shown and "Urgent hits" in shown
    client.post(LIST + "keep/", {"name": "Urgent hits", "remove": "1"})
    assert not SavedFilter.objects.exists()


def test_a_manager_sets_who_is_given_what_on_the_page_of_skills(here, sit):
    ada, boss = sit(), sit("boss", Role.COMPLIANCE_MANAGER)
    officer, address = User.fetch(ada.actor.id), "/admin/compliance/officerskill/"
    assert ada.post(address + "do/create/", {}).status_code == 403
    boss.post(address + "do/create/", {"person": str(officer.pk), "kinds": ["RISK", "OTHER"], "most_open": "7"})
    row = OfficerSkill.objects.get(user=officer)
    assert (row.kinds, row.most_open, row.is_away) == (["OTHER", "RISK"], 7, False)
    queues.take(item_id=fresh(here, kind="RISK").pk, actor=ada.actor, at=clock.now())
    shown = ada.get(address).content.decode()
    assert "Ada" in shown and "Other, Customer risk" in shown
    assert press(boss, row, "edit", kinds=["RISK"], most_open="5", is_away="on").status_code == 302
    row.refresh_from_db()
    assert (row.kinds, row.most_open, row.is_away) == (["RISK"], 5, True)
    assert "Has now" in page_of(ada, row)


def test_a_note_calls_a_colleague_until_they_open_it(here, sit):
    ada, ben, alert = sit(), sit("ben"), fresh(here)
    press(ada, alert, "note", text="@ben look at Grace Hopper")
    assert work_notes.text_of(WorkNote.objects.get()) == "@ben look at Grace Hopper"
    assert "look at Grace Hopper" in page_of(ben, alert)
    assert looks(ben, alert) == [["notes"]], "who saw it is in the audit"
    assert cells.admin_url(alert) in ben.get("/admin/").content.decode()
    ben.post(f"{LIST}{alert.public_id}/hold/")
    assert cells.admin_url(alert) not in ben.get("/admin/").content.decode()


def test_whoever_opens_a_narrative_or_its_form_is_in_the_audit(here, sit):
    ada = sit()
    case = cases.open_case(title="Deposits", alert_ids=[fresh(here).pk], actor=ada.actor, at=clock.now())
    page_of(ada, case)
    assert looks(ada, case) == [], "nothing is written yet"
    press(ada, case, "narrate", text="Grace Hopper got it")
    assert looks(ada, case) == []
    assert "Grace Hopper got it" in ada.get(f"{cells.admin_url(case).removesuffix('change/')}do/narrate/").content.decode()
    assert looks(ada, case) == [["narrative"]]
    assert "Read" not in page_of(ada, case).partition("History")[2], "looks do not hide the deeds"


def looks(client, row):
    """What the audit says that was shown to the person, look by look."""
    found = Record.objects.filter(action=events.WRITTEN_READ, target=row.public_id, actor_id=client.actor.id)
    return [record.after["shown"] for record in found.order_by("pk")]


def test_a_file_is_added_and_taken_out_as_a_download(here, sit):
    client, alert = sit(), fresh(here)
    press(client, alert, "attach", file=SimpleUploadedFile("invoice.pdf", b"%PDF-1.7 x"))
    kept = WorkFile.objects.get()
    answer = press(client, kept, "download", reason="for the report")
    assert (answer.content, answer["Content-Disposition"]) == (b"%PDF-1.7 x", 'attachment; filename="invoice.pdf"')


def test_linked_customers_and_earlier_alerts_are_shown(here, sit):
    client = sit()
    first = here.new_customer(name="Ada One", phone="+12025550123")
    second = here.new_customer(name="Ada Two", phone="+12025550123")
    before = fresh(here, "before", customer_id=first.pk)
    alerts.decide(alert_id=before.pk, disposition="EXPLAINED", reason_code="FUNDS_PROVEN", actor=client.actor, at=clock.now())
    shown = page_of(client, fresh(here, "now", customer_id=first.pk))
    assert second.public_id in shown and "Phone number" in shown
    assert cells.admin_url(before) in shown and "Source of funds proven" in shown


def test_how_a_case_ends_is_shown_to_those_who_may_know_of_reports_alone(here, sit):
    ada, auditor = sit(), sit("eve", Role.AUDITOR)
    alert = fresh(here)
    alerts.decide(alert_id=alert.pk, disposition="EXPLAINED", reason_code="FUNDS_PROVEN", actor=ada.actor, at=clock.now())
    case = cases.open_case(title="Deposits", alert_ids=[alert.pk], actor=ada.actor, at=clock.now())
    assert press(ada, case, "close", outcome="REPORT", words="Nothing explains it").status_code == 302
    assert "Report to the authority" in page_of(ada, case)
    shown = page_of(auditor, case)
    assert "Report to the authority" not in shown.partition("</main>")[0].partition("How it ends")[2]
    assert "How it ends" not in shown
