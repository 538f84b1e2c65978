"""One payment with a real browser and the keyboard: in review, released, its file released by another and delivered, settled.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

from decimal import Decimal

import pytest

from accounts.choices import Role
from accounts.models import Partner, User
from flowlet.backoffice import cells
from flowlet.backoffice.testing import signed_in
from flowlet.backoffice.tests.test_browser import CHROMIUM, arrive, page, shots
from flowlet.core.actors import Actor, ActorKind
from payments.choices import BatchStatus, PaymentStatus
from payments.services import settlement
from payments.tests import standings
from payments.tests.world import books_are_sound, fresh_world

__all__ = ["page", "shots"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]
S = PaymentStatus


def sit(live_server, page, role, email):
    user = User.objects.create_user(email, name="Somebody", is_staff=True, roles=[role])
    client = signed_in(user)
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": name, "value": found.value, "url": live_server.url} for name, found in client.cookies.items()]
    )
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)


def decide(page, key, reason=""):
    """Press a button's key, give the reason, send the form, and wait for what opens."""
    page.keyboard.press(key)
    page.wait_for_selector("dialog[open]")
    if reason:
        page.keyboard.type(reason)
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "submit"  # not the way out
    with page.expect_navigation():
        page.keyboard.press("Enter")
    arrive(page)


@pytest.mark.django_db(transaction=True)
def test_a_payment_in_review_is_released_leaves_in_a_file_that_another_releases_and_settles(live_server, page, shots, settings):
    settings.FILE_TWO_PEOPLE_ABOVE = {"USD": Decimal(5)}
    world = fresh_world()
    payment = standings.make(world, S.REVIEW)
    Partner.objects.filter(pk=world.partner.pk).update(mode="LIVE", name="Acme Payments")

    # The officer finds it on the first page, opens the queue and the payment with j and Enter, and releases it.
    sit(live_server, page, Role.COMPLIANCE_OFFICER, "ada@flowlet.test")
    page.goto(f"{live_server.url}/admin/")
    arrive(page)
    page.click("a.fl-queue:has-text('Payments in review')")
    arrive(page, "**/payments/payment/?queue=review*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrive(page, f"**{cells.admin_url(payment)}*")
    assert "Looks odd." in page.inner_text(".fl-boxes")
    page.screenshot(path=shots / "payment-in-review.png", full_page=True)
    decide(page, "r", "the customer sent the invoice")
    payment.refresh_from_db()
    assert payment.status == S.APPROVAL
    assert "Waits for approval" in page.inner_text(".fl-head")
    sit(live_server, page, Role.COMPLIANCE_MANAGER, "grace@flowlet.test")
    page.goto(f"{live_server.url}{cells.admin_url(payment)}")
    arrive(page)
    assert "the customer sent the invoice" in page.inner_text("body")
    decide(page, "a", "agreed")
    payment.refresh_from_db()
    assert payment.status == S.HELD
    assert "Money held" in page.inner_text(".fl-head")

    # One of operations has its file built, and cannot release it.
    Partner.objects.filter(pk=world.partner.pk).update(mode="SANDBOX", name="Acme")
    builder = sit(live_server, page, Role.OPERATIONS, "joan@flowlet.test")
    (batch,) = settlement.run(at=world.at, actor=builder, partner_id=world.partner.pk, early=True).waiting
    page.goto(live_server.url + cells.admin_url(batch))
    arrive(page)
    assert page.is_disabled("button:has-text('Release')")

    # Another releases it, delivers it, and books what the bank says.
    sit(live_server, page, Role.OPERATIONS, "mary@flowlet.test")
    page.goto(live_server.url + cells.admin_url(batch))
    arrive(page)
    page.screenshot(path=shots / "file-to-release.png", full_page=True)
    decide(page, "r")
    decide(page, "d")
    batch.refresh_from_db()
    assert batch.status == BatchStatus.DELIVERED
    page.goto(live_server.url + cells.admin_url(payment))
    arrive(page)
    decide(page, "s", "seen on the bank's portal")
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert [row.split("\t")[1] for row in page.inner_text("section[aria-label=Timeline] tbody").strip().split("\n")] == [
        "Settled",
        "Submitted",
        "Money held",
        "Approved",
        "Waits for approval",
        "In review",
        "Created",
    ]
    page.screenshot(path=shots / "payment-settled.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=shots / "payment-narrow-dark.png", full_page=True)
    assert (page.complaints, page.foreign) == ([], [])
    books_are_sound()
