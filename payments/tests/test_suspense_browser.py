"""Money in suspense with a real browser and the keyboard: found on the first page, taken, assigned; the next opens. And the page of a
deposit instruction, closed.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

from decimal import Decimal

import pytest

from accounts.choices import Role
from accounts.models import Partner
from flowlet.backoffice import cells
from flowlet.backoffice.tests.test_browser import CHROMIUM, arrive, page, shots
from payments.models import SuspenseItem
from payments.tests.test_deposits import declared, entry, heard, instruction, notice, part
from payments.tests.test_payment_browser import decide, sit
from payments.tests.test_suspense_pages import lost
from payments.tests.world import books_are_sound, fresh_world
from wallets.models import Wallet

__all__ = ["page", "shots"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1360, "height": 900}


def taken_in_three_ways(page, shots, name):
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
    page.screenshot(path=shots / f"{name}-narrow.png", full_page=True)
    page.set_viewport_size(WIDE)


@pytest.mark.django_db(transaction=True)
def test_money_in_suspense_is_taken_and_assigned_by_keyboard_and_the_next_opens(live_server, page, shots):
    world = fresh_world()
    wallet = world.wallet()
    first = lost(world, "1250.00", name="a", text=f"Invoice 12 {instruction(world, wallet).reference}?", days=6)
    second = lost(world, "80.00", name="b", days=2)
    lost(world, "3.10", name="c")
    Partner.objects.filter(pk=world.partner.pk).update(mode="LIVE", name="Acme Payments")
    sit(live_server, page, Role.OPERATIONS, "ada@flowlet.test")
    page.goto(f"{live_server.url}/admin/")
    arrive(page)
    page.screenshot(path=shots / "home-with-suspense.png", full_page=True)
    page.click("a.fl-queue:has-text('In suspense')")
    arrive(page, "**/payments/suspenseitem/?mode=LIVE*")
    assert "G•••• H•••••" in page.inner_text("#result_list")
    taken_in_three_ways(page, shots, "suspense-list")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrive(page, f"**{cells.admin_url(first)}*")
    taken_in_three_ways(page, shots, "suspense-page")
    decide(page, "t")
    assert "Somebody" in page.inner_text("section[aria-label='In suspense']")
    page.keyboard.press("a")
    page.wait_for_selector("dialog[open]")
    assert page.input_value("dialog[open] input[name=wallet]") == wallet.public_id
    page.screenshot(path=shots / "suspense-assign.png", full_page=True)
    page.fill("dialog[open] textarea[name=reason]", "the payer sent the invoice")
    with page.expect_navigation():
        page.click("dialog[open] button[type=submit]")
    arrive(page, f"**{cells.admin_url(second)}*")
    first.refresh_from_db()
    assert (first.state, world.funds(wallet)[0]) == ("ASSIGNED", Decimal(1250))
    page.goto(live_server.url + cells.admin_url(first.payment))
    arrive(page)
    taken_in_three_ways(page, shots, "payment-assigned")
    assert [row.split("\t")[1] for row in page.inner_text("section[aria-label=Timeline] tbody").strip().split("\n")] == [
        "Assigned",
        "Settled",
        "Created",
    ]
    assert (page.complaints, page.foreign) == ([], [])
    assert SuspenseItem.objects.filter(state="OPEN").count() == 2
    books_are_sound()


@pytest.mark.django_db(transaction=True)
def test_a_deposit_instruction_is_looked_at_and_closed(live_server, page, shots):
    world = fresh_world()
    wallet = Wallet.objects.get(pk=world.wallet(currency="EUR").pk)
    declared(world)
    told = instruction(world, wallet)
    heard(world, notice(entry(world, "120.50", part(text=f"Rent {told.reference}"))))
    sit(live_server, page, Role.OPERATIONS, "ada@flowlet.test")
    page.goto(live_server.url + cells.admin_url(type(told), "changelist"))
    arrive(page)
    taken_in_three_ways(page, shots, "instructions-list")
    page.goto(live_server.url + cells.admin_url(told))
    arrive(page)
    taken_in_three_ways(page, shots, "instruction-page")
    decide(page, "c", "the reference was published")
    told.refresh_from_db()
    assert (told.status, "Closed" in page.inner_text(".fl-head")) == ("CLOSED", True)
    page.screenshot(path=shots / "instruction-closed.png", full_page=True)
    assert (page.complaints, page.foreign) == ([], [])
