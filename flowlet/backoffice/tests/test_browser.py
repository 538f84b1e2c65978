"""One journey with a real browser: sign in with a code, work by keyboard, in light and dark, on a wide and a narrow screen.

Screenshots go to ``FLOWLET_SCREENSHOTS`` when it names a folder.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from flowlet.backoffice import home
from flowlet.backoffice.testing import signed_in
from flowlet.backoffice.tests.conftest import PASSWORD
from flowlet.core import clock

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("FLOWLET_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, live_server: Any) -> Iterator[Any]:
    """A page whose every complaint and every foreign request is kept."""
    # Playwright's synchronous face runs a loop in this thread, which Django would take for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme="light")
        opened = context.new_page()
        opened.set_default_timeout(120_000)  # a busy machine is slow, not wrong
        opened.complaints, opened.foreign = [], []
        opened.on("console", lambda message: opened.complaints.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.on("request", lambda sent: None if sent.url.startswith(live_server.url) else opened.foreign.append(sent.url))
        yield opened
        browser.close()


def arrive(page: Any, url: Any = None) -> None:
    """Wait until the page has come and the theme shows it: what is hidden takes no focus, and no keys."""
    if url is not None:
        page.wait_for_url(url)
    page.wait_for_selector("html:not([x-cloak])")


def at_once(page: Any, *keys: str) -> None:
    """Keys within one turn of the page, where a slow machine would let the time between them run out."""
    press = "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))"
    page.evaluate(press, list(keys))


@pytest.mark.django_db(transaction=True)
def test_an_officers_first_minutes(live_server, page, shots, pages, person, request_by, monkeypatch, settings):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == (settings.DATABASE_APP_ROLE, settings.DATABASES["default"]["NAME"])
    officer = person("COMPLIANCE_MANAGER", email="ada@flowlet.test")
    device = TOTPDevice.objects.create(user=officer, name="Authenticator app", confirmed=True)
    maker = person("OPERATIONS")
    rows = [request_by(maker, f"wal_{n}", minutes=60 - n) for n in range(30)]
    monkeypatch.setattr(home, "_panels", {})
    home.register(
        home.Queue(
            name="approvals",
            title="Approvals for me",
            load=lambda request: home.Waiting(30, "/admin/flowlet_approvals/approval/", clock.now()),
        )
    )

    # Sign in: password, then code.
    page.goto(f"{live_server.url}/admin/")
    page.wait_for_selector("input[name=username]:focus")
    page.screenshot(path=shots / "1-sign-in.png")
    page.fill("input[name=username]", officer.email)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    arrive(page, "**/login/code/")
    page.wait_for_selector("input[name=code]:focus")
    page.screenshot(path=shots / "2-code.png")
    page.keyboard.type(f"{totp(device.bin_key):06d}")
    page.keyboard.press("Enter")
    arrive(page, f"{live_server.url}/admin/")
    assert "Approvals for me" in page.inner_text(".fl-queues")
    page.screenshot(path=shots / "3-home.png")

    # Help, and away again.
    page.keyboard.press("?")
    page.wait_for_selector("#fl-help[open]")
    page.screenshot(path=shots / "4-help.png")
    page.keyboard.press("Escape")
    page.wait_for_selector("#fl-help:not([open])", state="attached")  # "hidden" is true at once while none matches

    # j and Enter open the queue; j, k and Enter the second row of its list.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrive(page, "**/approval/")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert rows[-2].public_id in page.inner_text("tr.is-current")
    page.screenshot(path=shots / "5-list.png")
    page.keyboard.press("/")
    page.wait_for_selector("#searchbar:focus")
    page.keyboard.press("Escape")
    page.locator("#searchbar").blur()
    page.keyboard.press("n")
    arrive(page, "**/approval/?_after=*")
    assert page.locator("#result_list tr.data-row").count() == 5
    page.keyboard.press("p")
    arrive(page, "**/approval/?_before=*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    arrive(page, re.compile("/change/"))
    assert rows[-1].public_id in page.url
    page.screenshot(path=shots / "6-row.png", full_page=True)
    page.keyboard.press("u")
    arrive(page, "**/approval/?_before=*")
    page.go_back()
    arrive(page, re.compile("/change/"))

    # Dark, and it stays.
    page.keyboard.press("Control+e")
    page.wait_for_selector("html.dark")
    page.reload()
    arrive(page)
    page.wait_for_selector("html.dark")
    page.screenshot(path=shots / "7-row-dark.png", full_page=True)

    # See the person, with a reason.
    page.keyboard.press("r")
    page.wait_for_selector("#reveal-personal[open] :focus")
    page.keyboard.type("customer called about a payment")
    page.screenshot(path=shots / "8-reveal.png")
    page.click("#reveal-personal button[type=submit]")
    arrive(page, "**/reveal/personal/")
    assert "Ada Lovelace" in page.inner_text("[data-fl-remask]")
    page.click("text=Mask again")
    arrive(page, re.compile(r"/change/(\?|$)"))
    assert "Ada Lovelace" not in page.inner_text("body")

    # Decide by one key and a reason; the key again finds the button grey.
    page.keyboard.press("x")
    page.wait_for_selector("#do-reject[open] :focus")
    page.keyboard.type("not convinced by it")
    page.screenshot(path=shots / "9-reject.png")
    page.click("#do-reject button[type=submit]")
    page.wait_for_selector("text=Reject: done.")
    assert page.locator("button[disabled]:has-text('Reject')").count() == 1

    # A narrow screen has no sideways scrolling.
    page.set_viewport_size({"width": 390, "height": 844})
    for name, url in (("home", "/admin/"), ("list", "/admin/flowlet_approvals/approval/"), ("row", page.url)):
        page.goto(url if url.startswith("http") else f"{live_server.url}{url}")
        arrive(page)
        page.screenshot(path=shots / f"narrow-{name}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name

    # Home again by two keys.
    at_once(page, "g", "h")
    arrive(page, f"{live_server.url}/admin/")
    assert page.complaints == []
    assert page.foreign == []


@pytest.mark.django_db(transaction=True)
def test_a_banner_warns_before_the_sign_in_ends_and_keeps_it(live_server, page, shots, pages, person):
    client = signed_in(person("COMPLIANCE_MANAGER"))
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.clock.install()
    page.goto(f"{live_server.url}/admin/")
    banner = page.locator("#fl-stay")
    page.clock.fast_forward("12:30")
    assert not banner.is_visible()
    page.clock.fast_forward("01:00")
    banner.wait_for(state="visible")
    assert "signed out in 1:" in banner.inner_text()
    page.screenshot(path=shots / "stay.png")

    # A dialog does not hide the button.
    page.keyboard.press("?")
    page.wait_for_selector("#fl-help[open]")
    page.clock.run_for(1000)
    with page.expect_response("**/admin/stay/") as answer:
        page.click("text=Stay signed in")
    assert answer.value.status == 200
    banner.wait_for(state="hidden")
    page.keyboard.press("Escape")

    # Another tab's request counts; without any the page says what happened.
    page.clock.fast_forward("14:00")
    banner.wait_for(state="visible")
    page.evaluate("localStorage.setItem('fl-idle-ends', String(Date.now() + 900000))")
    page.clock.run_for(1000)
    banner.wait_for(state="hidden")
    page.clock.fast_forward("16:00")
    banner.wait_for(state="visible")
    assert "You have been signed out" in banner.inner_text()
    assert not page.locator("text=Stay signed in").is_visible()
    page.screenshot(path=shots / "stay-over.png")
    assert page.complaints == []
    assert page.foreign == []
