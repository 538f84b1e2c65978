"""Pages of screening: hits side by side, masked until revealed, decided by request; runs and subjects to look at."""

from datetime import date

import pytest

from accounts.choices import Role
from accounts.models import User
from accounts.services import customers
from compliance.admin import hit_panels
from compliance.models import Alert, Hit, ScreeningRun, ScreeningSubject
from compliance.tests.screening_world import AT, BRANNIKOV, ROBOT, exposed, person, sanctions, screened
from flowlet.approvals.models import Approval
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, reveal
from wallets.tests.conftest import new_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def hit():
    sanctions((*BRANNIKOV, "DOB 12 Apr 1961."))
    screened(person(new_partner(), "Fjodor Branikov", born=date(1961, 4, 12)))
    return Hit.objects.get()


def page(browser, row):
    return browser.get(cells.admin_url(row)).content.decode()


def test_a_hit_shows_both_figures_and_every_feature_as_a_bar_with_the_customers_values_masked(sit, hit):
    shown = page(sit(Role.COMPLIANCE_OFFICER), hit)
    for text in (
        "BRANNIKOV, Fyodor Pavlovich",
        "Match",
        "Priority",
        "Date of birth",
        "fl-flow-bar",
        f"{hit.match:.0%}",
        "ofac-101",
    ):
        assert text in shown
    assert "fjodor" not in shown.lower()
    assert "branikov" not in shown.lower()


def test_what_is_compared_is_revealed_with_a_reason_that_the_audit_keeps(sit, hit):
    answer = reveal(sit(Role.COMPLIANCE_OFFICER), hit, reason="comparing the names")
    assert "branikov" in answer.content.decode().lower()
    record = Record.objects.get(action="personal_data.revealed")
    assert (record.target, record.reason) == (hit.public_id, "comparing the names")


def test_the_bars_say_what_each_feature_adds_and_takes(hit):
    bars = hit_panels.bars_of(hit, [{"feature": "country", "left": "DE", "right": "RU", "contribution": -0.08, "sentence": ""}])
    assert [(bar["title"], bar["figure"], bar["tone"], bar["width"]) for bar in bars[2:]] == [("Country", "-0.08", "bad", 8)]
    assert bars[0]["figure"] == f"{hit.match:.0%}"


@pytest.mark.parametrize(("name", "data"), [("clear", {"expires_on": ""}), ("confirm", {})])
def test_an_officer_asks_and_somebody_else_has_to_approve(sit, hit, name, data):
    answer = press(sit(Role.COMPLIANCE_OFFICER), hit, name, reason="looked at both", **data)
    assert answer.status_code in {200, 302}
    asked = Approval.objects.get()
    assert (asked.subject, asked.payload["state"]) == (hit.public_id, {"clear": "CLEARED", "confirm": "CONFIRMED"}[name])
    hit.refresh_from_db()
    assert hit.state == "OPEN"


def test_the_alert_shows_its_hits_side_by_side_first_and_other_alerts_do_not(hit, rf, sit):
    alert = Alert.objects.get()
    shown = page(sit(Role.COMPLIANCE_OFFICER), alert)
    assert shown.index("Why it fired") < shown.index("Hits side by side") < shown.index("Transactions that did it")
    [shown] = hit_panels.of_alert(alert, rf.get("/"))["hits"]
    assert (shown["listed"], len(shown["bars"]) > 2) == ("BRANNIKOV, Fyodor Pavlovich", True)
    alert.kind = "MONITORING"
    assert hit_panels.of_alert(alert, rf.get("/")) is None


@pytest.mark.parametrize(
    ("role", "status"), [(Role.AUDITOR, 200), (Role.COMPLIANCE_MANAGER, 200), (Role.FINANCE, 403), (Role.OPERATIONS, 403)]
)
def test_who_may_see_who_is_screened(sit, hit, role, status):
    browser = sit(role)
    exposed("Ada Example", at=AT)
    for row in (hit, ScreeningSubject.objects.get(), ScreeningRun.objects.get()):
        assert browser.get(cells.admin_url(row)).status_code == status
        assert browser.get(cells.admin_url(type(row), "changelist")).status_code == status
    assert User.objects.count() == 1


def test_a_hit_of_an_erased_customer_keeps_its_figures(sit, hit):
    customers.close(customer_id=hit.subject.customer_id, actor=ROBOT, at=AT)
    customers.erase(customer_id=hit.subject.customer_id, reason="asked for", actor=ROBOT, at=AT)
    shown = page(sit(Role.AUDITOR), hit)
    assert f"{hit.match:.0%}" in shown
    assert "was erased" in shown
