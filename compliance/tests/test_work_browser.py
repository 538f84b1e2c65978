"""Twenty alerts with a real browser and the keyboard alone: next, one key per decision, Enter; the next opens by itself. Then a second person.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.choices import Role
from compliance.choices import AlertState, Disposition
from compliance.models import Activity, Alert
from compliance.policies import alerts as policies
from compliance.services import work_notes
from compliance.tests.alert_world import person, seen, world
from flowlet.backoffice import cells
from flowlet.backoffice.tests.test_browser import CHROMIUM, arrive, page, shots
from flowlet.core import clock, ids
from payments.tests.test_payment_browser import sit

__all__ = ["page", "shots"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]
KEYS = {"f": Disposition.FALSE_POSITIVE, "v": Disposition.EXPLAINED, "c": Disposition.CONFIRMED, "l": Disposition.HIT_CLEARED}
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1360, "height": 900}


def moved(here, *, days, amount, direction, counterparty, count=1, at):
    for n in range(count):
        Activity.objects.create(
            partner=here.partner,
            customer=here.customer,
            source="PAYMENT",
            source_id=ids.uuid7(),
            direction=direction,
            kind="DEPOSIT" if direction == "IN" else "TRANSFER",
            rail="ACH",
            currency="USD",
            amount=Decimal(amount),
            worth=Decimal(amount),
            counterparty=counterparty,
            is_own=False,
            is_new_counterparty=n == 0,
            is_cash=False,
            names_parties=True,
            happened_at=at - timedelta(days=days + n),
        )


def rich(here, *, at):
    """The most urgent alert, with movements, someone linked, one before, a note."""
    other = here.new_customer(name="Grace Hopper", phone="+12025550123")
    here.customer.refresh_from_db()
    people = [ids.uuid7() for _ in range(4)]
    for n, one in enumerate(people):
        moved(here, days=3 + n, amount=9400 - n * 110, direction="IN", counterparty=one, count=2, at=at)
    moved(here, days=1, amount="52000.00", direction="OUT", counterparty=other.pk, at=at)
    moved(here, days=40, amount="800.00", direction="IN", counterparty=people[0], count=12, at=at)
    told = [row.reference for row in Activity.objects.filter(amount__gte=9000)]
    facts = {
        "amount": "74480.00",
        "threshold": "50000.00",
        "why": ["8 deposits of 9,070 to 9,400 USD in 7 days, each below 10,000 USD."],
    }
    return here.alert(
        scenario="pass_through",
        priority=99,
        headline="74,480 USD came in below the threshold and 52,000 USD left within a day",
        at=at,
        evidence=[seen("rich", at=at, headline="Structured deposits, passed on", facts=facts | {"transactions": told})],
    )


def in_three_ways(page, shots, name):
    """The page as it stands, light, dark and narrow, which fits."""
    page.screenshot(path=shots / f"{name}.png", full_page=True)
    page.keyboard.press("Control+e")
    page.wait_for_selector("html.dark")
    page.screenshot(path=shots / f"{name}-dark.png", full_page=True)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=shots / f"{name}-narrow-dark.png", full_page=True)
    page.keyboard.press("Control+e")
    page.wait_for_selector("html:not(.dark)")
    page.set_viewport_size(WIDE)


def decide(page, key):
    """Two presses: the key, and Enter."""
    page.keyboard.press(key)
    page.wait_for_selector("dialog[open]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    arrive(page)


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_twenty_alerts_are_decided_with_the_keyboard_alone(live_server, page, shots):
    here, at = world(), clock.now()
    first = rich(here, at=at)
    work_notes.note(item=first, text="Asked for the invoice", actor=person("boss", Role.COMPLIANCE_MANAGER), at=at)
    for n in range(19):
        here.alert(
            f"seen-{n}", scenario=f"scenario_{n}", kind="SCREENING" if n % 4 == 3 else "MONITORING", priority=90 - n, at=at
        )
    ada = sit(live_server, page, Role.COMPLIANCE_OFFICER, "ada@flowlet.test")
    page.goto(f"{live_server.url}/admin/")
    arrive(page)
    page.screenshot(path=shots / "home-with-alerts.png", full_page=True)
    page.goto(live_server.url + cells.admin_url(Alert, "changelist"))
    arrive(page)
    assert page.locator("#result_list tbody tr").count() == 20
    in_three_ways(page, shots, "alert-queue")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    arrive(page, f"**{cells.admin_url(first)}*")
    shown = page.inner_text(".fl-boxes")
    assert "8 deposits of 9,070 to 9,400 USD in 7 days" in shown
    assert "amount 74,480 against threshold 50,000" in shown
    assert "Asked for the invoice" in shown
    assert page.locator("section[aria-label='Ninety days'] svg rect").count() > 8
    assert page.locator("section[aria-label='Flow of money'] svg path").count() == 5
    in_three_ways(page, shots, "alert")
    page.keyboard.press("?")
    page.wait_for_selector("#fl-help[open]")
    assert "False positive" in page.inner_text("#fl-help")
    page.keyboard.press("Escape")

    order = list(Alert.objects.order_by("-priority", "due_at", "pk"))
    keys = ["l" if alert.kind == "SCREENING" else "fvc"[n % 3] for n, alert in enumerate(order)]
    for alert, key in zip(order, keys, strict=True):
        arrive(page, f"**{cells.admin_url(alert)}*")
        decide(page, key)

    assert "Nothing waits here any more." in page.inner_text("body")
    for alert, key in zip(order, keys, strict=True):
        alert.refresh_from_db()
        two = policies.needs_two(KEYS[key])
        assert (alert.disposition, alert.state, alert.decided_by) == (
            KEYS[key],
            AlertState.PROPOSED if two else AlertState.CLOSED,
            str(ada),
        )
    page.goto(live_server.url + cells.admin_url(order[2]))
    arrive(page)
    assert (
        page.locator("button[disabled]:has-text('Confirm')").get_attribute("title")
        == "Who proposed the decision does not confirm it."
    )

    # The second person.
    ben = sit(live_server, page, Role.COMPLIANCE_OFFICER, "ben@flowlet.test")
    page.goto(live_server.url + cells.admin_url(Alert, "changelist") + "?queue=second")
    arrive(page)
    page.keyboard.press("n")
    waiting = [alert for alert in order if alert.state == AlertState.PROPOSED]
    for alert in waiting:
        arrive(page, f"**{cells.admin_url(alert)}*")
        decide(page, "y")
    assert set(Alert.objects.values_list("state", flat=True)) == {AlertState.CLOSED}
    assert set(Alert.objects.exclude(checked_by="").values_list("checked_by", flat=True)) == {str(ben)}
    assert (page.complaints, page.foreign) == ([], [])
