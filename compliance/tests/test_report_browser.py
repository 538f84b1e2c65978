"""A report with a real browser and the keyboard: drafted from a case, completed while what is missing falls away, proposed.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

from datetime import timedelta

import pytest

from accounts.choices import Role
from compliance.models import Report
from compliance.services import report_drafts, reports
from compliance.tests.test_report_drafts import case_of, customer, moved, wallet_of
from compliance.tests.test_work_browser import in_three_ways
from flowlet.backoffice import cells
from flowlet.backoffice.tests.test_browser import CHROMIUM, arrive, page, shots
from flowlet.core import clock
from payments.tests.test_payment_browser import decide, sit
from wallets.tests.conftest import new_partner

__all__ = ["page", "shots"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]


@pytest.mark.django_db(transaction=True)
def test_a_report_is_drafted_from_a_case_completed_and_proposed_with_the_keyboard(live_server, page, shots):
    actor, today = sit(live_server, page, Role.COMPLIANCE_OFFICER, "ada@flowlet.test"), clock.now().date()
    who = customer(new_partner())
    wallet = wallet_of(who)
    rows = [moved(who, wallet, f"{9400 - n * 110}.00", day=today - timedelta(days=2 + n)) for n in range(4)]
    case = case_of(who, *rows, scenario="exposed_customer", narrative="", by="ada")
    for days, kind in ((40, "SAR"), (24, "SAR"), (6, "CTR")):
        report_drafts.blank(kind=kind, day=today - timedelta(days=days), actor=actor, at=clock.now())

    page.goto(live_server.url + cells.admin_url(case))
    arrive(page)
    page.keyboard.press("p")
    page.wait_for_selector("#do-draft_report[open]")
    page.fill("#do-draft_report input[name=day]", today.isoformat())
    with page.expect_navigation():
        page.keyboard.press("Enter")
    arrive(page)
    row = Report.objects.get(counted_from=today)
    page.goto(live_server.url + cells.admin_url(Report, "changelist"))
    arrive(page)
    in_three_ways(page, shots, "report-queue")
    page.goto(live_server.url + cells.admin_url(row))
    arrive(page)

    # The form opens for a reason, which stands there already.
    page.keyboard.press("f")
    page.wait_for_selector("#do-fill[open]")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    arrive(page)
    missing = page.locator("#report-gaps a")
    assert [text.split()[-1] for text in missing.all_inner_texts()] == ["was.", "it."]
    in_three_ways(page, shots, "report-form")

    # From the gap to its field; it falls away while one types, and Ctrl+S keeps what was typed.
    missing.first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "activity.classifications.0.subtype"
    page.keyboard.type("Structuring: Transaction(s) below CTR")
    page.wait_for_selector("#report-gaps:not(:has-text('32-42'))")
    missing.first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "narrative"
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(" She told us that these were sales of furniture, and could show neither goods nor buyers." * 3)
    page.wait_for_selector("#report-gaps:has-text('Nothing is missing.')")
    assert Report.objects.get(pk=row.pk).version == 1
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    arrive(page)
    assert reports.content_of(Report.objects.get(pk=row.pk))["narrative"].endswith("neither goods nor buyers.")

    # One more subject, and away with it.
    with page.expect_navigation():
        page.click("button[name=add][value=subjects]")
    arrive(page)
    assert page.evaluate("document.activeElement.name").startswith("subjects.1.")
    page.check("input[name='subjects.1.is_unknown']")
    page.wait_for_selector("#report-gaps:has-text('Subject 2')")
    page.check("input[name='subjects.1._remove']")
    page.wait_for_selector("#report-gaps:has-text('Nothing is missing.')")
    with page.expect_navigation():
        page.click("button[name=close]")
    arrive(page)
    decide(page, "p")
    assert Report.objects.get(pk=row.pk).state == "PROPOSED"
    assert (page.complaints, page.foreign) == ([], [])
