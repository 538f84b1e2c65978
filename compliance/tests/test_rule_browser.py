"""One rule with a real browser: another number, another condition in the editor, a backtest in the queue, a second person lets it go live.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

import json
import os

import pytest

from accounts.choices import Role
from compliance.choices import TrialState
from compliance.models import RuleTrial
from compliance.policies import scenarios
from compliance.services import monitoring, rule_backtests, rule_trials
from compliance.tests.alert_world import person
from compliance.tests.monitoring_world import ON, Watched, structuring
from compliance.tests.test_rule_pages import AT, SINCE, UNTIL, draft, rule
from compliance.tests.test_work_browser import in_three_ways
from flowlet.approvals.models import Approval
from flowlet.backoffice import cells
from flowlet.backoffice.tests.test_browser import CHROMIUM, arrive, page, shots
from flowlet.core import actors
from flowlet.rules.models import RuleVersion
from flowlet.rules.services import versions
from payments.tests.test_payment_browser import decide, sit

__all__ = ["page", "shots"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]
# With windows, ratios, ages, lists, groups in groups: the editor must not lose any of it.
ALL = bool(os.environ.get("FLOWLET_SCREENSHOTS"))
ROUND = ("refund_abuse", "dormant", "mule")


def release(version, maker, checker):
    rule_backtests.run(ruleversion_id=version.pk, since=SINCE, until=UNTIL, actor=maker, at=AT)
    versions.start_shadow(ruleversion_id=version.pk, actor=maker, at=AT)
    versions.release(ruleversion_id=version.pk, actor=checker, at=AT, reason="Watched.")


def look(page, shots, name):
    """Pictures take time: only where somebody wants them."""
    if ALL:
        in_three_ways(page, shots, name)


def open_(page, live_server, url):
    page.goto(live_server.url + url)
    arrive(page)


def row(page, number):
    return page.locator("#re-tree > .re-group > .re-row").nth(number)


def an_answer_that_came_too_late(page, amount, first, then):
    """How many rows are wrong, and how many sentences old, when the server answers the first amount after the second was typed."""
    page.evaluate("""() => {
        const ask = window.fetch;
        window.fetch = async (...given) => {
            window.fetch = ask;
            const answer = await ask(...given);
            await new Promise((letGo) => (window.letGo = letGo));
            return answer;
        };
    }""")
    amount.fill(first)
    page.wait_for_function("Boolean(window.letGo)")
    shown = amount.evaluate(
        """async (input, then) => {
            input.value = then;
            input.dispatchEvent(new Event("input", {bubbles: true}));
            window.letGo();
            await new Promise((turn) => setTimeout(turn, 50));
            return [".re-row.is-wrong", ".re-words.is-old"].map((each) => document.querySelectorAll(each).length);
        }""",
        then,
    )
    page.wait_for_function("document.getElementById('re-state').textContent.startsWith('Costs ')")
    return shown


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_an_officer_changes_a_rule_and_another_lets_it_take_effect(live_server, page, shots):
    first, boss = person("first"), person("boss", Role.COMPLIANCE_MANAGER)
    draft(
        first,
        *({each["name"] for one in scenarios.files() for each in one["rules"]} if ALL else ("structuring", "velocity", *ROUND)),
    )
    world = Watched()
    who = structuring(world)
    world.lay()
    live = rule("structuring")
    release(live, first, boss)
    if ALL:
        monitoring.run(on=ON, actor=actors.system("tests"), at=AT)
    ada = sit(live_server, page, Role.COMPLIANCE_OFFICER, "ada@flowlet.test")

    # The editor holds every kind of condition as it is.
    for version in RuleVersion.objects.filter(number=1) if ALL else RuleVersion.objects.filter(name__in=ROUND):
        open_(page, live_server, f"{cells.admin_url(version).removesuffix('change/')}editor/")
        assert json.loads(page.input_value("input[name=condition]")) == version.condition, version.name

    # Another number, in a form: first one that makes no sense.
    open_(page, live_server, cells.admin_url(RuleVersion, "changelist"))
    look(page, shots, "rules")
    open_(page, live_server, cells.admin_url(live))
    look(page, shots, "rule")
    page.keyboard.press("c")
    page.wait_for_selector("dialog[open]")
    page.screenshot(path=shots / "rule-numbers.png")
    page.fill("dialog[open] [name=p4]", "-2")
    page.fill("dialog[open] [name=reason]", "too many of them")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    arrive(page)
    assert "-2 is not from 0 to 1,000,000." in page.inner_text("[data-code='rule.parameter_out_of_bounds']")
    page.fill("[name=p4]", "2")
    with page.expect_navigation():
        page.click("form button[type=submit]:has-text('Change numbers')")
    arrive(page)
    assert "version 2" in page.inner_text(".fl-head") and "is at least 2" in page.inner_text(".fl-boxes")

    # Another condition, in the editor: added by keyboard, wrong at first, moved into a group.
    page.keyboard.press("o")
    arrive(page, "**/editor/")
    page.wait_for_function("document.getElementById('re-words').textContent.includes('is at least 2')")
    in_three_ways(page, shots, "rule-editor")
    row(page, 1).locator("[data-key$=':op']").last.focus()
    page.keyboard.press("Alt+Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "What"
    page.select_option("select:focus", "fact:worth")
    row(page, 2).locator("input[aria-label=Amount]").fill("lots")
    page.wait_for_selector(".re-words.is-old")
    assert "1 to put right below." in page.inner_text("#re-state")
    assert page.locator(".re-row.is-wrong .re-problem:not(:empty)").count() == 1
    page.screenshot(path=shots / "rule-editor-problem.png", full_page=True)
    row(page, 2).locator("input[aria-label=Amount]").fill("8,500.00")
    page.wait_for_function("document.getElementById('re-words').textContent.includes('Worth is at least 8,500.00 USD')")
    assert an_answer_that_came_too_late(page, row(page, 2).locator("input[aria-label=Amount]"), "lots", "8,500.00") == [0, 0]
    page.click("#re-tree > .re-group > .re-add button:has-text('+ group')")
    page.locator("#re-tree > .re-group > .re-group").last.locator(".re-row select").first.select_option("fact:is_cash")
    row(page, 2).locator("button[aria-label='Move down']").last.focus()
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_function(
        "document.getElementById('re-words').textContent.includes('(Worth is at least 8,500.00 USD or Cash or as good')"
    )
    page.fill("[name=title]", "Structuring, also near the threshold")
    page.fill("[name=reason]", "cash near the threshold counts")
    with page.expect_navigation():
        page.click("button:has-text('Save as a draft')")
    arrive(page)
    made = rule("structuring")
    assert (made.number, made.status, made.maker_id) == (3, "DRAFT", ada.id)

    # A backtest waits for a worker; done, it says whom it found.
    page.keyboard.press("b")
    page.wait_for_selector("dialog[open]")
    page.fill("dialog[open] [name=first]", SINCE.date().isoformat())
    page.fill("dialog[open] [name=last]", ON.isoformat())
    with page.expect_navigation():
        page.click("dialog[open] button[type=submit]")
    arrive(page)
    assert "Waits" in page.inner_text("section[aria-label=Backtests]")
    asked = RuleTrial.objects.get()
    assert (asked.state, asked.asked_by) == (TrialState.WAITING, str(ada))
    open_(page, live_server, cells.admin_url(asked))
    page.evaluate("window.wasThere = true")
    page.focus("section[aria-label=Backtest] a")
    RuleTrial.objects.update(state=TrialState.RUNNING, step="Counting customers, day by day", percent=40)
    page.wait_for_selector("progress[value='40']")
    page.screenshot(path=shots / "rule-backtest-running.png")
    rule_trials.run(trial_id=asked.pk, at=AT)
    page.wait_for_selector("section[aria-label='Some of the last hits'] td")
    # It looked again by itself: the same page, the same focus, and no look more.
    assert page.evaluate("window.wasThere && document.activeElement.closest('section').ariaLabel") == "Backtest"
    assert page.locator("progress").count() == 0 and page.inner_text("[data-fl-again]") == "Done"
    assert who.public_id in page.inner_text("section[aria-label='Some of the last hits']")
    look(page, shots, "rule-backtest")

    # In shadow, proposed, approved by somebody else.
    open_(page, live_server, cells.admin_url(made))
    decide(page, "s")
    decide(page, "l", "it has been watched")
    ben = sit(live_server, page, Role.COMPLIANCE_MANAGER, "ben@flowlet.test")
    open_(page, live_server, cells.admin_url(Approval.objects.get()))
    assert "Worth is at least 8,500.00 USD" in page.inner_text(".fl-boxes")
    decide(page, "a")
    made.refresh_from_db()
    live.refresh_from_db()
    assert (made.status, made.checker_id, live.status) == ("LIVE", ben.id, "RETIRED")
    assert [said for said in page.complaints if "400 (Bad Request)" not in said] == []  # the number that made no sense
    assert page.foreign == []
