"""The partner's pages in a real browser: nothing from outside, no complaint, and a request tried out from the reference."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from flowlet.site.tests.api_world import make_world

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, live_server: Any) -> Iterator[Any]:
    """A page whose every complaint and every foreign request is kept."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop in this thread
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        opened.complaints = []
        opened.on("console", lambda message: opened.complaints.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
        own = (live_server.url, "data:", "blob:")
        opened.on("request", lambda sent: None if sent.url.startswith(own) else opened.complaints.append(sent.url))
        yield opened
        browser.close()


def test_a_customer_is_created_from_the_reference(live_server, page):
    key = make_world().sandbox.key
    page.goto(f"{live_server.url}/docs/reference")
    page.click("button.authorize")
    page.fill(".auth-container input", key)
    page.click(".auth-btn-wrapper button.authorize")
    page.click(".auth-btn-wrapper button.btn-done")
    page.click("#operations-tag-Customers")
    page.click("text=Create a customer")
    page.click("text=Try it out")
    page.click("button.execute")
    answer = page.wait_for_selector(".live-responses-table tr.response .response-col_status")
    assert answer.inner_text().split()[0] == "201"
    assert page.complaints == []


def test_pages_fit_a_narrow_screen_and_do_without_scripts(live_server, page):
    page.set_viewport_size({"width": 360, "height": 740})
    for address in ("/docs/", "/docs/guide", "/docs/errors#auth.missing_key", "/docs/reference"):
        page.goto(live_server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
    assert page.complaints == []
