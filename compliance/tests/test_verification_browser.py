"""A verification with a real browser: found on the first page, revealed, its passport turned and zoomed, approved by keyboard.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

import io

import pytest
from PIL import Image, ImageDraw

from accounts.choices import Role
from compliance.models import Verification
from compliance.services import documents, verifications
from compliance.tests import kyc
from compliance.tests.kyc_papers import zone
from flowlet.backoffice import cells
from flowlet.backoffice.tests.test_browser import CHROMIUM, arrive, page, shots
from flowlet.core import clock
from payments.tests.test_payment_browser import sit
from payments.tests.test_suspense_browser import taken_in_three_ways

__all__ = ["page", "shots"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]


def drawn(*lines):
    """A picture of a document that is nobody's."""
    image = Image.new("RGB", (900, 620), (236, 230, 214))
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 60, 300, 400), fill=(176, 190, 205))
    for number, line in enumerate(lines):
        pen.text((340, 80 + 44 * number), line, fill=(30, 30, 60), font_size=28)
    pen.text((40, 500), "SPECIMEN", fill=(150, 60, 60), font_size=60)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_verification_is_revealed_turned_zoomed_and_approved(live_server, page, shots, settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    at = clock.now()
    row = verifications.open(customer_id=kyc.person(kyc.company()).pk, level="ENHANCED", actor=kyc.SYSTEM, at=at)
    passport = drawn("PASSPORT", "LOVELACE", "ADA", "10 DEC 1985", "123456789")
    documents.take(verification_id=row.pk, type="PASSPORT", content=passport, zone=zone(), actor=kyc.SYSTEM, at=at)
    documents.take(verification_id=row.pk, type="SELFIE", content=drawn("(a face)"), actor=kyc.SYSTEM, at=at)
    verifications.submit(verification_id=row.pk, actor=kyc.SYSTEM, at=at)
    sit(live_server, page, Role.COMPLIANCE_OFFICER, "ada@flowlet.test")
    page.goto(f"{live_server.url}/admin/")
    arrive(page)
    page.click("a.fl-queue:has-text('Verifications to decide')")
    arrive(page, "**/compliance/verification/*")
    taken_in_three_ways(page, shots, "verification-list")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrive(page, f"**{cells.admin_url(row)}*")
    assert "Lovelace" not in page.inner_text("main, #main, body")
    page.keyboard.press("r")
    page.fill("dialog[open] textarea[name=reason]", "To decide about it")
    page.click("dialog[open] button[type=submit]")
    arrive(page, "**/reveal/documents/")
    picture = page.locator("[data-stage] img:not([hidden])")
    page.wait_for_function("document.querySelector('[data-stage] img').naturalWidth == 900")
    page.click("[data-do=turn]")
    page.click("[data-do=in]")
    assert picture.evaluate("found => found.style.transform") == "translate(0px, 0px) rotate(90deg) scale(1.25)"
    page.focus("[data-stage]")
    for key in ("0", "+", "+", "r"):
        page.keyboard.press(key)
    assert picture.evaluate("found => found.style.transform") == "translate(0px, 0px) rotate(90deg) scale(1.5625)"
    page.keyboard.press("0")
    page.click("[data-show]:has-text('Selfie')")
    assert picture.get_attribute("alt") == "Selfie"
    page.click("[data-show]:has-text('Passport')")
    taken_in_three_ways(page, shots, "verification")
    page.goto(f"{live_server.url}{cells.admin_url(row)}")
    arrive(page)
    page.keyboard.press("a")
    page.click("dialog[open] button[type=submit]")
    arrive(page, "**/compliance/verification/*")
    page.wait_for_selector("text=limits follow")
    assert "Nothing waits here any more." in page.inner_text("body")
    assert Verification.objects.get().status == "APPROVED"
    assert (page.complaints, page.foreign) == ([], [])
